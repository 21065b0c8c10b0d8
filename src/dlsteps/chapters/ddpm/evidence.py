"""The checks of what the notes say about diffusion (D01 to D03)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from dlsteps.chapters.ddpm.chain import link, model
from dlsteps.claims.evidence import Evidence
from dlsteps.diffusion import UNet
from dlsteps.numbers import number
from dlsteps.train import load

Predict = Callable[[Tensor, Tensor], Tensor]
TIMES = (20, 60, 100, 140, 180)


def error(predict: Predict, target: str) -> float:
    """The mean squared error against one of the noises of a link, over digits not seen and five steps."""
    errors = []
    for t in TIMES:
        at = link(t)
        guess = predict(at.x_t, torch.full((len(at.x_t),), t))
        errors.append((guess - getattr(at, target)).square().mean())
    return torch.stack(errors).mean().item()


def d01(predict: Predict | None = None, network: nn.Module | None = None) -> Evidence:
    """The committed network is a U-Net, and says what noise is in a digit that it has never seen."""
    network = network or model().network
    found = error(predict or model(), "eps")
    return Evidence(
        isinstance(network, UNet) and found < 0.4,
        f"a {type(network).__name__} whose guess of the noise has a mean squared error of "
        f"{number(found, 3)} on digits of writers that it has not seen; a guess of 0 would have 1",
    )


def d02(predict: Predict | None = None) -> Evidence:
    """What it predicts is all the noise in x_t, and not what the last step added."""
    predict = predict or model()
    whole, step = error(predict, "eps"), error(predict, "step_noise")
    share = torch.stack([model().schedule.beta[t] / (1 - model().schedule.alpha_bar[t]) for t in TIMES])
    return Evidence(
        whole < 0.4 < step,
        f"against all the noise in x_t the mean squared error is {number(whole, 3)}, against that of step t "
        f"alone {number(step, 3)}; of the noise in x_t the last step brought {number(share.min(), 3)} to "
        f"{number(share.max(), 3)} of the variance",
    )


def d03(denoiser: nn.Module | None = None) -> Evidence:
    """The same parameters answer at every step, and the answer depends on the step."""
    denoiser = denoiser or load_with_gradients()
    used, answers = [], []
    x_t = link(100).x_t[:4]
    for t in (10, 190):
        denoiser.zero_grad()
        answer = denoiser(x_t, torch.full((len(x_t),), t))
        answer.square().sum().backward()
        answers.append(answer.detach())
        used.append(
            {name for name, p in denoiser.named_parameters() if p.grad is not None and p.grad.abs().max() > 0}
        )
    moved = (answers[0] - answers[1]).square().mean().item()
    same = used[0] == used[1] and len(used[0]) > 0
    count = sum(p.numel() for p in denoiser.parameters())
    return Evidence(
        same and moved > 0.01,
        f"at steps 10 and 190 the same {len(used[0])} tensors answer, {count:,} parameters in all; for the "
        f"same picture the two answers differ by {number(moved, 3)} in mean square",
    )


def load_with_gradients() -> nn.Module:
    """The committed network with parameters that take gradients."""
    return load("ddpm")[0].double().eval()
