"""The check of the claim about positions (T05)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from dlsteps.chapters.positional_encoding.kinds import drawn
from dlsteps.claims.evidence import SAME, Evidence, gap
from dlsteps.nn.positional import LearnedEncoding, RotaryEncoding, SinusoidalEncoding, alibi_bias
from dlsteps.numbers import brief

T, D, HEADS = 6, 8, 4


def learned() -> nn.Module:
    generator = torch.Generator().manual_seed(2)
    return LearnedEncoding(D, T, generator=generator).double()


def added(layer: Callable[[Tensor], Tensor]) -> tuple[float, float]:
    """How much what a layer changes depends on the token, and on the position."""
    x, y = drawn(T, D, seed=1), drawn(T, D, seed=2)
    change = layer(x) - x
    return gap(change, layer(y) - y), gap(change[1:], change[:-1].clone())


def sees_distance(turn: Callable[[Tensor], Tensor]) -> tuple[float, float]:
    """How much a score changes if both tokens move on, and if one does."""
    q, k = (turn(drawn(D, seed=seed).expand(T, D)) for seed in (3, 4))
    scores = q @ k.T
    return gap(scores[1:, 1:], scores[:-1, :-1].clone()), gap(scores[:, 1:], scores[:, :-1].clone())


def t05(
    fixed: Callable[[], nn.Module] = lambda: SinusoidalEncoding(D),
    table: Callable[[], nn.Module] = learned,
    rotary: Callable[[], Callable[[Tensor], Tensor]] = lambda: RotaryEncoding(D),
    penalty: Callable[[int, int], Tensor] = alibi_bias,
) -> Evidence:
    """The two of the claim are added, one fixed and one learned; two later kinds add nothing to a token."""
    sums = [added(make()) for make in (fixed, table)]
    turned = added(rotary())[0]
    parameters = [sum(p.numel() for p in make().parameters()) for make in (fixed, table)]
    together, one = sees_distance(rotary())
    bias = penalty(HEADS, T)[0]
    moved, grows = gap(bias[:, 1:, 1:], bias[:, :-1, :-1].clone()), (bias[:, 0].diff() < 0).all()
    are_added = all(token < SAME and place > 1e-3 for token, place in sums)
    return Evidence(
        are_added and parameters == [0, T * D] and turned > 0.1
        and together < SAME < one and moved < SAME and bool(grows),
        f"what sinusoidal and learned positions change is the same for every token, to 1e-9, with "
        f"{parameters[0]} and {parameters[1]} learned numbers; what a rotation changes differs between "
        f"tokens by up to {brief(turned)}, and its scores change by {brief(together)} where both tokens "
        f"move on and by up to {brief(one)} where one does; ALiBi leaves tokens alone, and takes from "
        "scores",
    )  # fmt: skip
