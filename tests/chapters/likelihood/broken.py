"""For each check: wrong forms, each of which has to make it come out false; the reversed claim first."""

import torch

from dlsteps.nn.activations import sigmoid
from dlsteps.nn.likelihood import (
    binary_negative_log_likelihood,
    cross_entropy,
    gradient_descent,
    kl_divergence,
    linear_objective,
    logistic_objective,
    newton,
)


def without_intercept(X, y):
    return torch.cat([newton(linear_objective(X, y, intercept=False)).parameters, y.new_zeros(1)])


BROKEN = {
    "m01": [
        {"kl_divergence": lambda p, q: kl_divergence(q, p)},
        {"kl_divergence": lambda p, q: kl_divergence(p, q) / torch.log(torch.tensor(2.0))},
        {"kl_divergence": lambda p, q: (p - q).square().sum(1)},
        {"kl_divergence": cross_entropy},
        {"cross_entropy": lambda p, q: cross_entropy(q, p)},
        {"cross_entropy": lambda p, q: kl_divergence(p, q)},
        {"nll": lambda z, y: (sigmoid(z) - y).square()},
        {"nll": lambda z, y: ((z > 0) != (y > 0)).double() + 0 * z},
        {"nll": lambda z, y: -y * sigmoid(z).log()},
        {"nll": lambda z, y: binary_negative_log_likelihood(-z, y)},
        {"nll": lambda z, y: 2 * binary_negative_log_likelihood(z, y)},
    ],
    "m02": [
        {"softmax": sigmoid},
        {"softmax": lambda z: z / z.sum(1, keepdim=True)},
        {"softmax": lambda z: z.exp()},
        {"softmax": lambda z: torch.softmax(z, 0)},
        {"softmax": lambda z: torch.softmax(-z, 1)},
        {"softmax": lambda z: torch.full_like(z, 1 / z.shape[1])},
        {"fit": without_intercept},
        {"fit": lambda X, y: newton(logistic_objective(X, (y > 0.5).long())).parameters},
        {"fit": lambda X, y: newton(linear_objective(X, y, l2=0.1)).parameters},
        {"fit": lambda X, y: gradient_descent(linear_objective(X, y), 0.1, steps=10).parameters},
    ],
}
