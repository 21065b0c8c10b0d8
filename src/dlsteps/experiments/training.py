"""What the experiments share: batches of indices, a training loop, accuracy."""

import copy
from collections.abc import Callable, Iterable, Iterator
from statistics import fmean

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlsteps.data import Digits
from dlsteps.experiments.record import Record
from dlsteps.nn.normalization import fuse_norms


def seeded(build: Callable[[], nn.Module], seed: int) -> nn.Module:
    """Build a module in float64 with its own seed, and leave the caller's generator alone."""
    default = torch.get_default_dtype()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_default_dtype(torch.float64)
        try:
            return build()
        finally:
            torch.set_default_dtype(default)


@torch.no_grad()
def scale_weights(model: nn.Sequential, gain: float = 1.0) -> None:
    """Scale the hidden linear layers to `gain` times He's initialization, and set their biases to 0.

    He's variance, 2 / inputs, is the one that ReLU layers hand on unchanged. The last layer is left alone.
    """
    for layer in [layer for layer in model if isinstance(layer, nn.Linear)][:-1]:
        he = (2 / layer.in_features) ** 0.5
        layer.weight.mul_(gain * he / layer.weight.std())
        nn.init.zeros_(layer.bias)


def mixed_batches(N: int, batch_size: int, epochs: int, seed: int) -> Iterator[Tensor]:
    """Yield batches of indices, shuffled anew in each epoch; what does not fill a batch waits its turn."""
    generator = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        order = torch.randperm(N, generator=generator)
        yield from order[: N // batch_size * batch_size].view(-1, batch_size)


def one_class_batches(labels: Tensor, batch_size: int, epochs: int, seed: int) -> Iterator[Tensor]:
    """Yield batches that hold a single class each, in random order, as from a file sorted by class."""
    generator = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        batches = []
        for label in labels.unique():
            members = (labels == label).nonzero().flatten()
            members = members[torch.randperm(len(members), generator=generator)]
            batches += members[: len(members) // batch_size * batch_size].view(-1, batch_size)
        for i in torch.randperm(len(batches), generator=generator):
            yield batches[i]


def train(
    model: nn.Module,
    part: Digits,
    batches: Iterable[Tensor],
    learning_rate: float,
    momentum: float = 0.9,
    criterion: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
) -> float:
    """Train a classifier by stochastic gradient descent, on cross-entropy if nothing else is said.

    Norms run by PyTorch's kernels and maps are laid out channels last: the same sums, several times faster.

    Args:
        model: takes images (B, 1, 8, 8) to logits (B, 10); changed in place.
        part: what the indices point into.
        batches: index tensors (B,).
        learning_rate: step size.
        momentum: share of the last step that is kept.
        criterion: from logits (B, 10) and labels (B,) to the loss.

    Returns:
        The last batch's loss; infinity if the loss stopped being a number, where training stops too.
    """
    fuse_norms(model).to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=momentum, fused=True)
    loss = torch.tensor(torch.inf)
    for batch in batches:
        optimizer.zero_grad()
        loss = criterion(model(part.images[batch]), part.labels[batch])
        if not torch.isfinite(loss):
            return float("inf")
        loss.backward()
        optimizer.step()
    return loss.item()


@torch.no_grad()
def accuracy(model: nn.Module, part: Digits) -> float:
    """Return the share of digits that the model names rightly in evaluation mode."""
    model.eval()
    right = model(part.images).argmax(dim=1) == part.labels
    return right.double().mean().item()


@torch.no_grad()
def batchwise_accuracy(model: nn.Module, part: Digits, batches: Iterable[Tensor]) -> float:
    """Return the accuracy in training mode: each batch is normalized by its own statistics."""
    model = copy.deepcopy(model)  # its running statistics would move
    model.train()
    right = [model(part.images[batch]).argmax(dim=1) == part.labels[batch] for batch in batches]
    return torch.cat(right).double().mean().item()


def tune_then_report(
    trial: Callable[[float, int], Record],
    learning_rates: Iterable[float],
    tuning_seeds: Iterable[int],
    seeds: Iterable[int],
) -> list[Record]:
    """Choose the learning rate on the validation part, then measure it with fresh seeds.

    Each method gets the same grid, so that none wins by a learning rate that happens to suit it.

    Args:
        trial: (learning rate, seed) to a record with at least `validation`, an accuracy.
        learning_rates: the grid; if it has one value, there is nothing to tune.
        tuning_seeds: seeds that only choose.
        seeds: seeds that only report.

    Returns:
        The records of all trials, with `phase` ("tuning" or "report"), `learning_rate` and `seed`.
    """
    grid, records = list(learning_rates), []
    best = grid[0]
    if len(grid) > 1:
        records = [_trial(trial, "tuning", rate, seed) for rate in grid for seed in tuning_seeds]
        best = max(grid, key=lambda rate: _mean_validation(records, rate))
    return records + [_trial(trial, "report", best, seed) for seed in seeds]


def _trial(trial: Callable[[float, int], Record], phase: str, rate: float, seed: int) -> Record:
    return {"phase": phase, "learning_rate": rate, "seed": seed, **trial(rate, seed)}


def _mean_validation(records: list[Record], rate: float) -> float:
    return fmean(record["validation"] for record in records if record["learning_rate"] == rate)
