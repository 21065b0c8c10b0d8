"""The questions of the chapter on the LSTM: the layers say which answers are right."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dlsteps.chapters.lstm import reading
from dlsteps.experiments import load
from dlsteps.experiments.record import values
from dlsteps.experiments.training import seeded
from dlsteps.nn.gradient_flow import clip_by_norm
from dlsteps.nn.recurrent import LSTM, RNN, along_the_belt, lstm_cell, through_time
from dlsteps.stage import Answer, Choose, ChooseAll, Enter, Matrix, Mistake, Pick, Quiz


def _cell(f: float, c: float, i: float, g: float, o: float = 1.0) -> tuple[float, float]:
    """One number's cell and state after a step with these gates, by the book's cell."""
    update = torch.atanh(torch.tensor([0.0, 0.0, g, 0.0], dtype=torch.float64))  # the rows of i, f, g, o
    nothing = torch.zeros(1, 1, dtype=torch.float64)
    weight = torch.zeros(4, 1, dtype=torch.float64)
    old = torch.tensor([[c]], dtype=torch.float64)
    force = {"f": f, "i": i, "o": o}
    step = lstm_cell(nothing, nothing, old, weight, weight, update, force=force)
    return step.c.item(), step.h.item()


def one_step() -> Enter:
    """The new cell from gates and the old one."""
    f, c, i, g = 0.75, 2.0, 0.5, -0.8
    right, _ = _cell(f, c, i, g)
    return Enter(
        name="one-step",
        asks="A cell holds 2. The forget gate is 0.75, the input gate 0.5, and the update −0.8. What does "
        "the cell hold now?",
        right=right,
        within=1e-6,
        mistakes=[
            Mistake(f * c, "That is what was kept. Something is written, too."),
            Mistake((1 - f) * c + i * g, "The forget gate says what is kept: 0.75 of it."),
            Mistake(f * c + g, "The input gate lets only half of the update in."),
            Mistake(f * c - i * g, "The update is negative: it takes away."),
        ],
        why="0.75 · 2 + 0.5 · (−0.8) = 1.5 − 0.4.",
    )


def what_is_shown() -> Enter:
    """The hidden state from a cell and an output gate."""
    _, right = _cell(1.0, 3.0, 0.0, 0.0, o=0.5)
    return Enter(
        name="what-is-shown",
        asks="A cell holds 3, and its output gate is 0.5. What is h, to two decimals?",
        right=right,
        within=5e-3,
        mistakes=[
            Mistake(1.5, "The cell goes through tanh first."),
            Mistake(0.995, "That is tanh 3. The gate shows half of it.", "#lstm:step=output"),
            Mistake(0.905, "That is tanh of half the cell; the gate comes after tanh."),
        ],
        why="0.5 · tanh 3 = 0.5 · 0.995. However much a cell holds, h stays between −1 and 1.",
    )


def half_left() -> Enter:
    """The forget gate at which half is left after a hundred steps."""
    right = 0.5 ** (1 / 100)
    return Enter(
        name="half-left",
        asks="A forget gate has the same value at each of 100 steps, and half of what was in the cell is "
        "left at the end. What is the gate's value, to three decimals?",
        right=right,
        within=6e-4,
        mistakes=[
            Mistake(0.5, "Then half would be left after one step."),
            Mistake(0.995, "Shares multiply: 0.995 to the power 100 is 0.606."),
            Mistake(0.005, "That would be what is lost at a step if losses were added up."),
        ],
        why="0.993 to the power 100 is 0.5. A gate of 0.9 would leave 0.00003.",
    )


def still_there() -> Pick:
    """Whose update is still on the belt."""
    gates = torch.tensor([0.9, 1.0, 1.0, 0.0, 0.9, 1.0, 1.0, 0.9], dtype=torch.float64)
    written = torch.tensor([0.5, 0.3, 0.0, 0.8, 0.4, 0.0, -0.6, 0.2], dtype=torch.float64).requires_grad_()
    c = torch.zeros((), dtype=torch.float64)
    for f, w in zip(gates, written, strict=True):
        c = f * c + w
    (share,) = torch.autograd.grad(c, written)
    right = [k for k, (s, w) in enumerate(zip(share, written, strict=True)) if s and w]
    shown = torch.stack([gates, written.detach()], dim=1)
    cells = [2 * k + 1 for k in right]
    columns = ["f", "i·g"]
    return Pick(
        name="still-there",
        asks="Eight steps of one unit: its forget gate, and what was written. Of what is written at a step, "
        "the gates of all later steps keep a share. Pick every number written, other than 0, of which "
        "something is left in the cell after step 8; one is picked.",
        panel=Matrix(title="one unit", note="forget gate, and what was written", values=shown,
                     rows=[f"t = {k}" for k in range(1, 9)], columns=columns, digits=1),
        axes=("step", "column"),
        given=[cells[-1]],
        right=cells,
        mistakes=[
            Mistake([2 * k + 1 for k in (0, 1, 3, 4, 6, 7)],
                    "At step 4 the forget gate is 0: what was there before is gone.",
                    "#lstm:step=belt&t=17&gate=f%20%3D%200"),
            Mistake([2 * k + 1 for k in (4, 6, 7)],
                    "At step 4 the gate took the old cell away, and then 0.8 was written."),
            Mistake([2 * k + 1 for k in (3, 6, 7)], "A gate of 0.9 takes away a tenth, not all."),
        ],
        why="The gate of step 4 emptied the cell. Nothing that was written from step 4 on met a gate of 0.",
    )  # fmt: skip


def can_explode() -> Choose:
    """Whether an LSTM's gradient can explode."""
    lengths, belts = [], []
    for seed in range(6):
        net = seeded(lambda: LSTM(3, 32, forget_bias=4.0), seed)
        with torch.no_grad():
            net.weight_hh_l0.mul_(16)
        (read,) = net.record(_drawn(1, 101, 3, seed=9))
        lengths.append(through_time(read.steps, "c")[0].norm())
        belts.append(along_the_belt(read.steps).max())
    explodes, grows = max(lengths) > 1e6, max(belts) > 1
    return Choose(
        name="can-explode",
        asks="A forget gate is never above 1. Can the gradient of an LSTM explode?",
        answers=[
            Answer("no, as all its factors are at most 1", right=bool(not explodes),
                   says="Those along the belt are. There are other paths from step to step."),
            Answer("yes, along the belt", right=bool(grows),
                   says="A product of numbers up to 1 is at most 1."),
            Answer("yes, by way of h and the gates", right=bool(explodes and not grows)),
        ],
        why="h goes into all four sums of the next step, by way of a matrix that may stretch.",
    )  # fmt: skip


