"""The checks of what the notes say about activations (A01 to A14)."""

import datetime
import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from dlsteps.claims.evidence import SAME, Evidence, gap
from dlsteps.nn import activations
from dlsteps.numbers import number

LINE = torch.linspace(-12, 12, 2401, dtype=torch.float64)  # steps of 0.01, with 0 among them
FAR = torch.tensor([-1e3, -30.0, 30.0, 1e3], dtype=torch.float64)


def slope(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The derivative of f at each number of x, by autograd."""
    x = x.clone().requires_grad_()
    return torch.autograd.grad(f(x).sum(), x)[0]


def a01(relu: Callable = activations.relu) -> Evidence:
    """The value and the slope on both sides of 0."""
    by_hand = torch.tensor([x if x > 0 else 0.0 for x in LINE.tolist()], dtype=torch.float64)
    values = gap(relu(LINE), by_hand)
    slopes = gap(slope(relu, LINE[LINE != 0]), (LINE[LINE != 0] > 0).double())
    return Evidence(
        max(values, slopes) < SAME,
        f"at 2,401 places from −12 to 12 the value differs by {values:.3f}, the slope, 0 or 1, by "
        f"{slopes:.3f}",
    )


def a02(leaky_relu: Callable = activations.leaky_relu) -> Evidence:
    """Below zero the output is a line through 0: what is constant is the slope."""
    near, far = leaky_relu(torch.tensor([-1.0, -100.0], dtype=torch.float64))
    slopes = slope(leaky_relu, LINE[LINE < 0])
    constant_slope = bool((slopes.max() - slopes.min()).abs() < SAME and slopes.min() > 0)
    return Evidence(
        constant_slope and bool(abs(far / near - 100) < SAME),
        f"f(−1) = {number(near, 2)} and f(−100) = {number(far, 2)}; the slope is {number(slopes.max(), 2)} "
        "everywhere below 0",
    )


def a03(leaky_relu: Callable = activations.leaky_relu, relu: Callable = activations.relu) -> Evidence:
    """A unit that gives 0 for every input gets no gradient under ReLU; under leaky ReLU it comes back."""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(64, 8, generator=generator, dtype=torch.float64)
    target = x.sum(1)
    back = {}
    for name, f in (("ReLU", relu), ("leaky ReLU", leaky_relu)):
        w = torch.full((8,), -1.0, dtype=torch.float64, requires_grad=True)
        for _ in range(2000):
            gradient = torch.autograd.grad((f(x @ w) - target).square().mean(), w)[0]
            w = (w - 0.05 * gradient).detach().requires_grad_()
        back[name] = (x @ w > 0).double().mean().item()
    return Evidence(
        back["ReLU"] == 0 and back["leaky ReLU"] == 1,
        "one unit, dead at the start for all 64 inputs, is alive after 2,000 steps for "
        f"{back['ReLU']:.0%} of them with ReLU and for {back['leaky ReLU']:.0%} with leaky ReLU",
    )


def a04(prelu: Callable = activations.prelu) -> Evidence:
    """Only negative inputs move the slope, so it is the slope below 0 that is learned."""
    x = torch.tensor([[-2.0, 3.0], [-4.0, 5.0]], dtype=torch.float64)
    a = torch.full((2,), 0.25, dtype=torch.float64, requires_grad=True)
    y = prelu(x, a)
    moved = torch.autograd.grad(y.sum(), a)[0].tolist()
    above = gap(y[:, 1].detach(), x[:, 1])
    return Evidence(
        moved == [-6.0, 0.0] and above < SAME,
        f"the gradient of the slope is {number(moved[0], 1)} for inputs −2 and −4, and {number(moved[1], 1)} "
        f"for 3 and 5, which pass unchanged (difference {above:.3f})",
    )


def a05(activation: Callable = activations.relu) -> Evidence:
    """Two convolutions in a row are one; with an activation between them they are no linear map."""
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(2, 1, 1, 9, 9, generator=generator, dtype=torch.float64)
    first, second = torch.randn(2, 1, 1, 3, 3, generator=generator, dtype=torch.float64)
    merged = F.conv2d(F.pad(second, (2, 2, 2, 2)), first.flip(2, 3))  # the two kernels, convolved

    def network(x: Tensor, f: Callable[[Tensor], Tensor]) -> Tensor:
        return F.conv2d(f(F.conv2d(x, first)), second)

    def not_additive(f: Callable[[Tensor], Tensor]) -> float:
        return gap(network(x + y, f), network(x, f) + network(y, f))

    one = gap(network(x, activations.identity), F.conv2d(x, merged))
    plain, bent = not_additive(activations.identity), not_additive(activation)
    return Evidence(
        max(one, plain) < SAME and bent > 1,
        f"two 3×3 convolutions and one of 5×5 differ by {one:.3f}; f(x + y) − f(x) − f(y) is up to "
        f"{plain:.3f} without an activation and {bent:.3f} with ReLU between them",
    )


def a06(sigmoid: Callable = activations.sigmoid) -> Evidence:
    """The range, the steepest slope, and the slope far out."""
    y, s = sigmoid(LINE), slope(sigmoid, LINE)
    inside = bool((y > 0).all() and (y < 1).all())
    ends = sigmoid(FAR)
    middle, far = s.max().item(), s[[0, -1]].max().item()
    return Evidence(
        inside
        and bool(ends[0] < 1e-12 and ends[-1] > 1 - 1e-12)
        and abs(middle - 0.25) < SAME
        and far < 1e-5,
        f"from {number(y.min(), 6)} to {number(y.max(), 6, room=8)} on [−12, 12]; the slope is "
        f"{number(middle, 2)} at 0, its largest, and below 0.00001 at both ends",
    )


def a07(tanh: Callable = activations.tanh) -> Evidence:
    """The range, the symmetry about 0, and the slope far out."""
    y, s = tanh(LINE), slope(tanh, LINE)
    inside = bool((y.abs() < 1).all()) and bool(tanh(FAR).abs().min() > 1 - 1e-12)
    odd = gap(tanh(-LINE), -y)
    middle, far = s.max().item(), s[[0, -1]].max().item()
    return Evidence(
        inside and odd < SAME and abs(middle - 1) < SAME and far < 1e-8,
        f"f(−x) + f(x) is up to {odd:.3f}; the slope is {number(middle, 2)} at 0 and below 0.00000001 at ±12",
    )


def a08(silu: Callable = activations.silu) -> Evidence:
    """The formula with the sigmoid written out, and the lowest value."""
    by_hand = torch.tensor([x / (1 + math.exp(-x)) for x in LINE.tolist()], dtype=torch.float64)
    y = silu(LINE)
    lowest = int(y.argmin())
    return Evidence(
        gap(y, by_hand) < SAME and y[lowest].item() < -0.27,
        f"x·σ(x) written out differs by {gap(y, by_hand):.3f}; the lowest value is {number(y[lowest])} at "
        f"x = {number(LINE[lowest], 2)}",
    )


def a09(silu: Callable = activations.silu) -> Evidence:
    """Large inputs pass as they are, and in between the slope is above 1: nothing is held back."""
    x = torch.tensor([5.0, 10.0, 100.0], dtype=torch.float64)
    held = (x - silu(x)).tolist()
    steepest = slope(silu, LINE).max().item()
    return Evidence(
        0 < held[0] < 0.05 and held[1] < 1e-3 and abs(held[2]) < SAME and steepest > 1.09,
        f"x − SiLU(x) is {number(held[0])} at 5, {number(held[1], 6)} at 10 and {number(held[2])} at 100; "
        f"the slope reaches {number(steepest)}",
    )


def a10(silu: Callable = activations.silu) -> Evidence:
    """The slope far to the right."""
    found = slope(silu, torch.tensor([5.0, 12.0, 100.0], dtype=torch.float64)).tolist()
    return Evidence(
        all(s > 1 - SAME for s in found) and abs(found[-1] - 1) < SAME,
        f"the slope is {number(found[0])} at 5, {number(found[1])} at 12 and {number(found[2])} at "
        "100: it tends to 1",
    )


def a11(gelu: Callable = activations.gelu) -> Evidence:
    """The formula with the normal distribution written out by the error function."""
    phi = torch.tensor([(1 + math.erf(x / 2**0.5)) / 2 for x in LINE.tolist()], dtype=torch.float64)
    exact = gap(gelu(LINE), LINE * phi)
    by_tanh = gap(activations.gelu_tanh(LINE), LINE * phi)
    return Evidence(
        exact < SAME,
        f"x·Φ(x) by the error function differs by {exact:.3f}; the usual tanh form by up to {by_tanh:.5f}",
    )


GPT, BERT = datetime.date(2018, 6, 11), datetime.date(2018, 10, 11)


def a12(gpt: datetime.date = GPT, bert: datetime.date = BERT) -> Evidence:
    """Who was first, by the dates of the two reports."""
    return Evidence(
        gpt < bert,
        f"GPT, which uses GELU (Radford et al. 2018, section 4.1), is of {gpt:%B} {gpt.year}; BERT (Devlin "
        f"et al. 2018, A.2) is of {bert:%B} {bert.year} and says that it follows GPT",
    )


def a13(swiglu: Callable = activations.swiglu) -> Evidence:
    """The gate is SiLU: it takes every value in a range, below 0 too, and jumps nowhere."""
    one = torch.ones_like(LINE)
    gate = swiglu(LINE, one)
    is_silu = gap(gate, activations.silu(LINE))
    jump = gate.diff().abs().max().item()
    doubled = gap(swiglu(LINE, 2 * one), 2 * gate)
    return Evidence(
        max(is_silu, doubled) < SAME and jump < 0.02 and gate.min().item() < 0,
        f"for a value of 1 the gate is SiLU (difference {is_silu:.3f}), from {number(gate.min())} up; over "
        f"steps of 0.01 it never moves by more than {number(jump)}, so nothing is switched on or off",
    )


# What the feed-forward layers of well-known models use, by their own reports.
USED = {
    "AlexNet (Krizhevsky et al. 2012)": "ReLU",
    "ResNet (He et al. 2016)": "ReLU",
    "Transformer (Vaswani et al. 2017)": "ReLU",
    "BERT (Devlin et al. 2018)": "GELU",
    "EfficientNet (Tan and Le 2019)": "SiLU",
    "ViT (Dosovitskiy et al. 2020)": "GELU",
    "PaLM (Chowdhery et al. 2022)": "SwiGLU",
    "ConvNeXt (Liu et al. 2022)": "GELU",
    "LLaMA (Touvron et al. 2023)": "SwiGLU",
}


def a14(used: dict[str, str] = USED) -> Evidence:
    """Before 2018 ReLU throughout; since then others in most of the models named."""
    early = [f for name, f in used.items() if int(name[-5:-1]) < 2018]
    late = [f for name, f in used.items() if int(name[-5:-1]) >= 2018]
    others = sum(f != "ReLU" for f in late)
    return Evidence(
        set(early) == {"ReLU"} and others > len(late) / 2,
        "ReLU: AlexNet 2012, ResNet 2016, the Transformer 2017. Since 2018 "
        + ", ".join(f"{name.split(' (')[0]} {name[-5:-1]} {f}" for name, f in used.items() if f != "ReLU"),
    )
