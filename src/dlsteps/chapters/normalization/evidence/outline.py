"""Which formula stands under which heading of the notes (N35)."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from dlsteps.chapters.normalization.evidence.reference import by_booklet, by_page, stacks
from dlsteps.claims.evidence import SAME, Evidence, gap
from dlsteps.nn.normalization import group_norm


@cache
def notes() -> str:
    """Return the notes' section on the stack of books, headings and formulas, word for word."""
    return (Path(__file__).parent / "stack_of_books.zh.md").read_text(encoding="utf-8")


def means_by_heading(text: str) -> dict[str, list[str]]:
    r"""Return the index of each mean that is defined under each heading: "c" for \mu_c, "ng" for \mu_{ng}."""
    sections = re.split(r"^#+\s*(.+)$", text, flags=re.MULTILINE)[1:]
    found = zip(sections[::2], sections[1::2], strict=True)
    return {
        title.strip(): re.findall(r"^\\mu_\{?(\w+)\}?\(x\)=", body, re.MULTILINE) for title, body in found
    }


def n35(text: str | None = None, group_norm: Callable = group_norm) -> Evidence:
    """The mean with index g, over (C/G)·H·W numbers, is GN's, and stands under the heading before GN's."""
    means = means_by_heading(notes() if text is None else text)
    under = {kind: found for title, found in means.items() for kind in ("Instance", "Group") if kind in title}
    in_place = under == {"Instance": ["nc", "ng"], "Group": []}
    right = max(gap(group_norm(x, G), by_booklet(x, G)) for x in stacks() for G in (1, 2))
    from_instance = min(gap(group_norm(x, G), by_page(x)) for x in stacks() for G in (1, 2))
    return Evidence(
        in_place and right < SAME and from_instance > 0.1,
        f"the notes define {len(under.get('Instance', ()))} means under Instance Normalization, "
        f"{len(under.get('Group', ()))} under Group Normalization; the one with index g is GN's: difference "
        f"{right:.3f}, from IN at least {from_instance:.3f}",
    )
