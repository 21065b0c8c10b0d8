"""Real feature maps, small enough to show every number: digits seen through four filters and ReLU."""

import torch
import torch.nn.functional as F
from jaxtyping import Float64
from torch import Tensor

from dlsteps.data.digits import load_digits

# Correlation kernels (not flipped), as in a convolution layer. Each sums to zero: blank paper gives 0.
EDGE_FILTERS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "horizontal edge": ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),  # Sobel, down the page
    "vertical edge": ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),  # Sobel, to the right
    "diagonal edge": ((-2, -1, 0), (-1, 0, 1), (0, 1, 2)),  # Sobel turned by 45°, down and to the right
    "spot": ((0, 1, 0), (1, -4, 1), (0, 1, 0)),  # Laplacian, negative on a line of ink
}
# A pixel, counted twice, and its four neighbors: how much ink is there, and not how it changes.
INK = ((0, 1, 0), (1, 2, 1), (0, 1, 0))


def edge_maps(images: Float64[Tensor, "N 1 H W"]) -> Float64[Tensor, "N 4 H-2 W-2"]:
    """Filter gray images with the four edge filters, without padding.

    Args:
        images: (N, 1, H, W), H and W at least 3.

    Returns:
        One map for each filter, (N, 4, H−2, W−2), in the order of `EDGE_FILTERS`.

    Raises:
        ValueError: if an image is smaller than a filter.

    Source:
        Sobel and Feldman, An Isotropic 3×3 Image Gradient Operator (1968), for the first three; the last is
        the 5-point Laplacian.
    """
    H, W = images.shape[-2:]
    if H < 3 or W < 3:
        raise ValueError(f"an image of {H}×{W} is smaller than a 3×3 filter; give at least 3×3 pixels")
    return _filtered(images, list(EDGE_FILTERS.values()))


def _filtered(images: Float64[Tensor, "N 1 H W"], filters: list) -> Float64[Tensor, "N C H-2 W-2"]:
    return F.conv2d(images, torch.tensor(filters, dtype=torch.float64).unsqueeze(1))


def digit_feature_maps(n: int = 3) -> Float64[Tensor, "n 4 3 3"]:
    """Feature maps of the first n digits of the file: four filters, rectified, pooled to 3×3.

    Page 0 holds ink, so it shows the digit; pages 1 to 3 hold the edges that run in one direction. As ReLU
    leaves nothing negative, the means of pages and of books differ from zero and from each other.

    The filters take an 8×8 digit to 6×6, and the mean of each 2×2 square takes that to 3×3. All values are
    multiples of 1/64, so that float64 holds them exactly and every machine computes the same.

    Args:
        n: how many digits; the first ten show 0, 1, …, 9.

    Returns:
        (n, 4, 3, 3), channels: ink, horizontal edge, vertical edge, diagonal edge.

    Raises:
        ValueError: if n is not in 1 … 1797.
    """
    images = load_digits().images
    if not 1 <= n <= len(images):
        raise ValueError(f"n={n} digits were asked for; try a whole number from 1 to {len(images)}")
    edges = [EDGE_FILTERS[f"{direction} edge"] for direction in ("horizontal", "vertical", "diagonal")]
    return F.avg_pool2d(F.relu(_filtered(images[:n], [INK, *edges])), 2)
