"""The checks of what the notes say about gradients in deep networks (G01 to G06)."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from dlsteps.chapters.gradient_flow.flow import (
    HE,
    Flow,
    Recipe,
    build,
    clipped_at,
    descend,
    factor,
    first_step,
)
from dlsteps.claims.evidence import Evidence
from dlsteps.nn.gradient_flow import total_norm
from dlsteps.numbers import brief

Look = Callable[[Recipe], Flow]
SEEDS = (0, 1, 2)
VANISHING, EXPLODING = Recipe(30, "sigmoid", 1.0), Recipe(30, "ReLU", 3.0)
CLIP = clipped_at(1.0)
BN_GROWTH = math.sqrt(math.pi / (math.pi - 1))  # a block of linear, BN and ReLU, in the limit of great width


def factors(look: Look, **recipe: object) -> list[float]:
    """The factor per block on the way back, for each seed."""
    return [factor(look(Recipe(seed=seed, **recipe)).back) for seed in SEEDS]


def told(found: list[float]) -> str:
    return f"{brief(min(found))} to {brief(max(found))}" if len(found) > 1 else brief(found[0])


def g01(look: Look = first_step, recipe: Recipe = VANISHING) -> Evidence:
    """A deep sigmoid network: the factor per block, and how far the first and the last weights move."""
    back = look(recipe).back
    share = (back[0] / back[-1]).item()
    trained = descend(build(recipe), 0.1, 50)
    first, last = trained.moved[0].item(), trained.moved[-1].item()
    return Evidence(
        share < 1e-10 and first < 1e-10 and last > 1e-3,
        f"{recipe.depth} blocks with sigmoid: the gradient is multiplied by {brief(factor(back))} per block, "
        f"and {brief(share, floor=0)} of it comes back to the first. In 50 steps the last block's weights "
        f"move by {brief(last)} of their length, the first's by {brief(first, floor=0)}",
    )


def g02(look: Look = first_step, recipe: Recipe = EXPLODING) -> Evidence:
    """Weights twice as large as ReLU needs: the factor per block, and the step at which the loss ends."""
    back = look(recipe).back
    trained = descend(build(recipe), 0.01, 20)
    return Evidence(
        bool(back[0] / back[-1] > 1e6) and not math.isfinite(trained.losses[-1]),
        f"{recipe.depth} blocks with ReLU and weights of gain {brief(recipe.gain)}: the gradient is "
        f"multiplied by {brief(factor(back))} per block; at learning rate 0.01 the loss is no number after "
        f"{len(trained.losses) - 1} steps",
    )


def g03(look: Look = first_step) -> Evidence:
    """ReLU and leaky ReLU beside sigmoid, at their own gain and at gain 1."""
    kept = [f for name in ("ReLU", "leaky ReLU") for f in factors(look, depth=30, activation=name)]
    sigmoid = factors(look, depth=30, activation="sigmoid", gain=1.0)
    bare = factors(look, depth=30, gain=1.0)
    return Evidence(
        min(kept) > 0.9
        and max(kept) < 1.1
        and max(sigmoid) < 0.3
        and max(abs(f - 1 / HE) for f in bare) < 0.05,
        f"factor per block on the way back, 30 blocks: sigmoid {told(sigmoid)}; ReLU and leaky ReLU with "
        f"gain √2 {told(kept)}; ReLU with gain 1 {told(bare)}, near 1/√2 = {brief(1 / HE)}",
    )


def g04(look: Look = first_step) -> Evidence:
    """BN makes the first weights' size irrelevant, and has a factor of its own."""
    gains = (0.1, 1.0, 10.0)
    plain = [factor(look(Recipe(50, "ReLU", gain)).back) for gain in gains]
    normed = [f for gain in gains for f in factors(look, depth=50, gain=gain, norm="batch")]
    return Evidence(
        plain[0] < 0.1 and plain[-1] > 5 and max(abs(f / BN_GROWTH - 1) for f in normed) < 0.03,
        f"50 blocks with ReLU and weights of gain 0.1, 1 and 10: the factor per block is "
        f"{', '.join(brief(f) for f in plain)} without a norm and {told(normed)} with BN; theory says "
        f"{brief(BN_GROWTH)} for great width (Yang et al. 2019)",
    )


def g05(look: Look = first_step) -> Evidence:
    """Shortcuts end the vanishing; the sum grows unless what is added is kept small."""
    sigmoid = {r: factors(look, depth=50, activation="sigmoid", gain=1.0, residual=r) for r in (False, True)}
    grown = factors(look, depth=50, residual=True)
    scaled = factors(look, depth=50, gain=HE / math.sqrt(50), residual=True)
    return Evidence(
        max(sigmoid[False]) < 0.3 and min(sigmoid[True]) > 0.98 and max(sigmoid[True]) < 1.02
        and min(grown) > 1.3 and max(scaled) < 1.06,
        f"factor per block, 50 blocks: sigmoid {told(sigmoid[False])}, with shortcuts {told(sigmoid[True])}. "
        f"ReLU at gain √2 with shortcuts {told(grown)}; with the branch divided by √50 {told(scaled)}",
    )  # fmt: skip


def g06(clip: Callable[[list[Tensor]], object] = CLIP) -> Evidence:
    """Clipping: length and direction; the training that diverged; a gradient that has vanished."""
    generator = torch.Generator().manual_seed(0)
    long = [torch.randn(5, 4, generator=generator, dtype=torch.float64) * 1e6 for _ in range(3)]
    short = clip(long).gradients
    straight = torch.cat([g.flatten() for g in short]) @ torch.cat([g.flatten() for g in long])
    cosine = (straight / total_norm(short) / total_norm(long)).item()
    without, kept = descend(build(EXPLODING), 0.01, 20), descend(build(EXPLODING), 0.01, 20, clip)
    first = descend(build(VANISHING), 0.1, 50, clip).moved[0].item()
    return Evidence(
        total_norm(short).item() <= 1 and cosine > 1 - 1e-9 and not math.isfinite(without.losses[-1])
        and all(map(math.isfinite, kept.losses)) and kept.losses[-1] < kept.losses[0] and first < 1e-10,
        f"clipped at 1 a gradient keeps its direction (cosine {brief(cosine)}); training that ended after "
        f"{len(without.losses) - 1} steps goes on, its loss falling from {brief(kept.losses[0])} to "
        f"{brief(kept.losses[-1])}; in the sigmoid network the first weights still move by "
        f"{brief(first, floor=0)} of their length",
    )  # fmt: skip
