import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import refuses
from scipy import linalg
from scipy.spatial import distance

from dlsteps.diffusion import frechet_distance, matched_frechet_distance, nearest_distances


def cloud(N, D, seed=0, rank=None):
    rng = np.random.default_rng(seed)
    mixing = rng.standard_normal((rank or D, D))
    return torch.from_numpy(rng.standard_normal((N, rank or D)) @ mixing + rng.standard_normal(D))


def by_scipy(a, b):
    a, b = a.numpy(), b.numpy()
    root = linalg.sqrtm(np.cov(a.T) @ np.cov(b.T))
    gap = a.mean(0) - b.mean(0)
    return gap @ gap + np.trace(np.cov(a.T) + np.cov(b.T) - 2 * root.real)


@given(st.integers(2, 12), st.integers(0, 2**32 - 1))
def test_frechet_distance_equals_scipys_root(D, seed):
    a, b = cloud(3 * D, D, seed), cloud(4 * D, D, seed + 1)
    assert frechet_distance(a, b) == pytest.approx(by_scipy(a, b), rel=1e-7)


def test_frechet_distance_of_known_normals():
    # Means 3 apart; covariances diag(4, 1) and diag(1, 9): (2 − 1)² + (1 − 3)².
    points = torch.tensor([[1.0, 1], [-1, 1], [1, -1], [-1, -1]], dtype=torch.float64) * (3 / 4) ** 0.5
    a, b = points * torch.tensor([2.0, 1]), points * torch.tensor([1.0, 3]) + torch.tensor([3.0, 0])
    assert frechet_distance(a, b) == pytest.approx(9 + 1 + 4, rel=1e-12)


def test_frechet_distance_is_a_distance():
    a, b, c = cloud(40, 5, 0), cloud(50, 5, 1), cloud(60, 5, 2)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-9)
    assert frechet_distance(a, c) ** 0.5 < frechet_distance(a, b) ** 0.5 + frechet_distance(b, c) ** 0.5
    turn = torch.linalg.qr(cloud(5, 5, 3)).Q
    assert frechet_distance(a @ turn, b @ turn) == pytest.approx(frechet_distance(a, b), rel=1e-9)
    assert frechet_distance(a + 1e4, b + 1e4) == pytest.approx(frechet_distance(a, b), rel=1e-6)


def test_frechet_distance_of_flat_clouds():
    a, b = cloud(50, 6, 0, rank=2), cloud(50, 6, 1, rank=2)
    # Without full rank scipy's root is not defined; a little isotropic noise gives its limit.
    jitter = torch.eye(6, dtype=torch.float64) * 1e-9
    root = linalg.sqrtm(((torch.cov(a.T) + jitter) @ (torch.cov(b.T) + jitter)).numpy()).real.trace()
    gap = (a.mean(0) - b.mean(0)).square().sum().item()
    limit = gap + (torch.cov(a.T) + torch.cov(b.T)).trace().item() - 2 * root
    assert frechet_distance(a, b) == pytest.approx(limit, rel=1e-3)
    assert frechet_distance(a[:2], b[:2]) >= 0


def classes(counts):
    return torch.cat([torch.full((n,), c) for c, n in enumerate(counts)])


def test_matching_removes_a_difference_of_class_shares_alone():
    rng = np.random.default_rng(0)
    few, many = classes([60, 540]), classes([300, 300])
    a = torch.from_numpy(rng.standard_normal((600, 3))) + 5 * few[:, None]
    b = torch.from_numpy(rng.standard_normal((600, 3))) + 5 * many[:, None]
    assert frechet_distance(a, b) > 10
    assert matched_frechet_distance(a, few, b, many, per_class=50) < 1


def test_matching_keeps_a_difference_within_classes():
    labels = classes([100, 100])
    a, b = cloud(200, 3, 0), cloud(200, 3, 0)
    assert matched_frechet_distance(a + 2, labels, b, labels, 100) == pytest.approx(12, rel=1e-9)


def test_one_draw_of_everything_is_the_plain_distance():
    labels = classes([20, 20])
    a, b = cloud(40, 3, 0), cloud(40, 3, 1)
    plain = frechet_distance(a, b)
    assert matched_frechet_distance(a, labels, b, labels, 20, draws=3) == pytest.approx(plain, rel=1e-9)


def test_matched_distance_is_the_mean_over_draws():
    labels = classes([30, 30])
    a, b = cloud(60, 3, 0), cloud(60, 3, 1)
    whole = matched_frechet_distance(a, labels, b, labels, 10, draws=4, seed=7)
    rng = np.random.default_rng(7)
    each = []
    for _ in range(4):
        parts = []
        for points in (a, b):
            chosen = [rng.choice(np.arange(30) + 30 * c, 10, replace=False) for c in (0, 1)]
            parts.append(points[np.concatenate(chosen)])
        each.append(frechet_distance(*parts))
    assert whole == pytest.approx(np.mean(each), rel=1e-12)
    assert whole != matched_frechet_distance(a, labels, b, labels, 10, draws=4, seed=8)


def test_a_class_that_is_rare_or_missing():
    labels, b = classes([30, 30]), cloud(60, 3, 1)
    rare = classes([55, 5])
    assert np.isfinite(matched_frechet_distance(cloud(60, 3), rare, b, labels, 20))
    assert matched_frechet_distance(cloud(60, 3), classes([60]), b, labels, 20) == np.inf
    assert np.isfinite(matched_frechet_distance(cloud(60, 3), labels, b, labels, per_class=1))


def test_nearest_distances():
    rng = np.random.default_rng(0)
    x, known = rng.random((20, 1, 8, 8)), rng.random((30, 1, 8, 8))
    ours = nearest_distances(torch.from_numpy(x), torch.from_numpy(known))
    theirs = distance.cdist(x.reshape(20, 64), known.reshape(30, 64)).min(1)
    assert np.allclose(ours.numpy(), theirs, rtol=1e-12)
    copies = torch.from_numpy(known[[3, 3, 9]])
    assert nearest_distances(copies, torch.from_numpy(known)).tolist() == [0, 0, 0]


def test_refuses():
    a, labels = cloud(40, 3), classes([20, 20])
    with refuses(TypeError, "a has dtype torch.float32, and roots of covariances need float64"):
        frechet_distance(a.float(), a)
    with refuses(ValueError, r"b has shape \(1, 3\); give two points or more"):
        frechet_distance(a, a[:1])
    with refuses(ValueError, "b has numbers that are not finite"):
        frechet_distance(a, a.masked_fill(a > 1, torch.nan))
    with refuses(ValueError, "a has D=3 features and b has D=2"):
        frechet_distance(a, a[:, :2])
    with refuses(ValueError, "per_class=21, but class 0 of the reference has 20 points; try per_class=20"):
        matched_frechet_distance(a, labels, a, labels, 21)
    for wrong in ({"per_class": 0}, {"draws": 0}):
        with refuses(ValueError, "must be 1 or more; try 45 and 20"):
            matched_frechet_distance(a, labels, a, labels, **{"per_class": 5, **wrong})
    with refuses(ValueError, "no picture is known"):
        nearest_distances(a, a[:0])
