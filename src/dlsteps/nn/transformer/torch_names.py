"""What PyTorch calls the weights of the same layers, so that they can be loaded from it and into it."""

import re
from collections.abc import Mapping
from typing import TypeVar

Value = TypeVar("Value")

ENCODER = {  # ours: theirs
    "self_attention.sublayer.": "self_attn.",
    "self_attention.norm.": "norm1.",
    "feed_forward.sublayer.linear": "linear",
    "feed_forward.norm.": "norm2.",
}
DECODER = {
    "self_attention.sublayer.": "self_attn.",
    "self_attention.norm.": "norm1.",
    "cross_attention.sublayer.": "multihead_attn.",
    "cross_attention.norm.": "norm2.",
    "feed_forward.sublayer.linear": "linear",
    "feed_forward.norm.": "norm3.",
}


def to_torch_names(state: Mapping[str, Value]) -> dict[str, Value]:
    """Rename the weights of our encoder or decoder layers, or of stacks of them, to torch's names.

    Args:
        state: Such as `EncoderLayer(...).state_dict()`.

    Returns:
        What `torch.nn.TransformerEncoderLayer` and its siblings load.
    """
    return _renamed(state, ENCODER, DECODER, marker="cross_attention.norm.weight")


def from_torch_names(state: Mapping[str, Value]) -> dict[str, Value]:
    """Rename the weights of torch's encoder or decoder layers, or of stacks of them, to our names.

    Args:
        state: Such as `torch.nn.TransformerEncoderLayer(...).state_dict()`.

    Returns:
        What `EncoderLayer` and its siblings load.
    """
    encoder, decoder = ({theirs: ours for ours, theirs in table.items()} for table in (ENCODER, DECODER))
    return _renamed(state, encoder, decoder, marker="norm3.weight")


def _renamed(
    state: Mapping[str, Value], encoder: dict[str, str], decoder: dict[str, str], marker: str
) -> dict[str, Value]:
    """Rename the weights of each layer by the table for its kind; only a decoder layer has the marker."""
    renamed = {}
    for name, value in state.items():
        layer, weight = re.fullmatch(r"(.*layers\.\d+\.|)(.*)", name).groups()
        table = decoder if layer + marker in state else encoder
        for old, new in table.items():
            if weight.startswith(old):
                weight = new + weight.removeprefix(old)
                break
        renamed[layer + weight] = value
    return renamed
