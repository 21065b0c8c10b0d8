"""One program on both engines and in PyTorch: the same loss at every step."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch.nn import functional

import dlsteps.graphs.static as tf
from dlsteps.graphs.perceptron import cross_entropy, initial_weights, logits, train_dynamic, train_static

STEPS, RATE = 60, 0.2


def digits(dtype="float64"):
    bunch = load_digits()
    return (bunch.data[:300] / 16).astype(dtype), bunch.target[:300]


def weights(dtype="float64", widths=(64, 24, 10)):
    return initial_weights(widths, np.random.default_rng(0), dtype)


def train_torch(images, labels, weights):
    x, y = torch.from_numpy(images), torch.from_numpy(labels)
    parameters = [torch.tensor(w, requires_grad=True) for w in weights]
    losses = []
    for _ in range(STEPS):
        hidden = x
        for W, b in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
            hidden = torch.relu(hidden @ W + b)
        loss = functional.cross_entropy(hidden @ parameters[-2] + parameters[-1], y)
        slopes = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for p, g in zip(parameters, slopes, strict=True):
                p -= RATE * g
        losses.append(loss.item())
    return losses, [p.detach().numpy() for p in parameters]


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-4)])
@pytest.mark.parametrize("widths", [(64, 24, 10), (64, 16, 12, 10)])
def test_the_engines_and_torch_agree_at_every_step(dtype, tolerance, widths):
    images, labels = digits(dtype)
    start = weights(dtype, widths)
    dynamic = train_dynamic(images, labels, start, STEPS, RATE)
    static = train_static(images, labels, start, STEPS, RATE)
    plain = train_static(images, labels, start, STEPS, RATE, passes=())
    theirs = train_torch(images, labels, start)
    for losses, trained in (static, plain, theirs):
        assert np.abs(np.subtract(losses, dynamic[0])).max() <= tolerance
        assert all(np.abs(a - b).max() <= 10 * tolerance for a, b in zip(trained, dynamic[1], strict=True))
        assert {w.dtype.name for w in trained} == {dtype}
    assert dynamic[0][-1] < 0.5 * dynamic[0][0]
    assert np.array_equal(start[0], weights(dtype, widths)[0])  # left as they were


def test_it_learns_what_it_has_not_seen():
    bunch = load_digits()
    images, labels = digits()
    _, trained = train_static(images, labels, weights(), 200, RATE)
    unseen, truth = bunch.data[1000:] / 16, bunch.target[1000:]
    assert (logits(unseen, trained).argmax(1) == truth).mean() > 0.85


def test_the_graph_grows_no_further_while_it_runs():
    images, labels = digits()
    graph = tf.Graph()
    parameters = [graph.variable(w) for w in weights()]
    loss = cross_entropy(logits(graph.constant(images), parameters), graph.constant(labels))
    session, nodes = tf.Session(graph), len(graph)
    assert session.run(loss) == session.run(loss)
    assert len(graph) == nodes


def test_a_perceptron_of_arrays_alone():
    images, labels = digits()
    loss = cross_entropy(logits(images, weights()), labels)
    assert loss == pytest.approx(train_dynamic(images, labels, weights(), 1, RATE)[0][0], abs=1e-15)


def test_initial_weights():
    W, b, V, c = initial_weights((400, 300, 10), np.random.default_rng(0), "float32")
    assert [w.shape for w in (W, b, V, c)] == [(400, 300), (300,), (300, 10), (10,)]
    assert W.std() == pytest.approx(np.sqrt(2 / 400), rel=0.01)
    assert V.std() == pytest.approx(np.sqrt(2 / 300), rel=0.05)
    assert W.dtype == b.dtype == "float32"
    assert not b.any()
    assert not c.any()
