"""The checks of the four claims about plain recurrent networks (R01 to R04)."""

from collections.abc import Callable, Sequence
from math import tanh

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlsteps.chapters.rnn.networks import longest_chain, owed, stretching
from dlsteps.claims.evidence import SAME, Evidence, gap, same
from dlsteps.nn.recurrent import LSTM, RNN, rnn_cell
from dlsteps.numbers import brief

Tree = Tensor | tuple


def _drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def r01(step: Callable[..., Tensor] = lambda *given: rnn_cell(*given).h) -> Evidence:
    """The equation, number by number, the book's cell, and torch's layer, which returns h and no y."""
    B, T, C, H = 2, 5, 3, 4
    x, W, U, b = _drawn(B, T, C), _drawn(H, C, seed=1), _drawn(H, H, seed=2), _drawn(H, seed=3)
    theirs = nn.RNN(C, H, batch_first=True).double()
    with torch.no_grad():
        halves = {"weight_ih_l0": W, "weight_hh_l0": U, "bias_ih_l0": b / 4, "bias_hh_l0": 3 * b / 4}
        theirs.load_state_dict(halves)
        outputs = theirs(x)[0]
    h, by_hand, apart = torch.zeros(B, H).double(), [[0.0] * H] * B, 0.0
    for t in range(T):
        by_hand = [_by_hand(x[n, t].tolist(), by_hand[n], W, U, b) for n in range(B)]
        h = step(x[:, t], h, W, U, b)
        apart = max(apart, gap(h, torch.tensor(by_hand, dtype=torch.float64)), gap(h, outputs[:, t]))
    return Evidence(
        apart < SAME and tuple(outputs.shape) == (B, T, H),
        f"the equation by hand, the book's cell and torch's layer agree at all {T} steps to 1e-9; torch's "
        f"two biases enter as their sum, and what it returns, {tuple(outputs.shape)}, is h",
    )


def _by_hand(x: list[float], h: list[float], W: Tensor, U: Tensor, b: Tensor) -> list[float]:
    return [
        tanh(
            sum(w * v for w, v in zip(W[u].tolist(), x, strict=True))
            + sum(w * v for w, v in zip(U[u].tolist(), h, strict=True))
            + b[u].item()
        )
        for u in range(len(h))
    ]


def chain(leaves: Sequence[Tensor]) -> Tree:
    """Fold leaves from the left: (((0, x1), x2), x3), as a sequence is read."""
    tree: Tree = torch.zeros_like(leaves[0])
    for leaf in leaves:
        tree = (tree, leaf)
    return tree


def balanced(leaves: Sequence[Tensor]) -> Tree:
    """Fold neighbors in pairs, and pairs in pairs: ((x1, x2), (x3, x4))."""
    if len(leaves) == 1:
        return leaves[0]
    middle = len(leaves) // 2
    return balanced(leaves[:middle]), balanced(leaves[middle:])


def _folded(tree: Tree, left: Tensor, right: Tensor) -> tuple[Tensor, int]:
    """What a recursive network makes of a tree, and the tree's depth."""
    if isinstance(tree, Tensor):
        return tree, 0
    (a, deep), (b, deeper) = (_folded(branch, left, right) for branch in tree)
    return torch.tanh(a @ left.T + b @ right.T), 1 + max(deep, deeper)


def r02(as_chain: Callable = chain, as_tree: Callable = balanced) -> Evidence:
    """A recursive network folds any tree; on a chain it is a recurrent one, on another tree it is not."""
    leaves, H = _drawn(8, 4), 4
    net = RNN(4, H, bias=False).double()
    with torch.no_grad():
        net.weight_ih_l0.copy_(_drawn(H, 4, seed=1) / 2)
        net.weight_hh_l0.copy_(_drawn(H, H, seed=2) / 2)
        read = net(leaves[None])[1][0, 0]
        weights = net.weight_hh_l0, net.weight_ih_l0
        along, steps = _folded(as_chain(list(leaves)), *weights)
        across, depth = _folded(as_tree(list(leaves)), *weights)
    return Evidence(
        same(along, read) and gap(across, read) > 0.1 and depth < steps,
        f"over a chain of 8 leaves, depth {steps}, a recursive network equals the recurrent one to 1e-9; "
        f"over a balanced tree, depth {depth}, the same weights give a result that differs by "
        f"{brief(gap(across, read))}",
    )


