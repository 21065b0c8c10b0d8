"""Which mutants are drawn, which tests judge them, and what becomes of them."""

import os
import py_compile
import subprocess
import sys
from pathlib import Path

import mutants
import pytest

TOOLS = Path(mutants.__file__).parent
HALF = """
def half(x):
    if x < 0:
        raise ValueError("negative")
    return x / 2
"""
TESTS = """
import pytest
from dlsteps.nn.half import half

def test_half():
    assert half(3) == 1.5
    with pytest.raises(ValueError):
        half(-1)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A package of one module, and its tests."""
    package, tests = tmp_path / "src" / "dlsteps", tmp_path / "tests" / "nn"
    (package / "nn").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "nn" / "half.py").write_text(HALF)
    tests.mkdir(parents=True)
    (tests / "test_half.py").write_text(TESTS)
    return tmp_path


def report(project: Path, call: str) -> str:
    """What a call on a project of its own prints: in a process of its own, since it forks."""
    program = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(TOOLS)!r})
import mutants
mutants.ROOT, mutants.preload = Path({str(project)!r}), lambda: None
mutants.PACKAGE = mutants.ROOT / "src" / "dlsteps"
{call}
"""
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    return run.stdout + run.stderr


def main(project: Path) -> str:
    return report(project, "sys.argv = ['mutants.py', '--count', '9']; mutants.main()")


def test_who_is_killed_and_who_survives(project):
    weak = "from dlsteps.nn.half import half\n\ndef test_half():\n    assert half(3) == 1.5"
    (project / "tests" / "nn" / "test_half.py").write_text(weak)
    printed = main(project)
    door = "src/dlsteps/nn/half.py:4 raise ValueError('negative') → pass"
    assert f"{door}: survived" in printed
    survivors = printed.partition("Survivors:\n")[2].splitlines()
    assert door in survivors
    assert not [line for line in survivors if "half.py:5" in line]
    (row,) = [line.split() for line in printed.splitlines() if line.startswith("nn ")]
    lines, killed = 3, 3 - len(survivors)
    assert row[1:5] == [f"{lines}", f"{100 * killed / lines:.1f}%", f"{len(survivors)}", f"{killed}"]


@pytest.mark.parametrize(
    ("tests", "complaint"),
    [
        (TESTS.replace("1.5", "2"), "killed by a test with nothing wrong in it"),
        ("def test_nothing(): pass", "its tests pass; they do not read it"),
    ],
    ids=["red", "idle"],
)
def test_tests_that_cannot_judge_are_refused(project, tests, complaint):
    (project / "tests" / "nn" / "test_half.py").write_text(tests)
    assert complaint in main(project)


@pytest.mark.parametrize(
    ("source", "fate"),
    [
        (HALF, "survived"),
        (HALF.replace("/", "*"), "by a test"),
        (HALF + "1 / 0", "at import"),
        (HALF.replace("return", "while True: pass\n    return"), "by time"),
        (HALF.replace("return x / 2", "import os; os.abort()"), "by a crash"),
    ],
    ids=lambda value: value if "def" not in value else "",
)
def test_fates(project, source, fate):
    file = project / "src" / "dlsteps" / "nn" / "half.py"
    cached = Path(py_compile.compile(str(file)))
    before = cached.read_bytes()
    call = f"""
file = Path({str(file)!r})
sys.path.insert(0, str(mutants.PACKAGE.parent))
print(mutants.run(file, {source!r}, mutants.tests_of(file), limit=1)[0])
"""
    assert report(project, call).strip() == fate
    assert file.read_text() == HALF
    assert cached.read_bytes() == before
