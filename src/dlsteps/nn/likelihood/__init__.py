"""Likelihood: entropy, divergence, surprise, and the models that make their data the least surprising."""

from dlsteps.nn.likelihood.descent import Fit, gradient_descent, newton
from dlsteps.nn.likelihood.divergence import cross_entropy, entropy, kl_divergence
from dlsteps.nn.likelihood.logits import (
    binary_negative_log_likelihood,
    binary_negative_log_likelihood_derivative,
    gaussian_negative_log_likelihood,
    log_sigmoid,
    log_softmax,
    log_sum_exp,
    negative_log_likelihood,
    negative_log_likelihood_derivative,
    smooth_labels,
    softmax,
)
from dlsteps.nn.likelihood.regression import (
    Objective,
    linear_objective,
    logistic_objective,
    softmax_objective,
    with_intercept,
)

__all__ = [
    "Fit",
    "Objective",
    "binary_negative_log_likelihood",
    "binary_negative_log_likelihood_derivative",
    "cross_entropy",
    "entropy",
    "gaussian_negative_log_likelihood",
    "gradient_descent",
    "kl_divergence",
    "linear_objective",
    "log_sigmoid",
    "log_softmax",
    "log_sum_exp",
    "logistic_objective",
    "negative_log_likelihood",
    "negative_log_likelihood_derivative",
    "newton",
    "smooth_labels",
    "softmax",
    "softmax_objective",
    "with_intercept",
]
