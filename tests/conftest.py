"""Every test runs with the shapes in public signatures checked, and every figure repeats."""

import torch
from annotations import CHECKED
from hypothesis import settings
from jaxtyping import install_import_hook

# The hook must be in place before any of these is imported.
install_import_hook([f"dlsteps.{name}" for name in CHECKED], "annotations.check")

settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=40, database=None)
settings.load_profile("repeatable")


def pytest_runtest_setup():
    torch.manual_seed(0)
