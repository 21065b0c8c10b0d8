"""The diffusion explorer's pictures, against the process written out, and the committed network."""

import numpy as np
import pytest
import torch

from dlsteps.chapters.ddpm.chain import link, model
from dlsteps.chapters.ddpm.scene import TIMES, explorer

BOOK = explorer()


def pixels(panel):
    """A panel's gray values as numbers in [-1, 1]."""
    return 1 - 2 * panel.values[..., 0]


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
@pytest.mark.parametrize("t", TIMES)
def test_the_jump_is_made_of_its_two_parts(t, schedule):
    x_0, eps, x_t, curves = BOOK.frame(step="add noise", t=t, schedule=schedule).panels
    a, b = (line.y[t] for line in curves.lines)
    assert a * a + b * b == pytest.approx(1)
    seen = np.abs(pixels(eps)) < 1  # where the noise is not cut for the eye
    mixed = a * pixels(x_0) + b * pixels(eps)
    inside = seen & (np.abs(mixed) < 1)
    np.testing.assert_allclose(pixels(x_t)[inside], mixed[inside], atol=1e-9)


def test_the_network_s_guess_leads_to_its_digit():
    for t in TIMES[1:-1]:
        asked = BOOK.frame(step="ask the network", t=t)
        guessed = BOOK.frame(step="guess the digit", t=t)
        x_t, eps = pixels(asked.panels[0]), pixels(asked.panels[1])
        a, b = model().schedule.signal[t].item(), model().schedule.noise[t].item()
        inside = (np.abs(x_t) < 1) & (np.abs(eps) < 1)
        wanted = np.clip((x_t - b * eps) / a, -1, 1)
        np.testing.assert_allclose(pixels(guessed.panels[1])[inside], wanted[inside], atol=1e-6)


def test_less_noise_leaves_a_better_guess():
    off = [float(dict(BOOK.frame(step="guess the digit", t=t).readout)["off by"]) for t in (10, 90, 180)]
    assert off == sorted(off)
    assert off[-1] > 5 * off[0]


def test_a_link_of_the_chain_holds_all_its_noises():
    at, schedule = link(100), model().schedule
    back = schedule.signal[100] * at.x_0 + schedule.noise[100] * at.eps
    np.testing.assert_allclose(back, at.x_t, atol=1e-12)
    step = schedule.alpha[100].sqrt() * at.x_before + schedule.beta[100].sqrt() * at.step_noise
    np.testing.assert_allclose(step, at.x_t, atol=1e-12)


def test_a_picture_of_one_s_own():
    own = explorer(torch.rand(8, 8, generator=torch.Generator().manual_seed(0)))
    assert "digit" not in [c.name for c in own.controls]
    assert own.frame(step="one step back", t=60).panels[1].values.shape == (8, 8, 1)


@pytest.mark.parametrize(
    ("x", "words"),
    [(torch.zeros(28, 28), "takes pictures of 8 × 8"), (torch.full((8, 8), 2.0), "give numbers from 0 to 1")],
)
def test_other_pictures_are_refused(x, words):
    with pytest.raises(ValueError, match=words):
        explorer(x)
