"""What a convolution costs: the numbers it learns, and the products it adds up."""

from dataclasses import dataclass
from typing import Literal, get_args

from dlsteps.nn.checks import check_divides, check_sizes
from dlsteps.nn.convolution.geometry import window

Kind = Literal["standard", "depthwise", "pointwise", "separable"]
KINDS = get_args(Kind)


def parameter_count(C: int, D: int, kernel: tuple[int, int], groups: int = 1, bias: bool = True) -> int:
    r"""How many numbers a convolution learns: $D \cdot C/G \cdot k_H k_W$, and D more for the bias.

    Neither the image nor stride, padding and dilation change it.

    Args:
        C: Input channels.
        D: Output channels.
        kernel: (kH, kW).
        groups: G, a divisor of C and of D.
        bias: Whether there is one.

    Returns:
        The number of parameters.

    Raises:
        TypeError: If the kernel is not a pair of whole numbers.
        ValueError: If G does not divide C and D, or a number is below 1.
    """
    check_divides("groups", groups, "C", C)
    check_divides("groups", groups, "D", D)
    kH, kW = window(kernel).kernel
    return D * (C // groups) * kH * kW + (D if bias else 0)


def multiply_adds(
    C: int, D: int, kernel: tuple[int, int], output_size: tuple[int, int], groups: int = 1
) -> int:
    r"""How many products one sample takes: $D \cdot C/G \cdot k_H k_W \cdot H_o W_o$.

    Each product is added to a sum; one of both counts as one multiply-add, and the bias as none. Products
    with padding count, since they are computed.

    Args:
        C: Input channels.
        D: Output channels.
        kernel: (kH, kW).
        output_size: (Ho, Wo).
        groups: G, a divisor of C and of D.

    Returns:
        The number of multiply-adds of one sample.

    Raises:
        TypeError: If the kernel is not a pair of whole numbers.
        ValueError: If G does not divide C and D, or a number is below 1.

    Source:
        Howard et al., MobileNets (2017), equation 2.
    """
    Ho, Wo = output_size
    check_sizes(Ho=Ho, Wo=Wo)
    return parameter_count(C, D, kernel, groups, bias=False) * Ho * Wo


@dataclass(frozen=True)
class Cost:
    """What a layer learns, and what one sample takes.

    Attributes:
        parameters: Numbers that are learned.
        multiply_adds: Products that are added up for one sample.
    """

    parameters: int
    multiply_adds: int

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.parameters + other.parameters, self.multiply_adds + other.multiply_adds)


def cost(
    kind: Kind, C: int, D: int, kernel: tuple[int, int], output_size: tuple[int, int], bias: bool = False
) -> Cost:
    r"""Count one of the four kinds of convolution, so that they can be compared.

    | kind | parameters without bias |
    | --- | --- |
    | standard | D·C·kH·kW |
    | depthwise | C·kH·kW (D is C) |
    | pointwise | D·C (the kernel is 1×1) |
    | separable | C·kH·kW + D·C |

    A separable convolution takes the share $1/D + 1/(k_H k_W)$ of a standard one.

    Args:
        kind: One of `KINDS`.
        C: Input channels.
        D: Output channels; a depthwise convolution has C.
        kernel: (kH, kW); a pointwise convolution does not read it.
        output_size: (Ho, Wo).
        bias: Whether each convolution has one.

    Returns:
        Parameters and multiply-adds, as `Cost`.

    Raises:
        TypeError: If the kernel is not a pair of whole numbers.
        ValueError: For an unknown kind, a number below 1, or a depthwise convolution with D other than C.

    Source:
        Howard et al., MobileNets (2017), equations 2, 4 and 5, and the ratio after them.
    """
    if kind == "separable":
        parts = (("depthwise", C), ("pointwise", D))
        depthwise, pointwise = (cost(part, C, out, kernel, output_size, bias) for part, out in parts)
        return depthwise + pointwise
    if kind not in KINDS:
        raise ValueError(f"kind={kind!r} is not known; try one of {', '.join(KINDS)}")
    if kind == "depthwise" and D != C:
        raise ValueError(f"D={D} is not C={C}, but a depthwise convolution keeps the channels; try D={C}")
    k, groups = ((1, 1) if kind == "pointwise" else kernel), (C if kind == "depthwise" else 1)
    return Cost(
        parameter_count(C, D, k, groups, bias),
        multiply_adds(C, D, k, output_size, groups),
    )
