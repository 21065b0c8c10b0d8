"""Put small mistakes into the code, one at a time, and see whether the tests notice.

    python tools/mutants.py [--count 400] [--seed 0] [--only nn.attention]

Lines are drawn evenly from all that can be mutated, and one mutation for each. What is drawn depends on the
seed and on the text of each line alone, so that an edit elsewhere does not draw others.

Python, PyTorch and pytest are imported once, and forked for each mutant. The tests of its part run as they
always do, but that hypothesis does not shrink what it finds. In each part, a module that was only taken apart
and put together again must survive first, and one that cannot be imported must not.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import resource
import signal
import sys
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from importlib import metadata
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from mutations import Mutation, mutations

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "dlsteps"
PARTS = ("nn", "graphs", "detection", "diffusion")
PRELOADED = ("torch._dynamo", "jaxtyping", "beartype", "hypothesis.extra.numpy", "sklearn.linear_model")
OPTIONS = ["-x", "-q", "-p", "no:cacheprovider", "--assert=plain", "--tb=no"]
MEMORY = 16 * 2**30  # bytes of address space, for a mutant that never stops growing
SURVIVED, CRASH = "survived", "by a crash"
FATES = {  # by the exit status of pytest, or by the signal
    0: SURVIVED,
    1: "by a test",
    2: "at import",
    -signal.SIGXCPU: "by time",
    -signal.SIGALRM: "by time",
}


@dataclass(frozen=True, eq=False)
class Mutant:
    """A mutation of one file."""

    file: Path
    mutation: Mutation

    def rank(self, seed: int, *words: object) -> str:
        """What to draw by: as good as random, and the same wherever the line stands in its file."""
        line = self.file.read_text(encoding="utf-8").splitlines()[self.mutation.line - 1].strip()
        text = f"{seed} {self.file.relative_to(PACKAGE).as_posix()} {line} {words}"
        return sha256(text.encode()).hexdigest()

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.mutation.line} {self.mutation}"


def draw(files: list[Path], count: int, seed: int) -> list[Mutant]:
    """Return one mutant each for `count` lines, in the order of files and lines."""
    lines: dict[tuple[Path, int], list[Mutant]] = {}
    for file in files:
        for mutation in mutations(file.read_text(encoding="utf-8")):
            lines.setdefault((file, mutation.line), []).append(Mutant(file, mutation))
    drawn = sorted(lines, key=lambda place: lines[place][0].rank(seed))[:count]
    return [min(lines[place], key=lambda m: m.rank(seed, str(m.mutation))) for place in sorted(drawn)]


def module_of(file: Path) -> str:
    """Return the name of a module below the package, such as nn.checks."""
    return ".".join(file.relative_to(PACKAGE).with_suffix("").parts)


def folder_of(file: Path) -> Path:
    """Return the folder of a module's tests: the nearest one that mirrors where the module is."""
    folder = ROOT / "tests" / file.parent.relative_to(PACKAGE)
    while not folder.exists():
        folder = folder.parent
    return folder


def tests_of(file: Path) -> list[str]:
    """Return the tests that judge a module: its part's, and those beside all parts that import it.

    Those that are named after it come first, as they are the likeliest to notice.
    """
    name = f"{PACKAGE.name}.{module_of(file)} "
    beside = [test for test in (ROOT / "tests").glob("test_*.py") if name in test.read_text(encoding="utf-8")]
    tests = [*beside, *sorted(folder_of(file).rglob("test_*.py"))]
    return [str(test) for test in sorted(tests, key=lambda test: file.stem not in test.stem)]


def replace(file: Path, source: str) -> None:
    """Make every later import of a file read `source`; no cache is written, and none of the file is read."""
    read = SourceFileLoader.get_data

    def get_data(loader: SourceFileLoader, path: str) -> bytes:
        if Path(path) == file:
            return source.encode()
        if Path(path).parent == file.parent / "__pycache__" and Path(path).name.startswith(f"{file.stem}."):
            raise OSError("this is the cache of another source")
        return read(loader, path)

    SourceFileLoader.get_data, sys.dont_write_bytecode = get_data, True


