"""Normalization: one formula, and several answers to the question which numbers share a mean."""

from dlsteps.nn.normalization.axes import KINDS, Kind, Normalized, Statistics, normalize, statistics
from dlsteps.nn.normalization.batch import BatchNorm, BatchNorm1d, BatchNorm2d, batch_norm
from dlsteps.nn.normalization.batch_renorm import BatchRenorm, ClipSchedule, batch_renorm
from dlsteps.nn.normalization.fused import fuse_norms
from dlsteps.nn.normalization.group import GroupNorm, group_norm
from dlsteps.nn.normalization.instance import InstanceNorm, instance_norm
from dlsteps.nn.normalization.layer import LayerNorm, layer_norm, token_norm
from dlsteps.nn.normalization.rms import RMSNorm, rms_norm
from dlsteps.nn.normalization.spectral import (
    SpectralNorm,
    as_matrix,
    power_iteration,
    spectral_norm,
    with_spectral_norm,
)
from dlsteps.nn.normalization.style import adain

__all__ = [
    "KINDS",
    "BatchNorm",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchRenorm",
    "ClipSchedule",
    "GroupNorm",
    "InstanceNorm",
    "Kind",
    "LayerNorm",
    "Normalized",
    "RMSNorm",
    "SpectralNorm",
    "Statistics",
    "adain",
    "as_matrix",
    "batch_norm",
    "batch_renorm",
    "fuse_norms",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "normalize",
    "power_iteration",
    "rms_norm",
    "spectral_norm",
    "statistics",
    "token_norm",
    "with_spectral_norm",
]
