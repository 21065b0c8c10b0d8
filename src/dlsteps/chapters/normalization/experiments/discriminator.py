"""A small GAN on digits: how steep the discriminator gets, with and without spectral norm."""

from dataclasses import dataclass
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlsteps.chapters.normalization.lipschitz import dense, input_gradients, lipschitz_bound
from dlsteps.data import split_digits
from dlsteps.experiments.record import Conclusion, Record, bar, select, values
from dlsteps.experiments.training import seeded

PIXELS = 64


@dataclass(frozen=True)
class Settings:
    norms: tuple[str, ...] = ("none", "SN")
    width: int = 64
    noise: int = 16
    batch_size: int = 64
    steps: int = 2000
    every: int = 100
    learning_rate: float = 0.001
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


SLICE = Settings(steps=200, seeds=(0,))


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train a generator against each discriminator, and look at the discriminator as it learns.

    Returns:
        Records with norm, seed, step, `bound` (product of spectral norms), `gradient_max` and
        `gradient_mean` (length of ∂D/∂x over real and generated digits), `weight_gradient` (length of the
        discriminator's own gradient) and `real_minus_fake` (mean difference of its outputs).
    """
    records = []
    for norm, seed in bar(list(product(settings.norms, settings.seeds)), "discriminator", progress):
        records += [{"norm": norm, "seed": seed, **record} for record in _trial(settings, norm, seed)]
    return records


def _trial(settings: Settings, norm: str, seed: int) -> list[Record]:
    width, leaky = settings.width, nn.LeakyReLU(0.2)
    discriminator = seeded(lambda: dense((PIXELS, width, width, 1), leaky, 3 if norm == "SN" else 0), seed)
    sizes = (settings.noise, width, PIXELS)
    generator = seeded(lambda: nn.Sequential(dense(sizes, nn.ReLU()), nn.Sigmoid()), seed + 1000)
    real = split_digits().train.images.flatten(1)
    return [
        {"step": step, **_look(discriminator, x_real, x_fake)}
        for step, x_real, x_fake in _play(settings, discriminator, generator, real, seed)
        if step % settings.every == 0
    ]


def _play(settings: Settings, discriminator: nn.Module, generator: nn.Module, real: Tensor, seed: int):
    """Take turns, and yield each step with its real and generated digits (B, 64)."""
    random = torch.Generator().manual_seed(seed)
    optimizers = [
        torch.optim.Adam(model.parameters(), lr=settings.learning_rate, betas=(0.5, 0.9), fused=True)
        for model in (discriminator, generator)
    ]
    for step in range(settings.steps + 1):
        x_real = real[torch.randint(len(real), (settings.batch_size,), generator=random)]
        z = torch.randn(settings.batch_size, settings.noise, generator=random, dtype=torch.float64)
        x_fake = generator(z)
        yield step, x_real, x_fake.detach()
        _step(optimizers[0], _discriminator_loss(discriminator, x_real, x_fake.detach()))
        _step(optimizers[1], F.softplus(-discriminator(x_fake)).mean())


def _discriminator_loss(discriminator: nn.Module, x_real: Tensor, x_fake: Tensor) -> Tensor:
    # −log σ(D(real)) − log(1 − σ(D(fake))), written so that nothing overflows.
    return F.softplus(-discriminator(x_real)).mean() + F.softplus(discriminator(x_fake)).mean()


def _step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def _look(discriminator: nn.Sequential, x_real: Tensor, x_fake: Tensor) -> Record:
    lengths = input_gradients(discriminator, torch.cat([x_real, x_fake]))
    discriminator.eval()
    loss = _discriminator_loss(discriminator, x_real, x_fake)
    gradients = torch.autograd.grad(loss, list(discriminator.parameters()))
    with torch.no_grad():
        gap = (discriminator(x_real).mean() - discriminator(x_fake).mean()).item()
    discriminator.train()
    return {
        "bound": lipschitz_bound(discriminator),
        "gradient_max": lengths.max().item(),
        "gradient_mean": lengths.mean().item(),
        "weight_gradient": torch.cat([gradient.flatten() for gradient in gradients]).norm().item(),
        "real_minus_fake": gap,
    }


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about the discriminator of a GAN."""
    spectral, plain = select(records, norm="SN"), select(records, norm="none")
    seeds = {record["seed"] for record in plain}
    steepest = [max(values(plain, "gradient_max", seed=seed)) for seed in seeds]
    return [
        Conclusion(
            # Not 1: one step of power iteration a batch follows the weights with some delay.
            "1.3 minus the largest bound with SN",
            1.3 - max(record["bound"] for record in spectral),
            above=0,
        ),
        Conclusion(
            "bound minus largest gradient, at the step where they are closest",
            min(record["bound"] - record["gradient_max"] for record in records),
            above=0,
        ),
        Conclusion(
            "steepest gradient in training, without SN over with SN",
            min(steepest) / max(record["gradient_max"] for record in spectral),
            above=10,
        ),
    ]
