"""What a reader can import says what it takes, what it gives back, and what it raises."""

import inspect
import re

import pytest

from dlsteps.bookext.api import public_modules

PACKAGES = ("dlsteps.nn", "dlsteps.graphs", "dlsteps.detection", "dlsteps.diffusion")
SECTION = re.compile(r"^(Args|Attributes|Returns|Yields|Raises):\n((?:(?: {4}.*)?\n?)+)", re.MULTILINE)


def public() -> dict[str, object]:
    """Every function and class that a package of ideas lists in its `__all__`, by the name to import."""
    found = {}
    for package in PACKAGES:
        for module in public_modules(package):
            for name in getattr(module, "__all__", ()):
                thing = getattr(module, name)
                if inspect.isfunction(thing) or inspect.isclass(thing):
                    found[f"{module.__name__}.{name}"] = thing
    return found


PUBLIC = public()


def promised(thing: object) -> dict[str, str]:
    """Read the sections of a docstring."""
    return dict(SECTION.findall(inspect.cleandoc(thing.__doc__ or "") + "\n"))


def named(section: str) -> list[str]:
    """Read the names in a section: `a: ...`, or `a, b: ...` for several of a kind."""
    lines = re.findall(r"^ {4}(\*{0,2}\w[\w, *]*):", section, re.MULTILINE)
    return [name.strip(" *") for line in lines for name in line.split(",")]


def taken(thing: object) -> list[str]:
    """What a function, the making of a class, or a record takes."""
    fields = getattr(thing, "_fields", None) or getattr(thing, "__dataclass_fields__", None)
    if fields is not None:
        return list(fields)
    if inspect.isclass(thing):
        thing = vars(thing).get("__init__", lambda self: None)
    return [name for name in inspect.signature(thing).parameters if name != "self"]


def complaints(thing: object) -> list[str]:
    """Say what a docstring leaves out."""
    if not thing.__doc__:
        return ["has no docstring"]
    sections = promised(thing)
    told = named(sections.get("Args", "") + sections.get("Attributes", ""))
    found = [f"does not tell of {name}" for name in taken(thing) if name not in told]
    gives = inspect.isfunction(thing) and inspect.signature(thing).return_annotation not in (None, "None")
    if gives and not {"Returns", "Yields"} & sections.keys():
        found.append("does not tell what it returns")
    unknown = [name for name in named(sections.get("Args", "")) if name not in taken(thing)]
    return found + [f"tells of {name}, which it does not take" for name in unknown]


@pytest.mark.parametrize("name", [name for name in PUBLIC if ".normalization" not in name])
def test_tells_what_it_takes_and_gives(name):
    assert complaints(PUBLIC[name]) == []


def test_everything_is_looked_at():
    assert len(PUBLIC) > 250
    assert {"dlsteps.nn.attention.causal_mask", "dlsteps.graphs.static.cond"} <= PUBLIC.keys()


def half_told(a: int, b: int) -> int:
    """Add.

    Args:
        a: One.
        c: Another.
    """
    return a + b


def test_what_is_left_out_is_seen():
    assert complaints(half_told) == [
        "does not tell of b",
        "does not tell what it returns",
        "tells of c, which it does not take",
    ]
    assert complaints(lambda: None) == ["has no docstring"]
