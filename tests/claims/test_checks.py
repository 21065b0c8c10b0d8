"""Each check of every chapter comes true with the layers of the book, and false with each wrong one."""

import importlib
import inspect
import pkgutil
import re

import pytest
from by_chapter import gathered

from dlsteps import chapters


def checks():
    """The functions in the chapters' `evidence` that are named as a claim is, by that name."""
    found = {}
    for chapter in pkgutil.iter_modules(chapters.__path__):
        home = f"{chapters.__name__}.{chapter.name}"
        parts = [part.name for part in pkgutil.iter_modules(importlib.import_module(home).__path__)]
        if "evidence" not in parts:
            continue
        evidence = importlib.import_module(f"{home}.evidence")
        for name, check in vars(evidence).items():
            if inspect.isfunction(check) and re.fullmatch(r"[a-z]\d\d", name):
                assert name not in found, f"{home} checks {name} again"
                found[name] = check
    return found


CHECKS = checks()
BROKEN = gathered("broken", "BROKEN")


def test_every_check_has_a_wrong_form():
    assert BROKEN.keys() == CHECKS.keys()
    assert all(BROKEN.values())


@pytest.mark.parametrize("claim", CHECKS)
def test_the_check_comes_true_and_says_the_same_each_time(claim):
    evidence = CHECKS[claim]()
    assert evidence.holds is True, evidence.text
    assert CHECKS[claim]() == evidence


@pytest.mark.parametrize(("claim", "wrong"), [(claim, w) for claim, cases in BROKEN.items() for w in cases])
def test_a_wrong_form_makes_it_false(claim, wrong):
    evidence = CHECKS[claim](**wrong)
    assert evidence.holds is False, evidence.text
