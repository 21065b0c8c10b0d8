"""Which formula stands under which heading of the notes (N35)."""

from collections.abc import Callable, Mapping, Sequence

import torch

from dlsteps.chapters.normalization.evidence.stack import by_hand
from dlsteps.claims.evidence import SAME, Evidence, books, gap
from dlsteps.nn.normalization import group_norm

# The headings of the notes' stack of books, each with the index of every mean that is defined under it.
NOTES = {
    "Batch Normalization": ("c",),
    "Layer Normalization": ("n",),
    "Instance Normalization": ("nc", "ng"),
    "Group Normalization": (),
}


def n35(outline: Mapping[str, Sequence[str]] = NOTES, group_norm: Callable = group_norm) -> Evidence:
    """The mean with index g, over (C/G)·H·W numbers, is GN's, and stands under the heading before GN's."""
    x, G = books(2, 4, 3, 3), 2
    booklets = torch.stack([torch.cat([by_hand(booklet) for booklet in book.chunk(G)]) for book in x])
    difference = gap(group_norm(x, G), booklets)
    under_instance, under_group = outline["Instance Normalization"], outline["Group Normalization"]
    return Evidence(
        "ng" in under_instance and not under_group and difference < SAME,
        f"{len(under_instance)} means stand under Instance Normalization, {len(under_group)} under Group "
        f"Normalization; the one with index g equals GN's: difference {difference:.3f}",
    )
