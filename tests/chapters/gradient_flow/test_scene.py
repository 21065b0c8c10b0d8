"""The gradient flow explorer's numbers, against autograd on the same networks."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from dlsteps.chapters.gradient_flow import explorer
from dlsteps.chapters.gradient_flow import scene as gradient_flow
from dlsteps.chapters.gradient_flow.flow import Recipe, batch, build, first_step


@pytest.mark.parametrize("recipe", [Recipe(10), Recipe(10, "tanh", 1.0, "batch"), Recipe(10, residual=True)])
def test_what_comes_back_is_autograds(recipe):
    model, (x, y) = build(recipe), batch()
    signals = [x]
    for block in list(model)[:-1]:
        signals.append(block(signals[-1]))
        signals[-1].retain_grad()
    loss = F.cross_entropy(model[-1](signals[-1]), y)
    loss.backward()
    flow = first_step(recipe)
    assert flow.loss == pytest.approx(loss.item())
    assert flow.back.tolist() == pytest.approx([s.grad.norm().item() for s in signals[1:]])
    assert flow.sizes.tolist() == pytest.approx([s.square().mean().sqrt().item() for s in signals[1:]])


@pytest.mark.parametrize("step", gradient_flow.BEATS)
def test_no_beat_shows_what_comes_later(step):
    frame = gradient_flow.frame(
        depth=10, activation="ReLU", gain=1.41, norm="batch", residual=False, step=step
    )
    titles = [panel.title for panel in frame.panels]
    assert any("back" in title for title in titles) == (step == "backward")
    assert ("clipping multiplies by" in dict(frame.readout)) == (step == "clip")


def test_a_model_of_one_s_own_is_left_as_it_was():
    model = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3))
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(4, 6, generator=generator), torch.tensor([0, 1, 2, 0])
    own = explorer(model, x, y, step="backward")
    assert [control.name for control in own.controls] == ["step"]
    assert dict(own.frame().readout)["loss"] == f"{F.cross_entropy(model(x), y).item():.3f}"
    assert all(parameter.grad is None for parameter in model.parameters())
    for step in gradient_flow.BEATS:
        own.frame(step=step)


@pytest.mark.parametrize(
    ("model", "x", "error", "words"),
    [
        (nn.Linear(2, 2), None, TypeError, "comes with its batch"),
        (nn.Tanh(), torch.zeros(2, 2), ValueError, "no weights"),
        (nn.Linear(2, 2), torch.ones(2, 2), ValueError, "two or more"),
        (nn.Linear(2, 2), torch.ones(2, 3), ValueError, "does not take this batch"),
    ],
)
def test_what_cannot_be_looked_at_is_refused(model, x, error, words):
    with pytest.raises(error, match=words):
        explorer(model, x)
