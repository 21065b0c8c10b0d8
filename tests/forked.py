"""Children of a process that has imported torch once and done nothing else: they start in milliseconds.

A child of the tests' own process would inherit threads that are not there any more.
"""

import multiprocessing
import os
import sys
from collections.abc import Callable
from typing import Any

FORKS = multiprocessing.get_context("forkserver")
# torch's optimizers import the second when they are first used, which takes seconds.
FORKS.set_forkserver_preload(["dlsteps.train.__main__", "torch._dynamo", "dlsteps.data"])


def environment(**changes: str) -> dict[str, str]:
    """What a process needs to find the tests' modules and to leave the other core alone."""
    path = os.pathsep.join(filter(None, sys.path))
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", **changes}


def start(target: Callable[..., Any], *arguments: Any) -> multiprocessing.Process:
    """Start a child that computes in one thread."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # read by the server, which the first child starts
    child = FORKS.Process(target=target, args=arguments, daemon=True)
    child.start()
    return child


def status(target: Callable[..., Any], *arguments: Any, timeout: float = 60) -> int:
    """Run a function in a child to its end and return the exit status."""
    child = start(target, *arguments)
    child.join(timeout)
    if child.exitcode is None:
        child.kill()
        raise TimeoutError(f"{target.__name__} took more than {timeout} s")
    return child.exitcode
