"""The feed-forward network: the same two linear layers for every token, each token on its own."""

from collections.abc import Callable
from typing import NamedTuple

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dlsteps.nn.checks import check_sizes, check_width, typed


class FeedForwardSteps(NamedTuple):
    """What the feed-forward network computes on its way.

    Attributes:
        output: (..., d_model).
        preactivation: What the first layer gives, (..., d_ff).
        hidden: The same after the activation.
    """

    output: Tensor
    preactivation: Tensor
    hidden: Tensor


class FeedForward(nn.Module):
    r"""Two linear layers with an activation between them.

    $y = W_2\, \phi(W_1 x + b_1) + b_2$, with $\phi$ the ReLU in the paper.

    Args:
        d_model: Width of the input and of the output.
        d_ff: Width between them; four times d_model in the paper.
        activation: $\phi$.

    Raises:
        ValueError: If a width is below 1.

    Source:
        Vaswani et al., Attention Is All You Need (2017), equation 2.
    """

    @typed
    def __init__(self, d_model: int, d_ff: int, activation: Callable[[Tensor], Tensor] = F.relu):
        super().__init__()
        check_sizes(d_model=d_model, d_ff=d_ff)
        self.linear1, self.linear2 = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.activation = activation

    def forward(
        self, x: Float[Tensor, "*batch d_model"], record: bool = False
    ) -> Float[Tensor, "*batch d_model"] | FeedForwardSteps:
        """Apply both layers to each vector, or return with `record=True` all that is computed on the way.

        Raises:
            TypeError: If `x` is not floating point, or not of the layer's dtype.
            ValueError: If the vectors are of another width.
        """
        check_width(x, self.linear1.in_features, self.linear1.weight)
        preactivation = self.linear1(x)  # (..., d_ff)
        hidden = self.activation(preactivation)
        output = self.linear2(hidden)  # (..., d_model)
        return FeedForwardSteps(output, preactivation, hidden) if record else output