class NoShrinking:
    """A plugin of pytest's: an example that fails is enough, however large."""

    def pytest_sessionstart(self) -> None:
        settings.register_profile("mutants", settings(), phases=[Phase.explicit, Phase.generate])
        settings.load_profile("mutants")


def run(file: Path, source: str, tests: list[str], limit: int) -> tuple[str, float]:
    """Run tests in a fork, with other source for one file; return its fate and the seconds of CPU it took."""
    child = os.fork()
    if not child:
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            signal.alarm(20 * limit)  # for one that waits, and takes no CPU
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nowhere, stream)
            replace(file, source)
            os._exit(int(pytest.main([*OPTIONS, *tests], plugins=[NoShrinking()])))
        finally:
            os._exit(4)
    _, status, usage = os.wait4(child, 0)
    return FATES.get(os.waitstatus_to_exitcode(status), CRASH), usage.ru_utime + usage.ru_stime


def check_part(file: Path) -> int:
    """Require that a part's tests pass what is right and not what is wrong; return a limit in seconds."""
    same, tests = ast.unparse(ast.parse(file.read_text(encoding="utf-8"))), tests_of(file)
    fate, seconds = run(file, same, tests, limit=3600)
    if fate != SURVIVED:
        raise SystemExit(f"{file} was killed {fate} with nothing wrong in it; run its tests by themselves")
    if run(file, "raise RuntimeError('cannot be imported')", tests, limit=3600)[0] == SURVIVED:
        raise SystemExit(f"{file} cannot be imported, and its tests pass; they do not read it")
    return 10 + int(3 * seconds)


def table(fates: dict[Mutant, str]) -> str:
    """Lay out how many mutants of each part were killed, and how."""
    kinds = [*dict.fromkeys(FATES.values()), CRASH]
    lines = [f"{'':20}{'mutants':>9}{'killed':>9}" + "".join(f"{kind:>12}" for kind in kinds)]
    parts = {mutant: ".".join(folder_of(mutant.file).relative_to(ROOT / "tests").parts) for mutant in fates}
    for part in [*sorted(set(parts.values())), "all"]:
        count = Counter(fate for mutant, fate in fates.items() if part in ("all", parts[mutant]))
        killed = 100 - 100 * count[SURVIVED] / max(count.total(), 1)
        lines.append(f"{part:20}{count.total():9}{killed:8.1f}%" + "".join(f"{count[k]:12}" for k in kinds))
    return "\n".join(lines)


def preload() -> None:
    """Import what takes long to import and is none of the project's: every fork has it at once."""
    for name in PRELOADED:
        importlib.import_module(name)
    for plugin in metadata.entry_points(group="pytest11"):
        plugin.load()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=400, help="how many mutants to draw")
    parser.add_argument("--seed", type=int, default=0, help="which ones")
    parser.add_argument("--only", nargs="+", default=PARTS, help="packages or modules, such as nn.attention")
    options = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(PACKAGE.parent))
    preload()
    wanted = tuple(f"{name}." for name in options.only)
    files = [file for file in sorted(PACKAGE.rglob("*.py")) if f"{module_of(file)}.".startswith(wanted)]
    drawn = draw(files, options.count, options.seed)
    fates, limits = {}, {}
    for mutant in drawn:
        file, folder = mutant.file, folder_of(mutant.file)
        limits[folder] = limits.get(folder) or check_part(file)
        fates[mutant], seconds = run(file, mutant.mutation.source(), tests_of(file), limits[folder])
        print(f"{len(fates)}/{len(drawn)} {mutant}: {fates[mutant]}, {seconds:.0f} s", flush=True)
    survivors = [str(mutant) for mutant, fate in fates.items() if fate == SURVIVED]
    print("", table(fates), "", "Survivors:", *survivors, sep="\n")


if __name__ == "__main__":
    main()
