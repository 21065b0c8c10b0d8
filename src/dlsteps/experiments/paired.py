"""What two methods' figures say of their difference, seed by seed: Student's interval, and equivalence.

A seed sets the first weights and the order of the batches of both methods, so figures of one seed make a
pair. The mean of the differences has an interval by Student's t, with one seed less than there are as degrees
of freedom. "More" needs the interval at 95 % to lie above a margin. "As good as" needs the interval at 90 %
to lie within a margin on both sides, which is two tests at 5 % each; a large p-value alone shows nothing.

Source:
    Schuirmann, A comparison of the two one-sided tests procedure (1987).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf, sqrt
from statistics import fmean, stdev
from typing import Any

from scipy.special import stdtrit

from dlsteps.experiments.record import Conclusion, Record, select
from dlsteps.numbers import brief


@dataclass(frozen=True)
class Differences:
    """The differences of two methods, a seed each.

    Attributes:
        each: the differences, in the order of the seeds.
        tested: how many things each figure is a share of; 0 if it is none.
    """

    each: tuple[float, ...]
    tested: int = 0

    @property
    def mean(self) -> float:
        return fmean(self.each)

    def half_width(self, confidence: float = 0.95) -> float:
        """Half the width of the interval of the mean; infinite for a single seed."""
        n = len(self.each)
        if n < 2:
            return inf
        return float(stdtrit(n - 1, (1 + confidence) / 2)) * stdev(self.each) / sqrt(n)

    def told(self, confidence: float) -> str:
        n = len(self.each)
        tested = f", {self.tested} test digits" if self.tested else ""
        return (
            f"{brief(self.mean)} ± {brief(self.half_width(confidence))} "
            f"({confidence:.0%}, {n} seed{'s' if n > 1 else ''}{tested})"
        )


def differences(
    records: Iterable[Record], key: str, more: Mapping[str, Any], less: Mapping[str, Any], **both: Any
) -> Differences:
    """Return one method's figures minus another's, paired by seed.

    Args:
        records: of an experiment.
        key: what was measured.
        more: what a record of the one method has.
        less: what a record of the other has.
        both: what records of both have; `phase="report"` unless told otherwise.

    Raises:
        ValueError: the two were not measured with the same seeds, once each.
    """
    records = list(records)
    if any("phase" in record for record in records):
        both = {"phase": "report", **both}
    sides = [select(records, **both, **method) for method in (more, less)]
    a, b = ({record["seed"]: record[key] for record in side} for side in sides)
    if a.keys() != b.keys() or any(len(side) != len(a) for side in sides):
        raise ValueError(
            f"{dict(more)} has the seeds {[r['seed'] for r in sides[0]]}, {dict(less)} "
            f"{[r['seed'] for r in sides[1]]}; measure both once with each seed"
        )
    return Differences(tuple(a[seed] - b[seed] for seed in sorted(a)), sides[0][0].get("tested", 0))


def more(statement: str, found: Differences, by: float = 0.0) -> Conclusion:
    """Conclude that a mean difference is above `by`: all of its interval at 95 % has to be."""
    return Conclusion(
        statement,
        found.mean - found.half_width(),
        above=by,
        middle=found.mean,
        told=f"{found.told(0.95)}, all above {brief(by)}",
    )


def as_good(statement: str, found: Differences, within: float) -> Conclusion:
    """Conclude that there is no difference to speak of: the interval at 90 % has to lie within ± `within`.

    Args:
        statement: the difference, in words.
        found: the differences, seed by seed.
        within: the largest difference that would not matter, settled before the run.
    """
    return Conclusion(
        statement,
        within - abs(found.mean) - found.half_width(0.9),
        above=0.0,
        middle=within - abs(found.mean),
        told=f"{found.told(0.9)}, all within ±{brief(within)}",
    )


def at_least(statement: str, found: Differences, within: float) -> Conclusion:
    """Conclude that one method is not behind by `within`: the interval at 90 % lies above −`within`."""
    return Conclusion(
        statement,
        found.mean - found.half_width(0.9),
        above=-within,
        middle=found.mean,
        told=f"{found.told(0.9)}, all above {brief(-within)}",
    )
