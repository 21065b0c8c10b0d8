"""Two color photographs that come with scikit-learn: a temple and a flower.

Both are under CC BY 2.0: "china" by danielbuechele, "flower" by vultilion (names on Flickr).
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float64
from sklearn import datasets
from torch import Tensor

NAMES = ("china", "flower")
HEIGHT, WIDTH = 427, 640


def load_photograph(name: str, downscale: int = 1) -> Float64[Tensor, "1 3 H W"]:
    """Load one photograph as a batch of one.

    Args:
        name: "china" (a temple) or "flower".
        downscale: side of the square of pixels that is averaged into one. 427 and 640 share no divisor:
            rows and columns that fill no square are cut off at the bottom and at the right.

    Returns:
        The image (1, 3, 427 // downscale, 640 // downscale) in [0, 1], channels red, green, blue.

    Raises:
        ValueError: if the name is unknown or downscale is not in 1 … 427.

    Source:
        `sklearn.datasets.load_sample_image`.
    """
    if name not in NAMES:
        raise ValueError(f"no photograph is called {name!r}; try {' or '.join(map(repr, NAMES))}")
    if not 1 <= downscale <= HEIGHT:
        raise ValueError(f"downscale={downscale} leaves no image; try a whole number from 1 to {HEIGHT}")
    pixels = torch.from_numpy(datasets.load_sample_image(f"{name}.jpg").copy())  # (H, W, 3), bytes
    image = pixels.permute(2, 0, 1).unsqueeze(0).double() / 255  # (1, 3, H, W)
    return F.avg_pool2d(image, downscale)
