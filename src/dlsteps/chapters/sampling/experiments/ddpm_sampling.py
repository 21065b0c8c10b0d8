"""Drawing digits: all T steps with fresh noise, against DDIM's strides, from one trained network.

The network is asked once a step, and that is what drawing costs.
"""

import time
from dataclasses import dataclass

import numpy as np
import torch

from dlsteps.diffusion import Denoiser
from dlsteps.experiments.record import Conclusion, Record, bar, values
from dlsteps.train import load
from dlsteps.train.judge import as_digits, digit_judge

ANCESTRAL = 0  # stands for all T steps


@dataclass(frozen=True)
class Settings:
    steps: tuple[int, ...] = (5, 10, 20, 50, ANCESTRAL)
    samples: int = 1000
    seeds: tuple[int, ...] = (0, 1, 2)


SLICE = Settings(steps=(5, 20), samples=400, seeds=(0,))


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Draw digits with each sampler from the committed weights, and judge them.

    Returns:
        Records with sampler, evaluations (of the network for a digit), samples, seed, what the judge says of
        them, see `dlsteps.train.judge.Quality`, and `milliseconds` for a digit, which depend on the machine.
    """
    model, _ = load("ddpm")
    cells = [(steps, seed) for steps in settings.steps for seed in settings.seeds]
    return [
        _cell(model, steps, settings.samples, seed) for steps, seed in bar(cells, "ddpm_sampling", progress)
    ]


def _cell(model: Denoiser, steps: int, samples: int, seed: int) -> Record:
    start = time.perf_counter()
    drawn = model.draw(samples, torch.Generator().manual_seed(seed), steps or None).x_0
    seconds = time.perf_counter() - start
    quality = digit_judge()(as_digits(drawn))
    return {
        "sampler": "DDIM" if steps else "ancestral",
        "evaluations": steps or model.schedule.T,
        "samples": samples,
        "seed": seed,
        "frechet_ratio": quality.frechet_ratio,
        "top_probability": quality.top_probability,
        "smallest_share": min(quality.shares),
        "largest_share": max(quality.shares),
        "nearest_ratio": quality.nearest_ratio,
        "milliseconds": 1000 * seconds / samples,
    }


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about drawing in few steps."""

    def figures(key: str = "frechet_ratio", **wanted: object) -> np.ndarray:
        return values(records, key, **wanted)

    few, enough = figures(evaluations=5), figures(evaluations=20)
    found = [
        Conclusion(
            "Fréchet distance over floor of DDIM: 5 steps minus 20", few.mean() - enough.mean(), above=0.1
        )
    ]
    if not any(record["sampler"] == "ancestral" for record in records):
        return found
    all_steps = figures(sampler="ancestral")
    return [
        *found,
        Conclusion(
            "Fréchet distance over floor: what a seed changes with all T steps minus what 20 steps do",
            np.ptp(all_steps) - abs(enough.mean() - all_steps.mean()),
            above=0.0,
        ),
        Conclusion(
            "distance from known digits over held-out digits' own: DDIM in 50 steps minus all T steps",
            figures("nearest_ratio", evaluations=50).min()
            - figures("nearest_ratio", sampler="ancestral").max(),
            above=0.02,
        ),
    ]
