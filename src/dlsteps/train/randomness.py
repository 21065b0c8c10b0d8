"""The states of the generators that a model or its data may draw from."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor


def seed_all(*entropy: int) -> None:
    """Seed torch's, NumPy's and Python's generators from numbers from 0 up; zeros at the end do not count."""
    words = np.random.SeedSequence(entropy).generate_state(3)
    torch.manual_seed(int(words[0]))
    np.random.seed(words[1])
    random.seed(int(words[2]))


def states(device: torch.device) -> dict[str, Tensor]:
    """Return the states of all generators as tensors, the device's own among them."""
    _, keys, position, has_normal, normal = np.random.get_state()
    _, words, spare = random.getstate()
    found = {
        "torch": torch.get_rng_state(),
        "numpy": torch.tensor([*keys.tolist(), position, has_normal]),
        "numpy_normal": torch.tensor([normal], dtype=torch.float64),
        "python": torch.tensor(words),
        "python_normal": torch.tensor([spare is not None, spare or 0.0], dtype=torch.float64),
    }
    if device.type == "cuda":
        found["cuda"] = torch.cuda.get_rng_state(device)
    return found


def restore(found: Mapping[str, Tensor], device: torch.device) -> None:
    """Set all generators to states that `states` returned; a device's own, if it has one here and there."""
    torch.set_rng_state(found["torch"].clone())  # it reads a view from where its base begins
    *keys, position, has_normal = found["numpy"].tolist()
    np.random.set_state(
        ("MT19937", np.array(keys, dtype=np.uint32), position, has_normal, found["numpy_normal"].item())
    )
    has_spare, spare = found["python_normal"].tolist()
    random.setstate((3, tuple(found["python"].tolist()), spare if has_spare else None))
    if device.type == "cuda" and "cuda" in found:
        torch.cuda.set_rng_state(found["cuda"].clone(), device)


@contextmanager
def kept(device: torch.device = torch.device("cpu")) -> Iterator[None]:  # noqa: B008 - it is immutable
    """Give the caller's generators back as they were."""
    before = states(device)
    try:
        yield
    finally:
        restore(before, device)