def r03(shrinks: float = 0.5, grows: float = 3.0, keeps: float = 1.0, T: int = 100) -> Evidence:
    """A state matrix that shrinks, one that stretches, and one that keeps: the gradient over T steps."""
    gone = [_over(T, stretching(3, 32, shrinks, seed)) for seed in range(6)]
    large = [_over(T, stretching(3, 32, grows, seed)) for seed in range(6)]
    kept = RNN(3, 32, nonlinearity="relu").double()  # the identity, and inputs that keep every unit at work
    with torch.no_grad():
        kept.weight_hh_l0.copy_(keeps * torch.eye(32))
        kept.weight_ih_l0.abs_()
        kept.bias_ih_l0.abs_(), kept.bias_hh_l0.abs_()
    still = owed(kept, _drawn(T + 1, 3).abs())[0].norm().item()
    bounded = max(gone) <= shrinks**T
    return Evidence(
        bounded and max(gone) < 1e-20 and min(large) > 1e3 and abs(still - 1) < SAME,
        f"over {T} steps, six networks each: at a stretch of {brief(shrinks)} at most {max(gone):.0e}, "
        f"at {brief(grows)} at least {min(large):.0e}; "
        f"with ReLU, the identity and positive inputs {brief(still)}",
    )


def _over(T: int, net: RNN) -> float:
    """How long the gradient of one number of the last state is after T steps back."""
    return owed(net, _drawn(T + 1, 3, seed=9))[0].norm().item()


def _attended(x: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(x, x, x)


def r04(
    reads: Callable[[Tensor, str], Tensor] | None = None, attend: Callable[[Tensor], Tensor] = _attended
) -> Evidence:
    """Count the operations that wait for each other: they grow with the length, and in attention do not."""
    lengths, found = (8, 16, 32), {}
    for kind, layer in (("RNN", RNN(4, 4)), ("LSTM", LSTM(4, 4))):
        layer = layer.double()
        read = reads or (lambda x, _, layer=layer: layer(x)[0][:, -1])
        found[kind] = [longest_chain(read(_sequence(T), kind)) for T in lengths]
    flat = [longest_chain(attend(_sequence(T))) for T in lengths]
    grown = [(chains[2] - chains[1], chains[1] - chains[0]) for chains in found.values()]
    in_step = all(first == 2 * second and second >= 8 for first, second in grown)
    told = "; ".join(f"{kind} {', '.join(map(str, chains))}" for kind, chains in found.items())
    return Evidence(
        in_step and len(set(flat)) == 1,
        f"operations that wait for each other at lengths {', '.join(map(str, lengths))}: {told}; "
        f"attention {', '.join(map(str, flat))}",
    )


def _sequence(T: int) -> Tensor:
    return _drawn(1, T, 4).requires_grad_()


def against_torch() -> list[tuple[str, float, float]]:
    """Our layer and torch's on the same sequences: (layer, largest gap of outputs, of gradients)."""
    rows = []
    for nonlinearity in ("tanh", "relu"):
        for layers in (1, 2):
            ours = RNN(5, 7, layers, nonlinearity=nonlinearity).double()
            theirs = nn.RNN(5, 7, layers, nonlinearity=nonlinearity, batch_first=True).double()
            theirs.load_state_dict(ours.state_dict())
            x, upstream = _drawn(3, 20, 5), _drawn(3, 20, 7, seed=1)
            outputs, gradients = zip(*(_both(net, x, upstream) for net in (ours, theirs)), strict=True)
            apart = max(gap(a, b) for a, b in zip(*gradients, strict=True))
            rows.append((f"{nonlinearity}, layers: {layers}", gap(*outputs), apart))
    return rows


def _both(net: nn.Module, x: Tensor, upstream: Tensor) -> tuple[Tensor, list[Tensor]]:
    x = x.clone().requires_grad_()
    y = net(x)[0]
    (y * upstream).sum().backward()
    return y.detach(), [x.grad, *(parameter.grad for parameter in net.parameters())]
