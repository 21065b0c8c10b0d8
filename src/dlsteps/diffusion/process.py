"""The diffusion itself: noise forward in one jump, one step back, and the losses between the two."""

from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dlsteps.diffusion.schedule import Schedule, pick
from dlsteps.nn.checks import check_same_dtype

Kind = Literal["eps", "x_0", "v"]
KINDS = get_args(Kind)
VARIANCES = ("posterior", "beta")

# What a network is to this package: predict(x_t, t) -> tensor like x_t.
Predict = Callable[[Tensor, Tensor], Tensor]


def q_sample(
    schedule: Schedule, x_0: Float[Tensor, "N *S"], t: Int[Tensor, " N"], noise: Float[Tensor, "N *S"]
) -> Float[Tensor, "N *S"]:
    r"""Jump from the picture to its noisy version after step t.

    $x_t = \sqrt{\bar\alpha_t} \, x_0 + \sqrt{1 - \bar\alpha_t} \, \varepsilon$.

    Args:
        schedule: The noise schedule.
        x_0: Pictures.
        t: Step of each picture, 0 to T-1.
        noise: $\varepsilon$, standard normal, in the shape of `x_0`.

    Returns:
        $x_t$ in the shape of `x_0`.

    Raises:
        TypeError: If a tensor is not floating point, t is, or the dtypes differ.
        ValueError: If t is out of range, or the shapes differ.

    Source:
        Ho et al., Denoising Diffusion Probabilistic Models (2020), equation 4.
    """
    check_alike(x_0, noise=noise)
    return pick(schedule.signal, t, x_0) * x_0 + pick(schedule.noise, t, x_0) * noise


def q_step(
    schedule: Schedule, x_before: Float[Tensor, "N *S"], t: Int[Tensor, " N"], noise: Float[Tensor, "N *S"]
) -> Float[Tensor, "N *S"]:
    r"""Add the noise of step t alone: $x_t = \sqrt{1 - \beta_t} \, x_{t-1} + \sqrt{\beta_t} \, \varepsilon$.

    Args:
        schedule: The noise schedule.
        x_before: $x_{t-1}$; the picture at t = 0.
        t: Step of each sample, 0 to T-1.
        noise: $\varepsilon$, standard normal.

    Returns:
        $x_t$ in the shape of `x_before`.

    Raises:
        TypeError: If a tensor is not floating point, t is, or the dtypes differ.
        ValueError: If t is out of range, or the shapes differ.

    Source:
        Ho et al., Denoising Diffusion Probabilistic Models (2020), equation 2.
    """
    check_alike(x_before, noise=noise)
    return pick(schedule.alpha.sqrt(), t, x_before) * x_before + pick(schedule.beta.sqrt(), t, noise) * noise


class Gaussian(NamedTuple):
    """A normal distribution for every number.

    Attributes:
        mean: In the shape of x.
        variance: (N, 1, ..., 1), one for each sample.
    """

    mean: Tensor
    variance: Tensor


def q_posterior(
    schedule: Schedule, x_0: Float[Tensor, "N *S"], x_t: Float[Tensor, "N *S"], t: Int[Tensor, " N"]
) -> Gaussian:
    r"""Say where $x_{t-1}$ was, if both ends are known.

    $\tilde\mu_t = \frac{\sqrt{\bar\alpha_{t-1}} \beta_t}{1 - \bar\alpha_t} x_0
    + \frac{\sqrt{\alpha_t} (1 - \bar\alpha_{t-1})}{1 - \bar\alpha_t} x_t$ and
    $\tilde\beta_t = \frac{1 - \bar\alpha_{t-1}}{1 - \bar\alpha_t} \beta_t$. At t = 0 this is $x_0$ itself,
    with variance 0.

    Args:
        schedule: The noise schedule.
        x_0: Pictures.
        x_t: Their noisy versions after step t.
        t: Step of each, 0 to T-1.

    Returns:
        Mean and variance of $x_{t-1}$, as `Gaussian`.

    Raises:
        TypeError: If a tensor is not floating point, t is, or the dtypes differ.
        ValueError: If t is out of range, or the shapes differ.

    Source:
        Ho et al., Denoising Diffusion Probabilistic Models (2020), equations 6 and 7.
    """
    check_alike(x_t, x_0=x_0)
    of_x_0 = schedule.alpha_bar_before.sqrt() * schedule.beta / (1 - schedule.alpha_bar)
    of_x_t = schedule.alpha.sqrt() * (1 - schedule.alpha_bar_before) / (1 - schedule.alpha_bar)
    mean = pick(of_x_0, t, x_t) * x_0 + pick(of_x_t, t, x_t) * x_t
    return Gaussian(mean, pick(schedule.posterior_variance, t, x_t))


