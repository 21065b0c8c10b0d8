"""The course of a run as a picture."""

from typing import Any

from dlsteps.show.plots import INK, SERIES, Plot, canvas


def picture(lines: list[dict[str, Any]], title: str) -> Plot:
    """Plot loss and learning rate against the step."""
    course = [line for line in lines if {"loss", "learning_rate"} <= line.keys()]
    steps = [line["step"] for line in course]
    figure, (left, right) = canvas(2, width=7.4, height=3.0)
    left.plot(steps, [line["loss"] for line in course], color=SERIES[0]["color"], linewidth=1)
    if all(line["loss"] > 0 for line in course):
        left.set_yscale("log")
    left.set_ylabel("loss")
    right.plot(steps, [line["learning_rate"] for line in course], color=SERIES[1]["color"])
    right.set_ylabel("learning rate")
    for axes in (left, right):
        axes.set_xlabel("step")
    figure.suptitle(title, color=INK, fontsize=10)
    return figure
