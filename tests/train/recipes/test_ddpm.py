from dataclasses import replace

import pytest
import torch
from judge import refuses
from PIL import Image
from torch import nn

from dlsteps.data import image_folder, load_photograph
from dlsteps.diffusion import Denoiser, cosine_schedule, linear_schedule, sample_losses
from dlsteps.nn.normalization import GroupNorm
from dlsteps.train import fit
from dlsteps.train.judge import as_digits
from dlsteps.train.known import WarpedDigits, known_digits
from dlsteps.train.recipes import ddpm

SMALL = ddpm.Settings(width=8, steps=30, batch_size=16, warmup=5, T=20, samples=60, sampling_steps=5)
NUMBERS = torch.arange(2000)


def test_data_is_warped_digits_in_pixels_from_minus_1_to_1():
    settings = ddpm.Settings(seed=3, dtype="float64")
    strengths = {name: getattr(settings, name) for name in ("slant", "rotation", "stretch", "bend")}
    batch = ddpm.data(settings)(NUMBERS)
    digits = WarpedDigits(3, torch.float64, **strengths)(NUMBERS)
    assert torch.equal(as_digits(batch.x_0), digits.images)
    assert (batch.x_0.min(), batch.x_0.max()) == (-1, 1)
    known = {tuple(image.flatten().tolist()) for image in known_digits().images}
    drawn = [tuple(image.flatten().tolist()) for image in digits.images]
    # Of 16 levels a pixel, a light warp leaves some digits as they were.
    assert sum(digit in known for digit in drawn) < 0.3 * len(drawn)


def test_steps_and_noise_are_drawn_evenly_and_apart():
    batch = ddpm.data(ddpm.Settings(T=10))(torch.arange(20_000))
    shares = torch.bincount(batch.t, minlength=10) / len(batch.t)
    assert len(shares) == 10
    assert (shares - 0.1).abs().max() < 0.01
    assert abs(batch.noise.mean()) < 0.005
    assert abs(batch.noise.var() - 1) < 0.01
    first = torch.stack(
        [batch.t.float(), batch.x_0[:, 0, 3, 3], batch.noise[:, 0, 3, 3], batch.x_0.mean((1, 2, 3))]
    )
    correlation = torch.corrcoef(first) - torch.eye(4)
    correlation[1, 3] = correlation[3, 1] = 0  # a pixel and the ink of its digit do belong together
    assert correlation.abs().max() < 0.03


@pytest.mark.parametrize("kind", ["eps", "x_0", "v"])
def test_loss_is_that_of_the_kind(kind):
    settings = replace(SMALL, kind=kind, dtype="float64")
    torch.manual_seed(0)
    model, batch = ddpm.build(settings).double(), ddpm.data(settings)(NUMBERS[:6])
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.2)
    expected = sample_losses(cosine_schedule(20), model.network, batch.x_0, batch.t, batch.noise, kind)
    assert torch.allclose(ddpm.loss(model, batch, settings), expected, rtol=1e-12, atol=0)


def test_settings_reach_the_model():
    assert torch.equal(ddpm.build(SMALL).schedule.beta, cosine_schedule(20).beta)
    linear = ddpm.build(replace(SMALL, schedule="linear", T=1000)).schedule
    assert torch.allclose(linear.beta, linear_schedule(1000).beta, rtol=1e-12, atol=0)
    assert ddpm.build(replace(SMALL, schedule="linear", T=100)).schedule.alpha_bar[-1] < 1e-4
    assert ddpm.build(replace(SMALL, schedule="linear", T=10)).schedule.T == 10
    assert not ddpm.build(replace(SMALL, told_time=False)).told_time
    assert ddpm.build(replace(SMALL, kind="v")).kind == "v"
    count = lambda settings: sum(p.numel() for p in ddpm.build(settings).parameters())  # noqa: E731
    assert count(replace(SMALL, width=16)) > 3 * count(SMALL)
    assert not any(isinstance(module, GroupNorm) for module in ddpm.build(SMALL).modules())
    with refuses(ValueError, "schedule='cubic' is unknown; try 'cosine' or 'linear'"):
        ddpm.build(replace(SMALL, schedule="cubic"))


