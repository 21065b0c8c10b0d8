"""A kind of panel is a file in Python and one in JavaScript, and nothing else asks for it by name."""

import re
from pathlib import Path

import pytest
from trial import CONTROLS, scene

from dlsteps import stage
from dlsteps.stage import panels
from dlsteps.stage.controls import canonical
from dlsteps.stage.panels.panel import Panel, Table

STAGE = Path(stage.__file__).parent
TESTS = Path(__file__).parents[1]
KINDS = {
    thing.kind: thing
    for thing in map(vars(panels).get, panels.__all__)
    if isinstance(thing, type) and issubclass(thing, Panel)
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_one_file_in_each_language(kind):
    assert KINDS[kind].__module__ == f"dlsteps.stage.panels.{kind}"
    assert (STAGE / "js" / "panels" / f"{kind}.js").is_file()
    index = (STAGE / "js" / "panels" / "kinds.js").read_text("utf-8")
    assert f'export * as {kind} from "./{kind}.js";' in index
    assert KINDS[kind].__name__ in stage.__all__


def test_the_index_lists_no_other_kind():
    index = (STAGE / "js" / "panels" / "kinds.js").read_text("utf-8")
    assert re.findall(r"export \* as (\w+)", index) == sorted(KINDS)


SHARED = [
    path
    for folder, pattern in ((STAGE, "*.py"), (STAGE / "js", "*.js"), (TESTS, "*.py"), (TESTS, "browser/*"))
    for path in folder.glob(pattern)
    if path.suffix in (".py", ".js") and path.name not in ("trial.py", "sampler.py")  # they show each kind
]
CLASSES = "|".join(thing.__name__ for thing in KINDS.values())
ASKS = re.compile(
    rf"""(?:[!=]==?|\bin\b|\bcase\b)[ (]*["'](?:{"|".join(KINDS)})["']|"""
    rf"(?:isinstance\([^)]*|\bcase )\b(?:{CLASSES})\b"
)


@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.name)
def test_nothing_outside_asks_for_a_kind_by_name(path):
    assert ASKS.findall(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        'panel.kind === "axes"',
        'if panel.kind in ("shelf", "matrix")',
        "case Bars():",
        "isinstance(p, (Axes, Image))",
    ],
)
def test_one_that_asks_is_seen(line):
    assert ASKS.search(line)


def test_the_trial_shows_each_kind_and_each_has_a_table():
    frame = scene(**canonical(CONTROLS, {}))
    assert {panel.kind for panel in frame.panels} == KINDS.keys()
    for panel in frame.panels:
        plain = panel.table()
        assert isinstance(plain, (Table, str))
        if isinstance(plain, Table):
            assert plain.rows
            assert {len(row) for row in plain.rows} == {len(plain.head)}
