"""The same normalizations by PyTorch's kernels: one pass over the numbers instead of eight."""

import torch.nn.functional as F
from torch import Tensor, nn

from dlsteps.nn.normalization.batch import BatchNorm
from dlsteps.nn.normalization.group import GroupNorm
from dlsteps.nn.normalization.layer import LayerNorm


def fuse_norms(model: nn.Module) -> nn.Module:
    """Replace every `BatchNorm`, `GroupNorm` and `LayerNorm` inside a model by PyTorch's, to train longer.

    Parameters and buffers stay the same ones, under the same names; results are equal but for rounding.

    Args:
        model: any module; it is changed in place.

    Returns:
        The model.
    """
    for name, child in model.named_children():
        setattr(model, name, _fused(child) or fuse_norms(child))
    return model


class _BatchNorm(BatchNorm):
    """`BatchNorm` by PyTorch's function, which takes any number of positions as ours does."""

    def forward(self, x: Tensor) -> Tensor:
        momentum = self.momentum
        if self.training:
            self.num_batches_tracked += 1
            momentum = 1 / int(self.num_batches_tracked) if momentum is None else momentum
        state = (self.running_mean, self.running_var, self.weight, self.bias)
        return F.batch_norm(x, *state, self.training, momentum or 0.0, self.eps)


def _fused(norm: nn.Module) -> nn.Module | None:
    if isinstance(norm, BatchNorm):
        fused = _BatchNorm(norm.num_features, norm.eps, norm.momentum, norm.weight is not None)
        for name, buffer in norm.named_buffers():
            setattr(fused, name, buffer)
    elif isinstance(norm, GroupNorm):
        fused = nn.GroupNorm(norm.num_groups, norm.num_channels, norm.eps, affine=norm.weight is not None)
    elif isinstance(norm, LayerNorm):
        fused = nn.LayerNorm(
            norm.normalized_shape, norm.eps, norm.weight is not None, bias=norm.bias is not None
        )
    else:
        return None
    fused.weight, fused.bias = norm.weight, norm.bias
    return fused.train(norm.training)
