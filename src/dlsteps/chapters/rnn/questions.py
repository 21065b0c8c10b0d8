"""The questions of the chapter on plain recurrent networks: the layers say which answers are right."""

from __future__ import annotations

import torch
from torch import Tensor

from dlsteps.chapters.rnn.networks import longest_chain, stretching
from dlsteps.nn.gradient_flow import clip_by_norm
from dlsteps.nn.recurrent import RNN, rnn
from dlsteps.stage import Answer, Choose, ChooseAll, Enter, Matrix, Mistake, Pick, Quiz


def _drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def parameters() -> Enter:
    """How many parameters a cell has, whatever it reads."""
    C, H, T = 8, 6, 100
    right = sum(p.numel() for name, p in RNN(C, H).named_parameters() if name != "bias_hh_l0")
    return Enter(
        name="parameters",
        asks=f"A state of {H} numbers, lines of {C} pixels, two matrices and one bias. How many parameters "
        f"has a network that reads {T} lines?",
        right=right,
        mistakes=[
            Mistake(right * T, "That would be new matrices at every step. It is the same cell each time."),
            Mistake(right - H, "The bias is missing."),
            Mistake(H * C + H, "The matrix from state to state is missing."),
        ],
        unit="parameters",
        why=f"{H} · {C} from the line, {H} · {H} from the state, {H} for the bias; the length is not in it.",
    )


def what_was_read() -> Pick:
    """Which cells of the sequence a state was made from."""
    x, t = _drawn(5, 3), 2
    given = x.clone().requires_grad_()
    output = stretching(3, 4, 1.0)(given[None])[0][0]
    (gradient,) = torch.autograd.grad(output[t].sum(), given)
    right = gradient.flatten().nonzero().flatten().tolist()
    return Pick(
        name="what-was-read",
        asks="Five steps of three numbers. Pick every number that the state after step 3 was made from; "
        "one is picked.",
        panel=Matrix(title="x", note="shape [5, 3]", values=x, rows=[f"t = {k}" for k in range(1, 6)],
                     digits=1),
        axes=("step", "number"),
        given=[3 * t],
        right=right,
        mistakes=[
            Mistake(range(3 * t, 3 * t + 3), "The state before it came from the earlier steps.",
                    "#rnn:step=one%20step"),
            Mistake(range(15), "Steps 4 and 5 have not been read yet.",
                    "#rnn:step=all%20it%20has%20read&at=2"),
        ],
        why="Step 3 came in directly, steps 1 and 2 through the state.",
    )  # fmt: skip


def hundred_steps() -> Enter:
    """What is left after a hundred factors."""
    right = 0.9**100
    return Enter(
        name="hundred-steps",
        asks="At every step back a gradient is multiplied by 0.9. What is left of 1 after 100 steps?",
        right=right,
        within=right / 20,
        mistakes=[
            Mistake(0.9, "That is after one step."),
            Mistake(90, "Factors multiply; they are not added up."),
            Mistake(0.09, "That is 0.9 · 0.1; there are a hundred factors."),
        ],
        why=f"0.9 to the power 100 is {right:.6f}. With 1.1 in its place it would be {1.1**100:,.0f}.",
    )


def waits() -> ChooseAll:
    """What has to wait for the step before."""
    x = _drawn(1, 32, 4).requires_grad_()
    short = x[:, :16]
    layer = RNN(4, 4).double()
    work = {
        "multiplying every line by the input's matrix": lambda x: x @ layer.weight_ih_l0.T,
        "the states, one after another": lambda x: layer(x)[0][:, -1],
        "a layer that makes an output of every state": lambda x: x.tanh() @ layer.weight_hh_l0.T,
    }
    says = "All steps can be done at once, once what it works on is there."
    grows = {text: longest_chain(do(x)) - longest_chain(do(short)) > 4 for text, do in work.items()}
    return ChooseAll(
        name="waits",
        asks="A sequence is twice as long. For which parts of the work is there a longer queue, in which "
        "each operation waits for the one before?",
        answers=[Answer(text, right=g, says="" if g else says) for text, g in grows.items()],
        why="State t cannot be computed before state t − 1, on no hardware.",
    )


def names() -> Choose:
    """What recurrent and recursive mean."""
    return Choose(
        name="names",
        asks="A network is given a sentence and its parse tree. It joins two neighbors to one vector, then "
        "two of the results, always with the same weights, up to the root. What is it?",
        answers=[
            Answer(
                "recurrent, 循环", says="That one reads word after word: a chain, which is one kind of tree."
            ),
            Answer("recursive, 递归", right=True),
            Answer(
                "convolutional", says="A convolution looks at all neighbors alike, and knows no parse tree."
            ),
        ],
        why="Recursive networks fold trees. Recurrent ones fold chains.",
    )


