"""What the experiments on long memory share: a recipe with torch's kernel, and when a run had learned.

The module is the recipe `dlsteps.train.recipes.lstm` with another layer inside: `fit(long_memory, settings)`.
"""

from collections.abc import Sequence
from statistics import fmean

from torch import nn

from dlsteps.nn.recurrent import LSTM
from dlsteps.train.recipes import lstm
from dlsteps.train.recipes.lstm import METRIC, Settings, data, loss, metric

__all__ = ["METRIC", "Settings", "build", "data", "first_below", "loss", "metric"]


def build(settings: Settings) -> nn.Module:
    """Return the recipe's network with its LSTM computed by torch: the same weights, five times faster.

    Args:
        settings: of the recipe.

    Returns:
        The network, untrained. Outputs and gradients are those of the book's, but for rounding.
    """
    model = lstm.build(settings)
    ours = model.layer
    if isinstance(ours, LSTM):  # torch is no faster in the others
        model.layer = nn.LSTM(ours.input_size, ours.hidden_size, ours.num_layers, batch_first=True)
        model.layer.load_state_dict(ours.state_dict())
    return model


def first_below(losses: Sequence[float], enough: float, window: int) -> float:
    """Return after how many steps the mean of the last `window` losses was first below `enough`.

    No sequence is drawn twice, so the loss before a step is that on sequences never seen.

    Args:
        losses: one for each step.
        enough: what their mean has to be below.
        window: how many losses that mean is of.

    Returns:
        The number of steps, `window` or more; infinity if it never was.
    """
    for end in range(window, len(losses) + 1):
        if fmean(losses[end - window : end]) < enough:
            return float(end)
    return float("inf")