def which_bias() -> Choose:
    """Which first forget bias lets an LSTM learn to recall."""
    result = load("forget_bias")
    learns = {
        b: values(result.records, "test", forget_bias=b, phase="report").mean() > 0.9 for b in (1.0, 4.0)
    }
    return Choose(
        name="which-bias",
        asks="Two LSTMs, alike but for the first bias of their forget gates, 1 or 4. After 100 other tokens "
        "each has to name the first. Each has its best learning rate and 500 steps of training. Who learns "
        "it?",
        answers=[
            Answer("both: both are LSTMs", right=bool(learns[1.0] and learns[4.0]),
                   says="σ(1) is 0.73, and 0.73 to the power 100 is 2e-14."),
            Answer("that of bias 1", right=bool(learns[1.0] and not learns[4.0]),
                   says="Its gates begin at 0.73 and let go fast."),
            Answer("that of bias 4", right=bool(learns[4.0] and not learns[1.0])),
            Answer("neither", right=not any(learns.values()),
                   says="σ(4) is 0.982, and 0.982 to the power 100 is 0.16: enough to be felt."),
        ],
        why="The gates can be open. Whether they are at first is set by their bias.",
    )  # fmt: skip


def check_yourself() -> Quiz:
    """Seven questions on what the page promised."""
    return Quiz(
        parameters(), torch_rows(), never_written(), output_shut(), hand_on(), what_is_wiped(), helps(),
        title="Check yourself",
    )  # fmt: skip


def parameters() -> Enter:
    """How many parameters an LSTM has."""
    C, H = 8, 6
    right = sum(p.numel() for name, p in LSTM(C, H).named_parameters() if name != "bias_hh_l0")
    plain = sum(p.numel() for name, p in RNN(C, H).named_parameters() if name != "bias_hh_l0")
    return Enter(
        name="lstm-parameters",
        asks=f"An LSTM with {H} numbers in its cell reads {C} numbers a step. Counting one bias for each "
        "sum, how many parameters does it have?",
        right=right,
        mistakes=[
            Mistake(plain, "That is a plain network. Here there are four such sums."),
            Mistake(3 * plain, "There are three gates and the update."),
            Mistake(4 * (C * H + H), "The matrices that read h are missing."),
        ],
        unit="parameters",
        why=f"4 · ({H} · {C} + {H} · {H} + {H}).",
    )


def torch_rows() -> Choose:
    """Which rows of torch's weights make the update."""
    H = 2
    cell = nn.LSTMCell(1, H).double()
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.zero_()
        cell.bias_ih[:H] = 50.0  # input gate open
        moved = []
        for block in range(1, 4):  # a cell of 0 has nothing to forget or to show; only the update moves it
            cell.bias_ih[block * H : (block + 1) * H] = 1.0
            moved.append(bool(cell(torch.zeros(1, 1, dtype=torch.float64))[1].abs().sum() > 0))
            cell.bias_ih[block * H : (block + 1) * H] = 0.0
    names = ("second", "third", "last")
    says = {
        "second": "That is the forget gate.",
        "third": "",
        "last": "That is the output gate.",
    }
    return Choose(
        name="torch-rows",
        asks="`nn.LSTM` keeps four blocks of rows in `weight_ih_l0`. Which block makes the update g?",
        answers=[
            Answer("the first", says="That is the input gate."),
            *(
                Answer(f"the {name}", right=right, says="" if right else says[name])
                for name, right in zip(names, moved, strict=True)
            ),
        ],
        why="From top to bottom: i, f, g, o. Other programs have other orders.",
    )


