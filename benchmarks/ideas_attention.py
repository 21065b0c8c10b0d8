"""Attention, positions and the Transformer against torch's own, and against other versions from scratch.

Forward and backward, one thread, float32, medians of pairs in turn. `benchmarks.others` says how to add
labml-nn and x-transformers; where one is missing, its column is empty.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks import others
from benchmarks.report import table
from dlsteps.nn.attention import (
    MultiHeadAttention,
    blockwise_attention,
    causal_mask,
    scaled_dot_product_attention,
)
from dlsteps.nn.positional import LearnedEncoding, RotaryEncoding, SinusoidalEncoding
from dlsteps.nn.transformer import DecoderLayer, EncoderLayer, PreNorm, Transformer, greedy_decode

REPEATS = 5
HEADS = [(8, 4, 64, 32), (2, 8, 512, 64), (1, 4, 2048, 64)]  # B, h, T, d_head: typical, typical, large
TOKENS = [(8, 64, 128), (4, 256, 256), (1, 1024, 256)]  # B, T, d_model
NUM_HEADS = 4


def run() -> None:
    torch.set_num_threads(1)
    others.announce("labml-nn", "x-transformers")
    table(["what", "shape", "ours", "torch's", "ratio", "to labml-nn", "to x-transformers"], rows())
    print("\nDecoding 16 sentences of 24 tokens, greedily, 4 layers:\n")
    table(["", "time"], decoding())
    print(
        f"\nMedians of {REPEATS} pairs in turn. Torch's attention is a fused kernel in C++; ours is written "
        "to be read, and blockwise attention computes its weights twice. Rotary positions have no "
        "counterpart in torch; labml-nn keeps its tables of sinusoids and rotations. A ratio that grows with "
        "the size would be a fault."
    )


def rows() -> Iterator[list[str]]:
    for name, shapes, make in CASES:
        for shape in shapes:
            case = make(shape)
            ours = case["ours"]
            cells = [name, "×".join(map(str, shape)), f"{1000 * median(ours, case['inputs']):.2f} ms"]
            theirs = case.get("torch")
            cells.append("" if theirs is None else f"{1000 * median(theirs, case['inputs']):.2f} ms")
            for other in ("torch", "labml-nn", "x-transformers"):
                cells.append(ratio(ours, case.get(other), case["inputs"]))
            yield cells


def ratio(ours: Callable, theirs: Callable | None, inputs: list[Tensor]) -> str:
    if theirs is None:
        return "–"
    seconds(ours, inputs), seconds(theirs, inputs)
    return f"{statistics.median(seconds(ours, inputs) / seconds(theirs, inputs) for _ in range(REPEATS)):.2f}"


def median(call: Callable, inputs: list[Tensor]) -> float:
    return statistics.median(seconds(call, inputs) for _ in range(REPEATS))


def seconds(call: Callable, inputs: list[Tensor]) -> float:
    """One forward and backward pass, gradients of the inputs and of the parameters."""
    inputs = [x.clone().requires_grad_() for x in inputs]
    if isinstance(call, nn.Module):
        call.zero_grad(set_to_none=True)
    start = time.perf_counter()
    call(*inputs).square().mean().backward()
    return time.perf_counter() - start


def drawn(count: int, *shape: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=generator) for _ in range(count)]


# Attention itself, on heads (B, h, T, d_head).


def whole(shape: tuple[int, ...]) -> dict:
    mask = causal_mask(shape[2])
    return {
        "ours": lambda q, k, v: scaled_dot_product_attention(q, k, v, mask),
        "torch": lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=mask),
        "inputs": drawn(3, *shape),
    }


def unmasked(shape: tuple[int, ...]) -> dict:
    return {
        "ours": scaled_dot_product_attention,
        "torch": F.scaled_dot_product_attention,
        "inputs": drawn(3, *shape),
    }


def blockwise(shape: tuple[int, ...]) -> dict:
    return {
        "ours": lambda q, k, v: blockwise_attention(q, k, v, causal=True),
        "torch": lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
        "inputs": drawn(3, *shape),
    }


# Layers, on tokens (B, T, d_model).


class TorchMultiHead(nn.MultiheadAttention):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x, x, x, need_weights=False)[0]


def multi_head(shape: tuple[int, ...]) -> dict:
    d_model = shape[-1]
    return {
        "ours": MultiHeadAttention(d_model, NUM_HEADS),
        "torch": TorchMultiHead(d_model, NUM_HEADS, batch_first=True),
        "labml-nn": others.labml_heads(d_model, NUM_HEADS),
        "x-transformers": others.x_heads(d_model, NUM_HEADS),
        "inputs": drawn(1, *shape),
    }


def encoder_layer(shape: tuple[int, ...]) -> dict:
    d_model = shape[-1]
    return {
        "ours": EncoderLayer(d_model, NUM_HEADS, 4 * d_model, residual=PreNorm),
        "torch": nn.TransformerEncoderLayer(
            d_model, NUM_HEADS, 4 * d_model, 0.0, batch_first=True, norm_first=True
        ),
        "labml-nn": others.labml_transformer_layer(d_model, NUM_HEADS, decoder=False),
        "x-transformers": others.x_transformer_layer(d_model, NUM_HEADS, decoder=False),
        "inputs": drawn(1, *shape),
    }


def decoder_layer(shape: tuple[int, ...]) -> dict:
    d_model, mask = shape[-1], causal_mask(shape[1])
    ours = DecoderLayer(d_model, NUM_HEADS, 4 * d_model, residual=PreNorm)
    theirs = nn.TransformerDecoderLayer(
        d_model, NUM_HEADS, 4 * d_model, 0.0, batch_first=True, norm_first=True
    )
    return {
        "ours": lambda x, memory: ours(x, memory, mask),
        "torch": lambda x, memory: theirs(x, memory, tgt_mask=~mask),
        "labml-nn": others.labml_transformer_layer(d_model, NUM_HEADS, decoder=True),
        "x-transformers": others.x_transformer_layer(d_model, NUM_HEADS, decoder=True),
        "inputs": drawn(2, *shape),
    }


def sinusoidal(shape: tuple[int, ...]) -> dict:
    table = SinusoidalEncoding(shape[-1])(torch.zeros(shape[1:]))
    return {
        "ours": SinusoidalEncoding(shape[-1]),
        "torch": lambda x: x + table,
        "labml-nn": others.labml_sinusoidal(shape[-1]),
        "inputs": drawn(1, *shape),
    }


def learned(shape: tuple[int, ...]) -> dict:
    theirs, positions = nn.Embedding(*shape[1:]), torch.arange(shape[1])
    return {
        "ours": LearnedEncoding(shape[2], shape[1]),
        "torch": lambda x: x + theirs(positions),
        "inputs": drawn(1, *shape),
    }


def rotary(shape: tuple[int, ...]) -> dict:
    return {
        "ours": RotaryEncoding(shape[-1]),
        "labml-nn": others.labml_rotary(shape[-1]),
        "x-transformers": others.x_rotary(*shape[2:]),
        "inputs": drawn(1, *shape),
    }


CASES: list[tuple[str, list, Callable]] = [
    ("scaled_dot_product_attention", HEADS, unmasked),
    ("the same, masked", HEADS, whole),
    ("blockwise_attention, causal", HEADS, blockwise),
    ("MultiHeadAttention", TOKENS, multi_head),
    ("EncoderLayer", TOKENS, encoder_layer),
    ("DecoderLayer", TOKENS, decoder_layer),
    ("SinusoidalEncoding (torch: a table)", TOKENS, sinusoidal),
    ("LearnedEncoding", TOKENS, learned),
    ("RotaryEncoding", HEADS, rotary),
]


def decoding() -> Iterator[list[str]]:
    torch.manual_seed(0)
    model = Transformer(32, 32, 64, NUM_HEADS, 4, 128).eval()
    model.to_logits.bias.data[2] = -1e9  # it never ends
    source = torch.randint(3, 32, (16, 24))
    for use_cache in (True, False):
        start = time.perf_counter()
        greedy_decode(model, source, start=1, end=2, max_length=24, use_cache=use_cache)
        spent = 1000 * (time.perf_counter() - start)
        yield ["with the cache" if use_cache else "without", f"{spent:.0f} ms"]
