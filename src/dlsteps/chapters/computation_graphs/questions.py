"""The questions of the chapter on computation graphs: the two engines say which answers are right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from dlsteps.experiments import load, values
from dlsteps.graphs import dynamic, static
from dlsteps.graphs import functions as F
from dlsteps.graphs.dynamic import Tensor
from dlsteps.stage import Answer, Choose, ChooseAll, Enter, Mistake, Quiz

FRAME = "#graph:"


def what_is_y() -> Choose:
    """What a line on a node leaves."""
    y = static.Graph().placeholder(()) * 2.0
    return Choose(
        name="what-is-y",
        asks="`x` is a placeholder of a static graph, and the next line is `y = 2 * x`. What is `y` after "
        "that line?",
        answers=[
            Answer("a number", right=isinstance(y, float), says="There is none: x has not been fed yet."),
            Answer("a node: what will be computed, without a number", right=isinstance(y, static.Node)),
            Answer(
                "a number and a record of how it was made",
                says="That is a tensor of a dynamic graph.",
                see=FRAME + "program=chain&mode=dynamic&step=run",
            ),
        ],
        why="Its shape and dtype are known. Its value comes with a run.",
    )


def folded() -> ChooseAll:
    """What is computed before the run."""
    graph = static.Graph()
    x, two, three = graph.placeholder((), name="x"), graph.constant(2.0), graph.constant(3.0)
    product = two * three
    total = product + 1.0
    scaled = total * x
    y = scaled + x * 5.0
    named = {"2 · 3": product, "k + 1": total, "s · x": scaled, "x · 5": y.inputs[1]}
    done = {change.node for change in static.constant_folding([y]).changes}
    says = {
        "s · x": "x is a constant of no run: it is fed.",
        "x · 5": "5 is constant, x is not. All inputs have to be.",
    }
    return ChooseAll(
        name="folded",
        asks="A static graph: k = 2 · 3, s = k + 1, y = s · x + x · 5, where x is fed. Which nodes can be "
        "computed once, before any run?",
        answers=[
            Answer(text, right=node.name in done, says=says.get(text, "")) for text, node in named.items()
        ],
        why="A node is folded if all its inputs are constants; what it becomes is a constant for the next.",
    )


def used_twice() -> Enter:
    """A gradient that comes by two ways."""
    a, b = Tensor(2.0, requires_grad=True), Tensor(1.0, requires_grad=True)
    u = a + b
    (g,) = dynamic.gradients(u * u, [a])
    return Enter(
        name="used-twice",
        asks="u = a + b and y = u · u, with a = 2 and b = 1. What is ∂y/∂a?",
        right=g.item(),
        mistakes=[
            Mistake(
                3, "That is what comes through one of the two factors. u is used twice, and both are added."
            ),
            Mistake(9, "That is y."),
            Mistake(4, "That would be 2a. The slope is taken at u = 3."),
        ],
        why="Each factor passes 1 · 3 on to u. Together 6, and u passes it on to a as it is.",
    )


def if_on_a_node() -> Choose:
    """Python's `if` while a graph is being defined."""
    graph = static.Graph()
    refused = _refused(lambda x: x * 2.0 if x > 0.0 else x, graph.placeholder(()))
    return Choose(
        name="if-on-a-node",
        asks="While a static graph is being defined, Python comes to `if x > 0:` where x is a node. What "
        "should happen?",
        answers=[
            Answer(
                "Both branches go into the graph", says="Python runs one of the two. It has to know which."
            ),
            Answer("An error: there is no number yet", right=refused),
            Answer(
                "The branch is chosen in each run",
                says="That is what a node does: cond. Python's own if decides once, at once.",
                see=FRAME + "program=if&mode=static&step=run",
            ),
        ],
        why="x > 0 is a node as well, without a value. Python asks it for True or False and gets an error.",
    )


def two_plain_tensors() -> Enter:
    """The notes' example."""
    c = torch.tensor(1) + torch.tensor(2)
    return Enter(
        name="two-plain-tensors",
        asks="`a = torch.tensor(1)`, `b = torch.tensor(2)`, `c = a + b`. How many operations are recorded?",
        right=int(c.grad_fn is not None),
        within=0.1,
        mistakes=[
            Mistake(1, "It would be with requires_grad=True. But then a has to be a fraction: 1.0."),
            Mistake(3, "a and b are no operations, and c is computed without a record."),
        ],
        why="Neither wants a gradient, so PyTorch computes 3 and forgets how.",
    )


def check_yourself() -> Quiz:
    """Seven questions on what the page promised."""
    return Quiz(
        loop_records(),
        loop_nodes(),
        merged(),
        when_to_pass_on(),
        can_be_defined(),
        large_products(),
        shape_of_a_gradient(),
        title="Check yourself",
    )


def loop_records() -> Enter:
    """What a loop leaves in a dynamic graph."""
    x = Tensor(2.0, requires_grad=True)
    while x < 100.0:
        x = x * 3.0
    count = sum(t.record is not None for t in dynamic.history(x))
    return Enter(
        name="loop-records",
        asks="A dynamic graph: x = 2, and `while x < 100: x = x * 3`. How many multiplications are recorded?",
        right=count,
        within=0.1,
        mistakes=[
            Mistake(1, "The line is one, but it runs several times, and each time leaves a record."),
            Mistake(3, "54 is still below 100: it goes round once more."),
        ],
        why="2, 6, 18, 54, 162: one record for each round.",
    )


