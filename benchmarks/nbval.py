"""All notebooks, run on fresh kernels and every output compared: what `make test` does with them."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from benchmarks.report import ROOT, table, verdict

BUDGET = 8 * 60  # s
OPTIONS = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=120", "-n", "2", "--dist", "loadfile"]


def run() -> None:
    notebooks = len(list((ROOT / "book").glob("**/[!.]*.ipynb")))
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *OPTIONS, "book"],
        cwd=ROOT,
        env=os.environ | {"PYDEVD_DISABLE_FILE_VALIDATION": "1", "JUPYTER_PLATFORM_DIRS": "1"},
        capture_output=True,
        text=True,
    )
    took = time.perf_counter() - start
    table(
        ["notebooks", "time", "budget", "verdict"],
        [[notebooks, f"{took:.0f} s", f"{BUDGET} s", verdict(took, BUDGET)]],
    )
    lines = done.stdout.strip().splitlines() or ["no output"]
    print(f"\npytest says: {lines[-1].strip('= ')}. {os.cpu_count()} cores.")
