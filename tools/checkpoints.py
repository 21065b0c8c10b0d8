"""Train every recipe at its defaults, in turn, and keep the weights that come with the package.

Usage: checkpoints.py [NAME …]; without a name, all of them.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import stamps

from dlsteps.train import names, result, weights
from dlsteps.train.files import write_whole

LIMIT = 2_000_000  # bytes of one file of weights
RUNS = stamps.ROOT / "_build" / "train"


class TooLarge(Exception):  # noqa: N818 - it names what is wrong
    """Weights that would make the repository heavy."""


def train(name: str, folder: Path) -> None:
    """Train one recipe with the command that a reader uses."""
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "dlsteps.train", name, "--device", "cpu", "--out", str(folder)]
    subprocess.run(command, cwd=stamps.ROOT, check=True)


def keep(name: str, folder: Path, kept: Path = weights.CHECKPOINTS) -> str:
    """Copy the weights of a run and what is known of them, and say how they compare with the earlier ones.

    Raises:
        TooLarge: if they are larger than may be committed.
    """
    size = (folder / f"{name}.safetensors").stat().st_size
    if size > LIMIT:
        raise TooLarge(
            f"{name} has {size:,} bytes of weights; at most {LIMIT:,} are committed: make it smaller"
        )
    before = result(name, kept) if name in weights.trained(kept) else None
    kept.mkdir(exist_ok=True)
    for ending in ("safetensors", "json"):
        write_whole(kept / f"{name}.{ending}", (folder / f"{name}.{ending}").read_bytes())
    now = result(name, kept)
    was = f" (was {before.metric[before.headline]})" if before else ""
    return (
        f"{name}: {now.headline} {now.metric[now.headline]}{was}, {size:,} bytes, {now.seconds / 60:.1f} min"
    )


def main(wanted: list[str]) -> int:
    """Train and keep what is wanted; the exit status says whether all could be."""
    start, lines = time.monotonic(), []
    try:
        for name in wanted or names():
            train(name, RUNS / name)
            lines.append(keep(name, RUNS / name))
    except (subprocess.CalledProcessError, TooLarge) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    finally:
        print("\n".join(lines))
    print(f"{len(lines)} models in {(time.monotonic() - start) / 60:.1f} min")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
