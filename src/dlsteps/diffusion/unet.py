"""The U-Net: down to small maps, up again, with a bridge at every size, and the time in every block."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from dlsteps.diffusion.time_embedding import TimeEmbedding
from dlsteps.nn.attention import scaled_dot_product_attention
from dlsteps.nn.checks import (
    check_channels,
    check_divides,
    check_ndim,
    check_same_dtype,
    check_sizes,
    check_width,
    typed,
)
from dlsteps.nn.normalization import GroupNorm


class ResidualBlock(nn.Module):
    r"""Two convolutions and a short cut around them, told the time in between.

    $h = W_1 * \text{SiLU}(\text{GN}(x)) + V \, \text{SiLU}(e)$,
    $y = \text{skip}(x) + W_2 * \text{SiLU}(\text{GN}(h))$, with one number of $V \, \text{SiLU}(e)$ for
    each channel. $W_2$ starts at 0, so that a new block hands its input on.

    Args:
        C: Channels of the input.
        D: Channels of the output; where it differs from C, the short cut is a 1×1 convolution.
        d_time: Numbers of the time's embedding e.
        groups: Groups of the norms, a divisor of C and D.
        dropout: Share of the numbers that are dropped before the second convolution, in training.

    Raises:
        ValueError: If the groups do not divide the channels, or d_time is below 1.

    Source:
        Ho et al., Denoising Diffusion Probabilistic Models (2020), appendix B.
    """

    @typed
    def __init__(self, C: int, D: int, d_time: int, groups: int = 8, dropout: float = 0.0):
        super().__init__()
        check_sizes(d_time=d_time)
        self.norm1, self.conv1 = GroupNorm(groups, C), nn.Conv2d(C, D, 3, padding=1)
        self.time = nn.Linear(d_time, D)
        self.norm2, self.conv2 = GroupNorm(groups, D), _zero(nn.Conv2d(D, D, 3, padding=1))
        self.skip = nn.Identity() if C == D else nn.Conv2d(C, D, 1)
        self.dropout = nn.Dropout(dropout)
        self.silu = nn.SiLU()

    def forward(self, x: Float[Tensor, "N C H W"], e: Float[Tensor, "N d_time"]) -> Float[Tensor, "N D H W"]:
        """Return y.

        Args:
            x: Maps.
            e: The time's embedding, one for each sample.

        Raises:
            TypeError: If one is not floating point, or not of the layer's dtype.
            ValueError: If channels, or the numbers of e, are not those that the block was made for.
        """
        check_channels(x)
        check_ndim(x, (4,), "ResidualBlock")
        check_same_dtype(x, weight=self.conv1.weight)
        check_width(e, self.time.in_features, self.time.weight, "e", axes="N")
        if len(e) != len(x):
            raise ValueError(f"e has {len(e)} embeddings for {len(x)} samples; try e.expand(len(x), -1)")
        h = self.conv1(self.silu(self.norm1(x)))
        h = h + self.time(self.silu(e))[:, :, None, None]
        h = self.conv2(self.dropout(self.silu(self.norm2(h))))
        return self.skip(x) + h


class AttentionBlock(nn.Module):
    r"""Let every pixel look at every other: self-attention over the H·W positions, with a short cut.

    Args:
        C: Channels.
        heads: Heads, a divisor of C.
        groups: Groups of the norm, a divisor of C.

    Raises:
        ValueError: If the heads do not divide the channels.

    Source:
        Ho et al., Denoising Diffusion Probabilistic Models (2020), appendix B.
    """

    @typed
    def __init__(self, C: int, heads: int = 1, groups: int = 8):
        super().__init__()
        check_divides("heads", heads, "C", C)
        self.heads = heads
        self.norm = GroupNorm(groups, C)
        self.qkv, self.out = nn.Conv2d(C, 3 * C, 1), _zero(nn.Conv2d(C, C, 1))

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C H W"]:
        """Return maps in the shape of `x`.

        Raises:
            TypeError: If `x` is not floating point, or not of the layer's dtype.
            ValueError: If it does not have four axes, or other channels than the block was made for.
        """
        check_channels(x)
        check_ndim(x, (4,), "AttentionBlock")
        check_same_dtype(x, weight=self.qkv.weight)
        N, C, H, W = x.shape
        tokens = self.qkv(self.norm(x)).view(N, 3, self.heads, C // self.heads, H * W)
        q, k, v = tokens.transpose(-1, -2).unbind(1)  # (N, h, H·W, C/h)
        y = scaled_dot_product_attention(q, k, v)
        return x + self.out(y.transpose(-1, -2).reshape(N, C, H, W))


class Level(nn.Module):
    """A residual block, and attention after it where heads are given."""

    @typed
    def __init__(self, C: int, D: int, d_time: int, heads: int | None, groups: int, dropout: float):
        super().__init__()
        self.residual = ResidualBlock(C, D, d_time, groups, dropout)
        self.look = nn.Identity() if heads is None else AttentionBlock(D, heads, groups)

    def forward(self, x: Float[Tensor, "N C H W"], e: Float[Tensor, "N d_time"]) -> Float[Tensor, "N D H W"]:
        return self.look(self.residual(x, e))


class Down(nn.Module):
    """Halve height and width by a convolution at stride 2."""

    @typed
    def __init__(self, C: int):
        super().__init__()
        self.conv = nn.Conv2d(C, C, 3, stride=2, padding=1)

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C h w"]:
        return self.conv(x)


class Up(nn.Module):
    """Double height and width by repeating every pixel, then smooth by a convolution."""

    @typed
    def __init__(self, C: int):
        super().__init__()
        self.conv = nn.Conv2d(C, C, 3, padding=1)

    def forward(self, x: Float[Tensor, "N C h w"]) -> Float[Tensor, "N C H W"]:
        return self.conv(x.repeat_interleave(2, -2).repeat_interleave(2, -1))


class UNet(nn.Module):
    """Predict the noise in a picture (or x_0, or v) at any step, with one set of weights for all steps.

    On the way down each block's output is kept, and on the way up it is joined to the maps of its size:
    the small maps know what is there, the large ones where. The last convolution starts at 0.

    Args:
        channels: Channels of the picture.
        width: Channels at full size; a multiple of `groups`.
        multipliers: Channels at each size, as a multiple of `width`; each size after the first is half
            the one before.
        blocks: Residual blocks at each size (one more on the way up).
        attention: Which sizes have attention, counted from 0 at full size. The smallest always has.
        heads: Heads of the attention.
        groups: Groups of the norms.
        classes: Number of classes to be told from; None for a network that is told none. There is one
            embedding more, for "no class".
        dropout: Share that is dropped in the residual blocks, in training.

    Raises:
        ValueError: If a number is out of range, or groups or heads do not divide the channels.

    Source:
        Ronneberger et al., U-Net (2015), figure 1; Ho et al. (2020), appendix B; Ho and Salimans,
        Classifier-Free Diffusion Guidance (2022), section 3.2, for classes.
    """

    @typed
    def __init__(
        self,
        channels: int = 1,
        width: int = 32,
        multipliers: Sequence[int] = (1, 2),
        blocks: int = 1,
        attention: Sequence[int] = (),
        heads: int = 1,
        groups: int = 8,
        classes: int | None = None,
        dropout: float = 0.0,
    ):
        super().__init__()
        _check_plan(multipliers, blocks, attention, classes)
        self.channels, self.classes, self.halvings = channels, classes, len(multipliers) - 1
        d_time = 4 * width
        self.time = TimeEmbedding(width, d_time)
        self.label = None if classes is None else nn.Embedding(classes + 1, d_time)
        self.first = nn.Conv2d(channels, width, 3, padding=1)

        def level(C: int, k: int) -> Level:
            D = multipliers[k] * width
            return Level(C, D, d_time, heads if k in attention else None, groups, dropout)

        C, bridges = width, [width]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for k, m in enumerate(multipliers):
            self.down.extend([Down(C)] if k else [])
            self.down.extend(level(C if b == 0 else m * width, k) for b in range(blocks))
            bridges += [C] * (k > 0) + [m * width] * blocks
            C = m * width
        look = AttentionBlock(C, heads, groups)
        before, after = (ResidualBlock(C, C, d_time, groups, dropout) for _ in range(2))
        self.middle = nn.ModuleList([before, look, after])
        for k, m in reversed(list(enumerate(multipliers))):
            for _ in range(blocks + 1):
                self.up.append(level(C + bridges.pop(), k))
                C = m * width
            self.up.extend([Up(C)] if k else [])
        self.last = nn.Sequential(
            GroupNorm(groups, C), nn.SiLU(), _zero(nn.Conv2d(C, channels, 3, padding=1))
        )

    def forward(
        self, x: Float[Tensor, "N C H W"], t: Int[Tensor, " N"], labels: Int[Tensor, " N"] | None = None
    ) -> Float[Tensor, "N C H W"]:
        """Predict.

        Args:
            x: Noisy pictures, whose height and width can be halved as often as the network does.
            t: Step of each, 0 or more.
            labels: Class of each, 0 to classes-1, or `classes` for none; None for no class at all.

        Returns:
            Tensor in the shape of `x`.

        Raises:
            TypeError: If `x` is not floating point, not of the network's dtype, or t or labels are not whole
                numbers.
            ValueError: If channels, sizes, t or labels do not fit.
        """
        self._check_input(x, t)
        e = self.time(t)
        if self.label is not None or labels is not None:
            e = e + self.label(self._checked_labels(labels, t))
        h = self.first(x)
        bridges = [h]
        for stage in self.down:
            h = stage(h) if isinstance(stage, Down) else stage(h, e)
            bridges.append(h)
        before, look, after = self.middle
        h = after(look(before(h, e)), e)
        for stage in self.up:
            h = stage(h) if isinstance(stage, Up) else stage(torch.cat([h, bridges.pop()], 1), e)
        return self.last(h)

    def _check_input(self, x: Tensor, t: Tensor) -> None:
        check_channels(x)
        check_ndim(x, (4,), "UNet")
        check_same_dtype(x, weight=self.first.weight)
        if x.shape[1] != self.channels:
            raise ValueError(
                f"x of shape {tuple(x.shape)} has {x.shape[1]} channels on axis 1, but the network was made "
                f"for {self.channels}; try UNet(channels={x.shape[1]}), or look for a transposed x"
            )
        unit = 2**self.halvings
        for name, size in zip("HW", x.shape[2:], strict=True):
            if size % unit or size == 0:
                above = max(-(-size // unit), 1) * unit
                raise ValueError(
                    f"{name}={size} cannot be halved {self.halvings} times, being no multiple of {unit}; "
                    f"try to pad it to {above}"
                )
        if t.is_floating_point() or t.dtype == torch.bool:
            raise TypeError(f"t must be whole numbers, but has dtype {t.dtype}; try t.long()")
        if tuple(t.shape) != (len(x),):
            raise ValueError(
                f"t has shape {tuple(t.shape)}, but there are {len(x)} pictures; "
                f"try torch.full(({len(x)},), t)"
            )

    def _checked_labels(self, labels: Tensor | None, t: Tensor) -> Tensor:
        if self.label is None:
            raise ValueError("the network was made without classes, but is given labels; try classes=10")
        if labels is None:
            return torch.full_like(t, self.classes, dtype=torch.long)
        if labels.shape != t.shape:
            raise ValueError(
                f"labels has shape {tuple(labels.shape)}, but there are {len(t)} pictures; try one for each"
            )
        if labels.is_floating_point() or labels.dtype == torch.bool:
            raise TypeError(f"labels must be whole numbers, but has dtype {labels.dtype}; try labels.long()")
        labels = labels.long()
        wrong = labels[(labels < 0) | (labels > self.classes)]
        if wrong.numel():
            raise ValueError(
                f"labels has {wrong[0].item()}, but a class id is from 0 to {self.classes - 1}; "
                f"{self.classes} stands for no class"
            )
        return labels


def _zero(layer: nn.Module) -> nn.Module:
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


def _check_plan(
    multipliers: Sequence[int], blocks: int, attention: Sequence[int], classes: int | None
) -> None:
    if len(multipliers) == 0 or min(multipliers) < 1:
        raise ValueError(f"multipliers={tuple(multipliers)} leaves no channels; try (1, 2)")
    if blocks < 1:
        raise ValueError(f"blocks={blocks} leaves nothing to learn at each size; try 1")
    for k in attention:
        if not 0 <= k < len(multipliers):
            raise ValueError(f"attention at size {k}, but the sizes are 0…{len(multipliers) - 1}; try ()")
    if classes is not None and classes < 1:
        raise ValueError(f"classes={classes} leaves nothing to be told; try None")
