"""Tables of what an experiment measured: the mean over seeds, and the lowest and highest seed."""

from collections.abc import Mapping
from typing import Any

from dlsteps.experiments.record import Record, Result, reported, values
from dlsteps.experiments.tuning import searches
from dlsteps.numbers import number
from dlsteps.show import Markdown, table

Where = Mapping[str, Any]


def tabulate(
    result: Result,
    rows: Mapping[str, Where],
    columns: Mapping[str, tuple[str, Where]],
    *,
    head: str,
    digits: int = 3,
    spread: bool = True,
) -> Markdown:
    """A row for each label, a column for each title.

    Args:
        result: of an experiment; where it tunes, only the figures it reports.
        rows: label -> what a record must have to count in the row.
        columns: title -> (the key that was measured, what a record must have to count in the column).
        head: the title above the labels; a column without one has no name for a screen reader.
        digits: decimals.
        spread: show the range over seeds too.

    Raises:
        ValueError: no record fits a cell.
    """

    def cell(key: str, where: Where) -> str:
        found = values(result.records, key, **reported(result), **where)
        if not len(found):
            raise ValueError(f"{result.name} has no record with {dict(where)}; change the row or the column")
        mean, least, most = (number(value, digits) for value in (found.mean(), found.min(), found.max()))
        return f"{mean} ({least} to {most})" if spread else mean

    body = [
        [label, *(cell(key, {**where, **more}) for key, more in columns.values())]
        for label, where in rows.items()
    ]
    return table([head, *columns], body)


def winners(*results: Result) -> Markdown:
    """A row for each search: the point that was chosen, and where it lies among those that were tried."""
    rows = [
        [result.name, _method(report[0]), _chosen(report[0]), report[0]["winner"]]
        for result in results
        for _, report in searches(result.records)
    ]
    return table(["experiment", "method", "chosen", "where that lies"], rows)


def _method(record: Record) -> str:
    """What was searched for: all that a record says before its phase."""
    labels = list(record.items())[: list(record).index("phase")]
    return ", ".join(str(value) for _, value in labels)


def _chosen(record: Record) -> str:
    names = [place.split()[0] for place in record["winner"].split("; ")]
    return ", ".join(f"{record[name]:g}" for name in names)
