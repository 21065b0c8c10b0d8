"""The key-value cache: what a decoder need not compute again for the tokens it has already read."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


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
            ValueError: If the new ones do not continue the sequences that are here.
        """
        if self.keys is not None:
            old, new = self.keys.shape, k.shape
            if (old[:2], old[3:]) != (new[:2], new[3:]):
                raise ValueError(
                    f"keys of shape {tuple(new)} do not continue cached keys of shape {tuple(old)}; "
                    "only the third axis may differ; start with an empty cache for other sequences"
                )
            k, v = torch.cat([self.keys, k], -2), torch.cat([self.values, v], -2)
        self.keys, self.values = k, v
        return k, v

    def select(self, rows: Int[Tensor, " rows"]) -> None:
        """Keep these sequences of the batch, in this order; one may be taken more than once, as in a beam."""
        if self.keys is not None:
            self.keys, self.values = self.keys[rows], self.values[rows]
