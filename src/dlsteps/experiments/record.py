"""The frame that all experiments share: run one, keep its result as JSON, load it for a chapter.

An experiment is a module in the folder `experiments` of a chapter, found by looking there, with four names:

- `Settings`, a frozen dataclass whose defaults are the committed run;
- `SLICE`, reduced settings that a test re-runs in seconds;
- `run(settings, progress)`, which returns flat records, one for each thing measured;
- `conclusions(records)`, the inequalities that the book states about them.
"""

import dataclasses
import functools
import hashlib
import importlib
import json
import pkgutil
import platform
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import sklearn
import torch
from tqdm import tqdm

from dlsteps import chapters
from dlsteps.numbers import brief

Record = dict[str, Any]


@dataclass(frozen=True)
class Conclusion:
    """An inequality that the book states: `value` is larger than `above`, which includes the margin.

    Attributes:
        statement: What is compared.
        value: The figure; where seeds differ, the end of its interval that is nearer to `above`.
        above: What it has to be above.
        middle: The figure without its interval, if `value` has one.
        told: The figure and its bound in words, if they are more than two numbers.
    """

    statement: str
    value: float
    above: float
    middle: float | None = None
    told: str = ""

    @property
    def holds(self) -> bool:
        return bool(self.value > self.above)

    @property
    def leans(self) -> bool:
        """Whether the means alone say so: all that a slice with few seeds can show."""
        return bool((self.value if self.middle is None else self.middle) > self.above)

    @property
    def text(self) -> str:
        return f"{self.statement}: {self.told or f'{brief(self.value)} > {brief(self.above)}'}"

    def __str__(self) -> str:
        return f"{self.text} {'holds' if self.holds else 'FAILS'}"


@dataclass(frozen=True)
class Result:
    """What an experiment measured, and with what."""

    name: str
    settings: dict[str, Any]
    settings_hash: str
    versions: dict[str, str]
    threads: int
    seconds: float
    records: list[Record]
    conclusions: list[str] = field(default_factory=list)


@functools.cache
def homes() -> dict[str, str]:
    """Return the full name of every experiment's module, by its own name, in the order of the names.

    Raises:
        ValueError: if two chapters have an experiment of one name.
    """
    found: dict[str, str] = {}
    for chapter in pkgutil.iter_modules(chapters.__path__):
        folder = Path(chapters.__path__[0], chapter.name, "experiments")
        for module in pkgutil.iter_modules([str(folder)]):
            home = f"{chapters.__name__}.{chapter.name}.experiments.{module.name}"
            if module.name in found:
                raise ValueError(f"{home} and {found[module.name]} share a name; rename one of them")
            found[module.name] = home
    return dict(sorted(found.items()))


def names() -> tuple[str, ...]:
    """Return the names of all experiments."""
    return tuple(homes())


def find(name: str) -> ModuleType:
    """Import an experiment by its name.

    Raises:
        ValueError: if there is no such experiment; the message lists them.
    """
    if name not in homes():
        raise ValueError(f"no experiment is called {name!r}; try one of {', '.join(names())}")
    return importlib.import_module(homes()[name])


def results_of(name: str) -> Path:
    """Return the folder with the committed result of an experiment, `results` beside its module."""
    return Path(find(name).__file__).parent / "results"


def as_json(settings: Any) -> dict[str, Any]:
    """Return a settings dataclass as it reads back from JSON (tuples become lists)."""
    return json.loads(json.dumps(dataclasses.asdict(settings)))


def settings_hash(settings: Any) -> str:
    """Return a fingerprint of the settings; a committed result with another one is stale."""
    text = json.dumps(as_json(settings), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def measure(name: str, *, reduced: bool = False, progress: bool = True) -> Result:
    """Run an experiment on one thread.

    One thread, so that sums are added in one order and figures repeat.

    Args:
        name: an experiment, as `names` lists them.
        reduced: run the slice instead of the whole.
        progress: show a progress bar.

    Returns:
        The records with the settings, versions and wall time in seconds.
    """
    module = find(name)
    settings = module.SLICE if reduced else module.Settings()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    start = time.perf_counter()
    try:
        records = [_rounded(record) for record in module.run(settings, progress=progress)]
    finally:
        torch.set_num_threads(threads)
    return Result(
        name=name,
        settings=as_json(settings),
        settings_hash=settings_hash(settings),
        versions=_versions(),
        threads=1,
        seconds=round(time.perf_counter() - start, 1),
        conclusions=concluded(name, records),
        records=records,
    )


def concluded(name: str, records: list[Record]) -> list[str]:
    """Say what an experiment concludes from its records, with seeds, test sizes and intervals."""
    return [conclusion.text for conclusion in find(name).conclusions(records)]


def save(result: Result, folder: Path | None = None) -> Path:
    """Write a result as JSON, a record a line, beside its experiment or into a folder; return the path."""
    folder = folder or results_of(result.name)
    head = dataclasses.asdict(result)
    records = head.pop("records")
    lines = ",\n".join("    " + json.dumps(record, allow_nan=False) for record in records)
    text = json.dumps(head, indent=2, allow_nan=False, ensure_ascii=False)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.name}.json"
    path.write_text(f'{text[:-2]},\n  "records": [\n{lines}\n  ]\n}}\n', encoding="utf-8")
    return path


def load(name: str, folder: Path | None = None) -> Result:
    """Load a committed result, for a chapter to plot.

    Raises:
        ValueError: if there is no such experiment.
        FileNotFoundError: if it has not been run.
    """
    path = (folder or results_of(name)) / f"{name}.json"
    if not path.exists():
        raise FileNotFoundError(f"{name} has no result yet; run `python -m dlsteps.experiments {name}`")
    return Result(**json.loads(path.read_text(encoding="utf-8")))


def select(records: Iterable[Record], **wanted: Any) -> list[Record]:
    """Return the records that have all the wanted values.

    Raises:
        ValueError: if none has, so that a typing error cannot pass for an empty result.
    """
    found = [record for record in records if all(record.get(key) == want for key, want in wanted.items())]
    if not found:
        raise ValueError(f"no record has {wanted}; look at the keys and values of `records[0]`")
    return found


def values(records: Iterable[Record], key: str, **wanted: Any) -> np.ndarray:
    """Return one figure of all the records that have the wanted values, e.g. one for each seed."""
    return np.array([record[key] for record in select(records, **wanted)], dtype=float)


def reported(result: Result) -> dict[str, str]:
    """What a record must have to be told: where an experiment tunes, it chose no setting."""
    return {"phase": "report"} if any("phase" in record for record in result.records) else {}


def bar(items: Iterable[Any], name: str, progress: bool) -> Iterable[Any]:
    """Wrap a list of runs in a progress bar that can be turned off."""
    return tqdm(items, desc=name, disable=not progress)


def _rounded(record: Record) -> Record:
    # Six significant digits: more would only record this machine's rounding errors. JSON has no NaN.
    def short(value: Any) -> Any:
        if not isinstance(value, float):
            return value
        return float(f"{value:.6g}") if np.isfinite(value) else None

    return {key: short(value) for key, value in record.items()}


def _versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "scikit-learn": sklearn.__version__,
    }