class Prediction(NamedTuple):
    """One prediction in its three forms, all in the shape of x_t.

    Attributes:
        eps: The noise in x_t.
        x_0: The picture in x_t.
        v: The noise by the picture's factor, less the picture by the noise's factor.
    """

    eps: Tensor
    x_0: Tensor
    v: Tensor


def in_all_forms(
    schedule: Schedule,
    x_t: Float[Tensor, "N *S"],
    t: Int[Tensor, " N"],
    value: Float[Tensor, "N *S"],
    kind: Kind = "eps",
) -> Prediction:
    r"""Turn a prediction of the noise, the picture or v into all three.

    With $a = \sqrt{\bar\alpha_t}$ and $b = \sqrt{1 - \bar\alpha_t}$: $x_t = a x_0 + b \varepsilon$ and
    $v = a \varepsilon - b x_0$. Given $x_t$, any one of the three fixes the others. From v both follow
    without a division: $x_0 = a x_t - b v$, $\varepsilon = b x_t + a v$.

    Args:
        schedule: The noise schedule.
        x_t: Noisy pictures.
        t: Step of each, 0 to T-1.
        value: What was predicted.
        kind: Which of `KINDS` it is.

    Returns:
        The three forms, as `Prediction`.

    Raises:
        TypeError: If a tensor is not floating point, t is, or the dtypes differ.
        ValueError: For an unknown kind, if t is out of range, or the shapes differ.

    Source:
        Ho et al. (2020), section 3.2; Salimans and Ho, Progressive Distillation (2022), section 4 and
        appendix D.
    """
    _check_kind(kind)
    check_alike(x_t, value=value)
    a, b = pick(schedule.signal, t, x_t), pick(schedule.noise, t, x_t)
    if kind == "eps":
        eps, x_0 = value, (x_t - b * value) / a
    elif kind == "x_0":
        eps, x_0 = (x_t - a * value) / b, value
    else:
        eps, x_0 = b * x_t + a * value, a * x_t - b * value
    return Prediction(eps, x_0, a * eps - b * x_0)


class ReverseStep(NamedTuple):
    """One step back, with what it was made from.

    Attributes:
        x_before: x_{t-1}.
        x_0: The picture that was guessed.
        eps: The noise that was guessed.
        mean: Mean of x_{t-1}.
        std: (N, 1, ..., 1) factor of the fresh noise; 0 at t = 0.
    """

    x_before: Tensor
    x_0: Tensor
    eps: Tensor
    mean: Tensor
    std: Tensor


def p_sample(
    schedule: Schedule,
    x_t: Float[Tensor, "N *S"],
    t: Int[Tensor, " N"],
    prediction: Float[Tensor, "N *S"],
    noise: Float[Tensor, "N *S"],
    *,
    kind: Kind = "eps",
    variance: str = "posterior",
    clip: float | None = None,
) -> ReverseStep:
    r"""Take one step back: guess the picture, and go where $x_{t-1}$ would be if the guess were right.

    $x_{t-1} = \tilde\mu_t(x_t, \hat x_0) + \sigma_t z$, with no noise at t = 0. Without clipping the mean
    is $\frac{1}{\sqrt{\alpha_t}} \left( x_t - \frac{\beta_t}{\sqrt{1 - \bar\alpha_t}} \hat\varepsilon
    \right)$.

    Args:
        schedule: The noise schedule.
        x_t: Noisy pictures.
        t: Step of each, 0 to T-1.
        prediction: What the network says about `x_t`.
        noise: z, standard normal; it has no effect at t = 0.
        kind: What the network predicts, one of `KINDS`.
        variance: $\sigma_t^2$: "posterior" for $\tilde\beta_t$, "beta" for $\beta_t$.
        clip: Bounds the guessed picture to [-clip, clip]; 1 for pictures in [-1, 1]. None does not.

    Returns:
        $x_{t-1}$ and all it was made from, as `ReverseStep`.

    Raises:
        TypeError: If a tensor is not floating point, t is, or the dtypes differ.
        ValueError: For an unknown kind or variance, if t is out of range, or the shapes differ.

    Source:
        Ho et al., Denoising Diffusion Probabilistic Models (2020), algorithm 2 and equation 11.
    """
    check_alike(x_t, noise=noise)
    guess = clipped(schedule, x_t, t, in_all_forms(schedule, x_t, t, prediction, kind), clip)
    mean, _ = q_posterior(schedule, guess.x_0, x_t, t)
    std = pick(reverse_variance(schedule, variance).sqrt(), t, x_t)
    first = (t == 0).view(std.shape)
    std = torch.where(first, 0, std)
    return ReverseStep(mean + std * noise, guess.x_0, guess.eps, mean, std)


