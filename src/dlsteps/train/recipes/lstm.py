"""The sum of two marked numbers among a hundred, or the first token again, by an LSTM."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor, nn

from dlsteps.data.long_sequences import LIMIT, Sequences, adding_problem, first_token
from dlsteps.nn.recurrent import GRU, LSTM, RNN, Recurrent
from dlsteps.train.recipe import DTYPES, Common

METRIC = "correct"

_TASKS = ("adding", "recall")
_CELLS = ("lstm", "gru", "rnn", "irnn")
_HELD_OUT = LIMIT - 1  # the seed of the 1,000 sequences that no run trains on


@dataclass(frozen=True)
class Settings(Common):
    """Settings of the network and of the task.

    Attributes:
        task: "adding" or "recall"; see `dlsteps.data.long_sequences`.
        cell: "lstm", "gru", "rnn" (tanh), or "irnn": ReLU, and at first the identity for a recurrent matrix.
        T: how long the sequence is (adding), or how many tokens lie in between (recall).
        tokens: how many there are to recall, and as many to distract.
        width: numbers in the state.
        forget_bias: of an LSTM's forget gates at first. σ(4)¹⁰⁰ is 0.16, and σ(1)¹⁰⁰ is 2.5e-14.
        shut_input: whether an LSTM's input gates begin as far shut as its forget gates are open, so that a
            cell that keeps everything is not filled with noise.
    """

    steps: int = 1000
    batch_size: int = 32
    learning_rate: float = 1e-2
    task: str = "adding"
    cell: str = "lstm"
    T: int = 100
    tokens: int = 8
    width: int = 32
    forget_bias: float = 4.0
    shut_input: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, known in (("task", _TASKS), ("cell", _CELLS)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name}={getattr(self, name)!r} is unknown; try one of {', '.join(known)}")
        self.check_counts("T", "tokens", "width")
        if self.seed >= _HELD_OUT:
            raise ValueError(f"seed={self.seed} is not below {_HELD_OUT}, that of the held-out; try seed=0")


class _Reader(nn.Module):
    """A recurrent layer, and a linear read-out of its last state."""

    def __init__(self, layer: Recurrent, outputs: int):
        super().__init__()
        self.layer, self.answer = layer, nn.Linear(layer.hidden_size, outputs)

    def forward(self, x: Float[Tensor, "n T C"]) -> Float[Tensor, "n D"]:
        output, _ = self.layer(x)
        return self.answer(output[:, -1])


def build(settings: Settings) -> nn.Module:
    """Return the network, untrained."""
    C, D = (2, 1) if settings.task == "adding" else (2 * settings.tokens, settings.tokens)
    return _Reader(_layer(settings, C), D)


def _layer(settings: Settings, C: int) -> Recurrent:
    H = settings.width
    if settings.cell == "gru":
        return GRU(C, H)
    if settings.cell == "rnn":
        return RNN(C, H)
    if settings.cell == "irnn":
        return _identity(RNN(C, H, nonlinearity="relu"))
    layer = LSTM(C, H, forget_bias=settings.forget_bias)
    if settings.shut_input:
        _shut_input(layer, settings.forget_bias)
    return layer


@torch.no_grad()
def _shut_input(layer: LSTM, bias: float) -> None:
    """Let the input gates begin at −bias (Tallec and Ollivier, 2018, equation 16)."""
    layer.bias_ih_l0[: layer.hidden_size] = -bias
    layer.bias_hh_l0[: layer.hidden_size] = 0


@torch.no_grad()
def _identity(layer: RNN) -> RNN:
    """Let a layer begin by keeping its state (Le, Jaitly and Hinton, 2015, section 3)."""
    nn.init.eye_(layer.weight_hh_l0)
    nn.init.normal_(layer.weight_ih_l0, std=0.001)
    nn.init.zeros_(layer.bias_ih_l0)
    nn.init.zeros_(layer.bias_hh_l0)
    return layer


def data(settings: Settings) -> Callable[[Int64[Tensor, " n"]], Sequences]:
    """Return what draws the sequences of sample numbers."""
    return lambda numbers: _draw(settings, settings.seed, numbers)


def _draw(settings: Settings, seed: int, numbers: Tensor) -> Sequences:
    dtype = DTYPES[settings.dtype]
    if settings.task == "adding":
        return adding_problem(seed, numbers, settings.T, dtype)
    return first_token(seed, numbers, settings.T, settings.tokens, dtype)


def loss(model: nn.Module, batch: Sequences, settings: Settings) -> Float[Tensor, " n"]:
    """Return the squared error of each sum, or the cross-entropy of each token."""
    answer = model(batch.x)
    if settings.task == "adding":
        return (answer[:, 0] - batch.target).square()
    return F.cross_entropy(answer, batch.target, reduction="none")


@torch.no_grad()
def metric(model: nn.Module, settings: Settings, progress: bool = False) -> dict[str, float]:
    """Measure on 1,000 held-out sequences, the same for every seed.

    Returns:
        For recall, `correct`, the share of tokens that are named rightly; `loss`, the mean cross-entropy;
        and `guess`, the share that is right by chance. For adding, `mse`, the mean squared error;
        `mse_of_1`, that of who always says 1, near 1/6; `within_0.04`, the share of sums that are off by less
        than that; and `correct`, the share that the paper counts as correct: its targets are half of ours, so
        that its 0.04 is 0.08 here.

    Source:
        Hochreiter and Schmidhuber, Long Short-Term Memory (1997), section 5.4.
    """
    batch = _draw(settings, _HELD_OUT, torch.arange(1000))
    answer = model(batch.x)
    if settings.task == "recall":
        return {
            "correct": (answer.argmax(dim=1) == batch.target).double().mean().item(),
            "loss": F.cross_entropy(answer, batch.target).item(),
            "guess": 1 / settings.tokens,
        }
    error = (answer[:, 0].double() - batch.target.double()).abs()
    return {
        "correct": (error < 0.08).double().mean().item(),
        "within_0.04": (error < 0.04).double().mean().item(),
        "mse": error.square().mean().item(),
        "mse_of_1": (batch.target.double() - 1).square().mean().item(),
    }
