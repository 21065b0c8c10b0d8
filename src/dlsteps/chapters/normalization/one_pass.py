"""One normalization of one tensor: the numbers that every beat of the explorer shows."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dlsteps.nn.normalization import Statistics, normalize, statistics

EPS = 1e-5


@dataclass(frozen=True)
class Pass:
    """One normalization of one tensor: what every beat takes its numbers from."""

    x: Tensor
    stats: Statistics
    x_hat: Tensor
    mean: Tensor  # in the shape of the statistics
    var: Tensor
    own_mean: Tensor  # of this batch, also in eval mode
    eps: float

    @classmethod
    def of(
        cls,
        x: Tensor,
        kind: str,
        groups: int | None,
        running: tuple[Tensor, Tensor] | None = None,
        eps: float = EPS,
    ) -> Pass:
        stats = statistics(x.shape, kind, groups)
        x_hat, mean, var = normalize(x.reshape(stats.view), stats.reduced, eps)
        x_hat, mean, var = x_hat.reshape(x.shape), mean.reshape(stats.shape), var.reshape(stats.shape)
        own = mean
        if running is not None:
            mean, var = (value.reshape(stats.shape) for value in running)
            x_hat = (x - mean) / (var + eps).sqrt()
        return cls(x, stats, x_hat, mean, var, own, eps)

    def by_key(self, values: Tensor) -> list[Tensor]:
        """The cells of `values` that share each statistic."""
        keys = torch.from_numpy(self.stats.key.copy()).flatten()
        return [values.flatten()[keys == k] for k in range(self.stats.number)]
