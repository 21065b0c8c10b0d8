"""Every node of a graph has a value of the shape and dtype it was inferred to have, whatever passes ran."""

from itertools import combinations

import numpy as np
import pytest
from graph_cases import CASES
from judge import refuses

import dlsteps.graphs.static as tf
from dlsteps.graphs import functions as F
from dlsteps.graphs.operations import Spec
from dlsteps.graphs.static.graph import Tape

EACH = tuple(dict.fromkeys(tf.PASSES))
SUBSETS = [subset for size in range(len(EACH) + 1) for subset in combinations(EACH, size)] + [tf.PASSES]


def assigned(x, v):
    a = tf.assign(v, v + x)
    return [a * 2.0, a + 0.0, a * 1.0, a, v + a, a.T.T, F.exp(a).sum(), a[::-1] - v, a.reshape(2, 2) + a]


def assigned_twice_over(x, v):
    w = x.graph.variable(np.ones((2, 2)), name="w")
    a = tf.assign(v, v * x)
    b = tf.assign(w, a + v)
    return [b - a, tf.group(a, b), w + v]


def assigned_what_it_holds(x, v):
    return [tf.assign(v, v) + x, v * 2.0]


def differentiated(x, v):
    y = tf.assign(v, v * x)
    return [y, *tf.gradients(F.square(y).sum(), [x, v, y])]


def decided(x, v):
    a = tf.assign(v, F.tanh(v + x))
    y, n = tf.cond(a.sum() > 0, lambda a: (a * 2.0, a.sum()), lambda a: (-a, a.mean()), a)
    _, last = tf.while_loop(lambda k, z: k < 3, lambda k, z: (k + 1, z * 0.5 + 1.0), x.graph.constant(0), y)
    return [y, n, last, *tf.gradients(last.sum(), [x, v])]


def decided_never(x, v):
    _, last = tf.while_loop(lambda k, z: k < 0, lambda k, z: (k + 1, z * z), x.graph.constant(0), x)
    return [last, *tf.gradients(last.sum(), [x])]


def folded(x, v):
    c = x.graph.constant(np.eye(2))
    return [tf.assign(v, c + 1.0) * (c - c), F.where(c > 0, x, v), F.stop_gradient(c) + 0.0]


PROGRAMS = [
    assigned,
    assigned_twice_over,
    assigned_what_it_holds,
    differentiated,
    decided,
    decided_never,
    folded,
]


def fits(value, known):
    """Whether a value is what was inferred."""
    if isinstance(known, Spec):
        return (value.shape, value.dtype) == known
    if isinstance(known, Tape):
        return all(map(fits, value, [known.each] * len(value)))
    return value is None if known == () else all(map(fits, value, known))


def same(a, b):
    """Whether two values are equal; a sum in another order may differ in its last digit."""
    if isinstance(a, tuple | list):
        return all(map(same, a, b))
    return a is b is None or np.allclose(a, b, rtol=1e-12, atol=1e-14)


def compare(graph, wanted, feed):
    """Run what is wanted after every subset of the passes, and every node there is after none and all."""
    for fetches, subsets in ((wanted, SUBSETS), (list(graph), ((), tf.PASSES))):
        expected = None
        for passes in subsets:
            session = tf.Session(graph, passes)
            values = session.run(fetches, feed), session.variables
            for node, value in zip(fetches, values[0], strict=True):
                assert fits(value, node.spec), (node, passes)
            expected = values if expected is None else expected
            for node, ours, first in zip(fetches, values[0], expected[0], strict=True):
                assert same(ours, first), (node, passes)
            assert all(same(values[1][name], expected[1][name]) for name in expected[1]), passes


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_that_change_and_decide(program):
    graph, generator = tf.Graph(), np.random.default_rng(0)
    x = graph.placeholder((2, 2), name="x")
    v = graph.variable(generator.standard_normal((2, 2)), name="v")
    compare(graph, program(x, v), {x: generator.standard_normal((2, 2))})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.operation)
def test_every_operation_and_its_gradient(case):
    graph, arrays = tf.Graph(), [x.numpy() for x in case.inputs]
    inputs = [graph.placeholder(a.shape, a.dtype) for a in arrays]
    y = case.ours(*inputs)
    fractions = [x for x in inputs if x.dtype.kind == "f"]
    slopes = tf.gradients(y.sum(), fractions) if y.dtype.kind == "f" else []
    compare(graph, [y, *slopes], dict(zip(inputs, arrays, strict=True)))


def test_what_an_assignment_is_worth():
    graph = tf.Graph()
    w = graph.variable([1.0, 2.0])
    a = tf.assign(w, w + 1.0)
    for passes in ((), tf.PASSES):
        session = tf.Session(graph, passes)
        assert session.run(a * 2.0).tolist() == [4, 6]
        assert session.variables["variable"].tolist() == [2, 3]
        assert session.run([a + 0.0, w])[1].tolist() == [2, 3]  # a read of w sees the value from before
        assert session.run(a * 1.0, record=True).values["assign"].tolist() == [4, 5]


def test_the_gradient_passes_through_an_assignment_to_its_value():
    graph = tf.Graph()
    w = graph.variable([1.0, 2.0])
    y = tf.assign(w, F.square(w))
    assert tf.Session(graph).run(tf.gradients(F.square(y).sum(), [w]))[0].tolist() == [4, 32]


def test_one_variable_is_assigned_once_in_a_run():
    graph = tf.Graph()
    w = graph.variable(1.0, name="w")
    one, two = tf.assign(w, w + 1.0, "one"), tf.assign(w, w * 5.0, "two")
    session = tf.Session(graph)
    with refuses(ValueError, "'one' and 'two' both assign to variable 'w' in one run; .* run them one after"):
        session.run([one, two])
    assert session.run(one) == 2
    assert session.run(two) == 10


def test_what_has_no_single_value_is_refused_as_an_input():
    graph = tf.Graph()
    w = graph.variable([1.0, 2.0], name="w")
    done = tf.group(w, name="done")
    programs = [lambda x: x + 1.0, lambda x: x @ w, F.softmax, F.sum, lambda x: x[0], lambda x: x.reshape(2)]
    programs += [lambda x: tf.cond(w[0] > 0, F.exp, F.exp, x), lambda x: tf.while_loop(F.sum, F.exp, x)]
    for program in programs:
        with refuses(TypeError, r"'done' \(\) is no single array"):
            program(done)
    with refuses(TypeError, r"'done' \(\) is no single array"):
        tf.assign(w, done)
    assert tf.Session(graph).run(tf.group(done, w)) is None
