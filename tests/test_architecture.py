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
    if me in IDEAS and known & {"stage", "scenes"}:
        broken.append(f"{me} must not know how it is shown")
    if me in FOUNDATIONS and known & LONG_RUNS:
        broken.append(f"{me} must not know of the long runs above it")
    if me == "stage" and known & (IDEAS | {"scenes"}):
        broken.append("stage must not know of deep learning")
    if me != "scenes" and "stage" in known and known & IDEAS:
        broken.append("ideas and the stage meet in scenes alone")
    if me == "graphs" and any(name.split(".")[0] == "torch" for name in names):
        broken.append("graphs must not lean on torch")
    return broken


MODULES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_arrows(path):
    package = ".".join(["dlsteps", *path.relative_to(ROOT).parent.parts])
    assert broken_arrows(part(path), imports(path.read_text(encoding="utf-8"), package)) == []


def test_every_shape_in_a_signature_is_checked():
    with_shapes = {part(path) for path in MODULES if "jaxtyping" in path.read_text(encoding="utf-8")}
    assert "nn" in with_shapes
    assert with_shapes <= set(CHECKED)


def test_every_import_is_read():
    source = """
import torch.nn
from dlsteps import scenes
from . import axes
from ..compare import compare
def f():
    import dlsteps.stage
"""
    assert imports(source, "dlsteps.nn.normalization") >= {
        "torch.nn",
        "dlsteps.scenes",
        "dlsteps.nn.normalization.axes",
        "dlsteps.nn.compare",
        "dlsteps.stage",
    }


@pytest.mark.parametrize(
    ("me", "name"),
    [
        ("nn", "dlsteps.stage"),
        ("experiments", "dlsteps.scenes.axes"),
        ("data", "dlsteps.train"),
        ("stage", "dlsteps.nn.compare"),
        ("graphs", "torch.nn"),
    ],
)
def test_a_wrong_arrow_is_seen(me, name):
    assert len(broken_arrows(me, {name})) == 1


def test_ideas_and_stage_meet_in_scenes():
    both = {"dlsteps.nn", "dlsteps.stage.frame"}
    assert broken_arrows("claims", both) == ["ideas and the stage meet in scenes alone"]
    assert broken_arrows("scenes", both) == []
