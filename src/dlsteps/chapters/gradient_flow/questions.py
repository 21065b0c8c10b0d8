"""The questions of the chapter on gradient flow: networks that are run say which answers are right."""

from __future__ import annotations

import functools
import math

import torch
import torch.nn.functional as F
from torch import nn

from dlsteps.chapters.gradient_flow.flow import HE, Recipe, batch, build, factor, first_step, observe
from dlsteps.nn.activations import sigmoid_derivative
from dlsteps.nn.gradient_flow import clip_by_norm, total_norm
from dlsteps.stage import Answer, Choose, ChooseAll, Enter, Matrix, Mistake, Pick, Quiz

FRAME = "#gradient-flow:"


def thirty_sigmoids() -> Enter:
    """How often a gradient has to be quartered."""
    steepest = sigmoid_derivative(torch.zeros((), dtype=torch.float64)).item()
    tens = math.log10(steepest**30)
    return Enter(
        name="thirty-sigmoids",
        asks="The sigmoid's slope is at most 0.25. A gradient goes back through thirty of them, one weight "
        "of 1 between two. It begins with length 1. At most how long is it at the end? "
        "Give the power of ten, such as −3.",
        right=round(tens),
        within=0.5,
        mistakes=[
            Mistake(-1, "0.25 · 30 would be adding. Slopes along a path multiply."),
            Mistake(-30, "That would be a tenth each time; 0.25 is a little more."),
        ],
        why="0.25³⁰ ≈ 10⁻¹⁸. And 0.25 is the slope at 0 alone.",
    )


def gain_of_relu() -> Enter:
    """The gain that a ReLU needs."""
    return Enter(
        name="gain-of-relu",
        asks="A linear layer with weights from N(0, g²/n) multiplies the mean square of its input by g². A "
        "ReLU after it sets half of the numbers to 0. For which g does the mean square stay the same?",
        right=HE,
        within=0.01,
        mistakes=[
            Mistake(1.0, "Then each block halves it.", FRAME + "activation=ReLU&gain=1.0&step=forward"),
            Mistake(2.0, "g² has to be 2, not g.", FRAME + "activation=ReLU&gain=2.0&step=forward"),
        ],
        why="g² / 2 = 1, so g = √2.",
    )


def remedies() -> ChooseAll:
    """What lets a gradient reach the first block of a deep sigmoid network."""
    base = Recipe(30, "sigmoid", 1.0)
    tried = {
        "shortcuts": base._replace(residual=True),
        "layer norm": base._replace(norm="layer"),
        "ReLU with gain √2": Recipe(30, "ReLU"),
    }
    answers = []
    for name, recipe in tried.items():
        back = first_step(recipe).back
        right = bool(back[0] / back[-1] > 1e-3)
        says = "It lifts the signal, and the sigmoid's slope stays below 0.25 of it."
        answers.append(Answer(name, right=right, says="" if right else says))
    says = "It only shortens. What is nearly 0 stays nearly 0."
    answers.append(
        Answer("clipping at 1", says=says, see=FRAME + "activation=sigmoid&gain=1.0&norm=none&step=clip")
    )
    return ChooseAll(
        name="remedies",
        asks="In a network of 30 sigmoid blocks with weights of gain 1 next to nothing comes back to the "
        "first block. With which of these, each by itself, does at least a thousandth come back?",
        answers=answers,
        why="The gradient needs a way back on which factors are near 1.",
    )


def bn_alone() -> Choose:
    """What BN does to the gradient of a deep plain network."""
    found = factor(first_step(Recipe(30, "ReLU", norm="batch")).back)
    return Choose(
        name="bn-alone",
        asks="Thirty blocks of linear layer, batch norm and ReLU, without shortcuts, before any training. "
        "By what is the gradient multiplied per block on its way back?",
        answers=[
            Answer(
                "less than 1: it vanishes",
                right=found < 0.95,
                says="BN divides by the spread of what came in, which scales gradients up again.",
            ),
            Answer(
                "1: that is what a normalization is for",
                right=0.95 <= found <= 1.05,
                says="It keeps the size of the signal at 1. The gradient is another matter.",
                see=FRAME + "activation=ReLU&gain=1.41&norm=batch&step=backward",
            ),
            Answer("about 1.2: it grows", right=1.05 < found < 1.35),
        ],
        why="The signal is kept at size 1, the gradient grows by a fifth per block, whatever the weights.",
    )


def check_yourself() -> Quiz:
    """Six questions on what the page promised."""
    return Quiz(
        where_it_vanishes(),
        clipped_length(),
        one_factor(),
        adding_up(),
        small_gradient(),
        halved_weights(),
        title="Check yourself",
    )


@functools.cache
def _broken_network(at: int = 3) -> torch.Tensor:
    """What comes back to each of eight blocks, when the weights of one are a thousand times too small."""
    model = build(Recipe(8))
    with torch.no_grad():
        model[at].linear.weight.mul_(1e-3)
    return observe(model, *batch()).back


