"""What a convolution asks of its arguments at the door."""

from torch import Tensor

from dlsteps.nn.checks import check_divides, check_floating, check_same_dtype


def check_images(x: Tensor, name: str = "x") -> None:
    """Require floating-point maps (N, C, H, W)."""
    check_floating(x, name)
    if x.ndim != 4:
        raise ValueError(
            f"{name} of shape {tuple(x.shape)} does not have the four axes (N, C, H, W); "
            f"try {name}.unsqueeze(0) for one sample"
        )


def check_convolution(x: Tensor, weight: Tensor, bias: Tensor | None, groups: int) -> None:
    """Require x (N, C, H, W), weight (D, C/G, kH, kW) and bias (D,) that fit each other."""
    check_images(x)
    check_same_dtype(x, weight=weight, bias=bias)
    if weight.ndim != 4 or 0 in weight.shape:
        raise ValueError(
            f"weight of shape {tuple(weight.shape)} does not have four axes (D, C/G, kH, kW) of 1 or more; "
            "try weight.view(D, C // groups, kH, kW)"
        )
    D, C = weight.shape[0], x.shape[1]
    check_divides("groups", groups, "C", C)
    check_divides("groups", groups, "D", D)
    reads = weight.shape[1]
    if reads != C // groups:
        remedy = f"groups={C // reads}" if C % reads == 0 < C else f"shape ({D}, {C // groups}, kH, kW)"
        raise ValueError(
            f"x of shape {tuple(x.shape)} has C={C} channels in groups={groups}, but weight of shape "
            f"{tuple(weight.shape)} reads {reads} in each group, not {C // groups}; "
            f"try {remedy}, or look for a transposed x"
        )
    if bias is not None and tuple(bias.shape) != (D,):
        raise ValueError(f"bias has shape {tuple(bias.shape)}, but weight makes {D} maps; try shape ({D},)")
