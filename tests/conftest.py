"""Every test runs with the shapes in public signatures checked, and every figure repeats."""

from hypothesis import settings
from jaxtyping import install_import_hook

# Packages that compute. The hook must be in place before any of them is imported.
install_import_hook(
    [
        f"dlsteps.{name}"
        for name in ("nn", "graphs", "detection", "diffusion", "data", "train", "experiments")
    ],
    "beartype.beartype",
)

settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=40, database=None)
settings.load_profile("repeatable")
