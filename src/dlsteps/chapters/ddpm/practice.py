"""One step forward and one step back to write oneself, and the mistakes that are made in them."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from dlsteps.diffusion import Schedule, p_sample, q_sample
from dlsteps.practice import Case, Draws, Exercise, Mistake

__all__ = ["EXERCISES"]

FORWARD = partial(Mistake, section="ddpm#noise-in-one-jump")
BACK = partial(Mistake, section="ddpm#the-way-back")


def of_step(table: Tensor, t: Tensor, x: Tensor) -> Tensor:
    """The entries of the steps t, to be multiplied by x."""
    return table[t].view(-1, *[1] * (x.ndim - 1))


def alpha_bar(beta: Tensor) -> Tensor:
    return (1 - beta).cumprod(0)


def before(table: Tensor) -> Tensor:
    return torch.cat([torch.ones_like(table[:1]), table[:-1]])


def mix(
    share: Callable[[Tensor], Tensor] = alpha_bar,
    signal: Callable[[Tensor], Tensor] = torch.sqrt,
    noise_of: Callable[[Tensor], Tensor] = lambda share: (1 - share).sqrt(),
) -> Callable:
    """Mix picture and noise, with what a mistake may be made in as arguments."""

    def wrong(x_0: Tensor, t: Tensor, noise: Tensor, beta: Tensor) -> Tensor:
        table = share(beta)
        return of_step(signal(table), t, x_0) * x_0 + of_step(noise_of(table), t, x_0) * noise

    return wrong


def forward_cases() -> list[Case]:
    """Pictures of several sizes, each at a step of its own."""
    draw = Draws(121)

    def case(*shape: int, T: int, t: list[int], note: str = "", dtype: torch.dtype = torch.float64) -> Case:
        x_0, noise = draw.normal(*shape, dtype=dtype), draw.normal(*shape, dtype=dtype)
        beta = draw.uniform(T, low=0.05, high=0.5, dtype=dtype)
        return Case({"x_0": x_0, "t": torch.tensor(t), "noise": noise, "beta": beta}, note)

    return [
        case(2, 1, 1, 2, T=3, t=[1, 2]),
        case(3, 2, T=5, t=[0, 4, 2]),
        case(2, 1, 3, 3, T=10, t=[9, 3]),
        case(1, 2, 2, 2, T=4, t=[0], note="the first step"),
        case(4, 3, T=6, t=[5, 5, 1, 0]),
        case(2, 1, 2, 3, T=8, t=[7, 4], dtype=torch.float32, note="float32"),
    ]


Q_SAMPLE = Exercise(
    name="q_sample",
    right=lambda x_0, t, noise, beta: q_sample(Schedule(beta.double()), x_0, t, noise),
    cases=forward_cases,
    mistakes=(
        FORWARD(
            "β for 1 − ᾱ",
            "This adds the noise of step t alone. The jump from the picture to step t takes ᾱ, the product "
            "of all "
            "1 − β up to t.",
            mix(share=lambda beta: 1 - beta),
        ),
        FORWARD(
            "t off by one",
            "x_t is the picture after step t, so ᾱ_t holds the noise of step t too. This one stops before "
            "it.",
            mix(share=lambda beta: before(alpha_bar(beta))),
        ),
        FORWARD(
            "roots forgotten",
            "ᾱ and 1 − ᾱ are shares of the variance. The factors are their roots.",
            mix(signal=lambda share: share, noise_of=lambda share: 1 - share),
        ),
        FORWARD(
            "the noise's root forgotten",
            "1 − ᾱ is the variance of the noise. Its factor is √(1 − ᾱ).",
            mix(noise_of=lambda share: 1 - share),
        ),
        FORWARD(
            "the picture not made fainter",
            "The picture is multiplied by √ᾱ: what is in x_t keeps variance 1 only if it gives way to the "
            "noise.",
            mix(signal=torch.ones_like),
        ),
        FORWARD(
            "sums for products",
            "ᾱ is the product of all 1 − β up to t. 1 − Σβ is near it only while all β are small.",
            mix(share=lambda beta: (1 - beta.cumsum(0)).clamp(min=0.01)),
        ),
        FORWARD(
            "1 − √ᾱ for √(1 − ᾱ)",
            "First 1 − ᾱ, then the root: the squares of the two factors sum to 1, and not the factors.",
            mix(noise_of=lambda share: 1 - share.sqrt()),
        ),
    ),
)


def step_back(
    noise_share: Callable[[Tensor], Tensor] = lambda beta: 1 - alpha_bar(beta),
    divide_by: Callable[[Tensor], Tensor] = lambda beta: (1 - beta).sqrt(),
    spread: Callable[[Tensor], Tensor] = torch.sqrt,
    last: float = 0.0,
    earlier: int = 0,
) -> Callable:
    """One step back, with what a mistake may be made in as arguments."""

    def wrong(x_t: Tensor, t: Tensor, eps: Tensor, noise: Tensor, beta: Tensor) -> Tensor:
        first = t == 0
        t = (t - earlier).clamp(min=0)
        share = of_step(beta / noise_share(beta).sqrt(), t, x_t)
        mean = (x_t - share * eps) / of_step(divide_by(beta), t, x_t)
        fresh = torch.where(first, last, 1.0).to(x_t.dtype)
        return mean + fresh.view(-1, *[1] * (x_t.ndim - 1)) * of_step(spread(beta), t, x_t) * noise

    return wrong


def posterior(beta: Tensor) -> Tensor:
    full = alpha_bar(beta)
    return ((1 - before(full)) / (1 - full) * beta).sqrt()


def backward_cases() -> list[Case]:
    """Noisy pictures, each at a step of its own, the last one back to the picture among them."""
    draw = Draws(122)

    def case(*shape: int, T: int, t: list[int], note: str = "", dtype: torch.dtype = torch.float64) -> Case:
        x_t, eps, noise = (draw.normal(*shape, dtype=dtype) for _ in range(3))
        beta = draw.uniform(T, low=0.05, high=0.5, dtype=dtype)
        arguments = {"x_t": x_t, "t": torch.tensor(t), "eps": eps, "noise": noise, "beta": beta}
        return Case(arguments, note, grad=False)

    return [
        case(1, 2, T=3, t=[1]),
        case(2, 1, 1, 2, T=3, t=[2, 1]),
        case(1, 1, 2, 2, T=4, t=[0], note="t = 0"),
        case(3, 2, T=5, t=[4, 0, 2], note="t = 0 among others"),
        case(2, 1, 3, 3, T=10, t=[9, 3]),
        case(2, 1, 2, 3, T=8, t=[7, 4], dtype=torch.float32, note="float32"),
    ]


def by_the_book(x_t: Tensor, t: Tensor, eps: Tensor, noise: Tensor, beta: Tensor) -> Tensor:
    return p_sample(Schedule(beta.double()), x_t, t, eps, noise, variance="beta").x_before


P_SAMPLE = Exercise(
    name="p_sample",
    right=by_the_book,
    cases=backward_cases,
    mistakes=(
        BACK(
            "β for 1 − ᾱ",
            "The network guesses all the noise in x_t, not that of step t alone: eps is multiplied by "
            "β/√(1 − ᾱ).",
            step_back(noise_share=lambda beta: beta),
        ),
        BACK(
            "noise at the last step",
            "At t = 0 the mean is the picture, and no fresh noise is added.",
            step_back(last=1.0),
        ),
        BACK(
            "t off by one",
            "The step from x_t to x_(t−1) takes back what step t added, with the numbers of step t.",
            step_back(earlier=1),
        ),
        BACK(
            "variance for standard deviation",
            "β is the variance of the fresh noise. Its factor is √β.",
            step_back(spread=lambda beta: beta),
        ),
        BACK(
            "the posterior's variance",
            "That is the paper's other choice, best where the picture is one point. Here σ² is β.",
            step_back(spread=posterior),
        ),
        BACK(
            "not made stronger again",
            "Step t made the picture fainter by √α. On the way back the mean is divided by √α = √(1 − β).",
            step_back(divide_by=torch.ones_like),
        ),
        BACK(
            "ᾱ for α",
            "One step back undoes one step: the mean is divided by √α_t, not by √ᾱ_t.",
            step_back(divide_by=lambda beta: alpha_bar(beta).sqrt()),
        ),
        BACK(
            "the root of 1 − ᾱ forgotten",
            "eps has variance 1. Its factor in the mean is β/√(1 − ᾱ).",
            step_back(noise_share=lambda beta: (1 - alpha_bar(beta)).square()),
        ),
    ),
)

EXERCISES = (Q_SAMPLE, P_SAMPLE)
