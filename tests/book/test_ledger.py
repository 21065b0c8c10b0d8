"""The ledger of the book: complete, and settled by the chapters exactly as it says."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import sources
import yaml

from dlsteps.bookext import glossary_page
from dlsteps.claims import SETTLED, Claim, load

BOOK = Path(__file__).parents[2] / "book"
LEDGER = load(BOOK / "claims.yml")
LINE = re.compile(rf"^([A-Z]\d\d) · ({'|'.join(SETTLED)}) · .+ → .+$")
HOW_MANY = {"N": 35, "A": 14, "G": 8, "M": 2, "C": 14, "R": 4, "L": 6, "T": 16, "S": 11, "Y": 4, "D": 3}


def settled_in(notebook: Path) -> list[tuple[str, str]]:
    """Return the (id, verdict) of every line that `verify` left in a notebook's outputs."""
    found = []
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            text = "".join(output.get("data", {}).get("text/plain", output.get("text", "")))
            found += [match.groups() for line in text.splitlines() if (match := LINE.match(line))]
    return found


def disagreements(claims: tuple[Claim, ...], book: Path) -> list[str]:
    """Say where the ledger and the chapters disagree."""
    notebooks = [path for path in book.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts]
    lines = [
        (path.relative_to(book).with_suffix("").as_posix(), *line)
        for path in sorted(notebooks)
        for line in settled_in(path)
    ]
    wanted = {(claim.chapter, claim.id, claim.verdict) for claim in claims if claim.settled}
    twice = [line for line, count in Counter(lines).items() if count > 1]
    found = set(lines)
    return [
        *(f"{id} · {verdict} is not verified in {where}" for where, id, verdict in sorted(wanted - found)),
        *(f"{where} verifies {id} · {verdict}, the ledger not" for where, id, verdict in found - wanted),
        *(f"{where} verifies {id} twice" for where, id, _ in twice),
    ]


def write_notebook(path: Path, *lines: str) -> None:
    path.parent.mkdir(exist_ok=True)
    outputs = [{"output_type": "display_data", "data": {"text/plain": line}} for line in lines]
    path.write_text(
        json.dumps({"cells": [{"cell_type": "markdown"}, {"outputs": outputs}]}), encoding="utf-8"
    )


N01 = Claim("N01", "s", ("B",), "holds when", "t", "normalization/normalization")
A01 = Claim("A01", "s", ("A",), "open")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["N01 · holds when · s → 1"], []),
        ([], ["N01 · holds when is not verified in normalization/normalization"]),
        (["N01 · holds when · s → 1"] * 2, ["normalization/normalization verifies N01 twice"]),
        (
            ["N01 · holds when · s → 1", "A01 · holds · s → 1"],
            ["normalization/normalization verifies A01 · holds, the ledger not"],
        ),
        (
            ["N01 · holds · s → 1"],
            [
                "N01 · holds when is not verified in normalization/normalization",
                "normalization/normalization verifies N01 · holds, the ledger not",
            ],
        ),
    ],
)
def test_disagreements_are_found(tmp_path, lines, expected):
    write_notebook(tmp_path / "normalization" / "normalization.ipynb", *lines)
    assert disagreements((N01, A01), tmp_path) == expected


def test_a_claim_settled_in_another_chapter_is_found(tmp_path):
    write_notebook(tmp_path / "normalization" / "normalization.ipynb", "N01 · holds when · s → 1")
    write_notebook(tmp_path / "tensors" / "axes.ipynb", "N01 · holds when · s → 1")
    assert disagreements((N01, A01), tmp_path) == ["tensors/axes verifies N01 · holds when, the ledger not"]


def test_the_chapters_settle_what_the_ledger_says():
    assert disagreements(LEDGER, BOOK) == []


def test_all_claims_of_the_notes_are_there():
    expected = [f"{letter}{i:02}" for letter, count in HOW_MANY.items() for i in range(1, count + 1)]
    assert [claim.id for claim in LEDGER] == expected
    assert len(LEDGER) == 117


def test_the_normalization_part_is_settled():
    assert all(claim.settled for claim in LEDGER if claim.id.startswith("N"))


def bibliography() -> list[str]:
    return re.findall(r"^@\w+\{(.+),$", (BOOK / "references.bib").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_source_is_in_the_bibliography():
    keys = bibliography()
    assert not [key for key, count in Counter(keys).items() if count > 1]
    missing = {key for claim in LEDGER for key in claim.sources} - set(keys)
    assert not missing


def test_the_bibliography_holds_only_what_is_cited():
    pages = "".join(path.read_text(encoding="utf-8") for path in BOOK.rglob("*.md"))
    by_pages = {
        key.strip() for keys in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", pages) for key in keys.split(",")
    }
    cited = by_pages.union(*(claim.sources for claim in LEDGER), (work.key for work in sources.in_code()))
    assert set(bibliography()) <= cited


def test_the_glossary_keeps_its_rules():
    entries = glossary_page.load(BOOK / "glossary.yml")
    assert len(entries) >= 40
    for entry in entries:
        assert entry["definition"].endswith("."), entry["term"]
        assert re.search(r"[\u4e00-\u9fff]", entry["chinese"]), entry["term"]


@pytest.mark.parametrize(
    ("entries", "fault"),
    [
        ([{"term": "a", "chinese": "甲", "definition": "A."}], "exactly the fields chapter, chinese"),
        ([{"term": "a", "chinese": "甲", "definition": "A.", "chapter": "c"}] * 2, "'a' stands twice"),
    ],
)
def test_a_glossary_that_breaks_a_rule_is_refused(tmp_path, entries, fault):
    path = tmp_path / "glossary.yml"
    path.write_text(yaml.safe_dump(entries), encoding="utf-8")
    with pytest.raises(ValueError, match=fault):
        glossary_page.load(path)
