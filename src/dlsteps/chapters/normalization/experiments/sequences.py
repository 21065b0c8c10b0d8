"""BN and LN in a recurrent network on sequences of different lengths.

A digit is read row by row, and each row once or twice, at random: 8 to 16 steps. BN needs the sequences that
are still running at a step. Late steps have few, sometimes one, and steps never seen in training have none.
"""

from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlsteps.data import Digits, DigitSplit, split_digits
from dlsteps.experiments.paired import differences, more
from dlsteps.experiments.record import Conclusion, Record, bar
from dlsteps.experiments.training import mixed_batches, seeded, tune_then_report
from dlsteps.nn.normalization import BatchNorm, LayerNorm

ROWS = 8


@dataclass(frozen=True)
class Settings:
    norms: tuple[str, ...] = ("none", "LN", "BN per step", "BN shared")
    hidden: int = 32
    batch_size: int = 8
    learning_rates: tuple[float, ...] = (0.003, 0.01, 0.03)
    epochs: int = 8
    tuning_seeds: tuple[int, ...] = (100,)
    seeds: tuple[int, ...] = (0, 1, 2)


SLICE = Settings(norms=("LN", "BN per step"), learning_rates=(0.003,), epochs=2, seeds=(0,))


class StepNorms(nn.Module):
    """One norm for each time step; steps after the last one known take the last.

    Source: Cooijmans et al., Recurrent Batch Normalization (2017), section 3.
    """

    def __init__(self, norms: list[nn.Module]):
        super().__init__()
        self.norms = nn.ModuleList(norms)
        self.lonely = 0  # steps at which a batch norm had a single sequence to average

    def forward(self, x: Tensor, t: int) -> Tensor:
        norm = self.norms[min(t, len(self.norms) - 1)]
        if not (self.training and isinstance(norm, BatchNorm) and len(x) == 1):
            return norm(x)
        # One value has no variance. The running statistics are the best that is left.
        self.lonely += 1
        norm.eval()
        y = norm(x)
        norm.train()
        return y


class RowReader(nn.Module):
    """A plain recurrent network, h_t = tanh(norm(W x_t + U h_{t−1})), that names the digit at the end."""

    def __init__(self, norms: StepNorms, hidden: int):
        super().__init__()
        self.from_row = nn.Linear(ROWS, hidden)
        self.from_state = nn.Linear(hidden, hidden, bias=False)
        self.norms = norms
        self.to_class = nn.Linear(hidden, 10)

    def forward(self, rows: Tensor, lengths: Tensor) -> Tensor:
        """Read rows (B, T, 8), sorted with the longest sequence first, and return logits (B, 10)."""
        h = rows.new_zeros(len(rows), self.from_state.in_features)
        for t in range(int(lengths.max())):
            running = int((lengths > t).sum())
            signal = self.from_row(rows[:running, t]) + self.from_state(h[:running])
            h = torch.cat([torch.tanh(self.norms(signal, t)), h[running:]])
        return self.to_class(h)


def stretch(images: Tensor, least: int, most: int, generator: torch.Generator) -> tuple[Tensor, ...]:
    """Repeat each row of each image from `least` to `most` times at random.

    Returns:
        rows (B, T, 8), padded with zeros, their lengths (B,), longest first, and that order (B,).
    """
    repeats = torch.randint(least, most + 1, (len(images), ROWS), generator=generator)
    lengths, order = repeats.sum(dim=1).sort(descending=True, stable=True)
    rows = [images[i, 0].repeat_interleave(repeats[i], dim=0) for i in order]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True), lengths, order


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train the recurrent network with each norm, at its own tuned learning rate.

    Returns:
        Records with norm, phase, learning_rate, seed, `validation`, `test` (lengths as in training),
        `longer` (each row 2 or 3 times: 16 to 24 steps) and `lonely` (the share of training steps in time at
        which BN had one sequence).
    """
    split = split_digits()
    records = []
    for norm in bar(settings.norms, "sequences", progress):
        trial = partial(_trial, settings, split, norm)
        found = tune_then_report(trial, settings.learning_rates, settings.tuning_seeds, settings.seeds)
        records += [{"norm": norm, **record} for record in found]
    return records


def _build(norm: str, hidden: int) -> RowReader:
    norms: dict[str, list[nn.Module]] = {
        "none": [nn.Identity()],
        "LN": [LayerNorm(hidden)],
        "BN per step": [BatchNorm(hidden) for _ in range(2 * ROWS)],
        "BN shared": [BatchNorm(hidden)],
    }
    return RowReader(StepNorms(norms[norm]), hidden)


def _trial(settings: Settings, split: DigitSplit, norm: str, rate: float, seed: int) -> Record:
    model = seeded(lambda: _build(norm, settings.hidden), seed)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, fused=True)
    steps = 0
    for batch in mixed_batches(len(split.train), settings.batch_size, settings.epochs, seed):
        rows, lengths, order = stretch(split.train.images[batch], 1, 2, generator)
        optimizer.zero_grad()
        F.cross_entropy(model(rows, lengths), split.train.labels[batch][order]).backward()
        optimizer.step()
        steps += int(lengths.max())
    return {
        "validation": _accuracy(model, split.validation, 1, 2),
        "test": _accuracy(model, split.test, 1, 2),
        "longer": _accuracy(model, split.test, 2, 3),
        "lonely": model.norms.lonely / steps,
    }


@torch.no_grad()
def _accuracy(model: RowReader, part: Digits, least: int, most: int) -> float:
    model.eval()
    rows, lengths, order = stretch(part.images, least, most, torch.Generator().manual_seed(0))
    right = model(rows, lengths).argmax(dim=1) == part.labels[order]
    return right.double().mean().item()


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about BN on sequences of 8 to 16 steps, in batches of 8."""
    norms = [name for name in ("LN", "none") if any(record["norm"] == name for record in records)]
    return [
        more(
            f"8 to 16 steps, batches of 8: accuracy, {name} minus BN per step",
            differences(records, "test", {"norm": name}, {"norm": "BN per step"}),
        )
        for name in norms
    ]
