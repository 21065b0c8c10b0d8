import pytest
import torch

from dlsteps.data import split_digits
from dlsteps.train import fit
from dlsteps.train.known import WarpedDigits
from dlsteps.train.recipes import classifier

SHORT = classifier.Settings(steps=150)


def test_data_is_warped_digits_with_their_labels():
    settings = classifier.Settings(seed=2, slant=0.3, rotation=0.2, stretch=0.1, bend=0.05)
    batch = classifier.data(settings)(torch.arange(100))
    digits = WarpedDigits(2, torch.float64, slant=0.3, rotation=0.2, stretch=0.1, bend=0.05)(
        torch.arange(100)
    )
    assert torch.equal(batch.images, digits.images)
    assert torch.equal(batch.labels, digits.labels)


def test_loss_is_the_cross_entropy_of_each_digit():
    model, batch = classifier.build(SHORT).double(), classifier.data(SHORT)(torch.arange(8))
    probability = model(batch.images).softmax(1)[torch.arange(8), batch.labels]
    assert torch.allclose(classifier.loss(model, batch, SHORT), -probability.log(), rtol=1e-12)


def test_a_short_run_learns_and_the_metric_counts_right_answers():
    model = fit(classifier, SHORT)
    figures = classifier.metric(model, SHORT)
    assert figures["accuracy"] > 0.7
    held_out = split_digits().test
    with torch.no_grad():
        probabilities = model(held_out.images).softmax(1)
    right = sum(int(p.argmax() == label) for p, label in zip(probabilities, held_out.labels, strict=True))
    assert figures["accuracy"] == pytest.approx(right / 510, rel=1e-12)
    assert figures["mean top probability"] == pytest.approx(probabilities.amax(1).mean().item(), rel=1e-12)
    fresh = classifier.build(SHORT).double()
    assert classifier.metric(fresh, SHORT)["accuracy"] < 0.4
