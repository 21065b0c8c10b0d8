"""The diffusion explorer: a digit into noise in one jump, what the network says, and one step back."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import torch
from torch import Tensor

from dlsteps.chapters.ddpm.chain import model
from dlsteps.data import split_digits
from dlsteps.diffusion import (
    Schedule,
    cosine_schedule,
    in_all_forms,
    linear_schedule,
    p_sample,
    q_sample,
)
from dlsteps.show.words import signed, tex
from dlsteps.stage import (
    Choice,
    Curves,
    Explorer,
    Frame,
    Image,
    Line,
    Scalar,
    Slider,
    Steps,
    to_display,
)

STEPS = ("the digit", "add noise", "ask the network", "guess the digit", "one step back")
TIMES = (1, 10, 30, 60, 90, 120, 150, 180, 199)
SIZE = 8


def explorer(x: Tensor | None = None, **start: Scalar) -> Explorer:
    """Step from a digit to its noisy form at any time, to the network's guess, and one step back.

    Args:
        x: a picture of your own, (8, 8) or (1, 8, 8), from 0 to 1; if not given, digits of writers that the
            network has never seen.
        **start: values of controls to begin with, such as `step="add noise", t=120`.

    Raises:
        TypeError: `x` holds no real numbers, or `start` names no control.
        ValueError: `x` has another size, or numbers outside 0 to 1; `start` has a value that no control has.
    """
    digit = Choice("digit", "digit", tuple(_digits()))
    schedule = Choice("schedule", "schedule", ("cosine", "linear"), when={"step": ["add noise"]})
    time = Slider("t", "t", TIMES, default=60, when={"step": list(STEPS[1:])})
    controls = [Steps("step", "step", STEPS), *([] if x is not None else [digit]), time, schedule]
    scene = frame if x is None else functools.partial(frame, digit=as_picture(x))
    title = "Where does the noise go in, and how does it come out?"
    return Explorer("diffusion", title, scene, controls, baked=x is None, start=start)


def as_picture(x: Tensor) -> Tensor:
    """A reader's picture as (1, 1, 8, 8), float64, from 0 to 1."""
    values = torch.from_numpy(to_display(x, "x")).squeeze()
    if values.shape != (SIZE, SIZE):
        raise ValueError(f"x has shape {tuple(x.shape)}; the network takes pictures of {SIZE} × {SIZE}")
    if values.min() < 0 or values.max() > 1:
        raise ValueError(f"x goes from {values.min():g} to {values.max():g}; give numbers from 0 to 1")
    return values.reshape(1, 1, SIZE, SIZE)


@functools.cache
def _digits() -> dict[str, Tensor]:
    """The first of some digits among those that the network has never seen."""
    part = split_digits().test
    return {str(k): part.images[part.labels == k][:1].double() for k in (0, 3, 8)}


@dataclass(frozen=True)
class Moment:
    """A picture at one time, in [-1, 1], with what was put in and what the network says."""

    schedule: Schedule
    x_0: Tensor
    t: int
    noise: Tensor

    @classmethod
    def of(cls, picture: Tensor, t: int, schedule: Schedule) -> Moment:
        generator = torch.Generator().manual_seed(5)
        noise = (torch.randn(1, 1, SIZE, SIZE, generator=generator, dtype=torch.float64) * 64).round() / 64
        return cls(schedule, 2 * picture - 1, t, noise)

    @property
    def at(self) -> Tensor:
        return torch.tensor([self.t])

    @functools.cached_property
    def x_t(self) -> Tensor:
        return q_sample(self.schedule, self.x_0, self.at, self.noise)

    @functools.cached_property
    def eps(self) -> Tensor:
        return model()(self.x_t, self.at)


def frame(*, step: str, digit: str | Tensor = "0", t: int = 60, schedule: str = "cosine") -> Frame:
    """What the explorer shows for these control values."""
    picture = _digits()[digit] if isinstance(digit, str) else digit
    if step == "the digit":
        return digit_alone(picture)
    if step == "add noise":
        T = model().schedule.T
        chosen = cosine_schedule(T) if schedule == "cosine" else linear_schedule(T, 0.1 / T, 20 / T)
        return noised(Moment.of(picture, t, chosen))
    moment = Moment.of(picture, t, model().schedule)
    return {"ask the network": asked, "guess the digit": guessed, "one step back": back}[step](moment)


def digit_alone(picture: Tensor) -> Frame:
    return Frame(
        panels=[_shown("x₀", 2 * picture - 1)],
        lead="The digit.",
        caption="An image of 8 × 8 pixels, from −1 for white to 1 for ink. The network has never seen it.",
        formula=r"x_0",
        readout=[("mean", signed((2 * picture - 1).mean(), 3)), ("pixels", str(picture.numel()))],
    )


