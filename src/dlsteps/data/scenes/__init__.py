"""Digit scenes: pictures with 1 to 6 real digits to be found, as many as are asked for."""

from dlsteps.data.scenes.pictures import Scenes, draw_scenes
from dlsteps.data.scenes.style import PARTS, SceneStyle

__all__ = ["PARTS", "SceneStyle", "Scenes", "draw_scenes"]
