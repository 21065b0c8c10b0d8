"""Attention: every position asks all others, and takes from each what answers."""

from dlsteps.nn.attention.blockwise import blockwise_attention
from dlsteps.nn.attention.cache import KeyValueCache
from dlsteps.nn.attention.masks import causal_mask, combine_masks, padding_mask, token_mask
from dlsteps.nn.attention.multi_head import MultiHeadAttention, MultiHeadSteps, merge_heads, split_heads
from dlsteps.nn.attention.scaled_dot_product import (
    AttentionSteps,
    attention_steps,
    safe_softmax,
    scaled_dot_product_attention,
)

__all__ = [
    "AttentionSteps",
    "KeyValueCache",
    "MultiHeadAttention",
    "MultiHeadSteps",
    "attention_steps",
    "blockwise_attention",
    "causal_mask",
    "combine_masks",
    "merge_heads",
    "padding_mask",
    "safe_softmax",
    "scaled_dot_product_attention",
    "split_heads",
    "token_mask",
]