def noised(m: Moment) -> Frame:
    """One jump from the digit to step t."""
    a, b = m.schedule.signal[m.t], m.schedule.noise[m.t]
    steps = list(range(m.schedule.T))
    lines = [
        Line("digit", steps, m.schedule.signal.tolist()),
        Line("noise", steps, m.schedule.noise.tolist()),
    ]
    return Frame(
        panels=[
            _shown("x₀", m.x_0),
            _shown("ε", m.noise),
            _shown(f"x at t = {m.t}", m.x_t),
            Curves(title="their factors", lines=lines, x="t", marker=float(m.t)),
        ],
        lead="Add noise.",
        caption=(
            f"After step {m.t} the picture is {signed(a, 3)} of the digit and {signed(b, 3)} of the noise. "
            "No step in between is needed."
        ),
        formula=rf"x_t = \sqrt{{\bar\alpha_t}}\,x_0 + \sqrt{{1 - \bar\alpha_t}}\,\varepsilon = "
        rf"{tex(a)}\,x_0 + {tex(b)}\,\varepsilon",
        readout=[
            ("the digit's share, ᾱ", signed(a * a, 3)),
            ("the noise's, 1 − ᾱ", signed(b * b, 3)),
        ],
    )


def asked(m: Moment) -> Frame:
    """What the network says, beside what went in."""
    wrong = (m.eps - m.noise).square().mean()
    return Frame(
        panels=[
            _shown(f"x at t = {m.t}", m.x_t),
            _shown("the network's ε̂", m.eps),
            _shown("the true ε", m.noise),
        ],
        lead="Ask the network.",
        caption=(
            f"It is given the noisy picture and the number {m.t}, and says what noise is in it: all of it. "
            f"Its mean squared error is {signed(wrong, 3)}; a guess of 0 would have "
            f"{signed(m.noise.square().mean(), 3)}."
        ),
        formula=r"\hat\varepsilon = \varepsilon_\theta(x_t, t)",
        readout=[("mean squared error", signed(wrong, 3))],
    )


def guessed(m: Moment) -> Frame:
    """The digit that would be there if the network were right."""
    a, b = m.schedule.signal[m.t], m.schedule.noise[m.t]
    guess = in_all_forms(m.schedule, m.x_t, m.at, m.eps).x_0
    off = (guess.clamp(-1, 1) - m.x_0).square().mean()
    return Frame(
        panels=[
            _shown(f"x at t = {m.t}", m.x_t),
            _shown("its digit x̂₀", guess),
            _shown("the true x₀", m.x_0),
        ],
        lead="Guess the digit.",
        caption=(
            f"Take the guessed noise away, and a digit is left. At t = {m.t} it is off by "
            f"{signed(off, 3)} in mean square. From much noise it can only be a likely digit, and not "
            f"this one."
        ),
        formula=r"\hat x_0 = \frac{x_t - \sqrt{1 - \bar\alpha_t}\,\hat\varepsilon}{\sqrt{\bar\alpha_t}}"
        rf" = \frac{{x_t - {tex(b)}\,\hat\varepsilon}}{{{tex(a)}}}",
        readout=[("off by", signed(off, 3))],
    )


def back(m: Moment) -> Frame:
    """One step towards the digit: a little less noise, and a little that is new."""
    fresh = (
        torch.randn(m.x_t.shape, generator=torch.Generator().manual_seed(6), dtype=torch.float64) * 64
    ).round() / 64
    done = p_sample(m.schedule, m.x_t, m.at, m.eps, fresh, clip=1.0)
    moved = (done.mean - m.x_t).square().mean()
    std = done.std.flatten()[0]
    return Frame(
        panels=[
            _shown(f"x at t = {m.t}", m.x_t),
            _shown(f"x at t = {m.t - 1}", done.x_before),
        ],
        lead="One step back.",
        caption=(
            f"Go where x at {m.t - 1} would be if the guess were right, and add fresh noise of standard "
            f"deviation "
            f"{signed(std, 3)}. A small step, since the guess is rough; the network is asked again at each."
        ),
        formula=r"x_{t-1} = \tilde\mu_t(x_t, \hat x_0) + \sigma_t z",
        readout=[("moved, mean square", signed(moved, 4)), ("fresh noise, variance", signed(std * std, 4))],
    )


def _shown(title: str, x: Tensor) -> Image:
    """A picture in [-1, 1] as gray, ink dark; what lies beyond is cut for the eye only."""
    gray = ((1 - x.reshape(SIZE, SIZE, 1)) / 2).clamp(0, 1)
    return Image(title=title, note="", values=gray)
