"""The arrows between packages: who may know of whom, read from the imports."""

import ast
from pathlib import Path

import pytest
from annotations import CHECKED

import dlsteps

ROOT = Path(dlsteps.__file__).parent
FOUNDATIONS = {"nn", "graphs", "detection", "diffusion", "data"}
LONG_RUNS = {"train", "experiments"}
IDEAS = FOUNDATIONS | LONG_RUNS
SHOWN = {"stage", "chapters", "scenes"}
FINDERS = {"experiments", "practice"}


def imports(source: str, package: str) -> set[str]:
    """Return the full names of all modules that a module of `package` imports, wherever it does."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return found


def packages_of(names: set[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("dlsteps.")}


def part(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def broken_arrows(me: str, names: set[str]) -> list[str]:
    """Say which arrows a module of package `me` breaks by importing `names`."""
    known = packages_of(names) - {me}
    broken = []
    # Experiments and exercises stand in the chapters, and are found there; nothing is imported from one.
    if me in IDEAS and known & (SHOWN - {"chapters"} if me in FINDERS else SHOWN):
        broken.append(f"{me} must not know how it is shown")
    if me in FOUNDATIONS and known & LONG_RUNS:
        broken.append(f"{me} must not know of the long runs above it")
    if me == "stage" and known & (IDEAS | SHOWN):
        broken.append("stage must not know of deep learning")
    if me == "practice" and known - {"chapters"}:
        broken.append("practice must not know what is practised")
    if me != "chapters" and "stage" in known and known & IDEAS:
        broken.append("ideas and the stage meet in chapters alone")
    if me == "graphs" and any(name.split(".")[0] == "torch" for name in names):
        broken.append("graphs must not lean on torch")
    return broken


def neighbors(chapter: str, names: set[str]) -> set[str]:
    """The other chapters that a module of one chapter imports."""
    theirs = {name.split(".")[2] for name in names if name.startswith("dlsteps.chapters.")}
    return theirs - {chapter}


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """The groups of names that reach each other along the arrows, each sorted."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for name in arrows.get(waiting.pop(), ()):
                if name not in seen:
                    seen.add(name)
                    waiting.append(name)
        return seen

    reach = {name: reached(name) for name in arrows}
    found = {
        tuple(sorted({a} | {b for b in reach[a] if a in reach.get(b, ())})) for a in arrows if a in reach[a]
    }
    return [list(group) for group in sorted(found)]


MODULES = sorted(ROOT.rglob("*.py"))


def named(path: Path) -> str:
    """The full name of a module, a package's being that of its folder."""
    return ".".join(["dlsteps", *path.relative_to(ROOT).with_suffix("").parts]).removesuffix(".__init__")


def imported_by(path: Path) -> set[str]:
    package = ".".join(["dlsteps", *path.relative_to(ROOT).parent.parts])
    return imports(path.read_text(encoding="utf-8"), package)


IMPORTS = {named(path): imported_by(path) for path in MODULES}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_arrows(path):
    names = IMPORTS[named(path)]
    assert broken_arrows(part(path), names) == []
    if part(path) == "chapters":
        assert neighbors(path.relative_to(ROOT).parts[1], names) == set()


def test_no_circles_between_files():
    # A file that imports a name from its package leans on the file behind it, not on the list of names.
    packages = {name for name in IMPORTS if any(other.startswith(f"{name}.") for other in IMPORTS)}
    files = {name: (names & IMPORTS.keys()) - packages for name, names in IMPORTS.items()}
    assert circles(files) == []


def test_no_circles_between_packages():
    arrows: dict[str, set[str]] = {}
    for path in MODULES:
        arrows.setdefault(part(path), set()).update(packages_of(IMPORTS[named(path)]) - {part(path)})
    for finder in FINDERS:
        arrows[finder].discard("chapters")  # only to look into its folder
    assert circles(arrows) == []


def test_a_circle_is_seen():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]
    assert circles({"a": {"a"}}) == [["a"]]
    assert circles({"a": {"b"}, "b": set()}) == []


def test_every_shape_in_a_signature_is_checked():
    with_shapes = {part(path) for path in MODULES if "jaxtyping" in path.read_text(encoding="utf-8")}
    assert "nn" in with_shapes
    assert with_shapes <= set(CHECKED)


def test_every_import_is_read():
    source = """
import torch.nn
from dlsteps import chapters
from . import axes
from ..compare import compare
def f():
    import dlsteps.stage
"""
    assert imports(source, "dlsteps.nn.normalization") >= {
        "torch.nn",
        "dlsteps.chapters",
        "dlsteps.nn.normalization.axes",
        "dlsteps.nn.compare",
        "dlsteps.stage",
    }


@pytest.mark.parametrize(
    ("me", "name"),
    [
        ("nn", "dlsteps.stage"),
        ("train", "dlsteps.chapters.axes.scene"),
        ("data", "dlsteps.train"),
        ("stage", "dlsteps.nn.compare"),
        ("graphs", "torch.nn"),
        ("practice", "dlsteps.nn.normalization"),
    ],
)
def test_a_wrong_arrow_is_seen(me, name):
    assert len(broken_arrows(me, {name})) == 1


def test_ideas_and_stage_meet_in_chapters():
    both = {"dlsteps.nn", "dlsteps.stage.frame"}
    assert broken_arrows("claims", both) == ["ideas and the stage meet in chapters alone"]
    assert broken_arrows("chapters", both) == []


def test_a_chapter_that_knows_another_is_seen():
    assert neighbors("axes", {"dlsteps.chapters.normalization.scene", "dlsteps.chapters.axes.scene"}) == {
        "normalization"
    }
