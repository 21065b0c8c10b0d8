"""Branches and loops that decide when the graph runs, and their gradients."""

import math

import numpy as np
import pytest
import torch
from judge import refuses

import dlsteps.graphs.static as tf
from dlsteps.graphs import functions as F
from dlsteps.graphs.operations import OPERATIONS
from dlsteps.graphs.static import tape
from dlsteps.graphs.static.subgraph import Subgraph
from dlsteps.graphs.static.tape import items


@pytest.fixture
def graph():
    return tf.Graph()


@pytest.mark.parametrize(("x", "y", "slope"), [(3.0, 27.0, 27.0), (-2.0, 2.0, -1.0)])
def test_cond(graph, x, y, slope):
    v = graph.placeholder((), name="v")
    out = tf.cond(v > 0, lambda v: v**3, lambda v: -v, v)
    (dv,) = tf.gradients(out, [v])
    (ddv,) = tf.gradients(dv, [v])
    session = tf.Session(graph)
    assert session.run([out, dv], {v: x}) == [y, slope]
    assert session.run(ddv, {v: x}) == (18.0 if x > 0 else 0.0)


def test_only_the_branch_that_is_taken_runs(graph, monkeypatch):
    v = graph.placeholder((), name="v")
    out = tf.cond(v > 0, F.log, lambda v: v, v)
    log = OPERATIONS["log"]
    assert tf.Session(graph).run(out, {v: -1.0}) == -1  # a logarithm of −1 would warn
    assert log.run(1.0) == 0


def test_branches_may_return_several_and_share_operands(graph):
    a, b, k = graph.variable(2.0), graph.variable(5.0), graph.variable(3)
    p, q, n = tf.cond(a < b, lambda a, b, k: (a * b, a, k + 1), lambda a, b, k: (a, a * a, k), a, b, k)
    slopes = tf.gradients(p * 10.0 + q, [a, b])
    only_q = tf.gradients(q * 1.0, [a, b])
    assert tf.Session(graph).run([p, q, n, *slopes, *only_q]) == [10, 2, 4, 51, 20, 1, 0]


def test_a_result_that_is_taken_twice_gets_both_gradients(graph):
    v = graph.variable(2.0)
    y = tf.cond(v > 0, lambda v: v * v, lambda v: v, v)
    (again,) = items(y.inputs[0])
    assert again is not y
    assert tf.Session(graph).run(tf.gradients(y + again * 10.0, [v])) == [44]


def test_one_result_in_a_tuple_stays_a_tuple(graph):
    v = graph.variable(2.0)
    (only,) = tf.cond(v > 0, lambda v: (v,), lambda v: (-v,), v)
    assert tf.Session(graph).run(only) == 2


def test_while_loop(graph):
    x, n = graph.variable(3.0), graph.placeholder((), "int64", name="n")
    _, y, _ = tf.while_loop(
        lambda k, y, x: k > 0, lambda k, y, x: (k - 1, y * x, x), n, graph.constant(1.0), x
    )
    (dx,) = tf.gradients(y, [x])
    session = tf.Session(graph)
    for steps in range(5):
        assert session.run([y, dx], {n: steps}) == [3.0**steps, steps * 3.0 ** (steps - 1) if steps else 0]


def test_a_loop_over_one_state(graph):
    x = graph.variable(3.0)
    y = tf.while_loop(lambda x: x < 100.0, lambda x: x * x, x)
    (dx,) = tf.gradients(y, [x])
    assert tf.Session(graph).run([y, dx]) == [6561, 8 * 3.0**7]


def test_a_recurrent_loop_matches_torch(graph):
    generator = np.random.default_rng(0)
    w, h = generator.standard_normal((3, 3)), generator.standard_normal((2, 3))
    W, H = graph.variable(w), graph.variable(h)

    def step(k, h, w):
        return k + 1, tf.cond(h.sum() > 0, lambda h, w: F.tanh(h @ w), lambda h, w: F.sin(h @ w), h, w), w

    _, last, _ = tf.while_loop(lambda k, h, w: k < 6, step, graph.constant(0), H, W)
    loss = F.square(last).sum()
    ours = tf.Session(graph).run([loss, *tf.gradients(loss, [W, H])])

    tw, th = torch.tensor(w, requires_grad=True), torch.tensor(h, requires_grad=True)
    t = th
    for _ in range(6):
        t = (t @ tw).tanh() if t.sum() > 0 else (t @ tw).sin()
    loss = t.square().sum()
    theirs = [loss, *torch.autograd.grad(loss, [tw, th])]
    for a, b in zip(ours, theirs, strict=True):
        assert np.abs(a - b.detach().numpy()).max() < 1e-12


