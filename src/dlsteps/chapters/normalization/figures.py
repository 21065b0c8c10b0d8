"""The plots of the normalization chapter, each from the committed result of an experiment."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from dlsteps.chapters.normalization.depth import before_and_after, sizes_through_depth
from dlsteps.experiments import Result, select, values
from dlsteps.nn.normalization import BatchNorm
from dlsteps.show.plots import INK, SERIES, Plot, canvas, legend, spread

GAINS = {"1": 1.0, "√2": 2**0.5, "2": 2.0}
NETWORKS = {"mlp": "fully connected", "cnn": "convolution"}


def through_depth() -> Plot:
    """The size of activations through 30 blocks for three first weights, without a norm and with BN."""
    figure, panels = canvas(2, width=7.4, height=2.9)
    for panel, norm, title in zip(
        panels, (None, BatchNorm), ("without a norm", "with batch norm"), strict=True
    ):
        for k, (name, gain) in enumerate(GAINS.items()):
            sizes = sizes_through_depth(gain, norm=norm)
            panel.plot(range(len(sizes)), sizes, label=f"gain {name}", markevery=5, **SERIES[k])
        panel.set_yscale("log")
        panel.set_ylim(1e-6, 1e6)
        panel.set_title(title)
        panel.set_xlabel("block")
    panels[0].set_ylabel("root mean square")
    legend(figure, panels[0])
    return figure


def small_batches(sizes: Sequence[int] = (2, 6, 120)) -> Plot:
    """One pixel of 120 digits before and after BN, in batches of each size."""
    figure, panels = canvas(len(sizes), width=7.4, height=2.6)
    for k, (panel, size) in enumerate(zip(panels, sizes, strict=True)):
        before, after = before_and_after(size)
        panel.plot(before, after, "o", color=SERIES[k]["color"], alpha=0.5, markersize=4)
        panel.set_title(f"batches of {size}")
        panel.set_xlabel("pixel before BN")
        panel.set_ylim(-3.2, 3.2)
    panels[0].set_ylabel("after BN")
    return figure


def batch_size(result: Result) -> Plot:
    """Test accuracy against batch size, a line for each norm, a panel for each network."""
    sizes = result.settings["batch_sizes"]
    figure, panels = canvas(2, width=7.4, height=3.2)
    for panel, network in zip(panels, NETWORKS, strict=True):
        for k, norm in enumerate(result.settings["norms"]):
            found = [
                values(result.records, "test", phase="report", network=network, norm=norm, batch_size=size)
                for size in sizes
            ]
            spread(panel, sizes, found, norm, k)
        panel.set_xscale("log", base=2)
        panel.set_xticks(sizes, [str(size) for size in sizes])
        panel.set_title(NETWORKS[network])
        panel.set_xlabel("batch size")
    panels[0].set_ylabel("test accuracy")
    legend(figure, panels[0])
    return figure


def learning_rate(result: Result) -> Plot:
    """Mean accuracy for each learning rate and initial gain; a cross where a run diverged."""
    rates, gains = result.settings["learning_rates"], result.settings["gains"]
    figure, panels = canvas(2, width=7.4, height=3.1)
    for panel, norm in zip(panels, ("none", "BN"), strict=True):
        found = np.array([[_cell(result, norm, rate, gain) for rate in rates] for gain in gains])
        image = panel.imshow(found[..., 0], vmin=0, vmax=1, cmap="viridis", aspect="auto", origin="lower")
        for g, r in zip(*np.nonzero(found[..., 1]), strict=True):
            panel.text(r, g, "×", ha="center", va="center", color="white", fontsize=11)
        panel.set_xticks(range(len(rates)), [f"{rate:g}" for rate in rates], rotation=60)
        panel.set_yticks(range(len(gains)), [f"{gain:g}" for gain in gains])
        panel.set_title("without a norm" if norm == "none" else "with BN")
        panel.set_xlabel("learning rate")
        panel.grid(visible=False)
    panels[0].set_ylabel("gain of the first weights")
    bar = figure.colorbar(image, ax=list(panels))
    bar.set_label("test accuracy", color=INK)
    bar.ax.tick_params(colors=INK)
    bar.outline.set_edgecolor(INK)
    return figure


def _cell(result: Result, norm: str, rate: float, gain: float) -> tuple[float, bool]:
    """Mean accuracy of a setting, and whether any of its runs diverged."""
    found = select(result.records, norm=norm, learning_rate=rate, gain=gain)
    return float(np.mean([r["test"] for r in found])), any(r["diverged"] for r in found)


def discriminator(result: Result) -> Plot:
    """The steepest gradient at any digit and its bound through training, with and without spectral norm."""
    figure, panels = canvas(2, width=7.4, height=3.0)
    for panel, key, title in zip(
        panels,
        ("bound", "gradient_max"),
        ("product of spectral norms", "longest gradient at a digit"),
        strict=True,
    ):
        for k, norm in enumerate(("none", "SN")):
            records = select(result.records, norm=norm)
            steps = sorted({r["step"] for r in records})
            found = [values(records, key, step=step) for step in steps]
            spread(panel, steps, found, "with SN" if norm == "SN" else "without", k)
        panel.set_yscale("log")
        panel.set_title(title)
        panel.set_xlabel("training step")
    legend(figure, panels[0])
    return figure


def pictures(images: dict[str, Tensor]) -> Plot:
    """Photographs (1, 3, H, W) side by side; values outside [0, 1] are cut."""
    figure, panels = canvas(len(images), width=7.4, height=1.9)
    for panel, (title, image) in zip(panels, images.items(), strict=True):
        panel.imshow(image[0].permute(1, 2, 0).clamp(0, 1).numpy())
        panel.set_title(title, fontsize=9)
        panel.axis("off")
    return figure