def check_yourself() -> Quiz:
    """Six questions on what the page promised."""
    return Quiz(
        later_states(), bound(), temperature(), clipping(), order(), sigmoid_slope(), title="Check yourself"
    )


def later_states() -> Enter:
    """How many states feel a change."""
    x = _drawn(1, 10, 3)
    changed = x.clone()
    changed[:, 3] += 1
    net = stretching(3, 4, 1.0)
    with torch.no_grad():
        moved = int(((net(changed)[0] - net(x)[0]).abs().amax(2) > 0).sum())
    return Enter(
        name="later-states",
        asks="Ten steps, and the fourth input is changed. How many of the ten states change?",
        right=moved,
        mistakes=[
            Mistake(1, "The state of step 4 is handed on to step 5."),
            Mistake(10, "Steps 1 to 3 were read before."),
            Mistake(6, "The state of step 4 itself changes too."),
        ],
        why="The states of steps 4 to 10.",
    )


def bound() -> Enter:
    """What the state matrix alone allows."""
    net = stretching(3, 5, 0.5)
    stretch = torch.linalg.matrix_norm(net.weight_hh_l0.detach(), 2).item()
    return Enter(
        name="bound",
        asks="The largest singular value of the state matrix is 0.5, and the squashing function is tanh. "
        "At most how long is the gradient of one number of the last state, ten steps back?",
        right=stretch**10,
        within=2e-5,
        mistakes=[
            Mistake(0.5, "That is one step back.", "#rnn:step=gradient%20back&gain=0.5&at=6"),
            Mistake(5, "Factors multiply: 0.5 to the power 10."),
        ],
        why="1/1024. tanh's slope is at most 1, so it cannot make up for it.",
    )  # fmt: skip


def temperature() -> Choose:
    """An output layer that can say 25."""
    y = torch.sigmoid(torch.tensor([-50.0, 0.0, 50.0]))
    return Choose(
        name="temperature",
        asks="A network reads last week's temperatures and is to say tomorrow's, about 25. Which output "
        "layer on the state h can do that?",
        answers=[
            Answer("y = sigmoid(W h + b)", right=bool(y.max() > 25), says="A sigmoid says nothing above 1."),
            Answer("y = tanh(W h + b)", says="tanh says nothing above 1."),
            Answer("y = W h + b", right=True),
        ],
        why="The state's σ and the output's need not be the same; here the output has none.",
    )


def clipping() -> Choose:
    """What clipping mends."""
    large, small = ([torch.full((4,), size)] for size in (1e6, 1e-12))
    cut = clip_by_norm(large, 1.0).factor < 1
    lifted = clip_by_norm(small, 1.0).factor > 1
    return Choose(
        name="clipping",
        asks="Gradients are clipped to the norm 1. What does this mend?",
        answers=[
            Answer("gradients that explode", right=bool(cut and not lifted)),
            Answer("gradients that vanish", right=bool(lifted), says="What is too small stays too small."),
            Answer("both", says="A gradient of 1e-12 passes as it is."),
        ],
        why="Clipping shortens what is too long, and does nothing else.",
    )


def order() -> Choose:
    """Whether the order of the inputs matters."""
    x, net = _drawn(1, 6, 3), stretching(3, 4, 1.0)
    with torch.no_grad():
        differs = not torch.allclose(net(x)[1], net(x.flip(1))[1])
    return Choose(
        name="order",
        asks="The lines of a sequence are read in reverse. Is the last state the same?",
        answers=[
            Answer(
                "yes, the same lines were read", right=not differs,
                says="A sum of the lines would be the same. Here each is squashed together with all before.",
            ),
            Answer("in general not", right=differs),
        ],
        why="So a recurrent network needs nobody to tell it the order.",
    )  # fmt: skip


def sigmoid_slope() -> Enter:
    """The largest slope of a sigmoid as the cell's nonlinearity."""
    a = torch.zeros(1, 1, dtype=torch.float64, requires_grad=True)
    one = torch.ones(1, 1, dtype=torch.float64)
    h = rnn(torch.zeros(1, 1, 1, dtype=torch.float64), a, one, one, nonlinearity="sigmoid").output
    slope = torch.autograd.grad(h.sum(), a)[0].item()
    return Enter(
        name="sigmoid-slope",
        asks="With a sigmoid in place of tanh, and a state matrix that neither stretches nor shrinks: by "
        "what is the gradient multiplied at a step back, at most?",
        right=slope,
        within=1e-3,
        mistakes=[
            Mistake(1, "That is tanh's largest slope."),
            Mistake(0.5, "That is the sigmoid's value at 0; its slope there is half of that."),
        ],
        why="A sigmoid's slope is s(1 − s), at most 1/4. After 10 steps less than a millionth is left.",
    )
