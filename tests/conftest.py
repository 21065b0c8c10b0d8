"""Every test runs with the shapes in public signatures checked, and every figure repeats."""

import pkgutil
from importlib.util import find_spec

import torch
from hypothesis import settings
from jaxtyping import install_import_hook

# What computes is checked; the stage and its scenes handle no shapes. The hook must be in place before
# any of these modules is imported, so they are found without an import.
SHOWN = {"stage", "scenes"}
COMPUTED = [module.name for module in pkgutil.iter_modules(find_spec("dlsteps").submodule_search_locations)]
install_import_hook([f"dlsteps.{name}" for name in COMPUTED if name not in SHOWN], "annotations.check")

settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=40, database=None)
settings.load_profile("repeatable")


def pytest_runtest_setup():
    torch.manual_seed(0)
