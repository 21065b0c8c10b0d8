"""Each pass does what it says, says what it did, and changes no result."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judge import refuses

import dlsteps.graphs.static as tf
from dlsteps.graphs import functions as F
from dlsteps.graphs.static import kernel
from dlsteps.graphs.static.rewriting import Change


@pytest.fixture
def graph():
    return tf.Graph()


def kinds(rewrite):
    return [node.operation for node in rewrite.graph]


def test_constant_folding(graph):
    x = graph.placeholder((2,), name="x")
    y = x * (graph.constant(2.0) + 3.0)
    made = tf.constant_folding([y])
    assert made.fetches[0].inputs[1].attributes["value"] == 5
    assert made.changes == [Change("add", "add", "all its inputs are constants")]
    assert kinds(made) == ["placeholder", "constant", "constant", "constant", "multiply"]


def test_folding_leaves_what_may_change_or_fail(graph):
    v = graph.variable(1.0)
    c = graph.constant(2.0)
    wrong = F.gather(graph.constant([1.0]), graph.constant([3]), 0)
    both = tf.cond(graph.constant(True), lambda x: (x, x), lambda x: (x, x), c)
    made = tf.constant_folding([v + 1.0, tf.assign(v, c), tf.group(c), wrong, *both])
    assert made.changes == []
    assert tf.constant_folding([F.log(graph.constant(0.0))]).changes != []  # and without a warning


def test_folded_constants_carry_their_dtype(graph):
    made = tf.constant_folding([graph.constant(2.0, "float32") * 3.0])
    assert made.fetches[0].dtype == np.float32


def test_common_subexpressions(graph):
    a, b = graph.placeholder((2, 2), name="a"), graph.placeholder((2, 2), name="b")
    y = (a + b) * (a + b)
    made = tf.common_subexpressions([y])
    assert made.changes == [Change("add_1", "add", "add is the same")]
    left, right = made.fetches[0].inputs
    assert left is right


def test_what_differs_in_an_attribute_is_no_common_subexpression(graph):
    x = graph.placeholder((3, 3), name="x")
    different = [x[0], x[1], x[:2], x[0:2:2], x[..., 0], x.sum(0), x.sum(1), x**2, x**3, x - x.T, x.T - x]
    assert [c.node for c in tf.common_subexpressions(different).changes] == ["transpose_1"]
    graph = tf.Graph()
    constants = [graph.constant(v) for v in (1.0, 1, True, [1.0], np.float32(1), 2.0, -0.0, 0.0)]
    assert tf.common_subexpressions(constants).changes == []
    twice = [graph.constant([1.0, 5.0]), graph.constant([1.0, 5.0])]
    assert [c.node for c in tf.common_subexpressions(twice).changes] == ["constant_9"]


def test_placeholders_variables_and_effects_stay_apart(graph):
    xs = [graph.placeholder(()), graph.placeholder(()), graph.variable(1.0), graph.variable(1.0)]
    steps = [tf.assign(xs[2], xs[0]), tf.assign(xs[2], xs[0])]
    assert tf.common_subexpressions([*xs, *steps]).changes == []


def test_dead_code(graph):
    a, b = graph.placeholder((), name="a"), graph.placeholder((), name="b")
    unused = a * b
    used = a + 1.0
    made = tf.dead_code([used])
    assert kinds(made) == ["placeholder", "constant", "add"]
    assert made.changes == [Change(n.name, None, "nobody uses it") for n in (b, unused)]


IDENTITIES = [
    (lambda x: x + 0.0, "x + 0 is x"),
    (lambda x: 0.0 + x, "0 + x is x"),
    (lambda x: x - 0.0, "x − 0 is x"),
    (lambda x: x * 1.0, "x · 1 is x"),
    (lambda x: 1.0 * x, "1 · x is x"),
    (lambda x: x / 1.0, "x / 1 is x"),
    (lambda x: x + np.zeros((2, 3)), "x + 0 is x"),
    (lambda x: x**1, "x¹ is x"),
    (lambda x: x.transpose(0, 1), "every axis stays"),
    (lambda x: x.reshape(2, 3), "the shape stays"),
    (lambda x: F.broadcast_to(x, (2, 3)), "the shape stays"),
    (lambda x: x.astype("float64"), "the dtype stays"),
    (lambda x: -F.apply("negate", x), "−(−x) is x"),
    (lambda x: x.T.T, "one transpose undoes the other"),
]


@pytest.mark.parametrize(("program", "why"), IDENTITIES)
def test_identities(graph, program, why):
    made = tf.algebraic_identities([program(graph.placeholder((2, 3), name="x"))])
    assert made.fetches[0].name == "x"
    assert [change.why for change in made.changes] == [why]


NOT_IDENTITIES = [
    lambda x: 0.0 - x,
    lambda x: 1.0 / x,
    lambda x: x * 0.0,
    lambda x: x + 1.0,
    lambda x: x * 2.0,
    lambda x: x - 1.0,
    lambda x: x / 2.0,
    lambda x: x + np.array([0.0, 0.0, 1.0]),
    lambda x: x[0] + np.zeros((2, 3)),
    lambda x: F.cast(x, "float32") * np.float64(1),
    lambda x: x**3,
    lambda x: F.cast(x, "int64") ** 1.0,
    lambda x: F.cast(x, "int64") ** 2.0,
    lambda x: x.T,
    lambda x: x.reshape(6),
    lambda x: F.broadcast_to(x, (1, 2, 3)),
    lambda x: x.astype("float32"),
    lambda x: -F.exp(x),
    lambda x: x[0].reshape(3, 1).T,
]


@pytest.mark.parametrize("program", NOT_IDENTITIES)
def test_what_only_looks_like_an_identity_stays(graph, program):
    x = graph.placeholder((2, 3), name="x")
    y = program(x)
    assert tf.algebraic_identities([y]).changes == []
    feed = {x: np.array([[1.0, -2.0, 3.0], [0.5, 5.0, -6.0]])}
    assert np.array_equal(tf.Session(graph, ()).run(y, feed), tf.Session(graph).run(y, feed))


def test_two_moves_become_one(graph):
    x = graph.placeholder((2, 3, 4), name="x")
    y = x.reshape(6, 4).reshape(4, 3, 2)
    z = x.transpose(1, 2, 0).transpose(2, 1, 0)
    s = x**2
    made = tf.algebraic_identities([y, z, s])
    assert [n.inputs[0].name for n in made.fetches] == ["x", "x", "x"]
    assert made.fetches[1].attributes == {"axes": (0, 2, 1)}
    assert [n.operation for n in made.fetches] == ["reshape", "transpose", "square"]
    assert [change.why for change in made.changes] == [
        "one reshape does for two",
        "one transpose does for two",
        "x ** 2 is square(x)",
    ]
    feed = {x: np.random.default_rng(0).standard_normal((2, 3, 4))}
    for ours, expected in zip(
        tf.Session(graph).run([y, z, s], feed), tf.Session(graph, ()).run([y, z, s], feed), strict=True
    ):
        assert np.array_equal(ours, expected)


def test_zero_times_infinity_stays_nan(graph):
    x = graph.placeholder((), name="x")
    with np.errstate(invalid="ignore"):
        assert np.isnan(tf.Session(graph).run(x * 0.0, {x: np.inf}))


def test_fusion_joins_a_chain(graph):
    x, b = graph.placeholder((4, 3), name="x"), graph.placeholder((3,), name="b")
    y = F.tanh(x * 2.0 + b)
    made = tf.elementwise_fusion([y])
    assert [c.why for c in made.changes] == ["multiply and add and tanh in one"]
    assert [n.name for n in made.fetches[0].inputs] == ["x", "b"]
    assert made.fetches[0].operation == "fused"
    assert made.fetches[0].name == y.name
    assert "constant" not in [n.operation for n in made.fetches[0].inputs]


def test_fusion_stops_where_a_value_is_wanted_twice_or_stretched(graph):
    x = graph.placeholder((4, 3), name="x")
    shared = F.exp(x)
    assert tf.elementwise_fusion([shared * shared]).changes == []
    assert tf.elementwise_fusion([shared + 1.0, shared * 2.0]).changes == []
    assert tf.elementwise_fusion([shared, -shared]).changes == []
    assert tf.elementwise_fusion([x + F.exp(x[0])]).changes == []
    assert tf.elementwise_fusion([F.exp(x).sum()]).changes == []
    assert len(tf.elementwise_fusion([-F.exp(x).sum(0) + 1.0]).changes) == 1


def test_every_operation_on_single_cells_is_fused(graph):
    x = graph.placeholder((4, 3), name="x")
    y = F.cast(F.where(x**3 > 0, x, 1.0), "float32") ** 0.5
    (change,) = tf.elementwise_fusion([y]).changes
    assert change.why == "power and greater and where and cast and power in one"
    feed = {x: np.linspace(-1, 1, 12).reshape(4, 3)}
    assert np.array_equal(tf.Session(graph).run(y, feed), tf.Session(graph, ()).run(y, feed))


def test_fused_nodes_have_no_gradient_and_one_shape(graph):
    x = graph.placeholder((4, 3), name="x")
    (fused,) = tf.elementwise_fusion([-F.exp(x)]).fetches
    with refuses(NotImplementedError, "a fused node has no derivative rule; take gradients first, then fuse"):
        tf.gradients(fused.sum(), [fused.graph["x"]])
    with refuses(ValueError, "the fused program was made for .* fuse again"):
        graph.apply("fused", (graph.placeholder((2, 3)),), fused.attributes)


@pytest.mark.parametrize("size", [1, 100, kernel.BLOCK, kernel.BLOCK + 1, 3 * kernel.BLOCK + 17])
@pytest.mark.parametrize("end", [lambda y: y, lambda y: y > 0, lambda y: F.where(y > 0, y, 0.1 * y)])
def test_blocks_make_no_difference(graph, size, end):
    x, z = graph.placeholder((size, 2), name="x"), graph.placeholder((2, size), name="z")
    one = graph.placeholder((1, 1), name="one")
    y = end(F.sigmoid(x * 3.0 - one) / (F.square(z.T) + 1.0) - 0.1)
    generator = np.random.default_rng(0)
    feed = {x: generator.standard_normal((size, 2)), z: generator.standard_normal((2, size)), one: [[0.3]]}
    fused, plain = tf.Session(graph), tf.Session(graph, ())
    assert "fused" in [n.operation for n in fused.executable([y]).order]
    first = fused.run(y, feed)
    assert np.array_equal(first, plain.run(y, feed))
    assert np.array_equal(fused.run(y, feed), first)


def test_blocks_are_used_and_small(graph, monkeypatch):
    seen = []
    cells = kernel.Kernel._cells
    monkeypatch.setattr(
        kernel.Kernel, "_cells", lambda self, xs, out, s: seen.append(out.size) or cells(self, xs, out, s)
    )
    x = graph.placeholder((3, kernel.BLOCK), name="x")
    row = graph.placeholder((kernel.BLOCK,), name="row")
    tf.Session(graph).run(F.exp(-x), {x: np.ones(x.shape)})
    assert seen == [kernel.BLOCK] * 3
    seen.clear()
    tf.Session(graph).run(F.exp(-x + row), {x: np.ones(x.shape), row: np.ones(row.shape)})
    assert seen == [3 * kernel.BLOCK]  # a stretched row cannot be cut into blocks


def test_every_rewrite_is_shown(graph):
    x = graph.placeholder((2,), name="x")
    y = (x + x) * (x + x) * (graph.constant(2.0) * 3.0) + 0.0
    rewrites = tf.Session(graph).rewrites([y])
    assert [r.name for r in rewrites] == [
        "constant folding",
        "algebraic identities",
        "common subexpressions",
        "dead code",
        "elementwise fusion",
        "dead code",
    ]
    assert [len(r.graph) for r in rewrites] == [10, 9, 8, 5, 4, 3]
    assert len(graph) == 10
    assert tf.optimize([], tf.PASSES)[-1].fetches == []


# Programs drawn at random: whatever the passes do, the numbers stay.

STEPS = {
    "add": lambda a, b: a + b,
    "same": lambda a, b: a * 1.0 + 0.0,
    "multiply": lambda a, b: a * b * 0.5,
    "tanh": lambda a, b: F.tanh(a),
    "negate": lambda a, b: -F.apply("negate", a),
    "transpose": lambda a, b: a.T.T + b.T,
    "product": lambda a, b: F.tanh(a @ b),
    "sum": lambda a, b: a - b.sum(0, keepdims=True),
    "softmax": lambda a, b: F.softmax(a, 0),
    "constant": lambda a, b: a * (a.sum() * 0.0 + 2.0),
    "index": lambda a, b: a[::-1] + b[[1, 0, 1]],
    "reshape": lambda a, b: (a.reshape(9).reshape(3, 3) - b) / 3.0,
    "square": lambda a, b: F.sigmoid(a**2 - b),
    "where": lambda a, b: F.where(a > b, a, b / 2.0),
}


DRAWN = st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 20), st.integers(0, 20))


@given(
    steps=st.lists(DRAWN, min_size=1, max_size=9),
    wanted=st.lists(st.integers(0, 20), max_size=3),
)
def test_no_pass_changes_a_result(steps, wanted):
    graph, generator = tf.Graph(), np.random.default_rng(0)
    x = graph.placeholder((3, 3), name="x")
    v = graph.variable(generator.standard_normal((3, 3)), name="v")
    made = [x, v]
    for name, i, j in steps:
        made.append(STEPS[name](made[i % len(made)], made[j % len(made)]))
    loss = (made[-1] * made[-1]).sum()
    slopes = tf.gradients(loss, [x, v])
    fetches = [loss, *slopes, tf.assign(v, v - 0.01 * slopes[1]), *(made[k % len(made)] for k in wanted)]
    sessions = [tf.Session(graph, passes) for passes in ((), *((p,) for p in set(tf.PASSES)), tf.PASSES)]
    for _ in range(2):
        feed = {x: generator.standard_normal((3, 3))}
        expected, *others = [session.run(fetches, feed) for session in sessions]
        for got in others:
            for ours, theirs in zip(got, expected, strict=True):
                assert np.allclose(ours, theirs, rtol=1e-11, atol=1e-12)


@given(steps=st.lists(DRAWN, max_size=9))
def test_sharing_memory_changes_no_value(steps):
    graph, generator = tf.Graph(), np.random.default_rng(0)
    x = graph.placeholder((3, 3), name="x")
    made = [x, F.exp(x)]
    for name, i, j in steps:
        made.append(STEPS[name](made[i % len(made)], made[j % len(made)]))
    session, feed = tf.Session(graph, ()), {x: generator.standard_normal((3, 3))}
    (slope,) = tf.gradients(made[-1].sum(), [x])
    apart = [session.run(node, feed) for node in (made[-1], slope)]
    together = session.run([made[-1], slope, *graph.nodes.values()], feed)[:2]  # all kept: nothing shared
    assert all(map(np.array_equal, apart, together))


# Buffers.


def test_a_chain_lives_in_one_buffer(graph):
    x = graph.placeholder((100,), name="x")
    y = F.exp(F.tanh(-x)).sum()
    plan = tf.Session(graph, ()).executable([y]).plan
    assert plan.buffer_of == {"negate": 0, "tanh": 0, "exp": 0}
    assert (plan.sizes, plan.bytes_planned, plan.bytes_unplanned) == ([800], 800, 2400)
    assert plan.lifetimes["negate"] == (1, 2)
    assert plan.lifetimes["sum"] == (4, 5)


def test_what_is_still_needed_is_not_written_over(graph):
    x = graph.placeholder((4,), name="x")
    early = F.exp(x)
    y = F.tanh(-F.cos(x)) + early
    plan = tf.plan_buffers(list(graph), [y.sum()])
    assert plan.buffer_of == {"exp": 0, "cos": 1, "negate": 1, "tanh": 1, "add": 0}


def test_a_view_keeps_its_memory_alive(graph):
    x = graph.placeholder((2, 2), name="x")
    view = F.exp(x).T[0].reshape(2, 1)
    later = F.cos(x) * F.sin(x)
    y = later + view
    plan = tf.plan_buffers(list(graph), [y.sum()])
    assert plan.lifetimes["exp"][1] == list(graph).index(y)
    assert plan.buffer_of["exp"] not in {plan.buffer_of[n] for n in ("cos", "sin", "multiply", "add")}


def test_only_the_same_kind_of_cell_is_written_over(graph):
    x = graph.placeholder((4,), name="x")
    assert tf.plan_buffers(list(graph), [F.exp(x) > 0.0]).sizes == []
    graph = tf.Graph()
    x = graph.placeholder((4, 4), name="x")
    product = F.exp(x) @ F.cos(x)
    assert len(set(tf.plan_buffers(list(graph), [product.sum()]).buffer_of.values())) == 3


def test_the_smallest_free_buffer_is_taken(graph):
    x, small = graph.placeholder((100,), name="x"), graph.placeholder((10,), name="small")
    a, b = F.exp(x), F.exp(small)
    y = a.sum() + b.sum() + F.cos(small).sum()
    plan = tf.plan_buffers(list(graph), [y])
    assert plan.buffer_of["cos"] == plan.buffer_of["exp_1"] != plan.buffer_of["exp"]


def test_assigned_and_fetched_values_live_to_the_end(graph):
    v = graph.variable(np.ones(3), name="v")
    first, second = F.exp(v), F.cos(v)
    nodes = [tf.assign(v, first), second.T, -(second * 2.0)]
    plan = tf.plan_buffers(list(graph), nodes)
    assert plan.lifetimes["exp"][1] == plan.lifetimes["cos"][1] == plan.lifetimes["negate"][1] == len(graph)
    assert plan.lifetimes["multiply"][1] < len(graph)


def test_a_value_read_in_another_order_is_not_written_over(graph):
    x = graph.placeholder((3 * kernel.BLOCK,), name="x")
    e = F.exp(x)
    y = e * 2.0 + e[::-1]
    feed = {x: np.linspace(0, 1, 3 * kernel.BLOCK)}
    e = np.exp(feed[x])
    assert np.array_equal(tf.Session(graph).run(y, feed), e * 2.0 + e[::-1])


def test_all_that_can_be_told_where_to_write_is_told(graph):
    x = graph.placeholder((4, 4), name="x")
    made = [F.softmax(x), F.log_softmax(x), x @ x, x.sum(0), x.mean(0), x.max(0), x**3, F.exp(x)]
    assert sorted(tf.plan_buffers(list(graph), []).buffer_of) == sorted(node.name for node in made)


def test_what_is_fetched_leaves_with_its_memory(graph):
    x = graph.placeholder((3,), name="x")
    y = F.exp(F.exp(x))
    session, ones = tf.Session(graph, ()), {x: np.ones(3)}
    assert set(session.executable([y]).plan.buffer_of) == {"exp"}
    first = session.run(y, ones)
    kept = first.copy()
    session.run(y, {x: np.zeros(3)})
    assert np.array_equal(first, kept)


def test_no_two_fetched_arrays_share_memory(graph):
    v = graph.variable(np.ones(3), name="v")
    y = F.exp(v)
    session = tf.Session(graph, ())
    fetched = session.run([y, y, y[::-1], v, tf.assign(v, y)])
    for array in fetched:
        array[:] = 7.0
    assert np.array_equal(session.variables["v"], np.full(3, np.e))
    for i, j in combinations(range(len(fetched)), 2):
        assert not np.shares_memory(fetched[i], fetched[j])
