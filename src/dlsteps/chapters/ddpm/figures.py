"""The pictures of the chapter on diffusion."""

from __future__ import annotations

import torch

from dlsteps.chapters.ddpm.chain import link, model
from dlsteps.experiments.record import Result, select
from dlsteps.show.plots import INK, SERIES, Plot, canvas

SHOWN = (199, 150, 100, 60, 30, 0)


def drawn(n: int = 4, seed: int = 2) -> Plot:
    """Noise on the left, a new digit on the right, and what lies between, for some starts."""
    samples = model().draw(n, torch.Generator().manual_seed(seed), 50, record=True)
    chosen = [min(range(len(samples.t)), key=lambda k: abs(samples.t[k] - t)) for t in SHOWN]
    figure, _ = canvas(1, width=6.6, height=1.05 * n)
    figure.clear()
    panels = figure.subplots(n, len(chosen) + 1, squeeze=False)
    generator = torch.Generator().manual_seed(seed)
    first = torch.randn(n, *model().shape, generator=generator, dtype=torch.float64)
    for row in range(n):
        pictures = [samples.steps[k].x_before[row, 0] for k in chosen[:-1]] + [samples.x_0[row, 0]]
        first = torch.randn(
            n, *model().shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
        )
        for column, picture in enumerate([first[row, 0], *pictures]):
            panel = panels[row, column]
            panel.imshow(-picture, cmap="gray", vmin=-1, vmax=1)
            panel.axis("off")
            if row == 0:
                titles = ["noise", *(f"t = {t}" for t in SHOWN[:-1]), "digit"]
                panel.set_title(titles[column], color=INK, fontsize=10)
    return figure


def loss_by_step() -> Plot:
    """How well the noise and the digit are guessed at each step, on digits not seen."""
    schedule, times = model().schedule, list(range(2, 200, 6))
    noise, digit = [], []
    for t in times:
        at = link(t)
        eps = model()(at.x_t, torch.full((len(at.x_t),), t))
        guess = ((at.x_t - schedule.noise[t] * eps) / schedule.signal[t]).clamp(-1, 1)
        noise.append((eps - at.eps).square().mean().item())
        digit.append((guess - at.x_0).square().mean().item())
    figure, [panel] = canvas(1, height=2.8)
    for k, (label, found) in enumerate({"of the noise": noise, "of the digit": digit}.items()):
        panel.plot(times, found, label=label, markevery=4, **SERIES[k])
    panel.set(xlabel="t", ylabel="mean squared error", ylim=(0, None))
    panel.legend(labelcolor=INK, frameon=False)
    return figure


def quality(result: Result) -> Plot:
    """The Fréchet distance over its floor, by the number of times that the network is asked."""
    figure, [panel] = canvas(1, height=2.8)
    steps = sorted({record["evaluations"] for record in result.records})
    for style, sampler in zip(SERIES, ("DDIM", "ancestral"), strict=False):
        found = select(result.records, sampler=sampler)
        x, y = ([record[key] for record in found] for key in ("evaluations", "frechet_ratio"))
        panel.plot(x, y, style["marker"], color=style["color"], label=sampler)
    panel.set(xscale="log", xlabel="how often the network is asked", ylabel="Fréchet distance / floor")
    panel.set_xticks(steps, [str(n) for n in steps])
    panel.minorticks_off()
    panel.legend(labelcolor=INK, frameon=False)
    return figure
