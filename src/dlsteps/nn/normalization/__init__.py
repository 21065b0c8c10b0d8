"""Normalization: one formula, and several answers to the question which numbers share a mean."""

from dlsteps.nn.normalization.axes import KINDS, Kind, Normalized, Statistics, normalize, statistics
from dlsteps.nn.normalization.batch import BatchNorm, BatchNorm1d, BatchNorm2d, batch_norm
from dlsteps.nn.normalization.group import GroupNorm, group_norm
from dlsteps.nn.normalization.instance import InstanceNorm, instance_norm
from dlsteps.nn.normalization.layer import LayerNorm, layer_norm, token_norm

__all__ = [
    "KINDS",
    "BatchNorm",
    "BatchNorm1d",
    "BatchNorm2d",
    "GroupNorm",
    "InstanceNorm",
    "Kind",
    "LayerNorm",
    "Normalized",
    "Statistics",
    "batch_norm",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "normalize",
    "statistics",
    "token_norm",
]
