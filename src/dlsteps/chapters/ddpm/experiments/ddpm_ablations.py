"""What a diffusion model of digits needs: in short runs, one thing at a time is done otherwise."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from dlsteps.diffusion import Denoiser
from dlsteps.experiments.record import Conclusion, Record, bar, values
from dlsteps.train import fit
from dlsteps.train.judge import as_digits, digit_judge
from dlsteps.train.recipes import ddpm
from dlsteps.train.run import Run

VARIANTS: dict[str, dict[str, object]] = {
    "base": {},
    "linear schedule": {"schedule": "linear"},
    "predicts x_0": {"kind": "x_0"},
    "predicts v": {"kind": "v"},
    "not told t": {"told_time": False},
}


@dataclass(frozen=True)
class Settings:
    variants: tuple[str, ...] = tuple(VARIANTS)
    width: int = 16
    batch_size: int = 64
    steps: int = 1200
    warmup: int = 100
    learning_rate: float = 2e-3
    ema_decay: float = 0.99
    samples: int = 1000
    sampling_steps: int = 50
    seeds: tuple[int, ...] = (0, 1, 2)


SLICE = Settings(
    variants=("base", "not told t"),
    steps=100,
    warmup=20,
    ema_decay=0.95,
    samples=300,
    sampling_steps=10,
    seeds=(0,),
)


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train each variant with each seed, and judge what it draws with averaged and with last weights.

    Returns:
        Records with variant, weights ("average" or "last"), seed, `loss` (mean of the last tenth of the
        steps; kinds differ in their scale) and what the judge says of the samples.
    """
    cells = [(variant, seed) for variant in settings.variants for seed in settings.seeds]
    return [
        record
        for variant, seed in bar(cells, "ddpm_ablations", progress)
        for record in _cell(settings, variant, seed)
    ]


def _cell(settings: Settings, variant: str, seed: int) -> list[Record]:
    names = ("width", "batch_size", "steps", "warmup", "learning_rate", "ema_decay")
    chosen = ddpm.Settings(**{name: getattr(settings, name) for name in names}, seed=seed)
    chosen = replace(chosen, **VARIANTS[variant])
    losses, last = [], {}

    def watch(run: Run, loss: float) -> None:
        losses.append(loss)
        if run.step == chosen.steps:
            last.update({key: value.clone() for key, value in run.model.state_dict().items()})

    model = fit(ddpm, chosen, watch=watch)
    tail = losses[-max(1, len(losses) // 10) :]
    head = {"variant": variant, "seed": seed, "loss": sum(tail) / len(tail)}
    records = [{**head, "weights": "average", **_judged(model, settings, seed)}]
    model.load_state_dict(last)
    return [*records, {**head, "weights": "last", **_judged(model, settings, seed)}]


def _judged(model: Denoiser, settings: Settings, seed: int) -> Record:
    drawn = model.draw(settings.samples, torch.Generator().manual_seed(seed), settings.sampling_steps).x_0
    quality = digit_judge()(as_digits(drawn))
    return {
        "frechet_ratio": quality.frechet_ratio,
        "top_probability": quality.top_probability,
        "smallest_share": min(quality.shares),
        "largest_share": max(quality.shares),
        "nearest_ratio": quality.nearest_ratio,
    }


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about the parts of a diffusion model: worst against best seed."""

    def figures(variant: str, key: str = "frechet_ratio", weights: str = "average") -> np.ndarray:
        return values(records, key, variant=variant, weights=weights)

    found = [
        Conclusion(
            "Fréchet distance over floor: not told t minus told",
            figures("not told t").min() - figures("base").max(),
            above=0.1,
        )
    ]
    if "linear schedule" not in {record["variant"] for record in records}:
        return found
    base = figures("base")
    others = [figures(variant, "nearest_ratio").max() for variant in ("predicts x_0", "predicts v")]
    return [
        *found,
        Conclusion(
            "Fréchet distance over floor: linear schedule minus cosine",
            figures("linear schedule").min() - base.max(),
            above=0.05,
        ),
        Conclusion(
            "Fréchet distance over floor: what a seed changes minus what averaging does",
            np.ptp(base) - abs(base.mean() - figures("base", weights="last").mean()),
            above=0.05,
        ),
        Conclusion(
            "distance from known digits over held-out digits' own: predicts eps minus x_0 and v",
            figures("base", "nearest_ratio").min() - max(others),
            above=0.02,
        ),
    ]