def test_the_gradients_of_a_power_by_a_loop(graph):
    x, n = graph.placeholder((), name="x"), graph.placeholder((), "int64", name="n")
    _, y, _ = tf.while_loop(
        lambda k, y, x: k > 0, lambda k, y, x: (k - 1, y * x, x), n, graph.constant(1.0), x
    )
    slopes = [y]
    for _ in range(4):
        slopes += tf.gradients(slopes[-1], [x])
    session = tf.Session(graph)
    for steps in range(6):
        falling = [math.prod(range(steps - k + 1, steps + 1)) for k in range(5)]  # n, n(n-1), n(n-1)(n-2), …
        expected = [f * 3.0 ** (steps - k) if f else 0 for k, f in enumerate(falling)]
        assert session.run(slopes, {x: 3.0, n: steps}) == pytest.approx(expected, rel=1e-14)


def recurrent(m, h, w, steps):
    """One program for torch and, with a loop and a branch in its place, for the static engine."""
    for _ in range(steps):
        h = m.tanh(h @ w) if h.sum() > 0 else m.sin(h @ w)
    return h


@pytest.mark.parametrize("passes", [(), tf.PASSES])
@pytest.mark.parametrize("steps", [0, 1, 5])
def test_gradients_of_gradients_of_a_recurrent_loop_match_torch(graph, passes, steps):
    generator = np.random.default_rng(0)
    w, h = generator.standard_normal((3, 3)), generator.standard_normal((2, 3))
    W, H = graph.variable(w), graph.variable(h)

    def step(k, h, w):
        return k + 1, tf.cond(h.sum() > 0, lambda h, w: F.tanh(h @ w), lambda h, w: F.sin(h @ w), h, w), w

    _, last, _ = tf.while_loop(lambda k, h, w: k < steps, step, graph.constant(0), H, W)
    tw, th = torch.tensor(w, requires_grad=True), torch.tensor(h, requires_grad=True)
    ours, theirs = F.square(last).sum(), recurrent(torch, th, tw, steps).square().sum()
    for order in range(3):
        ours, theirs = (
            tf.gradients(ours, [W, H]),
            torch.autograd.grad(theirs, [tw, th], create_graph=True, materialize_grads=True),
        )
        for a, b in zip(tf.Session(graph, passes).run(ours), theirs, strict=True):
            scale = max(1, np.abs(b.detach().numpy()).max())
            assert np.abs(a - b.detach().numpy()).max() < 1e-12 * scale, order
        ours = sum(F.square(g).sum() for g in ours)
        theirs = sum(g.square().sum() for g in theirs)


def test_gradients_of_gradients_of_a_loop_in_a_loop_match_torch(graph):
    def ours(x):
        inner = lambda k, y: (k - 1, F.sin(y) * 1.5)  # noqa: E731
        outer = lambda n, y: (n - 1, tf.while_loop(lambda k, y: k > 0, inner, n, y)[1])  # noqa: E731
        return tf.while_loop(lambda n, y: n > 0, outer, graph.constant(3), x)[1]

    def theirs(x):
        for n in (3, 2, 1):
            for _ in range(n):
                x = x.sin() * 1.5
        return x

    x, t = graph.variable([0.3, -1.2]), torch.tensor([0.3, -1.2], dtype=torch.float64, requires_grad=True)
    (first,) = tf.gradients(ours(x).sum(), [x])
    (second,) = tf.gradients(F.square(first).sum(), [x])
    (expected,) = torch.autograd.grad(theirs(t).sum(), t, create_graph=True)
    (expected_second,) = torch.autograd.grad(expected.square().sum(), t)
    for a, b in zip(tf.Session(graph).run([first, second]), [expected, expected_second], strict=True):
        assert np.abs(a - b.detach().numpy()).max() < 1e-12


