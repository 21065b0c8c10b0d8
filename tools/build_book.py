"""Build the book, and do not take the builder's word for it.

Jupyter Book can exit 0 although a step failed, and an incremental build reports only the pages it looked at.
So a build here also counts as failed when a page of the table of contents is missing and, if strict, when it
warned.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import stamps
import yaml

INPUTS = ["_config.yml", "_toc.yml", "requirements.txt", "pyproject.toml", "src/**/*", "book/**/*"]
# A change in any of these can change every page: the side bar, the theme, the API pages.
OUTSIDE_THE_PAGES = [pattern for pattern in INPUTS if not pattern.startswith("book")]

# The package has no __main__, and its script may not be on the path.
JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"


class BuildError(Exception):
    """The book was not built; the message says why."""


def build(output: Path, *, strict: bool, everything: bool, source: Path = stamps.ROOT) -> Path:
    """Build the book below output and return the folder of its pages.

    Args:
        output: Jupyter Book puts ``_build/html`` into this folder.
        strict: count warnings and unresolved references as failures, and start from an empty folder.
        everything: write every page, changed or not.
        source: the folder with _config.yml and _toc.yml.

    Raises:
        BuildError: with the lines of the log that say what failed.
    """
    if strict:
        shutil.rmtree(output / "_build", ignore_errors=True)
    flags = ["-W", "-n", "--keep-going"] if strict else []
    html = output / "_build" / "html"
    if everything:
        flags.append("--all")
        shutil.rmtree(html / "_modules", ignore_errors=True)  # written anew only where a source is newer
    command = [sys.executable, "-c", JUPYTER_BOOK, "build", str(source), "--path-output", str(output), *flags]
    environment = os.environ | {"NO_COLOR": "1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    log = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    problems = [line for line in log.splitlines() if re.search(r"\b(WARNING|ERROR|CRITICAL):", line)]
    missing = [page for page in pages(source) if not (html / page).exists()]
    if done.returncode or missing or (strict and problems):
        raise BuildError(_report(log, done.returncode, problems, missing))
    for line in problems:
        print(line)
    return html


def _report(log: str, code: int, problems: list[str], missing: list[str]) -> str:
    lines = [f"The book was not built (exit code {code}, {len(problems)} warnings)."]
    lines += problems or log.splitlines()[-20:]
    lines += [f"missing page: {page}" for page in missing]
    return "\n".join(lines)


def pages(source: Path = stamps.ROOT) -> list[str]:
    """Return the HTML files that the table of contents promises, in its order."""
    found = []

    def walk(node: object) -> None:
        if isinstance(node, list):
            for item in node:
                walk(item)
        elif isinstance(node, dict):
            name = node.get("root") or node.get("file")
            if name:
                found.append(re.sub(r"\.(ipynb|md|rst)$", "", name) + ".html")
            for value in node.values():
                walk(value)

    walk(yaml.safe_load((source / "_toc.yml").read_text(encoding="utf-8")))
    return found


def main() -> int:
    """Build what changed into _build/html and print the page to open."""
    now, around = stamps.digest(INPUTS), stamps.digest(OUTSIDE_THE_PAGES)
    index = stamps.ROOT / "_build" / "html" / "index.html"
    if not (index.exists() and stamps.is_current("book", now)):
        print("Building the book.", flush=True)
        try:
            build(stamps.ROOT, strict=False, everything=not stamps.is_current("book-around", around))
        except BuildError as error:
            print(error, file=sys.stderr)
            return 1
        stamps.mark("book", now)
        stamps.mark("book-around", around)
    print(f"The book is built. Open {index.as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
