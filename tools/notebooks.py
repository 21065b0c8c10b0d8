"""Run the chapters and store their outputs: ``name.ipynb`` comes from its text twin ``name.md`` alone.

Running an unchanged chapter again writes the same bytes: cells are named by their content, no time is
recorded, a widget keeps its HTML and loses its view (which is dead without a kernel), and an address in
memory is an error.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
import time
from itertools import groupby
from pathlib import Path

import jupytext
import nbformat
import stamps
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

BOOK = stamps.ROOT / "book"
ALWAYS = ["requirements.txt", "book/claims.yml"]  # what every chapter depends on
DATA = ("json", "npz", "safetensors", "html", "css", "js")  # what a package may load beside its code
# Run last on the kernel of a chapter: which files of the package it imported.
PROBE = """
import sys
for name, module in sorted(sys.modules.items()):
    if name.partition(".")[0] == "dlsteps" and getattr(module, "__file__", None):
        print(module.__file__)
"""
CELL_TIMEOUT = 120  # seconds; nothing in a chapter may take longer than 60
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}


def twins(folder: Path = BOOK) -> list[Path]:
    """Return the text twins: the Markdown files that jupytext's header marks as notebooks."""
    return [
        path
        for path in stamps.files(["**/*.md"], folder)
        if re.match(r"---\n(.*\n)*?jupytext:", path.read_text(encoding="utf-8"))
    ]


def read(twin: Path) -> NotebookNode:
    """Return a text twin as a notebook without outputs, each cell named by what it says."""
    notebook = jupytext.read(twin)
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        name = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[name] = seen.get(name, 0) + 1
        cell.id = name if seen[name] == 1 else f"{name}-{seen[name]}"
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def execute(notebook: NotebookNode, folder: Path, timeout: int = CELL_TIMEOUT) -> list[Path]:
    """Run a notebook on a fresh kernel in the given folder, in place; return the files of ours it imported.

    Raises:
        CellExecutionError: if a cell fails.
    """
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        store_widget_state=False,
        record_timing=False,
        extra_arguments=["--IPKernelApp.log_level=40"],  # errors only: it warns of each local connection
        resources={"metadata": {"path": str(folder)}},
    )
    notebook.cells.append(nbformat.v4.new_code_cell(PROBE))
    try:
        client.execute()
    finally:
        probe = notebook.cells.pop()
    printed = "".join(output.text for output in probe.outputs)  # a kernel cuts it where it likes
    return [Path(line) for line in printed.splitlines()]


def patterns(imported: list[Path]) -> list[str]:
    """Return what a chapter depends on: the modules it imported, and the data that lie in their packages.

    Data below a package belong to it: a chapter may read them without importing the code that wrote them.
    """
    paths = [path.resolve().relative_to(stamps.ROOT) for path in imported]
    rooms = {path.parent.as_posix() for path in paths if path.name == "__init__.py"}
    rooms -= {"src/dlsteps", "src/dlsteps/chapters"}  # the houses of all the others
    data = [f"{room}/**/*.{ending}" for room in sorted(rooms) for ending in DATA]
    return [*ALWAYS, *(path.as_posix() for path in paths), *data]


def tidy(notebook: NotebookNode) -> None:
    """Drop from the outputs what is not the same in every run.

    Raises:
        ValueError: if an output shows an address in memory, which cannot be the same twice.
    """
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs = _joined(cell.outputs)
        for output in cell.outputs:
            data = output.get("data", {})
            if data.pop(WIDGET_VIEW, None) and not data:
                raise ValueError(
                    f"a widget without text/html shows nothing in the built book:\n{cell.source}"
                )
            if address := re.search(r"\bat 0x[0-9a-f]{6,}", str(output)):
                raise ValueError(
                    f"an output shows {address[0]}; give the object a repr of its own:\n{cell.source}"
                )


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join neighboring pieces of the streams, stdout first: where a kernel cuts them is a matter of time."""
    joined: list[NotebookNode] = []
    for is_stream, pieces in groupby(outputs, key=lambda output: output.output_type == "stream"):
        if not is_stream:
            joined += pieces
            continue
        texts: dict[str, str] = {}
        for piece in pieces:
            texts[piece.name] = texts.get(piece.name, "") + piece.text
        for name in sorted(texts, reverse=True):
            joined.append(nbformat.v4.new_output("stream", name=name, text=texts[name]))
    return joined


def run(twin: Path, timeout: int = CELL_TIMEOUT) -> tuple[str, list[Path]]:
    """Run one text twin; return the text of its notebook file, and the files of ours that it imported."""
    notebook = read(twin)
    imported = execute(notebook, twin.parent, timeout)
    tidy(notebook)
    nbformat.validate(notebook)
    return nbformat.writes(notebook).rstrip("\n") + "\n", imported


def update(twin: Path, *, force: bool, stamp_folder: Path = stamps.STAMPS) -> str:
    """Bring one notebook up to date and return what was done: "unchanged", "same" or "written"."""
    target = twin.with_suffix(".ipynb")
    name = "notebook-" + hashlib.sha256(str(twin).encode()).hexdigest()[:12]

    used = stamp_folder / f"{name}.inputs"

    def current() -> str:
        """Hash what the last run used: an edit elsewhere in the package does not run a chapter again."""
        own = stamps.digest([twin.name, target.name], twin.parent)
        return own + stamps.digest(used.read_text(encoding="utf-8").splitlines())

    if not force and target.exists() and used.exists() and stamps.is_current(name, current(), stamp_folder):
        return "unchanged"
    text, imported = run(twin)
    same = target.exists() and target.read_text(encoding="utf-8") == text
    if not same:
        target.write_text(text, encoding="utf-8", newline="\n")
    stamp_folder.mkdir(exist_ok=True)
    used.write_text("\n".join(patterns(imported)), encoding="utf-8")
    stamps.mark(name, current(), stamp_folder)
    return "same" if same else "written"


def named(names: list[str], parser: argparse.ArgumentParser) -> list[Path]:
    """Return the text twins of these names, such as `axes`; all of them if there is none."""
    found = {twin.stem: twin for twin in twins()}
    if unknown := sorted(set(names) - set(found)):
        parser.error(f"no chapter is named {', '.join(unknown)}; there are {', '.join(sorted(found))}")
    return [found[name] for name in names] or list(found.values())


def main(arguments: list[str] | None = None) -> int:
    """Bring all notebooks up to date; the exit status says whether every cell ran."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--force", action="store_true", help="run every chapter, changed or not")
    parser.add_argument("names", nargs="*", help="chapters to run; all of them if none is named")
    options = parser.parse_args(arguments)
    # Sums depend on the number of threads in their last digits, and kernels share the machine with the tests.
    os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    failed = 0
    for twin in named(options.names, parser):
        start = time.monotonic()
        try:
            done = update(twin, force=options.force)
        except (CellExecutionError, DeadKernelError, TimeoutError, ValueError) as error:
            failed += 1
            done = f"failed\n{error}\n"
        print(f"{twin.relative_to(stamps.ROOT)}: {done} ({time.monotonic() - start:.1f} s)", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
