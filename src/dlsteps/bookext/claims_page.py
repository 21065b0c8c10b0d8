"""The claims page: `{claims-ledger}` renders `claims.yml` as a table of counts and one card a claim.

On a chapter's page, `{page-claims}` lists the claims that it settles. The output of `claims.verify` has
an anchor such as `claim-N30`, to which both link. Everything is made of docutils nodes, so citations, search
and translation work as in written text.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from posixpath import dirname, join

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from dlsteps.claims import NOTES, VERDICTS, Claim, LedgerError, find_ledger, load

MEANING = {
    "holds": "The notes are right.",
    "holds when": "Right under a condition, and the condition is named.",
    "corrected": "Wrong as the notes say it. What is true is given.",
    "dated": "It was true. What has changed is given.",
    "open": "Its chapter is not written yet.",
}

ASSETS = Path(__file__).parent / "assets"

logger = logging.getLogger(__name__)


# What the output of `verify` is known by.
MARKS = ('class="claim-card"', 'class="claims-hold"')


class ChapterLink(nodes.General, nodes.Inline, nodes.Element):
    """The place of a link to the line that settles a claim, until every chapter has been read."""


class ClaimsLedger(SphinxDirective):
    """Render the `claims.yml` that lies beside the page."""

    def run(self) -> list[nodes.Node]:
        path = Path(self.env.doc2path(self.env.docname)).with_name("claims.yml")
        self.env.note_dependency(str(path))
        load.cache_clear()  # a server that rebuilds on change must see the change
        try:
            claims = load(path)
        except (LedgerError, OSError) as fault:
            raise self.error(str(fault)) from fault
        parts = groupby(claims, key=lambda claim: claim.part)
        return [counts(claims), *(self.part(name, list(group)) for name, group in parts)]

    def part(self, name: str, claims: Sequence[Claim]) -> nodes.section:
        """A section of its own: how many are settled, then the cards."""
        settled = sum(claim.settled for claim in claims)
        section = nodes.section(ids=[f"claims-{nodes.make_id(name)}"])
        section += nodes.title("", name)
        summary = (
            f"{settled} of {len(claims)} settled." if settled else "Open: its chapter is not written yet."
        )
        section += nodes.paragraph("", summary)
        section += nodes.bullet_list("", *(self.card(claim) for claim in claims), classes=["claims"])
        return section

    def card(self, claim: Claim) -> nodes.list_item:
        """One claim: id and verdict; what the notes say; what is true; where, and on whose word."""
        head = nodes.paragraph("", "", nodes.strong("", claim.id), nodes.Text(" "), badge(claim.verdict))
        head["classes"].append("claim-head")
        notes = "; ".join(f"{NOTES[note]} ({note})" for note in claim.notes)
        rows = [row("The notes say", nodes.Text(claim.statement))]
        if claim.truth:
            rows.append(row("What is true", nodes.Text(claim.truth)))
        rows.append(row("Said in", nodes.Text(notes)))
        if claim.sources:
            rows.append(row("Sources", *self.citations(claim.sources)))
        if claim.chapter:
            doc = join(dirname(self.env.docname), claim.chapter)
            rows.append(row("Tested in", ChapterLink(doc=doc, claim=claim.id)))
        card = nodes.list_item("", head, *rows, ids=[claim.id])
        card["classes"] += ["claim", verdict_class(claim.verdict)]
        return card

    def citations(self, keys: Iterable[str]) -> list[nodes.Node]:
        """Citations made by the bibliography's own role, which warns of a key it does not know."""
        cite = self.env.get_domain("cite").role("t")
        result: list[nodes.Node] = []
        for key in keys:
            found, messages = cite("cite:t", key, key, self.lineno, self.state.inliner)
            result += [nodes.Text("; ")] if result else []
            result += [*found, *messages]
        return result


class PageClaims(SphinxDirective):
    """Render the claims that this page settles, each a link to its card."""

    def run(self) -> list[nodes.Node]:
        path = find_ledger(Path(self.env.doc2path(self.env.docname)).parent)
        self.env.note_dependency(str(path))
        load.cache_clear()
        page = Path(self.env.doc2path(self.env.docname)).relative_to(path.parent).with_suffix("").as_posix()
        claims = [claim for claim in load(path) if claim.chapter == page]
        if not claims:
            raise self.error(f"no claim in claims.yml has the chapter {page}; take page-claims out")
        return [nodes.bullet_list("", *map(chip, claims), classes=["claim-chips"])]


def chip(claim: Claim) -> nodes.list_item:
    """A claim's id and verdict, as a link to where the page settles it."""
    link = nodes.reference("", f"{claim.id} {claim.verdict}", internal=True, refuri=f"#claim-{claim.id}")
    return nodes.list_item("", nodes.paragraph("", "", link), classes=["claim", verdict_class(claim.verdict)])


def verdict_class(verdict: str) -> str:
    return f"verdict-{nodes.make_id(verdict)}"


def badge(verdict: str) -> nodes.inline:
    """The verdict in words; its color repeats what the words say."""
    return nodes.inline("", verdict, classes=["verdict", verdict_class(verdict)])


def row(label: str, *content: nodes.Node) -> nodes.paragraph:
    label_node = nodes.inline("", f"{label}: ", classes=["claim-label"])
    return nodes.paragraph("", "", label_node, *content)


def counts(claims: Sequence[Claim]) -> nodes.table:
    """A table of verdicts, what each means, and how many claims have it."""
    number = Counter(claim.verdict for claim in claims)
    rows = [(badge(v), nodes.Text(MEANING[v]), nodes.Text(str(number[v]))) for v in VERDICTS]
    rows.append((nodes.Text("all"), nodes.Text("Claims in the notes."), nodes.Text(str(len(claims)))))
    group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in (20, 65, 15)), cols=3)
    group += nodes.thead("", table_row(nodes.Text("verdict"), nodes.Text("meaning"), nodes.Text("claims")))
    group += nodes.tbody("", *(table_row(*cells) for cells in rows))
    return nodes.table("", group, classes=["claim-counts"])


def table_row(*cells: nodes.Node) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))


def link_chapters(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put a reference to the settling line in each ChapterLink's place."""
    for place in list(doctree.findall(ChapterLink)):
        doc, claim = place["doc"], place["claim"]
        if doc not in app.env.found_docs:
            logger.warning("%s is settled in %s, which is not in the book", claim, doc, location=place)
            place.replace_self(nodes.Text(doc))
            continue
        uri = app.builder.get_relative_uri(docname, doc) + f"#claim-{claim}"
        title = app.env.titles[doc].astext()
        place.replace_self(nodes.reference("", title, internal=True, refuri=uri))


def add_style(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Add the style sheet to the pages that show claims, and to no other."""
    shows = doctree is not None and any(
        "claim" in node.get("classes", ()) or any(name in node.astext() for name in MARKS)
        for node in doctree.findall(lambda node: isinstance(node, nodes.list_item | nodes.raw))
    )
    if shows:
        app.add_css_file("claims.css")


def setup(app: Sphinx) -> dict:
    app.add_node(ChapterLink)
    app.add_directive("claims-ledger", ClaimsLedger)
    app.add_directive("page-claims", PageClaims)
    app.connect("builder-inited", lambda app: app.config.html_static_path.append(str(ASSETS)))
    app.connect("doctree-resolved", link_chapters)
    app.connect("html-page-context", add_style)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
