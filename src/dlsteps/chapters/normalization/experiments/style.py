"""Style by statistics: one photograph is given the channel means and spreads of the other.

Measured on pixels, where the channels are red, green and blue, and on edge maps, where a channel is one
filter's answer in one color. Nothing is trained and nothing is random, so there are no seeds.
"""

from dataclasses import dataclass
from itertools import permutations

import torch
from torch import Tensor

from dlsteps.data import edge_maps, load_photograph
from dlsteps.experiments.record import Conclusion, Record, bar, values
from dlsteps.nn.normalization import adain


@dataclass(frozen=True)
class Settings:
    photographs: tuple[str, ...] = ("china", "flower")
    downscale: int = 2


SLICE = Settings(downscale=8)


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Move each photograph's statistics to the other's, on pixels and on edge maps.

    Returns:
        Records with content, style, moved ("pixels" or "edges": where `adain` was applied), seen (where
        the gap is measured), and `mean_gap_before`, `mean_gap`, `spread_gap_before`, `spread_gap`: the mean
        absolute difference to the style, over channels, of mean and standard deviation. `structure` is the
        correlation of the result's edges with the content's, `other_structure` that with the style's, and
        `outside` the share of moved pixels that left [0, 1].
    """
    photographs = {name: load_photograph(name, settings.downscale) for name in settings.photographs}
    records = []
    for content, style in bar(list(permutations(photographs, 2)), "style", progress):
        head = {"content": content, "style": style}
        records += [{**head, **found} for found in _measure(photographs[content], photographs[style])]
    return records


def color_edges(image: Tensor) -> Tensor:
    """Filter each color with the four edge filters: (1, 3, H, W) to (1, 12, H−2, W−2)."""
    return edge_maps(image.transpose(0, 1)).flatten(0, 1).unsqueeze(0)


def _measure(content: Tensor, style: Tensor) -> list[Record]:
    pixels = adain(content, style)
    edges, style_edges = color_edges(content), color_edges(style)
    moved_edges = adain(edges, style_edges)
    moved = {
        "structure": _correlation(color_edges(pixels), edges),
        "other_structure": _correlation(color_edges(pixels), style_edges),
        "outside": ((pixels < 0) | (pixels > 1)).double().mean().item(),
    }
    by_edges = {
        "structure": _correlation(moved_edges, edges),
        "other_structure": _correlation(moved_edges, style_edges),
    }
    return [
        {"moved": "pixels", "seen": "pixels", **_gaps(content, pixels, style), **moved},
        {"moved": "pixels", "seen": "edges", **_gaps(edges, color_edges(pixels), style_edges), **moved},
        {"moved": "edges", "seen": "edges", **_gaps(edges, moved_edges, style_edges), **by_edges},
    ]


def _gaps(before: Tensor, after: Tensor, style: Tensor) -> Record:
    def gap(x: Tensor, statistic) -> float:
        return (statistic(x) - statistic(style)).abs().mean().item()

    def mean(x: Tensor) -> Tensor:
        return x.mean(dim=(2, 3))

    def spread(x: Tensor) -> Tensor:
        return x.std(dim=(2, 3), correction=0)

    return {
        "mean_gap_before": gap(before, mean),
        "mean_gap": gap(after, mean),
        "spread_gap_before": gap(before, spread),
        "spread_gap": gap(after, spread),
    }


def _correlation(a: Tensor, b: Tensor) -> float:
    return torch.corrcoef(torch.stack([_strength(a).flatten(), _strength(b).flatten()]))[0, 1].item()


def _strength(edges: Tensor) -> Tensor:
    # How strong the edge at a pixel is, whatever its color and direction.
    return edges.square().sum(dim=1).sqrt()


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about style and statistics."""
    own = values(records, "structure", moved="pixels", seen="pixels")
    other = values(records, "other_structure", moved="pixels", seen="pixels")
    left = values(records, "mean_gap", moved="pixels", seen="pixels")
    before = values(records, "mean_gap_before", moved="pixels", seen="pixels")
    edges_left = values(records, "spread_gap", moved="pixels", seen="edges")
    edges_before = values(records, "spread_gap_before", moved="pixels", seen="edges")
    return [
        Conclusion(
            "share of the colors' gap in means that is closed", 1 - (left / before).max(), above=0.999
        ),
        Conclusion("edges kept: correlation with the content's", own.min(), above=0.8),
        Conclusion("… minus that with the style's", (own - other).min(), above=0.5),
        Conclusion(
            "share of the edges' gap in spread that stays", (edges_left / edges_before).min(), above=0.5
        ),
    ]
