"""The residual block: what comes in is added to what comes out."""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn

from dlsteps.nn.convolution.layer import Conv2d
from dlsteps.nn.normalization import BatchNorm2d


class Residual(nn.Module):
    r"""Add a way around some layers: $y = F(x) + s(x)$.

    The layers F have to learn only the difference. If F gives 0, the block is the shortcut.

    Args:
        body: F, any layers.
        shortcut: s; None for the identity, s(x) = x.

    Source:
        He et al., Deep Residual Learning for Image Recognition (2016), equations 1 and 2.
    """

    def __init__(self, body: nn.Module, shortcut: nn.Module | None = None):
        super().__init__()
        self.body, self.shortcut = body, shortcut if shortcut is not None else nn.Identity()

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*out"]:
        """Return F(x) + s(x).

        Raises:
            ValueError: If the two have different shapes. They are never broadcast.
        """
        change, around = self.body(x), self.shortcut(x)
        if change.shape != around.shape:
            raise ValueError(
                f"the body gives shape {tuple(change.shape)}, but the shortcut {tuple(around.shape)}; "
                "try shortcut=projection(C, D, stride)"
            )
        return change + around


def projection(C: int, D: int, stride: int = 1, norm: Callable[[int], nn.Module] = BatchNorm2d) -> nn.Module:
    """Make the shortcut that fits a body from C to D channels: the identity where the shape stays.

    Otherwise it is a 1×1 convolution with the body's stride, and a norm (option B of the paper).

    Args:
        C: Input channels.
        D: Output channels.
        stride: Of the body as a whole.
        norm: Makes a norm for so many channels.

    Returns:
        The shortcut, from (N, C, H, W) to (N, D, ⌈H/stride⌉, ⌈W/stride⌉).

    Raises:
        ValueError: If a number is below 1.

    Source:
        He et al., Deep Residual Learning (2016), section 3.3 and equation 2.
    """
    if C == D and stride == 1:
        return nn.Identity()
    return nn.Sequential(Conv2d(C, D, 1, stride=stride, bias=False), norm(D))


def residual_block(
    C: int, D: int, stride: int = 1, norm: Callable[[int], nn.Module] = BatchNorm2d
) -> nn.Module:
    """Make the basic block of a ResNet: two 3×3 convolutions with a way around them, then a ReLU.

    Args:
        C: Input channels.
        D: Output channels.
        stride: Of the first convolution, and of the shortcut.
        norm: Makes a norm for so many channels. It follows each convolution, which has no bias for that
            reason.

    Returns:
        A layer from (N, C, H, W) to (N, D, ⌈H/stride⌉, ⌈W/stride⌉).

    Raises:
        ValueError: If a number is below 1.

    Source:
        He et al., Deep Residual Learning (2016), figure 2 and table 1.
    """
    body = nn.Sequential(
        Conv2d(C, D, 3, stride=stride, padding=1, bias=False),
        norm(D),
        nn.ReLU(),
        Conv2d(D, D, 3, padding=1, bias=False),
        norm(D),
    )
    return nn.Sequential(Residual(body, projection(C, D, stride, norm)), nn.ReLU())
