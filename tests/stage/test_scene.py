"""A scene is the definition; the widget and the figure are made from it, and the figure needs no widget."""

import json
import subprocess
import sys

import pytest
from markup import read_html
from trial import CONTROLS, scene

from dlsteps.stage import Explorer, Frame, Scene, html
from dlsteps.stage.bank import unbake
from dlsteps.stage.controls import state_key

TRIAL = Scene("trial", "Trial", CONTROLS, scene, {"norm": "Group"})


def test_both_hosts_show_the_same():
    explorer = Explorer(TRIAL)
    assert html.figure(TRIAL) == explorer.html()
    assert explorer.scene is TRIAL
    assert explorer.state == TRIAL.start == {"norm": "Group", "groups": 2.5, "poke": False, "step": "numbers"}


def test_a_figure_needs_no_widget():
    code = (
        "import sys; from dlsteps.stage import Frame, Scene, Steps, html;"
        "html.figure(Scene('s', 'S', [Steps('a', 'a', (1, 2))], lambda a: Frame(panels=[], caption=str(a))));"
        "sys.exit(', '.join({'anywidget', 'ipywidgets', 'traitlets'} & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_what_is_not_baked_carries_its_beats_alone():
    asked = []

    def watched(**state):
        asked.append(state)
        return scene(**state)

    partial = Scene("trial", "Trial", CONTROLS, watched, {"norm": "Group"}, baked=False)
    (figure,) = read_html(html.figure(partial)).children
    data = json.loads(figure.all("script")[0].text)
    assert data["partial"] is True
    keys = [state_key(CONTROLS, state) for state in partial.beats(partial.start)]
    assert list(data["bank"]["frames"]) == keys
    assert len({state_key(CONTROLS, state) for state in asked}) == len(keys) == 2
    for key, state in zip(keys, partial.beats(partial.start), strict=True):
        assert unbake(data["bank"], key) == json.loads(json.dumps(scene(**state).to_json()))


def test_its_beats_follow_the_controls_of_the_widget():
    explorer = Explorer(Scene("trial", "Trial", CONTROLS, scene, baked=False))
    explorer.poke = True
    assert list(explorer.bank()["frames"]) == ["0.1.1.0", "0.1.1.1"]


@pytest.mark.parametrize(
    ("start", "error", "words"),
    [({"nrom": 1}, TypeError, "did you mean 'norm'"), ({"norm": "x"}, ValueError, "not one of its values")],
)
def test_a_start_that_names_nothing_is_refused(start, error, words):
    with pytest.raises(error, match=words):
        Scene("trial", "Trial", CONTROLS, lambda **_: Frame(panels=[], caption=""), start)
