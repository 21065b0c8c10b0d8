"""The works that docstrings name under "Source:", and the entries of the bibliography that they stand for."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import dlsteps

PACKAGE = Path(dlsteps.__file__).parent
BIBLIOGRAPHY = Path(__file__).parents[1] / "book" / "references.bib"

# Author; or authors, or "et al."; then the title, which a second mention may leave out; then the year.
WORK = re.compile(
    r"(?P<author>[A-Z][\w-]+)(?P<others>(?:, [A-Z][\w-]+)* and [A-Z][\w-]+| et al\.)?"
    r"(?:, (?P<title>[^;]+?))? \((?P<year>\d{4})\)"
)


class Entry(NamedTuple):
    """An entry of the bibliography."""

    key: str
    authors: tuple[str, ...]  # surnames
    title: str
    year: str


class Work(NamedTuple):
    """A work as a docstring names it; `key` is that of its entry, or empty if there is none."""

    where: str
    text: str
    key: str


def entries(text: str) -> list[Entry]:
    """Read the bibliography."""
    found = []
    for key, body in re.findall(r"^@\w+\{(.+?),\n(.*?)^\}", text, re.MULTILINE | re.DOTALL):
        fields = dict(re.findall(r"^\s*(\w+)\s*=\s*\{(.*)\},?$", body, re.MULTILINE))
        authors = tuple(_plain(a).split(",")[0] for a in fields["author"].split(" and "))
        found.append(Entry(key, authors, _plain(fields["title"]), fields["year"]))
    return found


def _plain(text: str) -> str:
    return re.sub(r"\\.|[{}]", "", text).replace("--", "–")


def named_in(docstring: str) -> Iterator[str]:
    """Yield what stands under "Source:", cut at semicolons."""
    for block in re.findall(r"^ *Source:((?: .*)?(?:\n+ +.*)*)", docstring, re.MULTILINE):
        yield from (piece.strip() for piece in " ".join(block.split()).split(";"))


def docstrings() -> Iterator[tuple[str, str]]:
    """Yield every docstring of the package with its place."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, kinds) and (text := ast.get_docstring(node)):
                name = path.relative_to(PACKAGE).as_posix()
                yield f"{name}: {getattr(node, 'name', 'the module')}", text


def key_of(piece: str, bibliography: list[Entry]) -> str:
    """Find the entry that a docstring means: by first author, year, and as much of the title as is given."""
    work = WORK.match(piece)
    for entry in bibliography if work else ():
        title = (work["title"] or "").lower()
        agrees = (entry.authors[0], entry.year) == (work["author"], work["year"])
        if agrees and title in entry.title.lower() and _others_agree(work["others"] or "", entry.authors):
            return entry.key
    return ""


def _others_agree(others: str, authors: tuple[str, ...]) -> bool:
    if "et al." in others:
        return len(authors) > 2
    return tuple(re.findall(r"[A-Z][\w-]+", others)) == authors[1:]


def in_code() -> list[Work]:
    """List the works that the docstrings of the package name. A piece without a year names none."""
    bibliography = entries(BIBLIOGRAPHY.read_text(encoding="utf-8"))
    return [
        Work(where, piece, key_of(piece, bibliography))
        for where, docstring in docstrings()
        for piece in named_in(docstring)
        if re.search(r"\b(1[89]|20)\d\d\b", piece)
    ]