def test_each_further_gradient_costs_in_proportion_to_the_steps(graph, monkeypatch):
    x, n = graph.variable(0.5), graph.placeholder((), "int64", name="n")
    _, y = tf.while_loop(lambda k, y: k > 0, lambda k, y: (k - 1, F.sin(y)), n, x)
    ran, call = [], Subgraph.__call__
    monkeypatch.setattr(Subgraph, "__call__", lambda self, *arrays: ran.append(1) or call(self, *arrays))
    for _ in range(3):
        costs = []
        for steps in (10, 20, 30):
            ran.clear()
            tf.Session(graph).run(y, {n: steps})
            costs.append(len(ran))
        assert costs[2] - costs[1] == costs[1] - costs[0]
        (y,) = tf.gradients(y, [x])


def test_what_a_loop_went_through_can_be_seen(graph):
    x = graph.variable(3.0)
    y = tf.while_loop(lambda x: x < 100.0, lambda x: x * x, x)
    values = tf.Session(graph, ()).run(tf.gradients(y, [x]), record=True).values
    (name,) = [node.name for node in graph if repr(node).endswith("a tape of float64[]>")]
    assert values[name].tolist() == [3, 9, 81]


def test_a_sweep_walks_either_way(graph):
    x = graph.variable([1.0, 2.0])
    tapes = tape.states([graph.constant(0), x], *(loop_of(3)))
    inner = tf.Graph()
    carry, k, y = (inner.placeholder(s, d) for s, d in [((), "float64"), ((), "int64"), ((2,), "float64")])
    step = Subgraph([carry, k, y], [carry * 2.0 + F.cast(k, "float64"), y * carry])
    session = tf.Session(graph, ())
    for back, order in ((False, (0, 1, 2)), (True, (2, 1, 0))):
        swept = tape.sweep([graph.constant(1.0)], tapes, step, back=back)
        expected, made = 1.0, {}
        for n in order:
            made[n], expected = (np.array([1.0, 2.0]) * 10**n * expected).tolist(), expected * 2 + n
        assert session.run(swept.carry[0]) == expected
        assert session.run(swept.tapes[0]).tolist() == [made[n] for n in range(3)]
        assert session.run(tape.add_tapes(swept.tapes[0], swept.tapes[0]))[1].tolist() == [
            2 * m for m in made[1]
        ]


def loop_of(steps):
    """A loop's two graphs: a count, and a vector that is multiplied by 10."""
    inner = tf.Graph()
    k, y = inner.placeholder((), "int64"), inner.placeholder((2,))
    return Subgraph([k, y], [k < steps]), Subgraph([k, y], [k + 1, y * 10.0])


def test_a_loop_is_run_anew_each_time(graph):
    x = graph.placeholder((2,), name="x")
    y = tf.while_loop(lambda y: y.max() < 10.0, lambda y: y + y, x)
    session = tf.Session(graph)
    first = session.run(y, {x: [1.0, 3.0]})
    assert session.run(y, {x: [20.0, 1.0]}).tolist() == [20, 1]
    assert first.tolist() == [4, 12]


def test_a_dead_branch_and_a_common_loop_are_seen_by_the_passes(graph):
    x = graph.variable(3.0)
    loops = [tf.while_loop(lambda x: x < 100.0, lambda x: x * x, x) for _ in range(2)]
    made = tf.common_subexpressions(loops)
    assert made.fetches[0] is made.fetches[1]
    other = tf.while_loop(lambda x: x < 101.0, lambda x: x * x, x)
    assert len({*tf.common_subexpressions([*loops, other]).fetches}) == 2


def test_integers_alone_have_no_gradient_to_pass(graph):
    x, k = graph.variable(2.0), graph.variable(2)
    n, y = tf.while_loop(lambda k, y: k > 0, lambda k, y: (k - 1, y * 2.0), k, x)
    (dx,) = tf.gradients(y + F.cast(n, "float64"), [x])
    assert tf.Session(graph).run(dx) == 4


