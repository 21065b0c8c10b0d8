"""Learned positions: a table with a vector for each position, trained like any other weight."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dlsteps.nn.checks import check_same_dtype, check_sizes, typed
from dlsteps.nn.positional.checks import check_offset, check_tokens


class LearnedEncoding(nn.Module):
    r"""Add a learned vector to the token at each position: $y_p = x_p + W_p$.

    The table says nothing about a position that training never reached, and ends at its last row.

    Args:
        d_model: Width of the vectors.
        max_length: Number of positions.
        std: Standard deviation of the first vectors.
        generator: Where these are drawn from.

    Raises:
        ValueError: If there is no position, or no number in a vector.

    Source:
        Gehring et al., Convolutional Sequence to Sequence Learning (2017), section 3.1.
    """

    @typed
    def __init__(
        self, d_model: int, max_length: int, std: float = 0.02, generator: torch.Generator | None = None
    ):
        super().__init__()
        if max_length < 1:
            raise ValueError(f"max_length={max_length} leaves no position; try the longest sequence's length")
        check_sizes(d_model=d_model)
        self.weight = nn.Parameter(std * torch.randn(max_length, d_model, generator=generator))

    def forward(
        self, x: Float[Tensor, "*batch T d_model"], offset: int = 0
    ) -> Float[Tensor, "*batch T d_model"]:
        """Add to each vector that of its position; the first one stands at `offset`."""
        max_length, d_model = self.weight.shape
        check_tokens(x, d_model)
        check_same_dtype(x, weight=self.weight)
        check_offset(offset)
        last = offset + x.shape[-2]
        if last > max_length:
            raise ValueError(
                f"x reaches to position {last - 1}, but the table has max_length={max_length} positions; "
                "try a longer table, or a shorter sequence"
            )
        return x + self.weight[offset:last]

    def extra_repr(self) -> str:
        max_length, d_model = self.weight.shape
        return f"d_model={d_model}, max_length={max_length}"
