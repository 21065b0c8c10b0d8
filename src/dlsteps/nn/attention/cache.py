"""The key-value cache: what a decoder need not compute again for the tokens it has already read."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dlsteps.nn.checks import check_same_dtype


class KeyValueCache:
    """Keys and values of the tokens so far, for one attention layer. It starts empty, and grows by `append`.

    A token's key and value depend on the tokens before it alone, so they stay as they are when others
    follow. Each `append` copies what is there, which costs little beside the attention that reads it all.

    Attributes:
        keys: Tensor (B, h, S, d_k), or None while empty.
        values: Tensor (B, h, S, d_v), or None while empty.
    """

    def __init__(self):
        self.keys: Tensor | None = None
        self.values: Tensor | None = None

    def __len__(self) -> int:
        return 0 if self.keys is None else self.keys.shape[-2]

    def append(
        self, k: Float[Tensor, "B h T d_k"], v: Float[Tensor, "B h T d_v"]
    ) -> tuple[Float[Tensor, "B h S d_k"], Float[Tensor, "B h S d_v"]]:
        """Add new tokens at the end.

        Args:
            k: Their keys.
            v: Their values.

        Returns:
            All keys and all values, the new ones last.

        Raises:
            TypeError: If the dtypes differ from one another, or from what is here.
            ValueError: If there is not one value for each key, or the new ones do not continue the
                sequences that are here.
        """
        check_same_dtype(k, v=v)
        if k.ndim != 4 or v.ndim != 4 or k.shape[:3] != v.shape[:3]:
            raise ValueError(
                f"keys of shape {tuple(k.shape)} and values of shape {tuple(v.shape)} are not one for each "
                "token, (B, h, T, width); give each key its own value"
            )
        if self.keys is not None:
            check_same_dtype(k, cache=self.keys)
            for name, old, new in (("keys", self.keys, k), ("values", self.values, v)):
                _check_continues(name, old.shape, new.shape)
            k, v = torch.cat([self.keys, k], -2), torch.cat([self.values, v], -2)
        self.keys, self.values = k, v
        return k, v

    def select(self, rows: Int[Tensor, " rows"]) -> None:
        """Keep these sequences of the batch, in this order; one may be taken more than once, as in a beam.

        Args:
            rows: Numbers of sequences, from 0.

        Raises:
            IndexError: If there is no such sequence. A negative number does not count from the end.
        """
        if self.keys is None:
            return
        B = len(self.keys)
        wrong = rows[(rows < 0) | (rows >= B)]
        if wrong.numel():
            raise IndexError(f"row {wrong[0].item()} is not among the B={B} sequences; count from 0")
        self.keys, self.values = self.keys[rows], self.values[rows]


def _check_continues(name: str, old: torch.Size, new: torch.Size) -> None:
    if (old[:2], old[3:]) != (new[:2], new[3:]):
        raise ValueError(
            f"{name} of shape {tuple(new)} do not continue cached {name} of shape {tuple(old)}; "
            "only the third axis may differ; start with an empty cache for other sequences"
        )
