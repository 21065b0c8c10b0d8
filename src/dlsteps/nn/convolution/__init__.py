"""Convolution: one small kernel, moved over the whole image."""

from dlsteps.nn.convolution.columns import ConvGradients, col2im, conv2d, conv2d_backward, im2col
from dlsteps.nn.convolution.counting import KINDS, Cost, Kind, cost, multiply_adds, parameter_count
from dlsteps.nn.convolution.direct import OutputCell, conv2d_direct, output_cell
from dlsteps.nn.convolution.field import (
    Field,
    GradientSupport,
    Layer,
    effective_cells,
    gradient_support,
    receptive_field,
)
from dlsteps.nn.convolution.geometry import Window, output_size, window, windows
from dlsteps.nn.convolution.layer import Conv2d
from dlsteps.nn.convolution.layouts import (
    conv2d_nhwc,
    depthwise_to_oihw,
    flatten,
    flatten_view,
    to_hwio,
    to_nchw,
    to_nhwc,
    to_oihw,
)
from dlsteps.nn.convolution.pooling import (
    AvgPool2d,
    MaxPool2d,
    MaxPooled,
    avg_pool2d,
    global_avg_pool,
    global_max_pool,
    max_pool2d,
)
from dlsteps.nn.convolution.residual import Residual, projection, residual_block
from dlsteps.nn.convolution.separable import (
    DepthwiseSeparable,
    depthwise_conv2d,
    merged_kernel,
    pointwise_conv2d,
)

__all__ = [
    "KINDS",
    "AvgPool2d",
    "Conv2d",
    "ConvGradients",
    "Cost",
    "DepthwiseSeparable",
    "Field",
    "GradientSupport",
    "Kind",
    "Layer",
    "MaxPool2d",
    "MaxPooled",
    "OutputCell",
    "Residual",
    "Window",
    "avg_pool2d",
    "col2im",
    "conv2d",
    "conv2d_backward",
    "conv2d_direct",
    "conv2d_nhwc",
    "cost",
    "depthwise_conv2d",
    "depthwise_to_oihw",
    "effective_cells",
    "flatten",
    "flatten_view",
    "global_avg_pool",
    "global_max_pool",
    "gradient_support",
    "im2col",
    "max_pool2d",
    "merged_kernel",
    "multiply_adds",
    "output_cell",
    "output_size",
    "parameter_count",
    "pointwise_conv2d",
    "projection",
    "receptive_field",
    "residual_block",
    "to_hwio",
    "to_nchw",
    "to_nhwc",
    "to_oihw",
    "window",
    "windows",
]
