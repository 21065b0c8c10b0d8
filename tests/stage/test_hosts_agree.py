"""Python and the script make the same of every state: canonical form, key, frame, words, numbers."""

import itertools
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from explorers import EXPLORERS, explorer_called
from trial import trial

import dlsteps.stage
from dlsteps.stage.controls import canonical, state_key

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="needs Node")
JS = Path(dlsteps.stage.__file__).parent / "js"


def wishes(controls):
    """Every combination of values, hidden or not."""
    names = [c.name for c in controls]
    return [
        dict(zip(names, values, strict=True)) for values in itertools.product(*(c.values for c in controls))
    ]


def distinct(given):
    """One answer for each state; hidden controls make several wishes the same."""
    return {answer["key"]: answer for answer in given["answers"]}.values()


@pytest.fixture(scope="module", params=[*EXPLORERS, "trial"])
def both(request, tmp_path_factory):
    """An explorer, every wish, and what Node answers to them."""
    explorer = trial() if request.param == "trial" else explorer_called(request.param)
    question = {"spec": explorer.spec(), "bank": explorer.bank(), "wishes": wishes(explorer.controls)}
    path = tmp_path_factory.mktemp("agree") / "question.json"
    path.write_text(json.dumps(question), "utf-8")
    script = Path(__file__).with_name("agree.mjs")
    done = subprocess.run(["node", script, JS.as_uri(), path], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return explorer, question["wishes"], json.loads(done.stdout)


def test_states_and_keys_agree(both):
    explorer, asked, given = both
    for wish, answer in zip(asked, given["answers"], strict=True):
        state = canonical(explorer.controls, wish)
        assert answer["state"] == state
        assert answer["key"] == state_key(explorer.controls, state)


def test_frames_agree(both):
    explorer, _, given = both
    for answer in distinct(given):
        assert answer["frame"] == json.loads(json.dumps(explorer.frame(**answer["state"]).to_json()))


def test_captions_and_formulas_agree_for_every_key(both):
    explorer, _, given = both
    for answer in distinct(given):
        frame = explorer.frame(**answer["state"])
        keys = range(len(frame.select.labels) if frame.select else 1)
        assert answer["texts"] == [list(frame.text(key)) for key in keys]


def test_numbers_in_tables_are_the_numbers_in_drawings(both):
    explorer, _, given = both
    cells = [
        panel.texts().ravel().tolist()
        for panel in explorer.frame(**{c.name: c.default for c in explorer.controls}).panels
        if hasattr(panel, "digits") and hasattr(panel, "values")
    ]
    assert given["cells"] == cells


def test_an_address_leads_back_to_its_state(both):
    for answer in both[2]["answers"]:
        assert answer["back"] == {"state": answer["state"], "selected": 1}


def test_no_drawing_of_any_state_has_a_slip_in_it(both):
    for answer in both[2]["answers"]:
        assert answer["slips"] == [], answer["key"]
