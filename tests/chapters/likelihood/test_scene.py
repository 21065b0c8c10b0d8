"""The likelihood explorer's numbers, against torch's losses and distributions."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Categorical, kl_divergence

from dlsteps.chapters.likelihood import explorer
from dlsteps.chapters.likelihood import scene as likelihood
from dlsteps.chapters.likelihood.samples import COUNTS, surprise

EXPLORER = explorer()


@pytest.mark.parametrize("data", likelihood.DATA)
@pytest.mark.parametrize("theta", likelihood.THETAS)
def test_what_is_read_out_is_torchs_loss(data, theta):
    samples = likelihood.samples_called(data)
    loss = F.cross_entropy(theta * samples.logits, samples.labels)
    read = dict(EXPLORER.frame(data=data, theta=theta, step="H + KL").readout)
    assert float(read["CE, per label"]) == pytest.approx(loss.item(), abs=5.1e-4)
    total = loss.item() * len(samples.labels)
    assert float(read["NLL, all labels"]) == pytest.approx(total, rel=1e-3)


@pytest.mark.parametrize("data", COUNTS)
@pytest.mark.parametrize("theta", likelihood.THETAS)
def test_the_two_parts_are_torchs_entropy_and_divergence(data, theta):
    counts = torch.tensor(COUNTS[data], dtype=torch.float64)
    p = Categorical(probs=counts)
    q = Categorical(logits=theta * torch.arange(len(counts), dtype=torch.float64))
    H, KL, CE = surprise(likelihood.samples_called(data), theta).totals
    assert pytest.approx(p.entropy().item(), abs=1e-6) == H  # torch keeps 0 an ε away from 0
    assert pytest.approx(kl_divergence(p, q).item(), abs=1e-6) == KL
    assert pytest.approx(H + KL) == CE


def test_samples_that_differ_leave_no_entropy():
    H, KL, CE = surprise(likelihood.samples_called("digits"), 1.0).totals
    assert pytest.approx(0, abs=1e-12) == H
    assert pytest.approx(CE) == KL


@pytest.mark.parametrize("step", likelihood.BEATS[:-1])
def test_the_table_s_last_column_adds_up_to_what_its_note_says(step):
    table = EXPLORER.frame(data="four", theta=0.5, step=step).panels[1]
    assert f"{table.values[:, -1].sum():.3f}" in f"{table.note}" or step in ("labels", "model")


def test_no_beat_shows_what_comes_later():
    first = EXPLORER.frame(data="four", step="labels")
    assert first.panels[0].series == ("p",)
    assert dict(first.readout).keys() == {"labels"}
    named = [set(dict(EXPLORER.frame(data="four", step=step).readout)) for step in likelihood.BEATS]
    assert all(earlier <= later for earlier, later in itertools.pairwise(named))
    assert "H" not in named[likelihood.BEATS.index("cross-entropy")]


def test_two_data_sets_of_one_mean_have_one_best_model():
    found = [likelihood.sweep(likelihood.samples_called(name)) for name in ("four", "out of reach")]
    assert len({int(np.argmin(CE)) for _, _, CE in found}) == 1
    assert found[0][1].min() < likelihood.NEAR < found[1][1].min()


def test_logits_of_one_s_own():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(30, 4, generator=generator, requires_grad=True)
    labels = torch.randint(4, (30,), generator=generator)
    mine = explorer(logits, labels, step="cross-entropy")
    assert [control.name for control in mine.controls] == ["theta", "step"]
    assert mine.baked is False
    read = dict(mine.frame().readout)
    assert float(read["CE, per label"]) == pytest.approx(F.cross_entropy(logits, labels).item(), abs=6e-4)
    for step in likelihood.BEATS:
        mine.frame(step=step)


@pytest.mark.parametrize(
    ("logits", "labels", "error", "words"),
    [
        (torch.zeros(3, 2), None, TypeError, "come together"),
        (torch.zeros(3), torch.zeros(3).long(), ValueError, r"give \(N, C\)"),
        (torch.zeros(3, 40), torch.zeros(3).long(), ValueError, "C from 2 to 12"),
        (torch.zeros(3, 2), torch.tensor([0, 1, 2]), ValueError, "class 2"),
        (torch.zeros(3, 2), torch.zeros(2).long(), ValueError, "one for each row"),
    ],
)
def test_what_does_not_fit_is_refused(logits, labels, error, words):
    with pytest.raises(error, match=words):
        explorer(logits, labels)