def test_a_short_run_learns():
    losses = []
    fit(ddpm, SMALL, watch=lambda run, loss: losses.append(loss))
    assert losses[0] == pytest.approx(1, abs=0.2)  # it begins by predicting 0 for noise of variance 1
    assert sum(losses[-5:]) / 5 < 0.7 * losses[0]


class Copier(Denoiser):
    """Draws known digits, or blank paper, instead of its own."""

    def __init__(self, pictures):
        super().__init__(nn.Linear(1, 1), cosine_schedule(20))
        self.pictures, self.asked = pictures, None

    def draw(self, n, generator=None, steps=None, **options):
        self.asked = (n, steps)
        return type("Samples", (), {"x_0": self.pictures[:n]})


def test_metric_says_what_is_wrong_with_samples():
    settings = replace(SMALL, samples=1000)
    copier = Copier(2 * known_digits().images - 1)
    figures = ddpm.metric(copier, settings)
    assert copier.asked == (1000, 5)
    assert figures["nearest distance over held-out digits'"] == 0
    assert figures[ddpm.METRIC] < 1.2
    assert figures["mean top probability"] > 0.98
    assert 0.05 < figures["smallest class share"] < 0.1 < figures["largest class share"] < 0.15
    assert figures[ddpm.METRIC] == figures["Fréchet distance"] / figures["Fréchet distance of known digits"]
    blank = Copier(torch.full((1000, 1, 8, 8), -1.0))
    figures = ddpm.metric(blank, replace(settings, sampling_steps=0))
    assert blank.asked == (1000, None)
    assert figures["largest class share"] == 1
    assert figures["smallest class share"] == 0
    assert figures[ddpm.METRIC] == float("inf")


def test_metric_repeats():
    torch.manual_seed(0)
    model = ddpm.build(SMALL).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.1)
    assert ddpm.metric(model, SMALL) == ddpm.metric(model, SMALL)
    assert ddpm.metric(model, SMALL) != ddpm.metric(model, replace(SMALL, seed=1))


@pytest.fixture
def folder(tmp_path):
    pixels = (load_photograph("flower", 4)[0] * 255).round().byte().permute(1, 2, 0).numpy()
    for k in range(20):
        Image.fromarray(pixels[k : k + 60, 3 * k : 3 * k + 70]).save(tmp_path / f"{k:02}.png")
    return tmp_path


def test_a_folder_of_ones_own_pictures(folder):
    settings = replace(SMALL, folder=str(folder), image_size=16, channels=3, levels=3, steps=3)
    batch = ddpm.data(settings)(torch.arange(18))
    assert batch.x_0.shape == batch.noise.shape == (18, 3, 16, 16)
    train = image_folder(folder, 16, part="train", seed=settings.seed)(torch.arange(18))
    assert torch.equal(batch.x_0, 2 * train - 1)
    model = fit(ddpm, settings)
    assert model.draw(2).x_0.shape == (2, 3, 16, 16)
    figures = ddpm.metric(model, settings)
    assert figures[ddpm.METRIC] != figures[ddpm.METRIC]  # there is no judge of pictures
    test = image_folder(folder, 16, part="test", seed=settings.seed)(torch.arange(60))
    batch = ddpm.data(settings)(torch.arange(60))
    with torch.no_grad():
        expected = model.losses(2 * test - 1, batch.t, batch.noise).mean().item()
    assert figures["held-out loss"] == pytest.approx(expected, rel=1e-4)


def test_sizes_that_do_not_fit_are_refused(folder):
    with refuses(ValueError, "image_size=32 and channels=1 belong to a folder of pictures"):
        replace(SMALL, image_size=32)
    with refuses(ValueError, r"image_size=20 cannot be halved levels-1=3 times; try a multiple of 8"):
        replace(SMALL, folder=str(folder), image_size=20, levels=4)
    with refuses(ValueError, "image_size=8 cannot be halved levels-1=-1 times"):
        replace(SMALL, levels=0)
