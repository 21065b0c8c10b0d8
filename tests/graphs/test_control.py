"""Branches and loops that decide when the graph runs, and their gradients."""

import numpy as np
import pytest
import torch
from judge import refuses

import dlsteps.graphs.static as tf
from dlsteps.graphs import functions as F
from dlsteps.graphs.operations import OPERATIONS
from dlsteps.graphs.static.differentiate import items


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
    y = tf.while_loop(lambda x: x < 100.0, lambda x: x * x, x)
    (dx,) = tf.gradients(y, [x])
    with refuses(NotImplementedError, "the gradient of a while_loop has no gradient of its own here; .* for"):
        tf.gradients(dx, [x])
    with refuses(TypeError, "has no value while the graph is being defined"):
        tf.while_loop(lambda x: x < 100.0 and x > 0, lambda x: x, x)


def test_a_loop_of_no_steps_keeps_memory_of_its_own(graph):
    x, n = graph.placeholder((3,), name="x"), graph.placeholder((), "int64", name="n")
    start = F.exp(x)
    # Five values at once, to move into all memory that is free.
    tower = lambda m, x: m.sin(x) * (m.cos(x) * (m.tanh(x) * (m.sigmoid(x) * m.square(x))))  # noqa: E731
    _, y = tf.while_loop(lambda k, y: k > 0, lambda k, y: (k - 1, y * 2.0), n, start)
    out = y * F.cos(F.cos(x)) - F.sin(x)
    slope = tf.gradients((out * out).sum(), [start])[0] - tower(F, x)
    values = np.array([0.1, 0.2, 0.3])
    t = torch.tensor(values, requires_grad=True)
    e = t.exp()
    theirs = e * t.cos().cos() - t.sin()
    (slope_torch,) = torch.autograd.grad(theirs.square().sum(), e)
    slope_torch = slope_torch - tower(torch, t)
    for passes in ((), tf.PASSES):
        for node, expected in [(out, theirs), (slope, slope_torch)]:
            ours = tf.Session(graph, passes).run(node, {x: values, n: 0})
            assert np.abs(ours - expected.detach().numpy()).max() < 1e-14
