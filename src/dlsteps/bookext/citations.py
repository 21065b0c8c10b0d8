"""The bibliography's list, with roles that screen readers know.

Docutils marks the list as role="list" and its entries as role="doc-biblioentry". That role is deprecated and
is no list item, so the list counts as empty. Entries become list items.
"""

from docutils import nodes
from sphinx.application import Sphinx


def mend_roles(app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None) -> None:
    if doctree is not None and next(doctree.findall(nodes.citation), None):
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app: Sphinx) -> dict:
    app.connect("html-page-context", mend_roles)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
