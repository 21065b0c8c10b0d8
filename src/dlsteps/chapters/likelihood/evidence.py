"""The checks of what the notes say about likelihood (M01 and M02)."""

from collections.abc import Callable

import torch
from torch import Tensor

from dlsteps.chapters.likelihood.pixel import by_level, is_zero_from_ink
from dlsteps.claims.evidence import SAME, Evidence, gap
from dlsteps.data import split_digits
from dlsteps.nn import likelihood
from dlsteps.nn.activations import sigmoid
from dlsteps.nn.likelihood import linear_objective, logistic_objective, newton, with_intercept

THETAS = ((0.0, 0.0), (-1.0, 0.5), (3.0, -2.0))  # weight and intercept of three models, none of them the best


def three_objectives(
    theta: Tensor, nll: Callable, cross_entropy: Callable, kl_divergence: Callable
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The mean surprise sample by sample; H, CE and KL from the shares at each level of ink."""
    ink, answers = is_zero_from_ink()
    levels = by_level(ink, answers)
    share = levels.counts / levels.counts.sum()
    yes = sigmoid(with_intercept(levels.ink[:, None]) @ theta)
    p, q = (torch.stack([1 - one, one], 1) for one in (levels.yes, yes))
    by_sample = nll(with_intercept(ink) @ theta, answers.double()).mean()
    within = share @ likelihood.entropy(p)
    return by_sample, within, share @ cross_entropy(p, q), share @ kl_divergence(p, q)


def m01(
    nll: Callable = likelihood.binary_negative_log_likelihood,
    cross_entropy: Callable = likelihood.cross_entropy,
    kl_divergence: Callable = likelihood.kl_divergence,
) -> Evidence:
    """Equal up to the entropy of the data, with one gradient and one minimum, on a real regression."""
    pieces = (nll, cross_entropy, kl_divergence)
    ink, answers = is_zero_from_ink()
    best = newton(logistic_objective(ink, answers)).parameters
    off, slopes = 0.0, 0.0
    for given in (*map(torch.tensor, THETAS), best):
        theta = given.double().requires_grad_()
        surprise, H, CE, KL = three_objectives(theta, *pieces)
        off = max(off, abs(surprise - CE).item(), abs(CE - H - KL).item())
        one, other = (torch.autograd.grad(loss, theta, retain_graph=True)[0] for loss in (surprise, KL))
        slopes = max(slopes, gap(one, other))
    at_best = other.norm().item()  # the last theta is the maximum of the likelihood
    return Evidence(
        max(off, slopes, at_best) < SAME and H.item() > 0.1,
        f"on {len(answers):,} digits, whose entropy given the pixel is {H:.3f}: the mean NLL and CE, and CE "
        f"and H + KL, differ by {off:.3f} for four models; their gradients by {slopes:.3f}; at the maximum "
        f"of the likelihood the gradient of KL is {at_best:.3f}",
    )


def one_neuron(X: Tensor, y: Tensor) -> Tensor:
    """The weights and the intercept of the greatest likelihood with a normal distribution around Xw + b."""
    return newton(linear_objective(X, y)).parameters


def m02(
    softmax: Callable = likelihood.softmax,
    fit: Callable[[Tensor, Tensor], Tensor] = one_neuron,
) -> Evidence:
    """Any logits become a distribution in their order; one linear output is least squares."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(200, 7, generator=generator, dtype=torch.float64) * 10
    q = softmax(logits)
    off = max(gap(q.sum(1), torch.ones(200, dtype=torch.float64)), -min(0.0, q.min().item()))
    in_order = torch.equal(q.argsort(1), logits.argsort(1))
    images = split_digits().train.images.flatten(1)
    X, y = images[:, 8:16], images[:, 20]  # a pixel from the eight of another row
    squares = torch.linalg.lstsq(with_intercept(X), y[:, None]).solution[:, 0]
    apart = gap(fit(X, y), squares) if fit(X, y).shape == squares.shape else float("inf")
    return Evidence(
        max(off, apart) < 1e-8 and in_order,
        f"200 rows of 7 logits from {logits.min():.0f} to {logits.max():.0f}: no probability below 0, sums "
        f"off 1 by {off:.3f}, and the order is kept; one output fitted to {len(y):,} pixels by likelihood is "
        f"{apart:.3f} from least squares",
    )
