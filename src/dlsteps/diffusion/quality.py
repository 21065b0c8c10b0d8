"""How good samples are: as a crowd, by the distance of two clouds; alone, by nearness to a known picture."""

import numpy as np
import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor


def frechet_distance(a: Float64[Tensor, "N D"], b: Float64[Tensor, "M D"]) -> float:
    r"""Compare two clouds of points by their means and covariances, as if both were normal.

    $d^2 = |\mu_a - \mu_b|^2 + \text{tr}\,(\Sigma_a + \Sigma_b - 2 (\Sigma_a \Sigma_b)^{1/2})$. The root's
    trace is that of $(\Sigma_a^{1/2} \Sigma_b \Sigma_a^{1/2})^{1/2}$, whose eigenvalues are real, so that
    two symmetric problems suffice. Covariances that lack full rank do no harm.

    Args:
        a: Features of one set, two points or more.
        b: Features of the other.

    Returns:
        The squared distance, 0 or more.

    Raises:
        TypeError: If the features are not float64.
        ValueError: If a set has fewer than two points, the dimensions differ, or a number is not finite.

    Source:
        Dowson and Landau, The Fréchet Distance Between Multivariate Normal Distributions (1982);
        Heusel et al., GANs Trained by a Two Time-Scale Update Rule (2017), equation 6, for pictures.
    """
    for name, points in (("a", a), ("b", b)):
        _check_cloud(name, points)
    if a.shape[1] != b.shape[1]:
        raise ValueError(
            f"a has D={a.shape[1]} features and b has D={b.shape[1]}; take both from the same classifier"
        )
    shift = (a.mean(0) - b.mean(0)).square().sum()
    cov_a, cov_b = torch.cov(a.T).view(a.shape[1], -1), torch.cov(b.T).view(a.shape[1], -1)
    values, vectors = torch.linalg.eigh(cov_a)
    root_a = vectors * values.clamp(min=0).sqrt() @ vectors.T
    roots = torch.linalg.eigvalsh(root_a @ cov_b @ root_a).clamp(min=0).sqrt()
    return max(0.0, (shift + cov_a.trace() + cov_b.trace() - 2 * roots.sum()).item())


def _check_cloud(name: str, points: Tensor) -> None:
    if points.dtype != torch.float64:
        raise TypeError(f"{name} has dtype {points.dtype}, and roots of covariances need float64")
    if points.ndim != 2 or len(points) < 2:
        raise ValueError(f"{name} has shape {tuple(points.shape)}; give two points or more, (N, D)")
    if not points.isfinite().all():
        raise ValueError(f"{name} has numbers that are not finite; look for a network that diverged")


def matched_frechet_distance(
    a: Float64[Tensor, "N D"],
    labels_a: Int[Tensor, " N"],
    b: Float64[Tensor, "M D"],
    labels_b: Int[Tensor, " M"],
    per_class: int = 45,
    draws: int = 20,
    seed: int = 0,
) -> float:
    """Compare two sets at the same size and with the same share of each class.

    From each class and either set `per_class` points are drawn without replacement, and the Fréchet distance
    of what was drawn is averaged over the draws. The distance of finite sets is too large, the more so the
    smaller they are; at one size the distances of several sets to one reference can be compared. From a class
    of `a` that has too few points they are drawn with replacement.

    Args:
        a: Features of the set that is judged.
        labels_a: Class of each.
        b: Features of the reference.
        labels_b: Class of each; they say which classes there are.
        per_class: Points of each class and set.
        draws: Number of draws.
        seed: Of the draws.

    Returns:
        The mean squared distance; infinity if `a` lacks a class altogether.

    Raises:
        ValueError: If a class of `b` has fewer points than are drawn, or a number is out of range.
    """
    if per_class < 1 or draws < 1:
        raise ValueError(f"per_class={per_class} and draws={draws} must be 1 or more; try 45 and 20")
    classes, counts = labels_b.unique(return_counts=True)
    if counts.min() < per_class:
        fewest = int(classes[counts.argmin()])
        raise ValueError(
            f"per_class={per_class}, but class {fewest} of the reference has {int(counts.min())} points; "
            f"try per_class={int(counts.min())}"
        )
    groups_a = [(labels_a == c).nonzero().flatten().numpy() for c in classes]
    groups_b = [(labels_b == c).nonzero().flatten().numpy() for c in classes]
    if min(map(len, groups_a)) == 0:
        return float("inf")
    rng = np.random.default_rng(seed)

    def drawn(points: Tensor, groups: list[np.ndarray]) -> Tensor:
        chosen = [rng.choice(group, per_class, replace=len(group) < per_class) for group in groups]
        return points[np.concatenate(chosen)]

    distances = [frechet_distance(drawn(a, groups_a), drawn(b, groups_b)) for _ in range(draws)]
    return float(np.mean(distances))


def nearest_distances(x: Float[Tensor, "N *S"], known: Float[Tensor, "M *S"]) -> Float[Tensor, " N"]:
    """Return how far each picture is from the nearest known one, as a Euclidean distance of all its numbers.

    Args:
        x: Pictures.
        known: Pictures they might be copies of, one or more.

    Returns:
        (N,) distances; 0 for a copy.

    Raises:
        ValueError: If no picture is known.
    """
    if len(known) == 0:
        raise ValueError("no picture is known, so none is nearest; give the training set")
    exact = "donot_use_mm_for_euclid_dist"  # by |x|² + |y|² - 2xy a copy would not be at distance 0
    return torch.cdist(x.flatten(1), known.flatten(1), compute_mode=exact).min(1).values
