"""The questions of the chapter on diffusion: the schedule and the network say which answers are right."""

from __future__ import annotations

import torch

from dlsteps.chapters.ddpm.chain import Link, link, model
from dlsteps.stage import Answer, Choose, ChooseAll, Enter, Mistake, Quiz


def noise_in_what() -> Choose:
    """What the network is trained to say."""
    at = link(100)
    guess = model()(at.x_t, torch.full((len(at.x_t),), 100))
    errors = {name: (guess - getattr(at, name)).square().mean().item() for name in ("eps", "step_noise")}
    best = min(errors, key=errors.get)
    return Choose(
        name="noise-in-what",
        asks="A digit has gone through 100 steps of noise. The network is given the picture after step 100. "
        "What is it trained to say?",
        answers=[
            Answer(
                "the noise that step 100 added",
                right=best == "step_noise",
                says="Nothing in the picture tells that small noise from the other 99. It is asked for "
                "all of it.",
                see="#diffusion:step=ask%20the%20network&t=90",
            ),
            Answer("all the noise that is in the picture", right=best == "eps"),
            Answer(
                "the picture after step 99",
                says="That picture is computed from its answer, in one step back.",
                see="#diffusion:step=one%20step%20back&t=90",
            ),
        ],
        why="From x_t and all its noise the digit follows, and from both the step back.",
    )


def variance_that_is_left() -> Enter:
    """Shares of the variance after two steps."""
    beta = torch.tensor([0.5, 0.2], dtype=torch.float64)
    left = (1 - beta).prod().item()
    return Enter(
        name="variance-left",
        asks="Two steps of noise with β₁ = 0.5 and β₂ = 0.2. Which share of the variance is still the "
        "digit's?",
        right=left,
        within=0.005,
        mistakes=[
            Mistake(
                1 - beta.sum().item(),
                "Shares multiply; the β do not add: the second step takes its share of what is left.",
            ),
            Mistake(0.1, "That is the product of the β. What a step leaves is 1 − β."),
            Mistake(1 - left, "That is the noise's share."),
            Mistake(left**0.5, "That is the factor of the digit, the root of the share."),
        ],
        why="ᾱ = (1 − 0.5)(1 − 0.2).",
    )


def how_many_networks() -> Choose:
    """One network for all steps."""
    count = sum(p.numel() for p in model().parameters())
    T = model().schedule.T
    return Choose(
        name="how-many-networks",
        asks=f"There are {T} steps. How many networks are trained?",
        answers=[
            Answer(str(T), says="They would all learn what a digit looks like, each from the start."),
            Answer("one, and it is told the step", right=True),
            Answer(
                "one, and the step does not matter to it",
                says="The same picture can be much noise on a faint digit or a little on a bold one; "
                "the answer differs.",
                see="#diffusion:step=ask%20the%20network&t=180",
            ),
        ],
        why=f"{count:,} parameters serve every step; the step's number goes in beside the picture.",
    )


def why_not_one_step() -> Choose:
    """Why one does not jump to the guess."""
    return Choose(
        name="why-not-one-step",
        asks="From pure noise the network's guess of the noise gives a guess of the digit at once. "
        "Why take hundreds of steps?",
        answers=[
            Answer(
                "because the network can only undo one step",
                says="It guesses all the noise; one could subtract it all.",
                see="#diffusion:step=guess%20the%20digit&t=199",
            ),
            Answer("because the first guess is a mean of all digits that could be there", right=True),
            Answer(
                "because the noise was added in as many steps",
                says="It was added in one jump; the steps are not needed there.",
            ),
        ],
        why="The guess with the least squared error is a mean. With each step there is less to be guessed.",
    )


def check_yourself() -> Quiz:
    """Six questions on what the page promised."""
    return Quiz(
        mixing(),
        same_everywhere(),
        last_step(),
        what_goes_in(),
        loss_at_small_t(),
        fewer_steps(),
        title="Check yourself",
    )


def mixing() -> Enter:
    """The factor of the noise."""
    share = 0.36
    return Enter(
        name="mixing",
        asks="At some step the digit's share of the variance is ᾱ = 0.36. By which factor is the noise "
        "multiplied in x_t?",
        right=(1 - share) ** 0.5,
        within=0.005,
        mistakes=[
            Mistake(1 - share, "That is its share of the variance; the factor is the root of that."),
            Mistake(share**0.5, "That is the digit's factor."),
        ],
        why="√(1 − 0.36). With the digit's factor 0.6 the squares add to 1.",
    )


def same_everywhere() -> ChooseAll:
    """What depends on the step."""
    return ChooseAll(
        name="same-everywhere",
        asks="What is the same at every step?",
        answers=[
            Answer("the network's parameters", right=True),
            Answer("the network's input beside the picture", says="It is told the number of the step."),
            Answer(
                "the shares of digit and noise",
                says="They are what the schedule sets, step by step.",
                see="#diffusion:step=add%20noise&t=150",
            ),
            Answer("the distribution of ε", right=True),
        ],
        why="ε is standard normal at every step; its factor is what changes.",
    )


def last_step() -> Choose:
    """No noise at the end."""
    std = model().schedule.posterior_variance[0].item()
    return Choose(
        name="last-step",
        asks="At the last step back, from t = 0 to the picture, how much fresh noise is added?",
        answers=[
            Answer("as much as at the others", says="Then every picture would come out grainy."),
            Answer("none", right=std == 0),
            Answer(
                "as much as the first step forward put in",
                says="That is taken away here; none is put in anew.",
            ),
        ],
        why="The variance of x₋₁ given x₀ is 0: there is nothing left to be drawn.",
    )


def what_goes_in() -> Choose:
    """What the U-Net takes."""
    return Choose(
        name="what-goes-in",
        asks="What does the U-Net take, while it is trained?",
        answers=[
            Answer("x_t and t", right=True),
            Answer("x_{t−1} and t", says="The picture before the step is what one wants to get back to."),
            Answer("x_0 and ε", says="From these x_t is made. The network sees neither."),
        ],
        why="It sees the noisy picture and is told how noisy it is.",
    )


def loss_at_small_t() -> Choose:
    """Where the noise is hard to see."""
    errors = {
        t: (model()(link(t).x_t, torch.full((64,), t)) - link(t).eps).square().mean().item()
        for t in (10, 150)
    }
    return Choose(
        name="loss-at-small-t",
        asks="At which step is the noise harder to predict, measured in ε?",
        answers=[
            Answer("early, where there is little of it", right=errors[10] > errors[150]),
            Answer(
                "late, where there is much of it",
                right=errors[150] > errors[10],
                says="Late x_t is nearly ε itself: the picture is the answer.",
                see="#diffusion:step=ask%20the%20network&t=199",
            ),
        ],
        why="ε has variance 1 at every step; early it is multiplied by a small factor and hides in the "
        "digit.",
    )


def _error(at: Link, t: int) -> float:
    guess = model()(at.x_t, torch.full((len(at.x_t),), t))
    return (guess - at.eps).square().mean().item()


def fewer_steps() -> Choose:
    """What DDIM leaves out."""
    return Choose(
        name="fewer-steps",
        asks="DDIM draws with the same trained network in 20 steps. What does it leave out?",
        answers=[
            Answer("the fresh noise, so that it may take long strides", right=True),
            Answer("most of the network", says="The network is the same; it is asked less often."),
            Answer("the last steps", says="It goes all the way to t = 0, in larger strides."),
        ],
        why="Without fresh noise the way back is a smooth path, and a path can be followed in strides.",
    )