def test_refuses(graph):
    x, n = graph.variable(2.0, name="x"), graph.variable([1.0, 2.0], name="n")
    with refuses(ValueError, r"the true branch gives \(float64\[\]\), but the false one \(int64\[\]\)"):
        tf.cond(x > 0, lambda x: x, lambda x: 1, x)
    with refuses(TypeError, r"the predicate is float64\[\], not one truth value; try a comparison"):
        tf.cond(x, lambda x: x, lambda x: x, x)
    with refuses(TypeError, r"the predicate is bool\[2\], not one truth value"):
        tf.cond(n > 0, lambda x: x, lambda x: x, x)
    with refuses(TypeError, "node 'multiply' belongs to another graph; .* as an operand"):
        tf.cond(x > 0, lambda: x * 2.0, lambda: x)
    with refuses(ValueError, "a branch or loop cannot make a variable; make it outside"):
        tf.cond(x > 0, lambda x: x * tf.variable(1.0), lambda x: x, x)
    with refuses(ValueError, r"the state is \(float64\[\]\), but the body makes \(float64\[2\]\) of it"):
        tf.while_loop(lambda x: x > 0, lambda x: x * np.ones(2), x)
    with refuses(TypeError, r"the condition is float64\[\], not one truth value"):
        tf.while_loop(lambda x: x, lambda x: x, x)
    with refuses(TypeError, "the condition gives 2 values"):
        tf.while_loop(lambda x: (x > 0, x > 1), lambda x: x, x)
    with refuses(ValueError, "a loop without state"):
        tf.while_loop(lambda: True, lambda: ())
    with refuses(TypeError, "has no value while the graph is being defined"):
        tf.while_loop(lambda x: x < 100.0 and x > 0, lambda x: x, x)


def test_what_fits_no_tape_is_refused(graph):
    k, x = graph.constant(0), graph.variable([1.0, 2.0])
    condition, body = loop_of(3)
    with refuses(ValueError, r"the state is \(int64\[\], float64\[\]\), but the body makes \(int64\[\],"):
        tape.states([k, graph.variable(1.0)], condition, body)
    tapes = tape.states([k, x], condition, body)
    message = r"of \(a tape of int64\[\], a tape of float64\[2\]\) does not fit \(a tape of float64"
    with refuses(ValueError, message):
        tape.sweep([], tapes[1:], body, back=True)
    with refuses(ValueError, "does not fit .*; give it tapes"):
        tape.sweep([k, x], [], body, back=True)
    with refuses(ValueError, "let it return the first 1 as they were"):
        tape.sweep([x], tapes[:1], Subgraph(body.inputs[::-1], body.outputs[:1]), back=True)
    with refuses(TypeError, "has no derivative"):
        tf.gradients(x.sum(), [tapes[1]])


@pytest.mark.parametrize("steps", [0, 2])
def test_a_loop_keeps_memory_of_its_own(graph, steps):
    x, n = graph.placeholder((3,), name="x"), graph.placeholder((), "int64", name="n")
    start = F.exp(x)
    # Five values at once, to move into all memory that is free.
    tower = lambda m, x: m.sin(x) * (m.cos(x) * (m.tanh(x) * (m.sigmoid(x) * m.square(x))))  # noqa: E731
    _, y = tf.while_loop(lambda k, y: k > 0, lambda k, y: (k - 1, F.sin(y)), n, start)
    out = y * F.cos(F.cos(x)) - F.sin(x)
    slope = tf.gradients((out * out).sum(), [start])[0] - tower(F, x)
    (bend,) = tf.gradients(F.square(slope).sum(), [x])
    values = np.array([0.1, 0.2, 0.3])
    t = torch.tensor(values, requires_grad=True)
    e = last = t.exp()
    for _ in range(steps):
        last = last.sin()
    theirs = last * t.cos().cos() - t.sin()
    (slope_torch,) = torch.autograd.grad(theirs.square().sum(), e, create_graph=True)
    slope_torch = slope_torch - tower(torch, t)
    (bend_torch,) = torch.autograd.grad(slope_torch.square().sum(), t)
    for passes in ((), tf.PASSES):
        for node, expected in [(out, theirs), (slope, slope_torch), (bend, bend_torch)]:
            ours = tf.Session(graph, passes).run(node, {x: values, n: steps})
            assert np.abs(ours - expected.detach().numpy()).max() < 1e-13


def test_a_tape_keeps_memory_of_its_own(graph):
    x = graph.placeholder((2,), name="x")
    _, went_through = tape.states([graph.constant(0), F.exp(x)], *loop_of(2))
    later = F.sin(x) * F.cos(x)  # moves into the memory of the exponential
    values = np.array([0.1, 0.2])
    ours, _ = tf.Session(graph, ()).run([went_through, later], {x: values})
    assert np.allclose(ours, [np.exp(values), 10 * np.exp(values)], rtol=1e-15)