def where_it_vanishes() -> Pick:
    """The block that stops the gradient."""
    back = _broken_network()
    steps = back[:-1] / back[1:]
    guilty = int(steps.argmin()) + 1  # what comes back to block l has passed block l + 1
    return Pick(
        name="where-it-vanishes",
        asks="Eight blocks; the numbers are the logarithms, base 10, of the length of the gradient at the "
        "output of each. It comes from the right. Pick the block whose weights are far too small.",
        panel=Matrix(
            title="log₁₀ ‖g‖",
            note="at the output of each block",
            values=back.log10()[None],
            rows=["log"],
            columns=[f"{k + 1}" for k in range(len(back))],
            digits=1,
        ),
        axes=("row", "block"),
        right=[guilty],
        mistakes=[
            Mistake(
                [guilty - 1],
                "Its output gets next to nothing: the gradient was lost in the block after it.",
            ),
            Mistake([0], "It gets as little as the blocks after it. Where does the number fall?"),
        ],
        why="A gradient passes a block before it reaches the output of the block before.",
    )


def clipped_length() -> Enter:
    """One gradient of two, clipped together."""
    gradients = [torch.tensor([3.0, 0.0], dtype=torch.float64), torch.tensor([0.0, 4.0], dtype=torch.float64)]
    clipped = clip_by_norm(gradients, 1.0).gradients
    return Enter(
        name="clipped-length",
        asks="Two parameters have gradients of length 3 and 4. They are clipped by norm at 1, together. "
        "How long is the first one now?",
        right=total_norm(clipped[:1]).item(),
        within=0.005,
        mistakes=[
            Mistake(1.0, "That would be each by itself, which changes the direction of the whole."),
            Mistake(3 / 7, "Lengths at a right angle do not add: √(3² + 4²) = 5."),
            Mistake(0.5, "The limit is not shared out evenly; all are multiplied by one factor."),
        ],
        why="Together they are 5 long, so each is divided by 5.",
    )


def one_factor() -> Enter:
    """A factor per block, over fifty blocks."""
    return Enter(
        name="one-factor",
        asks="A gradient is multiplied by 1.2 per block. How many times longer is it after 50 blocks?",
        right=1.2**50,
        within=300,
        mistakes=[
            Mistake(60, "1.2 · 50 adds; factors multiply."),
            Mistake(11, "50 · 0.2 + 1 adds a fifth of the first length each time."),
        ],
        why="1.2⁵⁰ ≈ 9,100. It takes 50 factors a little off 1.",
    )


def adding_up() -> Choose:
    """The Jacobian of a residual block."""
    w = torch.tensor([[0.1]], dtype=torch.float64)
    x = torch.tensor([2.0], dtype=torch.float64)
    slope = torch.autograd.functional.jacobian(lambda x: x + F.linear(x, w), x).item()
    return Choose(
        name="adding-up",
        asks="A block with a shortcut computes y = x + w·x with w = 0.1. By what does it multiply a "
        "gradient?",
        answers=[
            Answer("0.1", says="That is the branch alone. The shortcut adds 1."),
            Answer("1.1", right=abs(slope - 1.1) < 1e-12),
            Answer("1", says="The shortcut alone would; the branch adds its 0.1."),
        ],
        why="The gradient comes back along both ways, and what comes back is added.",
    )


def small_gradient() -> Choose:
    """Adam and the vanishing gradient."""
    x = nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = torch.optim.Adam([x], lr=0.01, eps=1e-8)
    x.grad = torch.full_like(x, 1e-19)
    optimizer.step()
    moved = abs(x.item())
    return Choose(
        name="small-gradient",
        asks="Adam divides each gradient by its own running size. A weight gets gradients of 10⁻¹⁹, "
        "float64. Does Adam, with its ε of 10⁻⁸, move it as far as other weights?",
        answers=[
            Answer("No: ε is far larger than the gradient", right=moved < 1e-6),
            Answer(
                "Yes: only the sign counts",
                right=moved > 1e-3,
                says="It would be so with ε = 0, or gradients far above 10⁻⁸.",
            ),
            Answer("It would be divided by zero", says="ε is there to prevent it."),
        ],
        why="10⁻¹⁹ / (10⁻¹⁹ + 10⁻⁸) is nearly 0. And what has vanished carries other samples' noise.",
    )


def halved_weights() -> Choose:
    """Weights and BN."""
    pair = [first_step(Recipe(10, "ReLU", gain, "batch")) for gain in (HE, HE / 2)]
    same_back = bool((pair[0].back / pair[1].back - 1).abs().max() < 0.01)
    doubled = bool((pair[1].weights / pair[0].weights / 2 - 1).abs().max() < 0.01)
    return Choose(
        name="halved-weights",
        asks="In a network with batch norm after each linear layer all weights are halved. What happens to "
        "the gradients?",
        answers=[
            Answer(
                "those of the signals stay, those of the weights double",
                right=same_back and doubled,
            ),
            Answer("all are halved at each block", says="BN divides by the spread, which is halved too."),
            Answer(
                "nothing changes at all",
                says="The output does not. But half the weights need half the step for the same change.",
            ),
        ],
        why="BN's output does not change with the weights' scale, so its slope toward them is doubled.",
    )
