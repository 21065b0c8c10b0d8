import math
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from judge import refuses
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.linear_model import LogisticRegression, Ridge

from dlsteps.data import load_digits
from dlsteps.nn.likelihood import (
    entropy,
    gradient_descent,
    linear_objective,
    logistic_objective,
    newton,
    softmax,
    softmax_objective,
    with_intercept,
)


def drawn(shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def labels(n, classes, seed=0):
    return torch.randint(classes, (n,), generator=torch.Generator().manual_seed(seed))


def torchs_loss(kind, X, y, l2, intercept):
    """The same objective out of torch's own losses, with the intercepts in the last column."""

    def loss(theta):
        logits = X @ theta[..., : X.shape[1]].mT if theta.ndim == 2 else X @ theta[: X.shape[1]]
        if intercept:
            logits = logits + theta[..., -1]
        data = {
            "linear": lambda: F.gaussian_nll_loss(logits, y.to(X.dtype), torch.ones_like(logits), full=True),
            "logistic": lambda: F.binary_cross_entropy_with_logits(logits, y.to(X.dtype)),
            "softmax": lambda: F.cross_entropy(logits, y),
        }[kind]()
        return data + l2 / 2 * theta[..., : X.shape[1]].square().sum()

    return loss


def objective_of(kind, X, y, l2, intercept):
    if kind == "linear":
        return linear_objective(X, y.to(X.dtype), l2, intercept=intercept)
    if kind == "logistic":
        return logistic_objective(X, y, l2, intercept=intercept)
    return softmax_objective(X, y, 3, l2, intercept=intercept)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("kind", ["linear", "logistic", "softmax"])
@given(n=st.integers(1, 6), d=st.integers(1, 4), l2=st.sampled_from([0.0, 0.3]), intercept=st.booleans())
def test_loss_gradient_and_hessian_are_torchs(kind, dtype, n, d, l2, intercept):
    X, y = drawn((n, d), n).to(dtype), labels(n, 3 if kind == "softmax" else 2, d)
    ours, theirs = objective_of(kind, X, y, l2, intercept), torchs_loss(kind, X, y, l2, intercept)
    assert ours.start.shape == ((3, d + intercept) if kind == "softmax" else (d + intercept,))
    assert not ours.start.any()
    theta = drawn(ours.start.shape, 7).to(dtype).requires_grad_()
    close = {"rtol": 0, "atol": 1e-13 if dtype == torch.float64 else 1e-5}
    assert torch.allclose(ours.loss(theta), theirs(theta), **close)
    (gradient,) = torch.autograd.grad(theirs(theta), theta)
    assert torch.allclose(ours.gradient(theta), gradient, **close)
    H = torch.autograd.functional.hessian(theirs, theta).reshape(theta.numel(), theta.numel())
    assert torch.allclose(ours.hessian(theta), H, **close)


@given(seed=st.integers(0, 20), kind=st.sampled_from(["linear", "logistic", "softmax"]))
def test_no_direction_bends_down(seed, kind):
    objective = objective_of(kind, drawn((9, 3), seed), labels(9, 2, seed), 0.0, True)
    H = objective.hessian(drawn(objective.start.shape, seed + 1))
    assert torch.linalg.eigvalsh(H).min() > -1e-14


@pytest.mark.parametrize("kind", ["linear", "logistic", "softmax"])
def test_gradient_descent_is_torchs_sgd(kind):
    X, y = drawn((30, 3)), labels(30, 2)
    fit = gradient_descent(objective_of(kind, X, y, 0.1, True), 0.3, steps=25, tolerance=0)
    loss = torchs_loss(kind, X, y, 0.1, True)
    theta = fit.path[0].clone().requires_grad_()
    optimizer = torch.optim.SGD([theta], lr=0.3)
    assert fit.steps == 25
    for step in range(26):
        assert torch.allclose(fit.path[step], theta, rtol=0, atol=1e-13)
        assert fit.losses[step] == pytest.approx(loss(theta).item(), rel=1e-12)
        optimizer.zero_grad()
        loss(theta).backward()
        assert fit.gradient_norms[step] == pytest.approx(theta.grad.norm().item(), rel=1e-11)
        optimizer.step()


# --- Against scikit-learn ---


def standardized(bunch):
    X = torch.from_numpy(bunch.data).double()
    return (X - X.mean(0)) / X.std(0), torch.from_numpy(bunch.target).long()


def sklearns(X, y, l2, **options):
    model = LogisticRegression(C=1 / (l2 * len(X)), tol=1e-12, max_iter=10_000, **options).fit(
        X.numpy(), y.numpy()
    )
    coefficients, intercept = torch.from_numpy(model.coef_), torch.from_numpy(model.intercept_)
    return torch.cat([coefficients, intercept[:, None]], 1)


def test_logistic_regression_is_scikit_learns():
    X, y = standardized(load_breast_cancer())
    fit = newton(logistic_objective(X, y, 0.01))
    assert fit.converged
    assert fit.steps <= 10
    assert torch.allclose(
        fit.parameters, sklearns(X, y, 0.01, solver="newton-cholesky")[0], rtol=0, atol=1e-7
    )
    slow = gradient_descent(logistic_objective(X, y, 0.01), 0.3, 3000, 1e-6)
    assert slow.converged
    assert slow.steps > 10 * fit.steps
    assert torch.allclose(slow.parameters, fit.parameters, rtol=0, atol=1e-4)


def test_softmax_regression_is_scikit_learns():
    X, y = standardized(load_iris())
    fit = newton(softmax_objective(X, y, 3, 0.01))
    assert fit.converged
    theirs = sklearns(X, y, 0.01)
    assert torch.allclose(
        softmax(with_intercept(X) @ fit.parameters.T), softmax(with_intercept(X) @ theirs.T), atol=1e-5
    )
    assert torch.allclose(fit.parameters, theirs - theirs.mean(0), rtol=0, atol=1e-4)
    assert fit.parameters.sum(0).abs().max() < 1e-10  # the shortest of all that say the same


def test_softmax_regression_on_digits_is_scikit_learns():
    digits = load_digits()
    X, y = digits.images[:400].flatten(1)[:, ::2], digits.labels[:400]
    fit = newton(softmax_objective(X, y, 10, 0.02))
    assert fit.converged
    theirs = sklearns(X, y, 0.02)
    assert torch.allclose(fit.parameters[:, :-1], theirs[:, :-1], rtol=0, atol=1e-3)


def test_linear_regression_is_scikit_learns():
    X, y = drawn((40, 3)), drawn(40, 1) + 5
    fit = newton(linear_objective(X, y, 0.1))
    model = Ridge(alpha=0.1 * 40).fit(X.numpy(), y.numpy())
    assert torch.allclose(fit.parameters[:-1], torch.from_numpy(model.coef_), rtol=1e-10)
    assert fit.parameters[-1].item() == pytest.approx(model.intercept_, rel=1e-10)


# --- Against closed forms ---


def test_one_newton_step_solves_least_squares():
    X, y = drawn((20, 4)), drawn(20, 1)
    fit = newton(linear_objective(X, y, intercept=False))
    assert (fit.steps, fit.converged) == (1, True)
    assert torch.allclose(fit.parameters, torch.linalg.lstsq(X, y).solution, rtol=1e-10)


@given(ones=st.integers(1, 19))
def test_an_intercept_alone_finds_the_frequency(ones):
    y = (torch.arange(20) < ones).long()
    fit = newton(logistic_objective(torch.zeros(20, 1).double(), y))
    assert fit.converged
    assert fit.parameters[-1].item() == pytest.approx(math.log(ones / (20 - ones)), abs=1e-7)
    assert fit.losses[-1] == pytest.approx(entropy(torch.tensor([ones / 20, 1 - ones / 20]).double()).item())


def test_intercepts_alone_find_the_frequencies():
    y = torch.tensor([0] * 5 + [1] * 3 + [2] * 2)
    fit = newton(softmax_objective(torch.zeros(10, 1).double(), y, 3))
    assert fit.converged
    assert softmax(fit.parameters[:, -1]).tolist() == pytest.approx([0.5, 0.3, 0.2], abs=1e-8)


def test_a_yes_or_no_feature_finds_the_logarithm_of_the_odds_ratio():
    #            feature 0: 6 of 10 yes, feature 1: 9 of 12 yes
    x = torch.tensor([0.0] * 10 + [1.0] * 12).double()[:, None]
    y = torch.tensor([1] * 6 + [0] * 4 + [1] * 9 + [0] * 3)
    w, b = newton(logistic_objective(x, y)).parameters.tolist()
    assert b == pytest.approx(math.log(6 / 4), abs=1e-8)
    assert w == pytest.approx(math.log(9 / 3) - math.log(6 / 4), abs=1e-8)


def test_two_classes_are_yes_or_no():
    X, y = drawn((40, 2)), labels(40, 2)
    one = newton(logistic_objective(X, y)).parameters
    two = newton(softmax_objective(X, y, 2)).parameters
    assert torch.allclose(two[1] - two[0], one, rtol=0, atol=1e-8)


# --- How they go down ---


def test_newton_doubles_the_digits_and_the_loss_never_rises():
    X, y = standardized(load_breast_cancer())
    fit = newton(logistic_objective(X, y, 0.01), tolerance=1e-14)
    errors = (fit.path - fit.parameters).norm(dim=1)
    last = [e for e in errors.tolist() if 1e-13 < e < 1e-1]
    assert len(last) >= 2
    assert all(b < 10 * a**2 + 1e-13 for a, b in pairwise(last))
    assert all(b <= a * (1 + 1e-11) for a, b in pairwise(fit.losses))


def test_newton_arrives_from_where_the_full_step_leads_astray():
    X, y = drawn((40, 2)), labels(40, 2)
    objective = logistic_objective(X, y, 1e-3)
    far = torch.tensor([8.0, -9.0, 7.0]).double()
    full = far - torch.linalg.solve(objective.hessian(far), objective.gradient(far))
    assert objective.loss(full) > objective.loss(far)
    fit = newton(objective, start=far)
    assert fit.converged
    assert torch.equal(fit.path[0], far)
    assert torch.allclose(fit.parameters, newton(objective).parameters, rtol=0, atol=1e-7)


def test_gradient_descent_diverges_beyond_2_over_the_largest_eigenvalue():
    X, y = drawn((20, 2)), drawn(20, 1)
    objective = linear_objective(X, y)
    limit = 2 / torch.linalg.eigvalsh(objective.hessian(objective.start))[-1].item()
    assert gradient_descent(objective, 0.9 * limit).converged
    fit = gradient_descent(objective, 1.5 * limit, steps=5000)
    assert not fit.converged
    assert fit.steps < 5000  # it stops where the loss overflows
    assert not math.isfinite(fit.losses[-1])
    assert math.isfinite(fit.losses[-2])


def test_data_that_are_parted_have_no_minimum():
    X = torch.tensor([[-2.0], [-1.0], [1.0], [2.0]]).double()
    y = torch.tensor([0, 0, 1, 1])
    for objective in (logistic_objective(X, y), softmax_objective(X, y, 2)):
        fit = newton(objective, steps=100)
        assert fit.gradient_norms[-1] <= 1e-8
        assert not fit.converged
    assert newton(logistic_objective(X, y, 0.1)).converged


def test_where_to_stop():
    objective = logistic_objective(drawn((30, 2)), labels(30, 2))
    for fit in (newton(objective, steps=2), gradient_descent(objective, 0.1, steps=2)):
        assert (fit.steps, len(fit.losses), len(fit.gradient_norms)) == (2, 3, 3)
        assert not fit.converged
    fit = newton(objective, steps=0)
    assert torch.equal(fit.parameters, objective.start)
    at_the_end = newton(objective).parameters
    assert newton(objective, start=at_the_end).steps == 0
    assert gradient_descent(objective, 1.0, start=at_the_end).converged
    flat = linear_objective(drawn((5, 2)), torch.zeros(5).double())
    assert gradient_descent(flat, 1.0, tolerance=0).steps == 0
    fit = newton(objective, tolerance=1e-3)
    assert fit.gradient_norms[-1] <= 1e-3 < fit.gradient_norms[-2]


def test_the_start_is_left_alone():
    objective, start = logistic_objective(drawn((30, 2)), labels(30, 2)), torch.ones(3).double()
    fit = gradient_descent(objective, 0.1, steps=3, start=start.requires_grad_())
    assert torch.equal(start, torch.ones(3).double())
    assert not fit.path.requires_grad


def test_refuses():
    X, y = torch.ones(4, 2), torch.tensor([0, 1, 0, 1])
    for make in (
        lambda X, y, *a: logistic_objective(X, y, *a),
        lambda X, y, *a: softmax_objective(X, y, 2, *a),
    ):
        with refuses(ValueError, r"X of shape \(4, 2\) and y of shape \(3,\) are not \(N, D\) and \(N,\)"):
            make(X, y[:3])
        with refuses(ValueError, r"X of shape \(4, 1, 2\) and y.*try X.flatten\(1\)"):
            make(X[:, None], y)
        with refuses(ValueError, r"X of shape \(0, 2\)"):
            make(X[:0], y[:0])
        with refuses(ValueError, "targets have class 2, but there are classes 0 to 1"):
            make(X, y * 2)
        with refuses(TypeError, "targets must be integers"):
            make(X, y.float())
        with refuses(TypeError, "X must be floating point"):
            make(X.long(), y)
        for l2 in (-0.1, math.nan):
            with refuses(ValueError, f"l2={l2} would reward large weights"):
                make(X, y, l2)
    with refuses(ValueError, r"X of shape \(4, 2\) and y of shape \(3,\) are not \(N, D\) and \(N,\)"):
        linear_objective(X, X[:3, 0])
    with refuses(TypeError, "y must be floating point"):
        linear_objective(X, y)
    with refuses(TypeError, "x has dtype torch.float32, but y has torch.float64"):
        linear_objective(X, y.double())


def test_descents_refuse():
    objective = logistic_objective(torch.ones(4, 2), torch.tensor([0, 1, 0, 1]))
    for rate in (0, -1.0, math.nan):
        with refuses(ValueError, f"learning_rate={rate} goes up or nowhere; try 0.1"):
            gradient_descent(objective, rate)
    with refuses(ValueError, "steps=-1 is negative"):
        newton(objective, steps=-1)
    for tolerance in (-1e-9, math.nan):
        with refuses(ValueError, f"tolerance={tolerance} can never be met"):
            newton(objective, tolerance=tolerance)
    with refuses(ValueError, r"start has shape \(2,\), but the parameters have \(3,\)"):
        gradient_descent(objective, 0.1, start=torch.zeros(2))
    for descend in (newton, lambda objective, start: gradient_descent(objective, 0.1, start=start)):
        with refuses(TypeError, "x has dtype torch.float32, but start has torch.float64"):
            descend(objective, start=torch.zeros(3).double())
    with refuses(ValueError, r"X of shape \(4,\) does not have the axes \(N, D\)"):
        with_intercept(torch.ones(4))
