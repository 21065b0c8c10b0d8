"""What an experiment decides, from its committed figures."""

from collections.abc import Callable

from dlsteps.claims.evidence import Evidence, measured
from dlsteps.experiments import record


def concluded(name: str, load: Callable[[str], record.Result] = record.load) -> Evidence:
    """Decide a claim by an experiment: every conclusion it draws from its records has to hold.

    Args:
        name: an experiment, as in `python -m dlsteps.experiments --list`.
        load: where its result comes from; the committed one if not given.
    """
    return measured(record.find(name).conclusions(load(name).records))
