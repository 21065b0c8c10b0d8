"""Calibration, against counts by hand and scikit-learn's curve."""

import pytest
import torch
from sklearn.calibration import calibration_curve

from dlsteps.chapters.likelihood.calibration import FACTORS, best_factor, by_confidence, calibration_error
from dlsteps.experiments import load, values
from dlsteps.nn.likelihood import softmax


def drawn(theta, N=4000):
    """Logits, and labels drawn from softmax(θ z)."""
    generator = torch.Generator().manual_seed(0)
    z = 2 * torch.randn(N, 5, generator=generator, dtype=torch.float64)
    return z, torch.multinomial(softmax(theta * z), 1, generator=generator)[:, 0]


def test_bins_are_scikit_learns():
    z, y = drawn(0.5)
    q = softmax(z)
    right = (q.argmax(1) == y).numpy()
    accuracy, confidence = calibration_curve(right, q.amax(1).numpy(), n_bins=10)
    found = by_confidence(q, y)
    assert found.accuracy.numpy() == pytest.approx(accuracy)
    assert found.confidence.numpy() == pytest.approx(confidence)
    assert found.share.sum().item() == pytest.approx(1)


def test_two_predictions_by_hand():
    q = torch.tensor([[0.9, 0.1], [0.3, 0.7]], dtype=torch.float64)
    assert calibration_error(q, torch.tensor([0, 0])) == pytest.approx((0.1 + 0.7) / 2)


@pytest.mark.parametrize("theta", [0.5, 1.0, 2.0])
def test_the_factor_that_labels_were_drawn_with_is_found(theta):
    z, y = drawn(theta)
    assert best_factor(z, y) == pytest.approx(theta, rel=0.1)
    assert calibration_error(softmax(theta * z), y) < 0.03
    assert 1.0 in FACTORS


def test_no_learning_rate_that_won_lies_at_the_edge_of_the_grid():
    result = load("losses")
    won = values(result.records, "learning_rate", phase="report")
    assert min(result.settings["learning_rates"]) < won.min()
    assert won.max() < max(result.settings["learning_rates"])
