"""The claims ledger: what the notes say, and what is true.

`book/claims.yml` lists every claim. What the check of a claim has to show depends on the verdict:

- `holds`: the statement itself comes true;
- `holds when`: it comes true under the condition, and fails outside of it where that can be shown;
- `corrected`: the statement fails, and the truth given in the ledger comes true;
- `dated`: the statement fails today, and what is true today comes true.

A claim that no chapter has settled yet is `open`.
"""

import difflib
import functools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

SETTLED = ("holds", "holds when", "corrected", "dated")
VERDICTS = (*SETTLED, "open")

NOTES = {
    "A": "Deep learning",
    "B": "Batch normalization",
    "C": "Activations and normalizations",
    "D": "Q & A: a stack of books",
    "E": "BN and LN, worked examples",
}

PARTS = {
    "N": "Normalization",
    "A": "Activations",
    "G": "Gradient flow",
    "M": "Likelihood",
    "C": "Convolution",
    "R": "Recurrence",
    "L": "Recurrence",
    "T": "Attention and the Transformer",
    "S": "Computation graphs",
    "Y": "Detection",
    "D": "Diffusion",
}

_ID = re.compile(r"[A-Z]\d\d")


class ClaimError(Exception):
    """A claim's check failed, or the ledger and the chapter disagree."""


class LedgerError(ValueError):
    """`claims.yml` is missing or breaks one of its rules."""


@dataclass(frozen=True)
class Claim:
    """One entry of the ledger."""

    id: str
    statement: str
    notes: tuple[str, ...]
    verdict: str
    truth: str | None = None
    chapter: str | None = None
    sources: tuple[str, ...] = ()

    @property
    def part(self) -> str:
        return PARTS[self.id[0]]

    @property
    def settled(self) -> bool:
        return self.verdict in SETTLED


def all_claims() -> tuple[Claim, ...]:
    """Return every claim, in the order of `claims.yml`."""
    return load(find_ledger())


def find_ledger(start: Path | None = None) -> Path:
    """Return the path of `book/claims.yml`: above `start` (the working folder), else above this package."""
    start = Path.cwd() if start is None else Path(start)
    package = Path(__file__).resolve().parent
    for folder in (start, *start.parents, *package.parents):
        path = folder / "book" / "claims.yml"
        if path.is_file():
            return path
    raise LedgerError(f"no book/claims.yml above {start} or {package}; run inside a checkout of the book")


@functools.cache
def load(path: Path) -> tuple[Claim, ...]:
    """Read a ledger and hold it to its rules.

    Raises:
        LedgerError: an entry lacks a field or has one too many, an id comes twice, a verdict is unknown.
    """
    entries = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    if not isinstance(entries, list):
        raise LedgerError(f"{path} holds {type(entries).__name__}; write a list of claims")
    claims = tuple(_claim(entry) for entry in entries)
    twice = [id for id, count in Counter(claim.id for claim in claims).items() if count > 1]
    if twice:
        raise LedgerError(f"{', '.join(twice)} stands more than once in {path}; keep one entry for each id")
    return claims


def find_claim(id: str) -> Claim:
    """Return one claim of the ledger.

    Raises:
        ClaimError: there is none of this id.
    """
    claims = {claim.id: claim for claim in all_claims()}
    if id not in claims:
        near = difflib.get_close_matches(str(id).upper(), claims, n=3, cutoff=0.5)
        raise ClaimError(f"no claim {id!r} in the ledger; near: {', '.join(near) or 'none'}")
    return claims[id]


def _claim(entry: Any) -> Claim:
    """Turn one entry of the YAML file into a Claim, or say which rule it breaks."""
    if not isinstance(entry, dict) or not _ID.fullmatch(str(entry.get("id"))) or entry["id"][0] not in PARTS:
        raise LedgerError(
            f"{entry!r} has no id; give it a letter of {', '.join(PARTS)} and two digits, as in N30"
        )
    for fault in _faults(entry):
        raise LedgerError(f"{entry['id']} {fault}")
    return Claim(**{**entry, "notes": tuple(entry["notes"]), "sources": tuple(entry.get("sources", ()))})


def _faults(entry: dict) -> Iterator[str]:
    """Yield what is wrong with an entry, each as the end of a sentence that begins with its id."""
    fields = Claim.__dataclass_fields__
    for name in entry.keys() - fields.keys():
        yield f"has the field {name!r}; allowed are {', '.join(fields)}"
    if not isinstance(entry.get("statement"), str) or not entry["statement"].strip():
        yield "has no statement; write what the notes say"
    notes = entry.get("notes")
    if not isinstance(notes, list) or not notes or not set(notes) <= NOTES.keys():
        yield f"comes from notes {notes!r}; list some of {', '.join(NOTES)}"
    verdict = entry.get("verdict")
    if verdict not in VERDICTS:
        yield f"has verdict {verdict!r}; allowed are {', '.join(VERDICTS)}"
    for name in ("truth", "chapter"):
        if verdict == "open" and name in entry:
            yield f"is open and has a {name}; settle it or take the {name} out"
        if verdict != "open" and not entry.get(name):
            yield f"has verdict {verdict!r} and no {name}; add it"
    if not isinstance(entry.get("sources", []), list):
        yield f"has sources {entry['sources']!r}; list keys of references.bib"
