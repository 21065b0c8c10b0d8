"""The explorer: a scene as a live widget, which knows the other host too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from . import html
from .bank import formulas
from .controls import Control, Scalar, State, canonical, check_names
from .frame import Frame
from .scene import Scene

_DIST = Path(__file__).parent / "js" / "dist"


class _Value(traitlets.TraitType):
    """A trait that takes the values of one control."""

    def __init__(self, control: Control) -> None:
        super().__init__(control.default)
        self._control = control

    def validate(self, obj: Any, value: Any) -> Scalar:
        try:
            return self._control.check(value)
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None


class Explorer(anywidget.AnyWidget):
    """Steps through frames: a live widget in Jupyter, and the same thing in plain HTML.

    Every control is a synced trait of its own name, so ``explorer.norm = "Layer"``, ``observe``,
    ``jslink`` and ``VBox`` work as on any widget. In Jupyter a frame that is not in the bank is asked
    of the kernel. In HTML all frames are in the page.

    Args:
        scene: what is shown; or its name, followed by the other parts of a `Scene`.
        title, frame, controls, baked, start: of the scene, if it is made here.

    Raises:
        ValueError: a control's name is taken by ipywidgets; or as for a `Scene`.
        TypeError: as for a `Scene`.
    """

    _esm = _DIST / "widget.js"
    _css = Path(__file__).parent / "stage.css"

    _spec = traitlets.Dict().tag(sync=True)
    _bank = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        scene: Scene | str,
        title: str = "",
        frame: Callable[..., Frame] | None = None,
        controls: Sequence[Control] = (),
        *,
        baked: bool = True,
        start: Mapping[str, Scalar] | None = None,
    ) -> None:
        if isinstance(scene, str):
            scene = Scene(scene, title, controls, frame, start or {}, baked)
        self.scene, self.name, self.title, self.baked = scene, scene.name, scene.title, scene.baked
        self.controls = scene.controls  # from here on a name that is not the explorer's is refused
        for control in self.controls:
            if hasattr(type(self), control.name) or control.name in vars(self):
                raise ValueError(f"{control.name!r} is a name that ipywidgets uses; rename the control")
        self.add_traits(**{c.name: _Value(c).tag(sync=True) for c in self.controls})
        super().__init__(_spec=self.spec(), _bank=self.bank() if self.baked else {}, **scene.start)
        self.on_msg(self._answer)

    @property
    def state(self) -> State:
        """The value of each control, hidden ones at their defaults."""
        return canonical(self.controls, {c.name: getattr(self, c.name) for c in self.controls})

    def frame(self, **changes: Scalar) -> Frame:
        """The frame that the controls name, with some of them changed."""
        return self.scene.at(self.state, **changes)

    def spec(self) -> dict[str, Any]:
        """What the script needs beside the frames: name, title and controls."""
        return self.scene.spec()

    def bank(self) -> dict[str, Any]:
        """The frames that a page carries, each distinct value once."""
        return self.scene.bank(self.state)

    def html(self) -> str:
        """A ``<figure>`` that reads without JavaScript and steps with the page's script."""
        return html.figure(self.scene, self.state)

    def save(self, path: str | Path, *, theme: str = "auto") -> Path:
        """Write one HTML file that steps with no kernel and no network.

        Args:
            path: the file; its folder must exist.
            theme: "light", "dark" or "auto" (what the reader's system prefers).
        """
        path = Path(path)
        if not path.parent.is_dir():
            raise FileNotFoundError(f"{path.parent} is no folder; create it first, or save elsewhere")
        path.write_text(html.page(self.scene, self.state, theme), encoding="utf-8")
        return path

    def _answer(self, _: Any, message: Any, __: Any) -> None:
        """Send the frame that the front end asked for, and its formulas; an error comes back as its words."""
        if "ask" not in message:
            return
        key = message.get("key")
        try:
            frame = self.scene.at(message["ask"])
            self.send({"key": key, "frame": frame.to_json(), "math": formulas(frame)})
        except Exception as error:  # whatever a scene raises belongs on the reader's screen
            self.send({"key": key, "error": f"{type(error).__name__}: {error}"})

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse a name that is nothing of the explorer's: a slip would set it in silence."""
        if "controls" in vars(self) and not name.startswith("_") and not hasattr(self, name):
            check_names({name: value}, self.controls)
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        frame = self.frame()
        settings = ", ".join(f"{c.name}={self.state[c.name]!r}" for c in self.controls if c.shown(self.state))
        caption = f"{frame.lead} {frame.text()[0]}".strip()
        return f"Explorer({self.title!r}, {settings})\n{caption}"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**(data or {}), "text/plain": repr(self), "text/html": self.html()}, metadata
