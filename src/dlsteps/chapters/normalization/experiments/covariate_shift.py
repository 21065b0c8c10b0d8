"""Does BN train well because it steadies the inputs of each layer? BN with noise put back says no.

Three networks: without a norm, with BN, and with BN whose output is then shifted and scaled at random, with
new numbers at every step. While they train, the shift of each layer's input statistics is measured.

The paper draws its noise for each activation of each sample; here each feature has one draw a step, for all
samples of the batch, so that the statistics of the features move and not only their values.

Source: Santurkar et al., How Does Batch Normalization Help Optimization (2018), section 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlsteps.chapters.normalization.models import NormFactory, mlp, norm_factory
from dlsteps.data import Digits, DigitSplit, split_digits
from dlsteps.experiments.paired import Differences, at_least, differences, more
from dlsteps.experiments.record import Conclusion, Record, bar
from dlsteps.experiments.training import accuracy, mixed_batches, scale_weights, seeded
from dlsteps.experiments.tuning import tune_then_report
from dlsteps.nn.normalization import fuse_norms

KEPT = 0.03  # a loss of accuracy that would not matter, settled before the run


@dataclass(frozen=True)
class Settings:
    norms: tuple[str, ...] = ("none", "BN", "noisy BN")
    depth: int = 10
    shift: float = 0.5  # at each step every feature is shifted by a number from −shift … shift
    scale: float = 1.25  # and scaled by one from 1 … scale, as in the paper
    batch_size: int = 32
    learning_rates: tuple[float, ...] = (0.01, 0.03, 0.1)
    epochs: int = 8
    tuning_seeds: tuple[int, ...] = (100, 101, 102)
    seeds: tuple[int, ...] = tuple(range(16))  # after six, noisy BN led no norm by 0.031 ± 0.036: too few
    margins: tuple[float, ...] = (KEPT,)


SLICE = Settings(norms=("BN", "noisy BN"), learning_rates=(0.03,), seeds=(0,))


class Jitter(nn.Module):
    """Shift and scale each feature at random, anew at each training step, so that statistics never rest."""

    def __init__(self, features: int, shift: float, scale: float, seed: int):
        super().__init__()
        self.features, self.shift, self.scale, self.on = features, shift, scale, True
        self.generator = torch.Generator().manual_seed(seed)

    def forward(self, x: Tensor) -> Tensor:
        if not (self.training and self.on):
            return x
        u, v = torch.rand(2, self.features, generator=self.generator, dtype=x.dtype)
        return x * (1 + (self.scale - 1) * u) + self.shift * (2 * v - 1)


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train a deep fully connected network with each norm, at its own tuned learning rate.

    Returns:
        Records with norm, phase, learning_rate, seed, `validation`, `test`, `loss` (mean over the last
        epoch's batches) and `shift`: how far the mean of a feature that enters a hidden layer moves in
        one step, in units of its standard deviation over a fixed probe batch, averaged over features, layers
        and steps.
    """
    split = split_digits()
    records = []
    for norm in bar(settings.norms, "covariate_shift", progress):
        trial = partial(_trial, settings, split, norm)
        grid = {"learning_rate": settings.learning_rates}
        found = tune_then_report(trial, grid, settings.tuning_seeds, settings.seeds)
        records += [{"norm": norm, **record} for record in found]
    return records


def _factory(settings: Settings, norm: str, seed: int) -> NormFactory:
    if norm != "noisy BN":
        return norm_factory(norm)
    batch_norm = norm_factory("BN")
    return lambda shape: nn.Sequential(
        batch_norm(shape), Jitter(*shape, settings.shift, settings.scale, seed)
    )


def _trial(settings: Settings, split: DigitSplit, norm: str, tuned: Mapping[str, float], seed: int) -> Record:
    model = seeded(lambda: mlp(_factory(settings, norm, seed), settings.depth), seed)
    scale_weights(fuse_norms(model))
    batches = list(mixed_batches(len(split.train), settings.batch_size, settings.epochs, seed))
    losses, shifts = _watched_training(model, split.train, batches, tuned["learning_rate"])
    _settle(model, [split.train.images[batch] for batch in batches[:64]])
    last = losses[-len(batches) // settings.epochs :]
    return {
        "validation": accuracy(model, split.validation),
        "test": accuracy(model, split.test),
        "tested": len(split.test),
        "loss": sum(last) / len(last),
        "shift": sum(shifts) / len(shifts),
    }


@torch.no_grad()
def _settle(model: nn.Sequential, inputs: list[Tensor]) -> None:
    """Gather the running statistics again without the noise, which is a thing of training alone."""
    for module in model.modules():
        if isinstance(module, Jitter):
            module.on = False
    model.train()
    for images in inputs:
        model(images)


def _watched_training(
    model: nn.Sequential, part: Digits, batches: list[Tensor], rate: float
) -> tuple[list[float], list[float]]:
    """Train, and at each step compare the layers' input means on a probe batch with the step before."""
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9, fused=True)
    probe = part.images[:: len(part) // 64][:64]
    losses, shifts, before = [], [], _layer_inputs(model, probe)
    for batch in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(part.images[batch]), part.labels[batch])
        loss.backward()
        optimizer.step()
        after = _layer_inputs(model, probe)
        losses.append(loss.item())
        shifts.append(_shift(before, after))
        before = after
    return losses, shifts


@torch.no_grad()
def _layer_inputs(model: nn.Sequential, images: Tensor) -> list[Tensor]:
    """Return what enters each linear layer but the first, computed as in training.

    The running statistics of BN see the probe as well; but they only serve evaluation, and the probe is a
    part of the training digits.
    """
    model.train()
    inputs, x = [], images
    for layer in model:
        if isinstance(layer, nn.Linear):
            inputs.append(x)
        x = layer(x)
    return inputs[1:]


def _shift(before: list[Tensor], after: list[Tensor]) -> float:
    shifts = []
    for old, new in zip(before, after, strict=True):
        alive = old.std(dim=0) > 1e-6  # a feature that is 0 for every digit has no scale to measure by
        moved = (new.mean(dim=0) - old.mean(dim=0)).abs()[alive] / old.std(dim=0)[alive]
        shifts.append(moved.mean() if alive.any() else torch.zeros(()))
    return torch.stack(shifts).mean().item()


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about internal covariate shift."""
    noisy, calm, none = ({"norm": norm} for norm in ("noisy BN", "BN", "none"))

    def less(key: str, other: dict) -> Differences:
        return differences(records, key, noisy, other)

    found = [
        more("shift of a mean in one step, noisy BN minus BN", less("shift", calm)),
        at_least("accuracy of noisy BN minus that of BN", less("test", calm), within=KEPT),
    ]
    if any(record["norm"] == "none" for record in records):
        found += [
            more("shift of a mean in one step, noisy BN minus no norm", less("shift", none)),
            more("accuracy of noisy BN minus that of no norm", less("test", none)),
        ]
    return found
