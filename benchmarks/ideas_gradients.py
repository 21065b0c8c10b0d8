"""Activations, gradient flow and likelihood against torch's own, side by side: one thread, float32."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from benchmarks.report import table
from dlsteps.data import load_digits
from dlsteps.nn import activations, gradient_flow, likelihood

REPEATS = 15
VECTORS = [(64, 256), (64, 4096), (256, 16384)]  # a layer's output, typical and large
LOGITS = [(64, 10), (512, 1000), (512, 32000)]  # digits, pictures, words
TOKENS = [(8, 128, 256), (8, 128, 512)]
NETWORKS = [(10, 64), (50, 128)]  # depth, width

Pair = tuple[Callable[[], object], Callable[[], object]]


def run() -> None:
    torch.set_num_threads(1)
    rows = [row(name, size, *make(size)) for name, sizes, make in CASES for size in sizes]
    table(["what", "size", "ours", "theirs", "ratio", "from", "to"], rows)
    print(
        f"\nMedians of {REPEATS} pairs in turn; forward and backward, where there is a way back. Theirs is "
        "torch's, with two exceptions: recording stands beside the same pass without it, and Newton's method "
        "beside scikit-learn's newton-cholesky to the same tolerance. Torch's activations are one kernel "
        "each, ours one for each sign in the formula. There is no budget; a ratio that grows with the size "
        "would be a fault, but for what no longer fits the cache."
    )


def row(name: str, size: tuple[int, ...], ours: Callable, theirs: Callable) -> list[str]:
    for _ in range(2):
        seconds(ours), seconds(theirs)
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(REPEATS)]
    ratios = [a / b for a, b in pairs]
    a, b = (statistics.median(side) * 1000 for side in zip(*pairs, strict=True))
    ends = (statistics.median(ratios), min(ratios), max(ratios))
    return [name, "×".join(map(str, size)), f"{a:.2f} ms", f"{b:.2f} ms", *(f"{r:.2f}" for r in ends)]


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def drawn(shape: tuple[int, ...]) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def there_and_back(f: Callable[[Tensor], Tensor], x: Tensor) -> Callable[[], None]:
    """One forward and backward pass, gradients of the input and of the parameters."""

    def call() -> None:
        y = f(x.clone().requires_grad_())
        y.backward(torch.ones_like(y))

    return call


def pointwise(ours: Callable, theirs: Callable) -> Callable[[tuple[int, ...]], Pair]:
    return lambda shape: (there_and_back(ours, drawn(shape)), there_and_back(theirs, drawn(shape)))


def surprise(label_smoothing: float) -> Callable[[tuple[int, ...]], Pair]:
    def make(shape: tuple[int, ...]) -> Pair:
        z, y = drawn(shape), torch.arange(shape[0]) % shape[1]
        ours = lambda z: likelihood.negative_log_likelihood(z, y, label_smoothing)  # noqa: E731
        theirs = lambda z: F.cross_entropy(z, y, reduction="none", label_smoothing=label_smoothing)  # noqa: E731
        return there_and_back(ours, z), there_and_back(theirs, z)

    return make


class TorchSwiGLU(activations.SwiGLU):
    """The same layer with torch's own SiLU."""

    def forward(self, x: Tensor) -> Tensor:
        return self.w2(F.silu(self.w(x)) * self.v(x))


def swiglu(shape: tuple[int, ...]) -> Pair:
    ours, theirs = (layer(shape[-1], 2 * shape[-1]) for layer in (activations.SwiGLU, TorchSwiGLU))
    return there_and_back(ours, drawn(shape)), there_and_back(theirs, drawn(shape))


def prelu(shape: tuple[int, ...]) -> Pair:
    ours, theirs = activations.PReLU(shape[1]), nn.PReLU(shape[1])
    return there_and_back(ours, drawn(shape)), there_and_back(theirs, drawn(shape))


def recording(size: tuple[int, ...]) -> Pair:
    depth, width = size
    net = gradient_flow.deep_network(depth, width, nn.ReLU, 2**0.5)
    bare = there_and_back(net, drawn((64, width)))

    def recorded() -> None:
        with gradient_flow.record_gradients(net):
            bare()

    return recorded, bare


def jacobian(size: tuple[int, ...]) -> Pair:
    depth, width = size
    net, x = gradient_flow.deep_network(depth, width, nn.Tanh), drawn((width,))
    return lambda: gradient_flow.jacobian(net, x), lambda: torch.func.jacrev(net)(x)


def clipping(size: tuple[int, ...]) -> Pair:
    depth, width = size
    net = gradient_flow.deep_network(depth, width, nn.ReLU, 2**0.5)
    there_and_back(net, drawn((64, width)))()
    parameters = list(
        net.parameters()
    )  # a limit of 1e-3 at first, and every time anew: always something to do
    return (
        lambda: gradient_flow.clip_gradients_by_norm(parameters, 1e-3),
        lambda: nn.utils.clip_grad_norm_(parameters, 1e-3),
    )


def newton(size: tuple[int, ...]) -> Pair:
    N, D = size
    digits = load_digits()
    X, y = digits.images.flatten(1)[:N, :D], (digits.labels[:N] % 2).long()
    theirs = LogisticRegression(C=1 / (0.01 * N), solver="newton-cholesky", tol=1e-8)
    return (
        lambda: likelihood.newton(likelihood.logistic_objective(X, y, 0.01), tolerance=1e-8),
        lambda: theirs.fit(X.numpy(), y.numpy()),
    )


CASES: list[tuple[str, list[tuple[int, ...]], Callable[[tuple[int, ...]], Pair]]] = [
    ("relu", VECTORS, pointwise(activations.relu, F.relu)),
    ("leaky_relu", VECTORS, pointwise(activations.leaky_relu, F.leaky_relu)),
    ("PReLU", VECTORS, prelu),
    ("sigmoid", VECTORS, pointwise(activations.sigmoid, torch.sigmoid)),
    ("tanh", VECTORS, pointwise(activations.tanh, torch.tanh)),
    ("silu", VECTORS, pointwise(activations.silu, F.silu)),
    ("gelu", VECTORS, pointwise(activations.gelu, F.gelu)),
    ("gelu_tanh", VECTORS, pointwise(activations.gelu_tanh, lambda x: F.gelu(x, approximate="tanh"))),
    ("glu", VECTORS, pointwise(activations.glu, F.glu)),
    ("SwiGLU", TOKENS, swiglu),
    ("record_gradients", NETWORKS, recording),
    ("jacobian", NETWORKS, jacobian),
    ("clip_gradients_by_norm", NETWORKS, clipping),
    ("log_softmax", LOGITS, pointwise(likelihood.log_softmax, lambda z: z.log_softmax(-1))),
    ("negative_log_likelihood", LOGITS, surprise(0.0)),
    ("… with label smoothing", LOGITS, surprise(0.1)),
    ("newton, logistic", [(400, 16), (1797, 64)], newton),
]
