"""The questions of the chapter on activations: the functions themselves say which answers are right."""

from __future__ import annotations

import torch
from torch import Tensor

from dlsteps.chapters.activations.layer import of_digits
from dlsteps.nn import activations
from dlsteps.stage import Answer, Choose, ChooseAll, Enter, Matrix, Mistake, Pick, Quiz

TITLES = {
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "silu": "SiLU",
    "gelu": "GELU",
}


def _number(x: float) -> Tensor:
    return torch.tensor(x, dtype=torch.float64)


def two_layers() -> Choose:
    """What two linear layers in a row can do."""
    first, second = torch.randn(2, 4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x = torch.arange(4.0, dtype=torch.float64)
    one = torch.allclose(second @ (first @ x), (second @ first) @ x)
    return Choose(
        name="two-layers",
        asks="Two linear layers stand one behind the other, with nothing between them. "
        "What can the two compute that one could not?",
        answers=[
            Answer(
                "curves, if the weights are large enough",
                right=not one,
                says="A large weight makes a steeper line, and it stays a line.",
            ),
            Answer("nothing", right=one),
            Answer(
                "twice as many features",
                says="There may be more numbers in between, but what comes out is still W₂W₁x: one matrix.",
            ),
        ],
        why="W₂(W₁x) = (W₂W₁)x, and W₂W₁ is one matrix.",
    )


def leaky_at_minus_three() -> Enter:
    """A value of leaky ReLU."""
    slope = 0.01
    return Enter(
        name="leaky-at-minus-three",
        asks="Leaky ReLU with slope 0.01 below zero. What is its value at x = −3?",
        right=activations.leaky_relu(_number(-3.0), slope).item(),
        mistakes=[
            Mistake(
                slope,
                "0.01 is its *slope* below zero. The value is a line through 0, and falls.",
                "#activation:function=leaky%20ReLU",
            ),
            Mistake(0, "That is ReLU.", "#activation:"),
            Mistake(-3 - slope, "Multiply by the slope; nothing is added."),
        ],
        why="0.01 · (−3). At −300 it would be −3.",
    )


def steepest_sigmoid() -> Enter:
    """The largest slope of the sigmoid."""
    line = torch.linspace(-6, 6, 1201, dtype=torch.float64)
    return Enter(
        name="steepest-sigmoid",
        asks="σ(x) = 1/(1 + e^(−x)) rises from 0 to 1. How steep is it where it is steepest?",
        right=activations.sigmoid_derivative(line).max().item(),
        within=0.005,
        mistakes=[
            Mistake(
                1,
                "That is tanh. σ′ = σ(1 − σ), and at 0 both factors are 1/2.",
                "#activation:function=tanh&step=slope&x=0",
            ),
            Mistake(
                0.5,
                "That is its value there. Its slope is σ(1 − σ).",
                "#activation:function=sigmoid&step=slope&x=0",
            ),
        ],
        why="σ(1 − σ) at x = 0. Every sigmoid on the way back divides a gradient by 4 or more.",
    )


def still_moves() -> ChooseAll:
    """Which units still learn at −4."""
    moves = {name: bool(activations.curve(name).derivative(_number(-4.0)).abs() > 1e-6) for name in TITLES}
    return ChooseAll(
        name="still-moves",
        asks="A unit stands at z = −4 for every sample. Under which functions does it still get a gradient, "
        "however small?",
        answers=[
            Answer(
                TITLES[name],
                right=moved,
                says="" if moved else "Its slope is exactly 0 there; nothing comes back.",
                see="" if moved else "#activation:step=slope&x=-4",
            )
            for name, moved in moves.items()
        ],
        why="Small is not zero: only where the slope is exactly 0 for all samples is a unit dead.",
    )


def check_yourself() -> Quiz:
    """Seven questions on what the page promised."""
    return Quiz(
        dead_units(),
        why_bend(),
        silu_far_out(),
        swiglu_gate(),
        which_is_which(),
        product(),
        prelu_learns(),
        title="Check yourself",
    )


def dead_units() -> Pick:
    """The dead units of a layer."""
    z = of_digits()[:4]
    dead = (activations.relu_derivative(z) == 0).all(0)
    cells = torch.arange(z.numel()).reshape(z.shape)
    partly = (activations.relu_derivative(z) == 0).any(0)
    negative = (z < 0).flatten().nonzero().flatten().tolist()
    return Pick(
        name="dead-units",
        asks="Pre-activations of ten units for four digits. Pick all cells of the units that are dead "
        "under ReLU "
        "for these four.",
        panel=Matrix(
            title="z",
            note="rows are digits, columns are units",
            values=z,
            rows=[f"digit {k}" for k in range(len(z))],
            columns=[str(k) for k in range(z.shape[1])],
            digits=1,
        ),
        axes=("digit", "unit"),
        right=cells[:, dead].flatten().tolist(),
        mistakes=[
            Mistake(
                negative,
                "Those are all cells below zero. A unit is dead only if *every* digit leaves it there.",
            ),
            Mistake(
                cells[:, partly].flatten().tolist(),
                "Those units are silent for some digit. One positive cell in a column is enough to "
                "learn from.",
            ),
        ],
        why="In these columns every number is below zero, so every slope is 0.",
    )


def why_bend() -> Choose:
    """What a convolution needs an activation for."""
    return Choose(
        name="why-bend",
        asks="Ten convolutions in a row, no activation between them. What is the whole?",
        answers=[
            Answer("one convolution with a larger kernel", right=True),
            Answer(
                "a network of depth ten",
                says="Depth counts where something bends; here nothing does.",
            ),
            Answer(
                "ten convolutions that cannot be merged",
                says="Each is a weighted sum, and weighted sums of weighted sums are weighted sums.",
            ),
        ],
        why="Kernels convolved with kernels give one kernel.",
    )


def silu_far_out() -> Choose:
    """What SiLU does with large inputs."""
    x = _number(20.0)
    passes = abs(activations.silu(x).item() - 20) < 1e-6
    return Choose(
        name="silu-far-out",
        asks="What does SiLU do with x = 20?",
        answers=[
            Answer("it lets it pass nearly unchanged", right=passes),
            Answer(
                "it holds it back, so that large values do not grow",
                right=not passes,
                says="x·σ(x), and σ(20) is 1 to eight digits: nothing is held back.",
                see="#activation:function=SiLU&x=6",
            ),
            Answer("it gives about 1", says="That is the sigmoid. SiLU multiplies by x."),
        ],
        why="For large x it is x, with slope 1.",
    )


def swiglu_gate() -> Choose:
    """Whether SwiGLU switches."""
    return Choose(
        name="swiglu-gate",
        asks="SwiGLU(g, v) = SiLU(g)·v. What can the factor SiLU(g) be?",
        answers=[
            Answer("0 or 1, a switch", says="It is a smooth curve; nothing is switched."),
            Answer("any number between 0 and 1", says="That is a GLU, whose gate is σ(g)."),
            Answer("any number from about −0.28 up", right=True),
        ],
        why="“Swi” is for Swish, another name of SiLU.",
    )


def which_is_which() -> Choose:
    """GELU by its formula."""
    gelu = activations.gelu(_number(1.0)).item()
    silu = activations.silu(_number(1.0)).item()
    normal = torch.distributions.Normal(0.0, 1.0).cdf(torch.tensor(1.0)).item()
    return Choose(
        name="which-is-which",
        asks="Which of these is GELU?",
        answers=[
            Answer("x·σ(x)", right=abs(silu - gelu) < 1e-6, says="That is SiLU: near GELU, but not it."),
            Answer(
                "x·Φ(x), with Φ(x) the share of a standard normal variable below x",
                right=abs(normal - gelu) < 1e-6,
            ),
            Answer("max(0, x) with a rounded corner", says="It would never be below zero; GELU is."),
        ],
        why="The usual tanh form is an approximation of it, off by less than 0.0005.",
    )


def product() -> Choose:
    """Ten sigmoids in a row."""
    bound = 0.25**10
    return Choose(
        name="product",
        asks="A gradient passes back through ten sigmoids, with weights of 1. What is the most that can "
        "be left of it?",
        answers=[
            Answer("a quarter", says="That is what one sigmoid leaves."),
            Answer("a fortieth", says="Ten factors of a quarter multiply; they do not add."),
            Answer("about a millionth", right=5e-7 < bound < 2e-6),
        ],
        why=f"0.25¹⁰ is {bound:.1e}.".replace("e-07", " · 10⁻⁷"),
    )


def prelu_learns() -> Choose:
    """Which slope PReLU learns."""
    a = torch.full((1,), 0.25, dtype=torch.float64, requires_grad=True)
    x = torch.tensor([[-2.0], [3.0]], dtype=torch.float64)
    grads = [torch.autograd.grad(activations.prelu(row[None], a).sum(), a)[0].item() for row in x]
    return Choose(
        name="prelu-learns",
        asks="Which slope does PReLU learn?",
        answers=[
            Answer("the one for x > 0", right=grads[1] != 0, says="Above zero it is 1, as in ReLU."),
            Answer("the one for x < 0", right=grads[0] != 0),
            Answer("both", says="Only negative inputs move it."),
        ],
        why="Its formula is max(0, x) + a·min(0, x), and a meets negative x only.",
    )
