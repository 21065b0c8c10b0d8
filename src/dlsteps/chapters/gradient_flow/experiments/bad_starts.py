"""Which deep networks whose first gradients look bad learn all the same, with steps that suit each."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from math import isfinite, log10
from statistics import fmean

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlsteps.chapters.gradient_flow.flow import HE, Recipe, build, centered_digits, first_step
from dlsteps.data import Digits, DigitSplit
from dlsteps.experiments.paired import Differences, as_good, at_least, differences, more
from dlsteps.experiments.record import Conclusion, Record, bar
from dlsteps.experiments.training import accuracy, mixed_batches
from dlsteps.experiments.tuning import tune_then_report
from dlsteps.nn.gradient_flow import clip_gradients_by_norm
from dlsteps.nn.normalization import fuse_norms

LIMIT = 1.0  # what gradients are clipped at, where they are
CHANCE = 0.1
BAD = ("ReLU, gain 1", "ReLU, gain 3, clipped", "shortcuts")


def recipes(depth: int) -> dict[str, tuple[Recipe, bool]]:
    """The networks by name, and whether their gradients are clipped."""
    return {
        "ReLU, gain √2": (Recipe(depth), False),
        "sigmoid, gain 1": (Recipe(depth, "sigmoid", 1.0), False),
        "ReLU, gain 1": (Recipe(depth, "ReLU", 1.0), False),
        "ReLU, gain 3": (Recipe(depth, "ReLU", 3.0), False),
        "ReLU, gain 3, clipped": (Recipe(depth, "ReLU", 3.0), True),
        "batch norm": (Recipe(depth, norm="batch"), False),
        "layer norm": (Recipe(depth, norm="layer"), False),
        "shortcuts": (Recipe(depth, residual=True), False),
        "shortcuts, small branches": (Recipe(depth, gain=HE / depth**0.5, residual=True), False),
    }


@dataclass(frozen=True)
class Settings:
    networks: tuple[str, ...] = tuple(recipes(1))
    depth: int = 20
    batch_size: int = 64
    first_steps: tuple[float, ...] = (0.001, 0.003, 0.01, 0.03, 0.1)
    epochs: int = 12
    tuning_seeds: tuple[int, ...] = (100, 101, 102)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


SLICE = Settings(
    networks=("ReLU, gain √2", "sigmoid, gain 1", "batch norm"),
    depth=10,
    first_steps=(0.1,),
    epochs=4,
    seeds=(0,),
)


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Look at each network's first gradients, then train it with steps of a length that suits it.

    What is tuned is how far the first step goes: the learning rate times the length of the first gradient of
    all weights. So one grid serves networks whose gradients differ by twenty powers of ten.

    Returns:
        Records with network, phase, first_step, seed; `share`, the power of ten of what comes back to the
        first block's output before training, over what is at the last's; `validation` and `test`;
        `loss_1`, `loss_2`, …, the mean training loss of each epoch, null from where it was no number.
    """
    split, records = centered_digits(), []
    for network in bar(settings.networks, "bad_starts", progress):
        trial = partial(_trial, settings, split, network)
        grid = {"first_step": settings.first_steps}
        found = tune_then_report(trial, grid, settings.tuning_seeds, settings.seeds, at_most=4)
        records += [{"network": network, **record} for record in found]
    return records


def _trial(
    settings: Settings, split: DigitSplit, network: str, point: Mapping[str, float], seed: int
) -> Record:
    recipe, clipped = recipes(settings.depth)[network]
    recipe = recipe._replace(seed=seed)
    flow = first_step(recipe)
    length = flow.weights.norm().item()
    rate = point["first_step"] / (min(length, LIMIT) if clipped else length)
    record = {"share": log10(flow.back[0] / flow.back[-1])}
    model = fuse_norms(nn.Sequential(nn.Flatten(), build(recipe)))
    losses = _train(settings, model, split.train, rate, clipped, seed)
    record |= {f"loss_{k + 1}": loss for k, loss in enumerate(losses)}
    if not isfinite(losses[-1]):  # weights without a number: chance
        return record | {"validation": CHANCE, "test": CHANCE}
    return record | {"validation": accuracy(model, split.validation), "test": accuracy(model, split.test)}


def _train(
    settings: Settings, model: nn.Module, part: Digits, rate: float, clipped: bool, seed: int
) -> list[float]:
    """Train with momentum; the mean loss of each epoch, infinite from where it stopped being a number."""
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9, fused=True)
    batches = list(mixed_batches(len(part), settings.batch_size, settings.epochs, seed))
    steps = len(batches) // settings.epochs
    losses: list[float] = []
    for batch in batches:
        loss = F.cross_entropy(model(part.images[batch]), part.labels[batch])
        losses.append(loss.item() if _step(model, optimizer, loss, clipped) else float("inf"))
        if losses[-1] == float("inf"):
            losses += [float("inf")] * (len(batches) - len(losses))
            break
    return [fmean(losses[k : k + steps]) for k in range(0, len(losses), steps)]


def _step(model: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor, clipped: bool) -> bool:
    """Take a step, and say whether it could be taken: whether loss and gradient were finite."""
    optimizer.zero_grad()
    loss.backward()
    gradients = [p.grad for p in model.parameters()]
    if not all(torch.isfinite(g).all() for g in (loss, *gradients)):
        return False
    if clipped:
        clip_gradients_by_norm(model.parameters(), LIMIT)
    optimizer.step()
    return True


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about first gradients and learning."""

    def gap(more_: str, less: str) -> Differences:
        return differences(records, "test", {"network": more_}, {"network": less})

    good, known = "ReLU, gain √2", {record["network"] for record in records}
    found = [
        more(f"accuracy of {good} minus that of sigmoid, gain 1", gap(good, "sigmoid, gain 1"), 0.3),
        at_least(f"accuracy with batch norm minus that of {good}", gap("batch norm", good), 0.05),
    ]
    if not set(Settings().networks) <= known:
        return found
    small, clipped = "shortcuts, small branches", gap("ReLU, gain 3, clipped", "ReLU, gain 3")
    return [
        *found,
        *(more(f"accuracy of {good} minus that of {bad}", gap(good, bad), 0.2) for bad in BAD),
        more(f"accuracy with {small} minus with shortcuts alone", gap(small, "shortcuts"), 0.2),
        as_good("accuracy at gain 3 with clipping minus without", clipped, 0.1),
    ]
