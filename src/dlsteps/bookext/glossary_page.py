"""The glossary page: `{book-glossary}` makes Sphinx's own glossary from `glossary.yml`.

An entry has a term, its Chinese name, one sentence and the chapter that explains it. Both names are terms, so
a chapter can write {term}`batch normalization` or {term}`批归一化`.
"""

from pathlib import Path
from posixpath import dirname, join

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.domains.std import Glossary

FIELDS = {"term", "chinese", "definition", "chapter"}


class BookGlossary(Glossary):
    """A glossary whose content is read from the `glossary.yml` that lies beside the page."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        path = Path(self.env.doc2path(self.env.docname)).with_name("glossary.yml")
        self.env.note_dependency(str(path))
        try:
            entries = load(path)
        except (ValueError, OSError) as fault:
            raise self.error(str(fault)) from fault
        lines = []
        for entry in entries:
            chapter = join("/", dirname(self.env.docname), entry["chapter"])
            lines += [entry["term"], entry["chinese"]]
            lines += [f"  {entry['definition']} {{doc}}`{chapter}`", ""]
        self.content = StringList(lines, source=str(path))
        return super().run()


def load(path: Path) -> list[dict[str, str]]:
    """Read the glossary and hold it to its rules.

    Raises:
        ValueError: an entry lacks a field or has another; a term comes twice.
    """
    entries = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    seen: set[str] = set()
    for entry in entries:
        if entry.keys() != FIELDS:
            raise ValueError(f"{entry} needs exactly the fields {', '.join(sorted(FIELDS))}")
        for term in (entry["term"], entry["chinese"]):
            if term in seen:
                raise ValueError(f"{term!r} stands twice in {path}; keep one entry")
            seen.add(term)
    return sorted(entries, key=lambda entry: entry["term"].lower())


def setup(app: Sphinx) -> dict:
    app.add_directive("book-glossary", BookGlossary)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
