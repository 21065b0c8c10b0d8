"""The API pages: `api-reference` documents every public module of a package, and needs no list to be kept.

A name is documented where the reader imports it from: a package whose `__all__` re-exports the names of its
files documents them, and the files are named as their source. Docstrings are written with dollars, backticks
and Markdown tables, as the chapters are; `to_rst` turns these into what Sphinx's autodoc reads.
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from types import ModuleType
from typing import ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import nested_parse_with_titles


class ApiReference(SphinxDirective):
    """Document a package: `.. api-reference:: dlsteps.nn`, inside `{eval-rst}`.

    The option `exclude` names modules to leave out, each with all below it.
    """

    required_arguments = 1
    option_spec: ClassVar = {"exclude": str.split}

    def run(self) -> list[nodes.Node]:
        lines = StringList()
        for module in public_modules(self.arguments[0], self.options.get("exclude", ())):
            self.env.note_dependency(inspect.getfile(module))
            for line in module_lines(module):
                lines.append(line, f"<api of {module.__name__}>")
        parent = nodes.section()
        parent.document = self.state.document
        nested_parse_with_titles(self.state, lines, parent)
        return parent.children


def public_modules(name: str, exclude: Collection[str] = ()) -> Iterator[ModuleType]:
    """Yield a package and all modules below it, but for excluded and underscored ones."""
    module = importlib.import_module(name)
    yield module
    for info in pkgutil.iter_modules(getattr(module, "__path__", [])):
        below = f"{name}.{info.name}"
        if not info.name.startswith("_") and below not in exclude:
            yield from public_modules(below, exclude)


def own_names(module: ModuleType) -> list[str]:
    """The public names of a module: `__all__`, else what is defined in it, in the order of the source."""
    if hasattr(module, "__all__"):
        return [name for name in module.__all__ if _has_a_page(getattr(module, name))]
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and _has_a_page(value) and value.__module__ == module.__name__
    ]


def _has_a_page(value: object) -> bool:
    return inspect.isfunction(value) or inspect.isclass(value)


def module_lines(module: ModuleType) -> Iterator[str]:
    """Yield the reStructuredText that documents one module, or nothing where there is nothing to add."""
    above = importlib.import_module(module.__name__.rpartition(".")[0] or module.__name__)
    exported = {} if above is module else {id(getattr(above, name)) for name in own_names(above)}
    names = [name for name in own_names(module) if id(getattr(module, name)) not in exported]
    if not names:
        return
    yield from (
        module.__name__,
        "-" * len(module.__name__),
        "",
        f".. automodule:: {module.__name__}",
        "   :no-members:",
        "",
    )
    for name in names:
        value = getattr(module, name)
        kind = "class" if inspect.isclass(value) else "function"
        yield from (f".. auto{kind}:: {module.__name__}.{name}", *_options(value), "")


def _options(value: object) -> Iterator[str]:
    if inspect.isclass(value):
        yield "   :members:"
    if fields := getattr(value, "_fields", ()):  # a named tuple's docstring has them, under Attributes
        yield f"   :exclude-members: {', '.join(fields)}"


def to_rst(lines: list[str]) -> list[str]:
    """Turn dollars into the math role and Markdown tables into list tables; keep what rst would misread."""
    result: list[str] = []
    table: list[str] = []
    for line in [*lines, ""]:
        if line.lstrip().startswith("| "):
            table.append(line)
            continue
        if table:
            result += _list_table(table)
            table = []
        # An argument explained by "C." alone is no list that begins at C.
        result.append(re.sub(r"^(:param \w+: )([A-Z]\.)", r"\1\\\2", line))
    text = "\n".join(result[:-1])
    text = re.sub(r"\$([^$]+)\$", lambda m: f":math:`{' '.join(m[1].split())}`", text)
    # |a - b| is a difference, and no substitution. Between backticks bars are safe.
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else part.replace("|", r"\|") for part in parts).split("\n")


def _list_table(lines: list[str]) -> list[str]:
    indent = lines[0][: lines[0].index("|")]
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    rows = [row for row in rows if not set("".join(row)) <= set("-: ")]
    result = [f"{indent}.. list-table::", f"{indent}   :header-rows: 1", ""]
    for row in rows:
        result += [f"{indent}   {'* -' if i == 0 else '  -'} {cell}" for i, cell in enumerate(row)]
    return [*result, ""]


ASSETS = Path(__file__).parent / "assets"

# What docstrings in this style need of autodoc and napoleon.
SETTINGS = {
    "add_module_names": False,  # the module is the title of the section
    "autodoc_inherit_docstrings": False,  # torch's own texts stay in torch
    "autodoc_preserve_defaults": True,  # as written: a default may be a path, and differ by machine
    "autodoc_typehints": "none",  # shapes stand in the docstring
    "default_role": "literal",  # single backticks are code, as in Markdown
    "napoleon_attr_annotations": False,
    "napoleon_custom_sections": ["Source"],
    "toc_object_entries": False,  # the page's contents list modules, not every name
}

_COLON = "\0"  # stands for a colon while napoleon reads


def hide_colons(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Keep napoleon from taking what stands before a colon for a type.

    It does so in a property's first line ("How many there are: one each") and below "Returns:".
    """
    returns = False
    for i, line in enumerate(lines):
        if line and not line[0].isspace():
            returns = line == "Returns:"
        elif returns:
            lines[i] = line.replace(":", _COLON)
    if what == "property":
        lines[0] = lines[0].replace(":", _COLON)


def translate(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    lines[:] = to_rst([line.replace(_COLON, ":") for line in lines])


def skip_foreign(app: Sphinx, what: str, name: str, obj: object, skip: bool, options: object) -> bool | None:
    """Leave out members that another package writes into our classes: its markup is not ours to read.

    matplotlib, for one, gives each subclass of its artists a `set` of its own making.
    """
    module = getattr(inspect.unwrap(obj), "__module__", None) if callable(obj) else None
    return True if module and module.partition(".")[0] != __name__.partition(".")[0] else None


def add_style(
    app: Sphinx, pagename: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Add the style sheet to the pages that document code."""
    if doctree is not None and next(doctree.findall(addnodes.desc), None):
        app.add_css_file("api.css")


def apply_settings(app: Sphinx, config: Config) -> None:
    for name, value in SETTINGS.items():
        setattr(config, name, value)


def setup(app: Sphinx) -> dict:
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("config-inited", apply_settings)
    app.add_directive("api-reference", ApiReference)
    app.connect("builder-inited", lambda app: app.config.html_static_path.append(str(ASSETS)))
    app.connect("html-page-context", add_style)
    app.setup_extension("sphinx.ext.napoleon")
    app.connect("autodoc-skip-member", skip_foreign)
    app.connect("autodoc-process-docstring", hide_colons, priority=100)  # before napoleon
    app.connect("autodoc-process-docstring", translate, priority=900)  # after napoleon
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
