"""The values of a picture with more than 8 bits, between what its file says is black and white."""

import numpy as np
from PIL import Image

from dlsteps.data.errors import DataError

# Tags of the TIFF format; of two that say the same, first the one for numbers of any type.
_BITS, _KIND, _UNSIGNED = 258, 339, 1
_LOWEST, _HIGHEST = (340, 280), (341, 281)
_16_BITS = 0.0, 2.0**16 - 1


def in_bytes(image: Image.Image, source: Image.Image) -> Image.Image:
    """Return a picture in 8 bits, black at 0 and white at 255; what lies beyond them is cut off.

    What is black and white is what the file says. Where it does not, whole numbers of 16 bits run from 0 to
    the largest, and floating-point numbers between 0 and 1 are taken as they are.

    Args:
        image: with one whole or floating-point number a pixel.
        source: the same one as it was opened: a turned or converted copy no longer knows its file.

    Raises:
        DataError: if nothing shows what is white; or some values are not numbers.

    Source:
        Aldus, TIFF Revision 6.0 (1992), sections 8 and 19, for the tags.
    """
    values = np.asarray(image)
    if values.dtype == np.int32 and _said(source, (_KIND,)) == _UNSIGNED:
        values = values.view(np.uint32)  # Pillow reads them as if they had a sign
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        raise DataError("some of its values are NaN or infinite; replace them")
    limits = _limits(source)
    if limits is None and image.mode == "F" and values.min() >= 0 and values.max() <= 1:
        limits = 0.0, 1.0
    if limits is None:
        raise DataError(
            f"its values run from {values.min():g} to {values.max():g}, and nothing says which are black and "
            "white; save it in 8 or 16 bits, as floats from 0 to 1, or with SMinSampleValue, SMaxSampleValue"
        )
    black, white = limits
    return Image.fromarray(np.floor(256 * (values - black) / (white - black)).clip(0, 255).astype(np.uint8))


def _limits(image: Image.Image) -> tuple[float, float] | None:
    """Read what a file says is black and white; None if it does not say."""
    if image.mode.startswith("I;16"):
        return 0.0, 2.0 ** (_said(image, (_BITS,)) or 16) - 1  # a camera's 12 bits may stand in 16
    if image.format == "PPM" and image.mode == "I":
        return _16_BITS  # Pillow has scaled it
    black, white = _said(image, _LOWEST), _said(image, _HIGHEST)
    return (black, white) if None not in (black, white) and black < white else None


def _said(image: Image.Image, names: tuple[int, ...]) -> float | None:
    """Return the first of some tags that a TIFF file has; of one value a channel, the first."""
    tags = getattr(image, "tag_v2", {})
    found = (tags[name] for name in names if name in tags)
    value = next(found, None)
    value = value[0] if isinstance(value, tuple) else value
    return None if value is None else float(value)
