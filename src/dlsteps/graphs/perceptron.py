"""One program, a perceptron with a hidden layer, trained by gradient descent on each of the two engines.

Both run the same operations in the same order, so their losses agree to the last digits.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int

from dlsteps.graphs import functions as F
from dlsteps.graphs import static
from dlsteps.graphs.dynamic import Tensor
from dlsteps.graphs.functions import Value

Weights = Sequence[Value]


def initial_weights(
    widths: Sequence[int], generator: np.random.Generator, dtype: str = "float64"
) -> list[np.ndarray]:
    """Draw weights with variance 2/fan-in, and biases of 0.

    Args:
        widths: Inputs, hidden units (any number of layers), classes.
        generator: Where they are drawn from.
        dtype: Precision.

    Returns:
        W of shape (in, out) and b of shape (out,) for each layer, in turn.

    Source:
        He et al., Delving Deep into Rectifiers (2015), equation 10.
    """
    weights = []
    for fan_in, fan_out in pairwise(widths):
        W = generator.standard_normal((fan_in, fan_out)) * np.sqrt(2 / fan_in)
        weights += [W.astype(dtype), np.zeros(fan_out, dtype)]
    return weights


def logits(x: Value, weights: Weights) -> Value:
    """Compute $z = W_2^\\top \\text{ReLU}(W_1^\\top x + b_1) + b_2$ for each row of x.

    Args:
        x: (N, D): an array, a tensor or a node.
        weights: W and b of each layer, in turn.

    Returns:
        (N, K), one number for each class.
    """
    for W, b in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = F.relu(x @ W + b)
    return x @ weights[-2] + weights[-1]


def cross_entropy(z: Value, labels: Value) -> Value:
    """Average $-\\log \\text{softmax}(z)$ of the true class.

    Args:
        z: (N, K).
        labels: (N,), integers from 0 to K − 1.

    Returns:
        One number.
    """
    N = z.shape[0]
    return -F.mean(F.gather(F.log_softmax(z), F.reshape(labels, (N, 1)), 1))


def train_dynamic(
    images: Float[np.ndarray, "N D"],
    labels: Int[np.ndarray, " N"],
    weights: Sequence[np.ndarray],
    steps: int,
    rate: float,
) -> tuple[list[float], list[np.ndarray]]:
    """Descend the gradient on the dynamic engine: the graph is recorded anew in every step.

    Args:
        images: Inputs.
        labels: Classes.
        weights: Where to begin; left as they are.
        steps: How many.
        rate: Learning rate.

    Returns:
        The loss before each step, and the weights at the end.
    """
    x, parameters, losses = Tensor(images), [Tensor(w, requires_grad=True) for w in weights], []
    for _ in range(steps):
        loss = cross_entropy(logits(x, parameters), labels)
        loss.backward()
        for p in parameters:
            p.data, p.grad = p.data - rate * p.grad, None
        losses.append(loss.item())
    return losses, [p.data for p in parameters]


def train_static(
    images: Float[np.ndarray, "N D"],
    labels: Int[np.ndarray, " N"],
    weights: Sequence[np.ndarray],
    steps: int,
    rate: float,
    passes: Sequence[static.Pass] = static.PASSES,
) -> tuple[list[float], list[np.ndarray]]:
    """Descend the gradient on the static engine: the step is one graph, defined once and run many times.

    Args:
        images: Inputs.
        labels: Classes.
        weights: Where to begin; left as they are.
        steps: How many.
        rate: Learning rate.
        passes: What the graph goes through before it runs.

    Returns:
        The loss before each step, and the weights at the end.
    """
    graph = static.Graph()
    x = graph.placeholder(images.shape, images.dtype, "images")
    y = graph.placeholder(labels.shape, labels.dtype, "labels")
    parameters = [graph.variable(w, name=f"weights_{k}") for k, w in enumerate(weights)]
    loss = cross_entropy(logits(x, parameters), y)
    slopes = static.gradients(loss, parameters)
    step = static.group(
        *(static.assign(p, p - rate * g) for p, g in zip(parameters, slopes, strict=True)), name="step"
    )
    with static.Session(graph, passes) as session:
        losses = [session.run([loss, step], {x: images, y: labels})[0].item() for _ in range(steps)]
        return losses, [session.variables[p.name] for p in parameters]
