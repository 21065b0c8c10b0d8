import pytest
import torch
from judge import refuses
from torch import nn

from dlsteps.diffusion import KINDS, Denoiser, ancestral, cosine_schedule, ddim, sample_losses

SCHEDULE = cosine_schedule(6)


class Clock(nn.Module):
    """A network that shows what it was told: x·w + t."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(0.5, dtype=torch.float64))

    def forward(self, x, t):
        return x * self.w + 0.1 * t.view(-1, 1, 1, 1)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_network_hears_the_step_or_0():
    x, t = torch.randn(3, 1, 2, 2, dtype=torch.float64), torch.tensor([0, 2, 5])
    told, untold = (Denoiser(Clock(), SCHEDULE, (1, 2, 2), told_time=told) for told in (True, False))
    assert torch.equal(told(x, t), 0.5 * x + 0.1 * t.view(3, 1, 1, 1))
    assert torch.equal(untold(x, t), 0.5 * x)


@pytest.mark.parametrize("kind", KINDS)
def test_losses(kind):
    x, noise = (torch.randn(3, 1, 2, 2, dtype=torch.float64, generator=seeded(s)) for s in (0, 1))
    t = torch.tensor([0, 2, 5])
    model = Denoiser(Clock(), SCHEDULE, (1, 2, 2), kind)
    assert torch.equal(model.losses(x, t, noise), sample_losses(SCHEDULE, model.network, x, t, noise, kind))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("steps", [None, 1, 4])
@pytest.mark.parametrize("clip", [None, 0.5])
def test_drawing_is_the_sampler(kind, steps, clip):
    model = Denoiser(Clock(), SCHEDULE, (2, 4, 4), kind, clip=clip)
    drawn = model.draw(3, seeded(), steps, record=True)
    generator = seeded()
    x_T = torch.randn(3, 2, 4, 4, dtype=torch.float64, generator=generator)
    options = {"kind": kind, "clip": clip, "progress": False}
    if steps is None:
        expected = ancestral(SCHEDULE, model.network, x_T, generator, **options)
    else:
        expected = ddim(SCHEDULE, model.network, x_T, steps, **options)
    assert torch.equal(drawn.x_0, expected.x_0)
    assert len(drawn.steps) == (steps or 6)
    assert model.draw(2, seeded(), steps).steps == []


class Memory(nn.Module):
    """A network that can but guess one and the same picture."""

    def __init__(self):
        super().__init__()
        self.picture = nn.Parameter(torch.zeros(1, 4, 4, dtype=torch.float64))

    def forward(self, x, t):
        return self.picture.expand_as(x)


@pytest.mark.parametrize("steps", [None, 3])
def test_what_is_learned_is_drawn(steps):
    pictures = torch.rand(50, 1, 4, 4, dtype=torch.float64, generator=seeded()) * 1.6 - 0.8
    model = Denoiser(Memory(), SCHEDULE, (1, 4, 4), "x_0")
    optimizer = torch.optim.SGD(model.parameters(), lr=4)
    for _ in range(30):
        optimizer.zero_grad()
        model.losses(pictures, torch.full((50,), 3), torch.randn_like(pictures)).mean().backward()
        optimizer.step()
    # The best single guess is the mean, and that is where every noise ends.
    assert torch.allclose(
        model.draw(2, seeded(), steps).x_0, pictures.mean(0).expand(2, -1, -1, -1), atol=1e-6
    )


def test_drawing_follows_the_weights_dtype():
    model = Denoiser(Clock(), SCHEDULE, (1, 2, 2))
    assert model.draw(2).x_0.dtype == torch.float64
    assert model.float().draw(2).x_0.dtype == torch.float32
    assert model.draw(0).x_0.shape == (0, 1, 2, 2)


def test_refuses():
    model = Denoiser(Clock(), SCHEDULE, (1, 2, 2))
    with refuses(ValueError, "n=-1 pictures cannot be drawn; try 16"):
        model.draw(-1)
    with refuses(ValueError, "steps=7 is not from 1 to T=6"):
        model.draw(1, steps=7)
