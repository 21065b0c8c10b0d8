"""Versions from scratch in public packages: ours are measured beside them where they are installed.

They are not among the requirements, and their own requirements would bring another torch. To add them:
`pip install --no-deps --target others labml-nn labml==0.4.168 x-transformers einops einx loguru
torch-einops-utils frozendict`, and then `PYTHONPATH=others make bench`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn


def try_labml() -> None:
    x = torch.zeros(2, 1, 8)
    import_module("labml_nn.transformers.mha").MultiHeadAttention(2, 8)(query=x, key=x, value=x)


def try_x_transformers() -> None:
    import_module("x_transformers.x_transformers").Attention(8, dim_head=4, heads=2)(torch.zeros(1, 2, 8))


TRIALS = {"labml-nn": try_labml, "x-transformers": try_x_transformers}


def announce(*packages: str) -> None:
    """Say of each package whether it is compared."""
    for package in packages:
        print(f"{package}: {note(package)}")
    print()


@cache
def note(package: str) -> str:
    try:
        TRIALS[package]()
    except Exception as error:  # missing, or of another make than this torch
        return f"not compared, {type(error).__name__}: {error}; benchmarks/others.py says how to add it"
    return "compared"


def made(package: str, module: str, make: Callable[[Any], Any]) -> Any:
    """What `make` makes of a module of the package; None where the package is not compared."""
    return make(import_module(module)) if note(package) == "compared" else None


class TimeFirst(nn.Module):
    """A layer that wants (T, B, ...), given (B, T, ...); `call` says how it is called."""

    def __init__(self, layer: nn.Module, call: Callable[..., Tensor] = lambda layer, *xs: layer(*xs)):
        super().__init__()
        self.layer, self.call = layer, call

    def forward(self, *inputs: Tensor) -> Tensor:
        y = self.call(self.layer, *(x.transpose(0, 1) for x in inputs))
        return y.transpose(0, 1)


def labml_heads(d_model: int, heads: int) -> nn.Module | None:
    def make(mha: Any) -> nn.Module:
        layer = mha.MultiHeadAttention(heads, d_model, dropout_prob=0.0, bias=True)
        return TimeFirst(layer, lambda layer, x: layer(query=x, key=x, value=x))

    return made("labml-nn", "labml_nn.transformers.mha", make)


def labml_transformer_layer(d_model: int, heads: int, decoder: bool) -> nn.Module | None:
    def make(models: Any) -> nn.Module:
        attention = [models.MultiHeadAttention(heads, d_model, dropout_prob=0.0) for _ in range(1 + decoder)]
        layer = models.TransformerLayer(
            d_model=d_model,
            self_attn=attention[0],
            src_attn=attention[1] if decoder else None,
            feed_forward=models.FeedForward(d_model, 4 * d_model, 0.0),
            dropout_prob=0.0,
        )

        def call(layer: nn.Module, x: Tensor, memory: Tensor | None = None) -> Tensor:
            causal = torch.ones(len(x), len(x), dtype=torch.bool).tril()[:, :, None] if decoder else None
            return layer(x=x, mask=causal, src=memory, src_mask=None)

        return TimeFirst(layer, call)

    return made("labml-nn", "labml_nn.transformers.models", make)


def labml_sinusoidal(d_model: int) -> nn.Module | None:
    return made(
        "labml-nn",
        "labml_nn.transformers.positional_encoding",
        lambda module: TimeFirst(module.PositionalEncoding(d_model, 0.0)),
    )


def labml_rotary(d: int) -> Callable | None:
    def make(module: Any) -> Callable:
        rotate = module.RotaryPositionalEmbeddings(d)
        return lambda x: rotate(x.permute(2, 0, 1, 3)).permute(1, 2, 0, 3)  # it wants (T, B, h, d)

    return made("labml-nn", "labml_nn.transformers.rope", make)


def labml_lstm(C: int) -> nn.Module | None:
    call = lambda layer, x: layer(x)[0]  # noqa: E731
    return made("labml-nn", "labml_nn.lstm", lambda module: TimeFirst(module.LSTM(C, C, 1), call))


def labml_residual(C: int) -> nn.Module | None:
    return made("labml-nn", "labml_nn.resnet", lambda module: module.ResidualBlock(C, C, 1))


def labml_jump(t: Tensor, noise: Tensor) -> Callable | None:
    def make(ddpm: Any) -> Callable:
        diffusion = ddpm.DenoiseDiffusion(nn.Identity(), 1000, torch.device("cpu"))
        return lambda x: diffusion.q_sample(x, t, noise)

    return made("labml-nn", "labml_nn.diffusion.ddpm", make)


def labml_unet_block(C: int, d_time: int) -> nn.Module | None:
    make = lambda unet: unet.ResidualBlock(C, C, d_time, n_groups=8, dropout=0.0)  # noqa: E731
    return made("labml-nn", "labml_nn.diffusion.ddpm.unet", make)


class FirstOf(nn.Module):
    """A layer of which the first result counts."""

    def __init__(self, layer: nn.Module):
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor, memory: Tensor | None = None) -> Tensor:
        y = self.layer(x) if memory is None else self.layer(x, context=memory)
        return y[0] if isinstance(y, tuple) else y


def x_heads(d_model: int, heads: int) -> nn.Module | None:
    make = lambda x: FirstOf(x.Attention(d_model, dim_head=d_model // heads, heads=heads))  # noqa: E731
    return made("x-transformers", "x_transformers.x_transformers", make)


def x_transformer_layer(d_model: int, heads: int, decoder: bool) -> nn.Module | None:
    """One layer; unlike ours it ends in a norm, and has no biases."""

    def make(x: Any) -> nn.Module:
        options = {"dim": d_model, "depth": 1, "heads": heads, "attn_dim_head": d_model // heads}
        return FirstOf(x.Decoder(cross_attend=True, **options) if decoder else x.Encoder(**options))

    return made("x-transformers", "x_transformers.x_transformers", make)


def x_rotary(T: int, d: int) -> Callable | None:
    def make(x: Any) -> Callable:
        frequencies, _ = x.RotaryEmbedding(d).forward_from_seq_len(T)
        return lambda q: x.apply_rotary_pos_emb(q, frequencies)

    return made("x-transformers", "x_transformers.x_transformers", make)
