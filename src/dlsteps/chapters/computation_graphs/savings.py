"""What each pass saves in a graph that is no toy: one step of training a perceptron on digits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dlsteps.data import split_digits
from dlsteps.graphs import static
from dlsteps.graphs.perceptron import cross_entropy, initial_weights, logits

WIDTHS, BATCH, RATE = (64, 32, 10), 32, 0.1


class Saving(NamedTuple):
    """A graph after one more pass.

    Attributes:
        name: of the pass; "as defined" before the first.
        operations: how many nodes compute something.
        buffers: in how many pieces of memory they write.
        nbytes: how large these are together.
        loss: what comes out.
    """

    name: str
    operations: int
    buffers: int
    nbytes: int
    loss: float


def training_step() -> tuple[list[static.Node], dict[str, np.ndarray]]:
    """The loss and the update of all weights as nodes, and what to feed."""
    train = split_digits().train
    images, labels = train.images[:BATCH].flatten(1).numpy(), train.labels[:BATCH].numpy()
    graph = static.Graph()
    x = graph.placeholder(images.shape, images.dtype, "images")
    y = graph.placeholder(labels.shape, labels.dtype, "labels")
    weights = [graph.variable(w) for w in initial_weights(WIDTHS, np.random.default_rng(0))]
    loss = cross_entropy(logits(x, weights), y)
    slopes = static.gradients(loss, weights)
    step = static.group(
        *(static.assign(w, w - RATE * g) for w, g in zip(weights, slopes, strict=True)), name="step"
    )
    return [loss, step], {"images": images, "labels": labels}


def one_by_one() -> list[Saving]:
    """The step as defined, and after each pass that the passes before have not made superfluous."""
    fetches, feed = training_step()
    found: list[Saving] = []
    for count in range(len(static.PASSES) + 1):
        session = static.Session(fetches[0].graph, static.PASSES[:count])
        executable = session.executable(fetches)
        plan = executable.plan
        operations = sum(bool(node.inputs) for node in executable.order)
        name = session.rewrites(fetches)[-1].name if count else "as defined"
        loss = session.run(fetches, feed)[0].item()
        found.append(Saving(name, operations, len(plan.sizes), plan.bytes_planned, loss))
    return found


def unplanned() -> int:
    """The bytes of the step as defined, if each node had memory of its own."""
    fetches, _ = training_step()
    return static.Session(fetches[0].graph, ()).executable(fetches).plan.bytes_unplanned
