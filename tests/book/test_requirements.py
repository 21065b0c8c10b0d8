"""The pins: exact, explained, and what this environment really has."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions, version

import stamps

# Other people's scratch versions, which a benchmark compares with where a reader has installed them.
OPTIONAL = {"labml_nn", "x_transformers"}
LINE = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[\w.]+)\s+# \S.+")


def lines() -> list[str]:
    text = (stamps.ROOT / "requirements.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def pins() -> dict[str, str]:
    found = [LINE.fullmatch(line) for line in lines()[:-1]]
    return {_normal(match["name"]): match["version"] for match in found if match}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_dependency_is_pinned_exactly_and_explained():
    assert [line for line in lines()[:-1] if not LINE.fullmatch(line)] == []
    assert lines()[-1] == "-e ."


def test_the_environment_has_the_pinned_versions():
    installed = {name: version(name).split("+")[0] for name in pins()}  # 2.13.0+cpu is a build of 2.13.0
    assert installed == pins()


def test_every_import_has_a_pin():
    roots = ["src", "tests", "tools", "benchmarks"]
    files = stamps.files(f"{root}/**/*.py" for root in roots)
    own = {"dlsteps"} | {name for path in files for name in (path.stem, path.parent.name)}
    homes = packages_distributions()
    unpinned = set()
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            for name in (
                {name.split(".")[0] for name in names} - own - OPTIONAL - set(sys.stdlib_module_names)
            ):
                if not {_normal(home) for home in homes.get(name, [])} & set(pins()):
                    unpinned.add((path.relative_to(stamps.ROOT).as_posix(), name))
    assert unpinned == set()
