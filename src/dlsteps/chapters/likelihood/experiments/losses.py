"""Which loss a classifier of digits should be trained with: likelihood, smoothed labels, or squares."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlsteps.chapters.likelihood.calibration import best_factor, calibration_error
from dlsteps.data import Digits, DigitSplit, split_digits
from dlsteps.experiments.paired import as_good, differences, more
from dlsteps.experiments.record import Conclusion, Record, bar, values
from dlsteps.experiments.training import mixed_batches, seeded, train
from dlsteps.experiments.tuning import tune_then_report
from dlsteps.nn.likelihood import negative_log_likelihood, smooth_labels, softmax


def squares(logits: Tensor, labels: Tensor) -> Tensor:
    """The squared distance of the probabilities from the label."""
    return (softmax(logits) - smooth_labels(labels, logits.shape[1])).square().sum(1).mean()


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "likelihood": F.cross_entropy,
    "smoothed by 0.05": partial(F.cross_entropy, label_smoothing=0.05),
    "smoothed by 0.2": partial(F.cross_entropy, label_smoothing=0.2),
    "squares": squares,
}


@dataclass(frozen=True)
class Settings:
    losses: tuple[str, ...] = tuple(LOSSES)
    learning_rates: tuple[float, ...] = (0.01, 0.03, 0.1, 0.3, 1.0)
    width: int = 64
    batch_size: int = 32
    epochs: int = 20
    tuning_seeds: tuple[int, ...] = (100, 101, 102)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


SLICE = Settings(losses=("likelihood", "smoothed by 0.2", "squares"), learning_rates=(0.1,), seeds=(0, 1, 2))


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train a classifier with one hidden layer by each loss, at a learning rate tuned for it.

    What is tuned for is the same for all: the likelihood of the validation labels.

    Returns:
        Records with loss, phase, learning_rate, seed; `validation`, the geometric mean of what the right
        labels were given; and of the test part: `test`, the accuracy; `nll`, a label; `calibration`, the
        error; `nll_scaled`, after the logits were multiplied by `theta`, which the validation part chose.
    """
    split = split_digits()
    records = []
    for loss in bar(settings.losses, "losses", progress):
        trial = partial(_trial, settings, split, loss)
        grid = {"learning_rate": settings.learning_rates}
        found = tune_then_report(trial, grid, settings.tuning_seeds, settings.seeds)
        records += [{"loss": loss, **record} for record in found]
    return records


def _trial(settings: Settings, split: DigitSplit, loss: str, at: Mapping[str, float], seed: int) -> Record:
    width = settings.width
    model = seeded(
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10)), seed
    )
    batches = mixed_batches(len(split.train), settings.batch_size, settings.epochs, seed)
    train(model, split.train, batches, at["learning_rate"], criterion=LOSSES[loss])
    with torch.no_grad():
        validation, test = model(split.validation.images), model(split.test.images)
    theta = best_factor(validation, split.validation.labels)
    return {
        "validation": _surprise(validation, split.validation).neg().exp().item(),
        "tested": len(split.test),
        "test": (test.argmax(1) == split.test.labels).double().mean().item(),
        "nll": _surprise(test, split.test).item(),
        "calibration": calibration_error(softmax(test), split.test.labels),
        "theta": theta,
        "nll_scaled": _surprise(theta * test, split.test).item(),
    }


def _surprise(logits: Tensor, part: Digits) -> Tensor:
    return negative_log_likelihood(logits, part.labels).nan_to_num(nan=torch.inf).mean()


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about the losses."""
    plain, smooth = {"loss": "likelihood"}, {"loss": "smoothed by 0.2"}
    over, under = (values(records, "theta", phase="report", **loss) for loss in (plain, smooth))
    return [
        more(
            "calibration error, smoothed by 0.2 minus likelihood",
            differences(records, "calibration", smooth, plain),
            by=0.05,
        ),
        more(
            "NLL after θ, likelihood minus smoothed by 0.2",
            differences(records, "nll_scaled", plain, smooth),
        ),
        as_good(
            "accuracy, squares minus likelihood",
            differences(records, "test", {"loss": "squares"}, plain),
            within=0.03,
        ),
        Conclusion("1 minus the largest best θ of likelihood", (1 - over).min(), above=0.0),
        Conclusion("smallest best θ of smoothed by 0.2", under.min(), above=1.5),
    ]
