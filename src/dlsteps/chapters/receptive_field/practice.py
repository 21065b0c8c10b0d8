"""The size of a receptive field to write oneself, and the mistakes that are made in it."""

from collections.abc import Callable

from dlsteps.nn.convolution import receptive_field
from dlsteps.practice import Case, Exercise, Mistake

__all__ = ["EXERCISES"]

Layers = tuple[tuple[int, int, int], ...]


def size(layers: Layers) -> int:
    return receptive_field(layers)[-1].size


def walk(grow: Callable[[int, int, int, int, int], int]) -> Callable[[Layers], int]:
    """Go through the layers; `grow` gives the next size from (size, jump, kernel, stride, dilation)."""

    def wrong(layers: Layers) -> int:
        r, jump = 1, 1
        for k, s, d in layers:
            r, jump = grow(r, jump, k, s, d), jump * s
        return r

    return wrong


def field_cases() -> list[Case]:
    """Stacks of (kernel, stride, dilation)."""
    stacks = [
        ((3, 1, 1),),
        ((3, 1, 1), (3, 1, 1)),
        ((3, 2, 1),),
        ((3, 2, 1), (3, 1, 1)),
        ((2, 2, 1), (2, 2, 1), (2, 2, 1)),
        ((3, 1, 2), (3, 1, 4)),
        ((7, 2, 1), (3, 2, 1), (3, 1, 1), (3, 2, 1)),
        ((5, 3, 1), (1, 2, 1), (3, 1, 2)),
    ]
    return [Case({"layers": stack}) for stack in stacks]


RECEPTIVE_FIELD = Exercise(
    name="receptive_field",
    right=size,
    cases=field_cases,
    mistakes=(
        Mistake(
            "stride multiplied too early",
            "A stride makes all later kernels reach further, but not its own: add (k − 1)·d·jump first, "
            "multiply "
            "the jump by s after it.",
            walk(lambda r, jump, k, s, d: r + (k - 1) * d * jump * s),
        ),
        Mistake(
            "stride forgotten",
            "After a stride neighbors stand further apart in the input. Later kernels reach as many times "
            "further.",
            walk(lambda r, jump, k, s, d: r + (k - 1) * d),
        ),
        Mistake(
            "only the stride of the layer before",
            "Strides multiply: neighbors stand as far apart as the product of all strides so far.",
            lambda layers: (
                1
                + sum(
                    (k - 1) * d * s
                    for (k, _, d), (_, s, _) in zip(layers, ((1, 1, 1), *layers), strict=False)
                )
            ),
        ),
        Mistake(
            "kernels added up whole",
            "Two windows that touch share a cell: each layer adds k − 1, not k.",
            walk(lambda r, jump, k, s, d: (r if r > 1 else 0) + k * d * jump),
        ),
        Mistake(
            "dilation forgotten",
            "The cells of a window stand dilation apart: a layer adds (k − 1)·d·jump.",
            walk(lambda r, jump, k, s, d: r + (k - 1) * jump),
        ),
        Mistake(
            "sizes multiplied",
            "A layer adds to what is seen, from its border on. Sizes multiply only where windows do not "
            "overlap.",
            walk(lambda r, jump, k, s, d: r * ((k - 1) * d + 1)),
        ),
    ),
)

EXERCISES = (RECEPTIVE_FIELD,)
