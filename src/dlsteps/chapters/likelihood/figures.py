"""The plots of the likelihood chapter."""

import functools

import torch
from torch import Tensor

from dlsteps.chapters.likelihood.pixel import is_zero_from_ink
from dlsteps.chapters.likelihood.samples import digits
from dlsteps.nn.likelihood import gradient_descent, logistic_objective, negative_log_likelihood, newton
from dlsteps.show.plots import SERIES, Plot, canvas, legend

RATES = (1.0, 8.0)  # of gradient descent; beyond 2 over the largest eigenvalue of the Hessian it diverges


def one_knob(few: int = 20) -> dict[str, Tensor]:
    """Accuracy and cross-entropy of twenty digits while all logits of one class are raised.

    Returns:
        `raised`, what is added to the logits of class 8; `accuracy` and `loss` at each of them.
    """
    samples = digits()
    z, y = samples.logits[:few], samples.labels[:few]
    raised = torch.linspace(-6, 6, 241, dtype=torch.float64)
    moved = z + raised[:, None, None] * (torch.arange(10) == 8)
    return {
        "raised": raised,
        "accuracy": (moved.argmax(2) == y).double().mean(1),
        "loss": negative_log_likelihood(moved, y.expand(len(raised), few)).mean(1),
    }


def staircase() -> Plot:
    """Accuracy and cross-entropy against one number of a trained classifier."""
    found = one_knob()
    figure, panels = canvas(2, width=7.4, height=2.7)
    for k, (panel, key) in enumerate(zip(panels, ("accuracy", "loss"), strict=True)):
        panel.plot(found["raised"], found[key], color=SERIES[k]["color"])
        panel.set_title({"accuracy": "accuracy", "loss": "cross-entropy"}[key])
        panel.set_xlabel("added to the logit of class 8")
    return figure


@functools.cache
def descents() -> dict[str, tuple[float, ...]]:
    """The length of the gradient at each step, for each way down, on the regression of one pixel."""
    objective = logistic_objective(*is_zero_from_ink())
    found = {f"gradient descent, η = {rate:g}": gradient_descent(objective, rate, 200) for rate in RATES}
    return {name: fit.gradient_norms for name, fit in {**found, "Newton": newton(objective)}.items()}


def two_ways_down() -> Plot:
    """How short the gradient has become after each step."""
    figure, (panel,) = canvas(width=6.6, height=2.9)
    for k, (name, norms) in enumerate(descents().items()):
        panel.plot(range(1, len(norms) + 1), norms, label=name, markevery=0.1, **SERIES[k])
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xlabel("step, counted from the start as 1")
    panel.set_ylabel("length of the gradient")
    legend(figure, panel)
    return figure