def never_written() -> Enter:
    """What open forget gates and shut input gates keep."""
    c = 2.0
    for _ in range(100):
        c, _ = _cell(1.0, c, 0.0, 0.9)
    return Enter(
        name="never-written",
        asks="A cell holds 2. For 100 steps its forget gate is 1 and its input gate 0. What does it "
        "hold then?",
        right=c,
        mistakes=[
            Mistake(0, "A forget gate of 1 keeps all of it."),
            Mistake(1, "The cell itself does not go through tanh, only what is shown."),
        ],
        why="Nothing is taken away, and nothing is added.",
    )


def output_shut() -> Choose:
    """What is lost if output gates are shut for one step."""
    given = reading.committed()
    usual, shut = reading.read(given), reading.read(given, "o", 0.0, 17)
    lost = abs(reading.said(given, shut) - reading.said(given, usual)) > 0.1
    return Choose(
        name="output-shut",
        asks="In the explorer's network all output gates are shut at step 17, and there only. What becomes "
        "of the sum?",
        answers=[
            Answer("it is forgotten", right=lost,
                   says="That is what a shut forget gate does.", see="#lstm:step=belt&t=17&gate=f%20%3D%200"),
            Answer("it is said almost as before", right=not lost),
        ],
        why="What is in the cell is not shown at this step, and stays there.",
    )  # fmt: skip


def hand_on() -> ChooseAll:
    """What has to be handed on from one part of a sequence to the next."""
    net, x = seeded(lambda: LSTM(3, 4), 0), _drawn(1, 10, 3)
    with torch.no_grad():
        whole = net(x)[0][:, -1]
        _, (h, c) = net(x[:, :5])
        tried = {"h": (h, torch.zeros_like(c)), "c": (torch.zeros_like(h), c), "both": (h, c)}
        same = {name: torch.allclose(net(x[:, 5:], state)[0][:, -1], whole) for name, state in tried.items()}
    needed = same["both"] and not same["h"] and not same["c"]
    return ChooseAll(
        name="hand-on",
        asks="A long sequence is read in two parts, and the outputs should be those of reading it at once. "
        "What has to be handed on?",
        answers=[
            Answer("h", right=needed),
            Answer("c", right=needed),
            Answer("the gates", says="They are computed anew at each step, from x and h."),
        ],
        why="The state of an LSTM is the pair (h, c). h alone has lost what was not shown.",
    )


def what_is_wiped() -> Choose:
    """Whether the trained network remembers in h or in c."""
    given, errors = reading.committed(), {}
    steps = reading.read(given)
    weights = given.layer.weights(0)
    for wiped in "hc":
        h, c = steps[59].h, steps[59].c
        h, c = (torch.zeros_like(h), c) if wiped == "h" else (h, torch.zeros_like(c))
        with torch.no_grad():
            for line in given.x[60:]:
                step = lstm_cell(line[None], h, c, *weights)
                h, c = step.h, step.c
        errors[wiped] = abs(reading.said(given, [step]) - given.target)
    return Choose(
        name="what-is-wiped",
        asks="After step 60, when both marked numbers were read, one part of the explorer's network is set "
        "to 0. For which of them is the sum lost?",
        answers=[
            Answer("h", right=errors["h"] > errors["c"],
                   says="h is made anew at the next step, from the cell that is still there."),
            Answer("c", right=errors["c"] > errors["h"]),
        ],
        why="What is kept for long is kept in the cell.",
    )  # fmt: skip


def helps() -> ChooseAll:
    """What helps a gradient over a hundred steps."""
    lengths = {}
    for bias in (0.0, 4.0):
        net = seeded(lambda bias=bias: LSTM(3, 32, forget_bias=bias), 0)
        lengths[bias] = reading.lengths_back(net, _drawn(101, 3, seed=9), 0)[100]
    lifted = clip_by_norm([torch.full((4,), 1e-12)], 1.0).factor > 1
    return ChooseAll(
        name="helps",
        asks="An untrained LSTM is to learn from what lies 100 steps back, and its gradient vanishes. What "
        "helps?",
        answers=[
            Answer("a larger bias of the forget gates", right=bool(lengths[4.0] > 1e6 * lengths[0.0])),
            Answer(
                "a bias of 0, so that gates begin in the middle", right=bool(lengths[0.0] > lengths[4.0]),
                says="Half open, a hundred gates leave 0.5 to the power 100, less than 1e-30.",
            ),
            Answer("clipping the gradient", right=bool(lifted), says="That shortens what is too long."),
        ],
        why="The belt has to be open before the network can learn what to keep on it.",
    )  # fmt: skip


def _drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
