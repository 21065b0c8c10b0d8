"""Where each digit stands: inside the picture, and hardly over another."""

import numpy as np

from dlsteps.data.scenes.style import SceneStyle


def place(
    sizes: np.ndarray, wanted: np.ndarray, tries: np.ndarray, style: SceneStyle
) -> tuple[np.ndarray, np.ndarray]:
    """Give each box the first of its places that leaves the earlier boxes readable.

    Two boxes may share a part of up to `style.overlap` of the smaller. A box for which no place does is
    left out.

    Args:
        sizes: (n, K, 2) width and height in pixels.
        wanted: (n, K) which of them are to be placed.
        tries: (n, K, T, 2) where to try, from 0 (left or top) to 1.
        style: Size of the picture and largest overlap.

    Returns:
        Boxes (n, K, 4), left, top, right and bottom in pixels, and (n, K) which of them were placed.
    """
    n, K = wanted.shape
    corners = (tries * (style.size + 1 - sizes[:, :, None])).astype(np.int64)
    candidates = np.concatenate([corners, corners + sizes[:, :, None]], -1)  # (n, K, T, 4)
    boxes, placed = np.zeros((n, K, 4), dtype=np.int64), np.zeros((n, K), dtype=bool)
    for k in range(K):
        crowded = _covered(candidates[:, k, :, None], boxes[:, None, :k]) > style.overlap  # (n, T, k)
        free = ~(crowded & placed[:, None, :k]).any(-1)  # (n, T)
        boxes[:, k] = candidates[np.arange(n), k, free.argmax(-1)]
        placed[:, k] = free.any(-1) & wanted[:, k]
    return boxes, placed


def _covered(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return what part of the smaller of two boxes the other covers."""
    shared = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    areas = [(box[..., 2:] - box[..., :2]).prod(-1) for box in (a, b)]
    return shared.clip(0).prod(-1) / np.maximum(np.minimum(*areas), 1)
