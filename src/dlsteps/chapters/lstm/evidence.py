"""The checks of the six claims about the LSTM (L01 to L06)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from dlsteps.claims.evidence import SAME, Evidence, gap, same
from dlsteps.data import adding_problem
from dlsteps.experiments.training import seeded
from dlsteps.nn.recurrent import LSTM, LSTMStep, along_the_belt, lstm_cell, through_time
from dlsteps.numbers import brief
from dlsteps.train import load

B, C, H = 3, 4, 5


def _drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def _given() -> tuple[Tensor, ...]:
    """What a cell takes: x, h, c, the weights of i, f, g, o from top to bottom, and a bias of each kind."""
    shapes = ((B, C), (B, H), (B, H), (4 * H, C), (4 * H, H), (4 * H,), (4 * H,))
    return tuple(_drawn(*shape, seed=k) for k, shape in enumerate(shapes))


def _rows() -> tuple[Tensor, ...]:
    """The sums behind i, f, g and o, each with its own rows of the weights."""
    x, h, _, W, U, b, d = _given()
    rows = [slice(k * H, (k + 1) * H) for k in range(4)]
    return tuple(x @ W[r].T + h @ U[r].T + b[r] + d[r] for r in rows)


def l01(step: Callable[..., LSTMStep] = lstm_cell) -> Evidence:
    """Each gate is a sigmoid from 0 to 1, and multiplies: held at 0, what it guards is gone."""
    i, f, _, o = (1 / (1 + torch.exp(-rows)) for rows in _rows())
    made = step(*_given())
    sigmoids = max(gap(made.i, i), gap(made.f, f), gap(made.o, o))
    gates = torch.cat([made.i, made.f, made.o])
    shut = {name: step(*_given(), force={name: 0.0}) for name in "ifo"}
    old = _given()[2]
    guarded = same(shut["f"].c, made.i * made.g) and same(shut["i"].c, made.f * old) and not shut["o"].h.any()
    return Evidence(
        sigmoids < SAME and gates.min() > 0 and gates.max() < 1 and guarded,
        f"i, f and o are sigmoids to 1e-9, here from {brief(gates.min())} to {brief(gates.max())}; held "
        "at 0, the forget gate takes the old cell away, the input gate the update, the output gate all of h",
    )


def _in_torch() -> tuple[Tensor, Tensor]:
    x, h, c, *weights = _given()
    cell = nn.LSTMCell(C, H).double()
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    cell.load_state_dict(dict(zip(names, weights, strict=True)))
    with torch.no_grad():
        return cell(x, (h, c))


def l02(new: Callable[..., Tensor] = lambda f, c, i, g: f * c + i * g) -> Evidence:
    """The new cell by the restored formula, from gates by hand, against the book's and torch's."""
    i, f, g, _ = _rows()
    c = new(f.sigmoid(), _given()[2], i.sigmoid(), g.tanh())
    apart = max(gap(c, lstm_cell(*_given()).c), gap(c, _in_torch()[1]))
    return Evidence(
        apart < SAME, "c = f·c + i·g, number by number, is the book's cell and torch's LSTMCell to 1e-9"
    )


def l03(shown: Callable[..., Tensor] = lambda o, c: o * c.tanh()) -> Evidence:
    """The new hidden state by its formula; and what the layer puts out at each step is that state."""
    *_, o = _rows()
    made = lstm_cell(*_given())
    h = shown(o.sigmoid(), made.c)
    (read,) = seeded(lambda: LSTM(C, H), 0).record(_drawn(B, 6, C))
    apart = max(gap(h, made.h), gap(h, _in_torch()[0]))
    puts_out = all(same(shown(step.o, step.c), read.output[:, t]) for t, step in enumerate(read.steps))
    return Evidence(
        apart < SAME and puts_out,
        "h = o·tanh(c) is the book's and torch's to 1e-9, and the layer's output at all 6 steps",
    )


def _back(forget_bias: float, T: int, seed: int, scale: float = 1.0) -> tuple[float, float]:
    """T steps back, untrained: how long the gradient of a cell's number is, and the belt's share."""
    net = seeded(lambda: LSTM(3, 32, forget_bias=forget_bias), seed)
    with torch.no_grad():
        net.weight_hh_l0.mul_(scale)
    (read,) = net.record(_drawn(1, T + 1, 3, seed=9))
    return through_time(read.steps, "c")[0].norm().item(), along_the_belt(read.steps)[0].max().item()


def l04(opened: float = 4.0, half: float = 0.0, T: int = 100) -> Evidence:
    """With forget gates half open the gradient vanishes all the same; with open ones it comes back."""
    kept, gone = ([_back(bias, T, seed)[0] for seed in range(6)] for bias in (opened, half))
    return Evidence(
        min(kept) > 0.01 and max(gone) < 1e-10,
        f"over {T} steps, six untrained networks each: with a forget bias of {brief(opened)} the "
        f"gradient is at least {min(kept):.0e} long, with {brief(half)} at most {max(gone):.0e}",
    )


@torch.no_grad()
def l05(wiped: str = "c", at: int = 60) -> Evidence:
    """Wipe a trained network's cell, or its hidden state, after both numbers were read; ask for the sum."""
    (model, _), batch = load("lstm"), adding_problem(7, torch.arange(256))
    _, read = model.layer(batch.x[:, :at])
    h, c = read

    def error(h: Tensor, c: Tensor) -> float:
        output, _ = model.layer(batch.x[:, at:], (h, c))
        return (model.answer(output[:, -1])[:, 0] - batch.target).square().mean().item()

    whole = error(h, c)
    without = {"c": error(h, torch.zeros_like(c)), "h": error(torch.zeros_like(h), c)}
    other = "h" if wiped == "c" else "c"
    return Evidence(
        without[wiped] > 0.1 and without[other] < 0.02 and whole < 0.01,
        f"a trained network, 256 sums, both numbers at least {at - 50} steps old: the squared error is "
        f"{whole:.1e}; with {wiped} wiped at step {at} it is {without[wiped]:.1e}, with {other} wiped "
        f"{without[other]:.1e}",
    )


def l06(scale: float = 16.0, T: int = 100) -> Evidence:
    """Larger recurrent weights: nothing grows along the belt; through h and the gates it can explode."""
    found = [_back(4.0, T, seed, scale) for seed in range(6)]
    lengths, belts = zip(*found, strict=True)
    return Evidence(
        max(lengths) > 1e6 and max(belts) <= 1,
        f"over {T} steps, six untrained networks, recurrent weights times {brief(scale)}: the gradient is "
        f"from {min(lengths):.0e} to {max(lengths):.0e} long, the belt's share at most {brief(max(belts))}",
    )
