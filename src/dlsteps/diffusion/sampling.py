"""Sampling: from pure noise to a picture, step by step or in great strides."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from tqdm import tqdm

from dlsteps.diffusion.process import Kind, Predict, ReverseStep, check_alike, clipped, in_all_forms, p_sample
from dlsteps.diffusion.schedule import Schedule, check_t, pick
from dlsteps.nn.checks import check_floating
from dlsteps.nn.likelihood.logits import check_class_ids


class Samples(NamedTuple):
    """What came out of the noise.

    Attributes:
        x_0: (N, ...) the pictures.
        t: The steps that were taken, from the noisiest on; empty unless recorded.
        steps: A `ReverseStep` for each of them; empty unless recorded.
    """

    x_0: Tensor
    t: list[int]
    steps: list[ReverseStep]


@torch.no_grad()
def ancestral(
    schedule: Schedule,
    predict: Predict,
    x_T: Float[Tensor, "N *S"],
    generator: torch.Generator | None = None,
    *,
    kind: Kind = "eps",
    variance: str = "posterior",
    clip: float | None = None,
    record: bool = False,
    progress: bool = True,
) -> Samples:
    """Walk all T steps back, with fresh noise at each but the last.

    Args:
        schedule: The noise schedule.
        predict: The network, `predict(x_t, t)`.
        x_T: Standard normal noise in the shape of the pictures.
        generator: Where the fresh noise is drawn from.
        kind: What the network predicts.
        variance: How much fresh noise, see `reverse_variance`.
        clip: Bounds the guessed picture at each step; None does not.
        record: Whether to keep every step.
        progress: Whether to show a bar.

    Returns:
        The pictures, and every step if wanted, as `Samples`.

    Raises:
        TypeError: If `x_T` is not floating point, or the prediction is of another dtype.
        ValueError: For an unknown kind or variance, or a prediction of another shape.

    Source:
        Ho et al., Denoising Diffusion Probabilistic Models (2020), algorithm 2.
    """

    def step(x_t: Tensor, t: Tensor) -> ReverseStep:
        noise = _noise_like(x_t, generator)
        options = {"kind": kind, "variance": variance, "clip": clip}
        return p_sample(schedule, x_t, t, predict(x_t, t), noise, **options)

    return _walk(step, list(range(schedule.T)), x_T, record, progress)


def _walk(
    step: Callable[[Tensor, Tensor], ReverseStep], times: list[int], x: Tensor, record: bool, progress: bool
) -> Samples:
    check_floating(x, "x_T")
    if x.ndim == 0:
        raise ValueError("x_T has no axis of samples; try x_T.view(1)")
    taken, steps = [], []
    for time in tqdm(times[::-1], desc="sampling", disable=not progress):
        result = step(x, torch.full((len(x),), time, device=x.device))
        x = result.x_before
        if record:
            taken.append(time)
            steps.append(result)
    return Samples(x, taken, steps)


def _noise_like(x: Tensor, generator: torch.Generator | None) -> Tensor:
    return torch.randn(x.shape, generator=generator, dtype=x.dtype, device=x.device)


def ddim_times(T: int, steps: int) -> list[int]:
    """Choose which steps DDIM visits: evenly spaced, the last one T-1.

    Args:
        T: Steps of the schedule.
        steps: How many to visit, 1 to T.

    Returns:
        Rising whole numbers from 0…T-1; for one step T-1 alone, otherwise beginning with 0.

    Raises:
        ValueError: If there are no steps, or more than T.
    """
    if not 1 <= steps <= T:
        raise ValueError(f"steps={steps} is not from 1 to T={T}; try {min(50, T)}")
    if steps == 1:
        return [T - 1]
    return [round(k * (T - 1) / (steps - 1)) for k in range(steps)]


def ddim_step(
    schedule: Schedule,
    x_t: Float[Tensor, "N *S"],
    t: Int[Tensor, " N"],
    t_before: Int[Tensor, " N"] | None,
    prediction: Float[Tensor, "N *S"],
    noise: Float[Tensor, "N *S"] | None = None,
    *,
    eta: float = 0.0,
    kind: Kind = "eps",
    clip: float | None = None,
) -> ReverseStep:
    r"""Guess picture and noise, and mix them again in the proportions of an earlier step.

    $x_s = \sqrt{\bar\alpha_s} \, \hat x_0 + \sqrt{1 - \bar\alpha_s - \sigma^2} \, \hat\varepsilon + \sigma z$
    with $\sigma^2 = \eta^2 \, \frac{1 - \bar\alpha_s}{1 - \bar\alpha_t}
    \left( 1 - \frac{\bar\alpha_t}{\bar\alpha_s} \right)$. At $\eta = 0$ nothing is drawn: the noise decides
    the picture. At $\eta = 1$ and s = t-1 this is the ancestral step with the posterior's variance.

    Args:
        schedule: The noise schedule.
        x_t: Noisy pictures.
        t: Step of each, 0 to T-1.
        t_before: s, the step to go to, below t; None for the picture itself ($\bar\alpha_s = 1$).
        prediction: What the network says about `x_t`.
        noise: z, standard normal; may be left out if eta is 0.
        eta: $\eta$, share of the fresh noise, 0 to 1.
        kind: What the network predicts.
        clip: Bounds the guessed picture; None does not.

    Returns:
        $x_s$ and all it was made from, as `ReverseStep`.

    Raises:
        TypeError: If a tensor is not floating point, t is, or the dtypes differ.
        ValueError: If a number is out of range, s is not below t, or the shapes differ.

    Source:
        Song et al., Denoising Diffusion Implicit Models (2021), equations 12 and 16.
    """
    _check_eta(eta, noise)
    guess = clipped(schedule, x_t, t, in_all_forms(schedule, x_t, t, prediction, kind), clip)
    alpha_bar_t, alpha_bar_s = schedule.alpha_bar[t.cpu()], torch.ones(len(x_t), dtype=torch.float64)
    if t_before is not None:
        check_t(t_before, schedule.T, len(x_t))
        if not (t_before < t).all():
            raise ValueError("t_before is not below t; try ddim_times for a rising list of steps")
        alpha_bar_s = schedule.alpha_bar[t_before.cpu()]
    variance = eta**2 * (1 - alpha_bar_s) / (1 - alpha_bar_t) * (1 - alpha_bar_t / alpha_bar_s)
    everyone = torch.arange(len(x_t), device=x_t.device)
    of_x_0, of_eps, std = (
        pick(table, everyone, x_t)
        for table in (alpha_bar_s.sqrt(), (1 - alpha_bar_s - variance).sqrt(), variance.sqrt())
    )
    mean = of_x_0 * guess.x_0 + of_eps * guess.eps
    if noise is None:
        return ReverseStep(mean, guess.x_0, guess.eps, mean, std)
    check_alike(x_t, noise=noise)
    return ReverseStep(mean + std * noise, guess.x_0, guess.eps, mean, std)


def _check_eta(eta: float, noise: Tensor | None) -> None:
    if not 0 <= eta <= 1:
        raise ValueError(f"eta={eta} is not a share from 0 to 1; try 0 for no noise, or 1 for all of it")
    if eta > 0 and noise is None:
        raise ValueError(f"eta={eta} asks for noise, but noise is None; try torch.randn_like(x_t)")


@torch.no_grad()
def ddim(
    schedule: Schedule,
    predict: Predict,
    x_T: Float[Tensor, "N *S"],
    steps: int = 50,
    generator: torch.Generator | None = None,
    *,
    eta: float = 0.0,
    kind: Kind = "eps",
    clip: float | None = None,
    record: bool = False,
    progress: bool = True,
) -> Samples:
    """Go from noise to picture in any number of steps, with the network as it was trained.

    Args:
        schedule: The noise schedule.
        predict: The network, `predict(x_t, t)`.
        x_T: Standard normal noise in the shape of the pictures.
        steps: How many steps, 1 to T.
        generator: Where fresh noise is drawn from, if eta is above 0.
        eta: Share of the fresh noise, 0 to 1.
        kind: What the network predicts.
        clip: Bounds the guessed picture at each step; None does not.
        record: Whether to keep every step.
        progress: Whether to show a bar.

    Returns:
        The pictures, and every step if wanted, as `Samples`.

    Raises:
        TypeError: If `x_T` is not floating point, or the prediction is of another dtype.
        ValueError: If steps or eta are out of range, for an unknown kind, or a prediction of another shape.

    Source:
        Song et al., Denoising Diffusion Implicit Models (2021), section 4.2.
    """
    times = ddim_times(schedule.T, steps)
    before = dict(zip(times[1:], times, strict=False))

    def step(x_t: Tensor, t: Tensor) -> ReverseStep:
        s = before.get(int(t[0])) if len(t) else None
        t_before = None if s is None else torch.full_like(t, s)
        noise = _noise_like(x_t, generator) if eta > 0 else None
        return ddim_step(schedule, x_t, t, t_before, predict(x_t, t), noise, eta=eta, kind=kind, clip=clip)

    return _walk(step, times, x_T, record, progress)


def guided(
    network: Callable[[Tensor, Tensor, Tensor | None], Tensor], labels: Int[Tensor, " N"], w: float
) -> Predict:
    r"""Push a prediction away from "any picture", toward the class that was asked for.

    $\tilde\varepsilon = (1 + w) \, \varepsilon(x_t, c) - w \, \varepsilon(x_t)$. At w = 0 the network is
    told the class and nothing more, at w = -1 it is not told at all.

    Args:
        network: `network(x_t, t, labels)`, a `UNet` with classes; its label `classes` means none.
        labels: The class of each picture.
        w: Strength of the guidance, -1 or more.

    Returns:
        A function `predict(x_t, t)` for the samplers.

    Raises:
        ValueError: If w is below -1, or later if the network's two answers differ in shape.

    Source:
        Ho and Salimans, Classifier-Free Diffusion Guidance (2022), equation 6.
    """
    if not w >= -1:
        raise ValueError(f"w={w} is below -1 and pushes away from the class; try 0 for none, or 2")

    def predict(x_t: Tensor, t: Tensor) -> Tensor:
        told = network(x_t, t, labels)
        untold = network(x_t, t, None)
        check_alike(told, untold=untold)
        return (1 + w) * told - w * untold

    return predict


def drop_labels(
    labels: Int[Tensor, " N"], classes: int, share: float, generator: torch.Generator | None = None
) -> Int[Tensor, " N"]:
    """Replace a share of the labels by "no class", so that one network learns both predictions.

    Args:
        labels: Class of each picture, 0 to classes-1.
        classes: How many classes there are, and the label that means none.
        share: Probability of dropping each, 0 to 1; the paper uses 0.1 or 0.2.
        generator: Where the choice is drawn from.

    Returns:
        New labels.

    Raises:
        TypeError: If the labels are not integers.
        ValueError: If the share is beyond 0…1, or there is no such class.

    Source:
        Ho and Salimans, Classifier-Free Diffusion Guidance (2022), algorithm 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share={share} is not a share from 0 to 1; try 0.1")
    check_class_ids(labels, classes, "labels")
    dropped = torch.rand(labels.shape, generator=generator, device=labels.device) < share
    return torch.where(dropped, classes, labels)
