"""The pairs of text twin and notebook, and the tool that makes the one from the other."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import notebooks
import pytest
import stamps

PAIRS = notebooks.twins()

CHAPTER = """\
---
kernelspec:
  display_name: Python 3 (ipykernel)
  language: python
  name: python3
jupytext:
  text_representation: {format_name: myst, extension: .md}
---

# A chapter

```{code-cell} ipython3
import sys

for i in range(3):
    print(i, flush=True)
    print("to the side", file=sys.stderr)
```

```{code-cell} ipython3
:tags: [hide-input]

6 * 7
```

```{code-cell} ipython3
6 * 7
```
"""


def write(folder: Path, text: str) -> Path:
    twin = folder / "chapter.md"
    twin.write_text(text, encoding="utf-8")
    return twin


@pytest.mark.parametrize("twin", PAIRS, ids=lambda path: path.relative_to(stamps.ROOT).as_posix())
def test_a_pair_holds_the_same_cells(twin: Path):
    stored = nbformat.read(twin.with_suffix(".ipynb"), as_version=4)
    cells = [(cell.id, cell.cell_type, cell.source, cell.metadata) for cell in stored.cells]
    assert cells == [
        (cell.id, cell.cell_type, cell.source, cell.metadata) for cell in notebooks.read(twin).cells
    ]


@pytest.mark.parametrize("twin", PAIRS, ids=lambda path: path.relative_to(stamps.ROOT).as_posix())
def test_a_notebook_was_run_from_top_to_bottom_and_tidied(twin: Path):
    path = twin.with_suffix(".ipynb")
    stored = nbformat.read(path, as_version=4)
    counts = [cell.execution_count for cell in stored.cells if cell.cell_type == "code" and cell.source]
    assert counts == list(range(1, len(counts) + 1))
    text = path.read_text(encoding="utf-8")
    notebooks.tidy(stored)
    assert nbformat.writes(stored).rstrip("\n") + "\n" == text


def test_every_notebook_has_a_text_twin():
    found = {path.with_suffix(".md") for path in stamps.files(["**/*.ipynb"], notebooks.BOOK)}
    assert found == set(PAIRS)


def test_running_again_changes_no_byte(tmp_path: Path):
    twin = write(tmp_path, CHAPTER)
    (first, _), (second, _) = notebooks.run(twin), notebooks.run(twin)
    assert first == second
    cells = nbformat.reads(first, as_version=4).cells
    assert [output.text for output in cells[1].outputs] == ["0\n1\n2\n", "to the side\n" * 3]
    assert cells[2].metadata.tags == ["hide-input"]
    assert cells[3].outputs[0].data["text/plain"] == "42"
    assert len({cell.id for cell in cells}) == len(cells)


def test_what_is_unchanged_is_not_run(tmp_path: Path):
    twin, folder = write(tmp_path, CHAPTER), tmp_path / "stamps"
    done = [notebooks.update(twin, force=False, stamp_folder=folder) for _ in range(2)]
    done.append(notebooks.update(twin, force=True, stamp_folder=folder))
    twin.with_suffix(".ipynb").write_text("{}")
    done.append(notebooks.update(twin, force=False, stamp_folder=folder))
    assert done == ["written", "unchanged", "same", "written"]


def test_a_chapter_depends_on_what_it_imports_and_on_its_data():
    imported = [
        stamps.ROOT / "src/dlsteps" / name
        for name in (
            "__init__.py",
            "chapters/__init__.py",
            "chapters/axes/__init__.py",
            "chapters/axes/scene.py",
        )
    ]
    found = stamps.files(notebooks.patterns(imported))
    names = {path.relative_to(stamps.ROOT).as_posix() for path in found}
    assert {"requirements.txt", "src/dlsteps/__init__.py", "src/dlsteps/chapters/axes/scene.py"} <= names
    assert any(name.startswith("src/dlsteps/chapters/axes/experiments/results/") for name in names)
    assert not any("normalization" in name or name.endswith("axes/evidence.py") for name in names)


def test_an_edit_of_a_module_that_a_chapter_imports_runs_it_again(tmp_path: Path):
    text = CHAPTER.replace("import sys\n", "import sys\n\nfrom dlsteps import tensors\n")
    _, imported = notebooks.run(write(tmp_path, text))
    names = {path.relative_to(stamps.ROOT / "src").as_posix() for path in imported}
    assert names == {"dlsteps/__init__.py", "dlsteps/tensors.py"}


def test_a_chapter_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture):
    with pytest.raises(SystemExit):
        notebooks.main(["axis"])
    assert re.search("no chapter is named axis; there are .*axes", capsys.readouterr().err)


def test_neighboring_pieces_of_the_streams_are_joined():
    def stream(name: str, text: str):
        return nbformat.v4.new_output("stream", name=name, text=text)

    shown = nbformat.v4.new_output("display_data", data={"text/plain": "42"})
    pieces = [
        stream("stderr", "c"),
        stream("stdout", "a"),
        stream("stderr", "d"),
        shown,
        stream("stdout", "b"),
    ]
    cell = nbformat.v4.new_code_cell("...", outputs=pieces)
    notebooks.tidy(nbformat.v4.new_notebook(cells=[cell]))
    kept = [(output.get("name"), output.get("text")) for output in cell.outputs]
    assert kept == [("stdout", "a"), ("stderr", "cd"), (None, None), ("stdout", "b")]


def test_a_widget_keeps_its_html_and_loses_its_view():
    data = {notebooks.WIDGET_VIEW: {"model_id": "1"}, "text/html": "<p>still here</p>"}
    cell = nbformat.v4.new_code_cell("...", outputs=[nbformat.v4.new_output("display_data", data=data)])
    notebooks.tidy(nbformat.v4.new_notebook(cells=[cell]))
    assert cell.outputs[0].data == {"text/html": "<p>still here</p>"}


def test_an_address_in_memory_is_refused():
    data = {"text/plain": "<object object at 0x7f3c2a1b4d90>"}
    cell = nbformat.v4.new_code_cell("object()", outputs=[nbformat.v4.new_output("display_data", data=data)])
    with pytest.raises(ValueError, match="give the object a repr"):
        notebooks.tidy(nbformat.v4.new_notebook(cells=[cell]))


def test_a_cell_that_fails_leaves_the_notebook_alone(tmp_path: Path):
    twin = write(tmp_path, CHAPTER.replace("6 * 7", "6 / 0"))
    twin.with_suffix(".ipynb").write_text("as it was")
    with pytest.raises(notebooks.CellExecutionError, match="ZeroDivisionError"):
        notebooks.update(twin, force=True, stamp_folder=tmp_path / "stamps")
    assert twin.with_suffix(".ipynb").read_text() == "as it was"