def clipped(schedule: Schedule, x_t: Tensor, t: Tensor, guess: Prediction, clip: float | None) -> Prediction:
    """Bound the guessed picture, and let the guessed noise follow from it."""
    if clip is None:
        return guess
    if not clip > 0:
        raise ValueError(f"clip={clip} leaves no picture; try 1 for pictures in [-1, 1], or None")
    return in_all_forms(schedule, x_t, t, guess.x_0.clamp(-clip, clip), "x_0")


def reverse_variance(schedule: Schedule, variance: str = "posterior") -> Float[Tensor, " T"]:
    r"""Return the table of $\sigma_t^2$, whose first entry the last step of sampling does not use.

    Args:
        schedule: The noise schedule.
        variance: "beta", best if the picture is pure noise itself; "posterior", best if it is one point.

    Returns:
        (T,) in float64. The posterior's 0 at t = 0 is no variance for a likelihood; as in the authors'
        program the next one stands in (for T = 1, where there is none, $\beta_0$).

    Raises:
        ValueError: For an unknown variance.

    Source:
        Ho et al., Denoising Diffusion Probabilistic Models (2020), section 3.2.
    """
    if variance not in VARIANCES:
        raise ValueError(f"unknown variance {variance!r}; try one of {', '.join(VARIANCES)}")
    if variance == "beta" or schedule.T == 1:
        return schedule.beta
    return torch.cat([schedule.posterior_variance[1:2], schedule.posterior_variance[1:]])


def simple_loss(
    schedule: Schedule,
    predict: Predict,
    x_0: Float[Tensor, "N *S"],
    t: Int[Tensor, " N"],
    noise: Float[Tensor, "N *S"],
    kind: Kind = "eps",
) -> Float[Tensor, ""]:
    r"""Measure how well the network tells what was mixed in.

    $L = \text{mean}\,(\varepsilon - \hat\varepsilon(x_t, t))^2$, or the same with $x_0$ or v.

    Args:
        schedule: The noise schedule.
        predict: The network, `predict(x_t, t)`.
        x_0: Pictures.
        t: Step of each, drawn evenly from 0 to T-1.
        noise: $\varepsilon$, standard normal.
        kind: What the network predicts, one of `KINDS`.

    Returns:
        The mean over all numbers.

    Raises:
        TypeError: If a tensor is not floating point, t is, or the dtypes differ.
        ValueError: For an unknown kind, if t is out of range, or the shapes differ.

    Source:
        Ho et al., Denoising Diffusion Probabilistic Models (2020), equation 14.
    """
    _check_kind(kind)
    x_t = q_sample(schedule, x_0, t, noise)
    v = pick(schedule.signal, t, x_0) * noise - pick(schedule.noise, t, x_0) * x_0
    truth = Prediction(noise, x_0, v)
    prediction = predict(x_t, t)
    check_alike(x_t, prediction=prediction)
    return (getattr(truth, kind) - prediction).square().mean()


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; try one of {', '.join(KINDS)}")


def check_alike(x: Tensor, **others: Tensor) -> None:
    """Require tensors of one shape and dtype: broadcasting would give every sample the same noise."""
    check_same_dtype(x, **others)
    for name, other in others.items():
        if other.shape != x.shape:
            raise ValueError(
                f"{name} has shape {tuple(other.shape)}, but x has {tuple(x.shape)}; try torch.randn_like(x)"
                if name == "noise"
                else f"{name} has shape {tuple(other.shape)}, but x has {tuple(x.shape)}; they must be equal"
            )