def loop_nodes() -> Choose:
    """What a loop is in a static graph."""
    graph = static.Graph()
    x = graph.placeholder(())
    static.while_loop(lambda x: x < 100.0, lambda x: x * 3.0, x)
    count = sum(node.operation == "while" for node in graph)
    return Choose(
        name="loop-nodes",
        asks="And how is the same loop written in a static graph, if x is fed?",
        answers=[
            Answer("as one node that holds a graph of its own", right=count == 1),
            Answer("as four multiplications", says="It would be so if the number of rounds were known."),
            Answer("not at all", says="Python's while cannot do it. A while node can.",
                   see=FRAME + "program=while&mode=static&step=run"),
        ],
        why="How often it goes round only the run will tell. One round is a graph, and the node repeats it.",
    )  # fmt: skip


def merged() -> Enter:
    """What is left when the same is computed once."""
    graph = static.Graph()
    a, b = graph.placeholder((), name="a"), graph.placeholder((), name="b")
    y = (a * b) * (a * b) + F.exp(a * b)
    passes = (static.common_subexpressions, static.dead_code)
    count = sum(bool(node.inputs) for node in static.Session(graph, passes).executable([y]).order)
    return Enter(
        name="merged",
        asks="y = (a · b) · (a · b) + exp(a · b). As defined that is six operations. How many are left when "
        "the same is computed only once?",
        right=count,
        within=0.1,
        mistakes=[
            Mistake(5, "a · b stands there three times; two of them go."),
            Mistake(3, "Count again: a · b, its square, exp, and the sum."),
        ],
        why="One a · b serves all three places.",
    )


def when_to_pass_on() -> Choose:
    """When a node's gradient is whole."""
    return Choose(
        name="when-to-pass-on",
        asks="u is used by v and by w. The walk back has just been through v. May u pass its gradient on?",
        answers=[
            Answer("Yes: it has one", says="It has a part. What comes from w would be missing.",
                   see=FRAME + "program=shared&mode=dynamic&step=back&walked=2"),
            Answer("No: it waits for w", right=_waits()),
            Answer("Yes, and once more after w", says="What it passed on first would be passed on twice."),
        ],
        why="A node's turn comes when all that use it have had theirs: the order of definition, backward.",
    )  # fmt: skip


def _waits() -> bool:
    """Whether the engine goes through u after all that use it."""
    a = Tensor(2.0, requires_grad=True)
    u = a * a
    v, w = u * 2.0, u * 3.0
    walked = [step.tensor for step in (v + w).backward()]
    return walked.index(u) > max(walked.index(v), walked.index(w))


def _refused(program: Callable[[static.Node], Any], node: static.Node) -> bool:
    try:
        program(node)
    except TypeError:
        return True
    return False


def _thrice(x: static.Node) -> static.Node:
    for _ in range(3):
        x = x * x
    return x


def can_be_defined() -> ChooseAll:
    """Which Python a static graph can take."""
    programs = {
        "`for _ in range(3): x = x * x`": (_thrice, ""),
        "`y = x * 2 if x.shape[0] > 1 else x`": (lambda x: x * 2.0 if x.shape[0] > 1 else x, ""),
        "`y = x * 2 if x.sum() > 0 else x`": (
            lambda x: x * 2.0 if x.sum() > 0.0 else x,
            "It asks for a number that only a run has.",
        ),
        "`y = x * float(x.max())`": (
            lambda x: x * float(x.max()),
            "float asks for the number. `x * x.max()` would do.",
        ),
    }
    answers = []
    for text, (program, says) in programs.items():
        refused = _refused(program, static.Graph().placeholder((4,)))
        answers.append(Answer(text, right=not refused, says=says))
    return ChooseAll(
        name="can-be-defined",
        asks="x is a placeholder of shape [4]. Which of these lines can define a static graph?",
        answers=answers,
        why="Shapes are known when a graph is defined, and how often a range goes round. Values are not.",
    )


def large_products() -> Choose:
    """Where the difference between the kinds is gone."""
    result = load("time_per_operation")
    most = max(result.settings["sides"])
    where = {"work": "matrix product", "side": most, "engine": "dynamic"}
    ratio = float(np.mean(values(result.records, "ratio", **where)))
    return Choose(
        name="large-products",
        asks=f"A program is made of products of {most}×{most} matrices. How much longer does it take in our "
        "dynamic engine than in our static one?",
        answers=[
            Answer("about three times as long", right=2 < ratio < 4, says="So it is for single numbers."),
            Answer("less than half as long again", right=ratio < 1.5),
            Answer("eight times as long", right=ratio > 6, says="So it is for long chains, cell by cell."),
        ],
        why="What a record costs is the same for each operation. Beside a long operation it is little.",
    )


def shape_of_a_gradient() -> Choose:
    """A gradient has the shape of what it belongs to."""
    x, W = (Tensor(np.ones(shape), requires_grad=True) for shape in ((2, 3), (3, 4)))
    (g,) = dynamic.gradients((x @ W).sum(), [W])
    shapes = {
        (3, 4): "",
        (2, 4): "That is the shape of x @ W, and of the gradient that arrives there.",
        (4, 3): "Transposed: Wᵀ is what x gets its gradient through.",
    }
    return Choose(
        name="shape-of-a-gradient",
        asks="x has shape [2, 3], W has [3, 4], and L is the sum of x @ W. What shape has ∂L/∂W?",
        answers=[
            Answer(str(list(shape)), right=g.shape == shape, says=says) for shape, says in shapes.items()
        ],
        why="One number for each number of W: xᵀ @ upstream, [3, 2] times [2, 4].",
    )
