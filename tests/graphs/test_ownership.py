"""Whose array is whose: results are the reader's own, and a record whose numbers changed is refused."""

import numpy as np
import pytest
import torch
from engines import by_dynamic, by_static
from graph_cases import CASES
from judge import refuses

from dlsteps.graphs import Tensor, no_grad, static
from dlsteps.graphs import functions as F
from dlsteps.graphs.derivatives import READS, RULES
from dlsteps.graphs.dynamic import gradients, history
from dlsteps.graphs.reverse import topological

IDS = [f"{case.operation}-{k}" for k, case in enumerate(CASES)]


def leaves(case):
    return [Tensor(x.numpy().copy(), requires_grad=x.is_floating_point()) for x in case.inputs]


def wanted(tensors):
    return [x for x in tensors if x.requires_grad]


def test_gradients_refuses_what_was_not_recorded():
    x, w = Tensor([1.0, 2.0]), Tensor([3.0, 4.0], requires_grad=True)
    with refuses(
        ValueError, r"xs\[1\] of float64\[2\] wants no gradient, .* make it with requires_grad=True"
    ):
        gradients((x * w).sum(), [w, x])
    with no_grad():
        aside = w * 2.0
    with refuses(ValueError, r"xs\[0\] of float64\[2\] wants no gradient"):
        gradients((aside * w).sum(), [aside])


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_new_numbers_change_nothing_by_either_way(case):
    """`x.data = …` after the forward pass: the derivative belongs to the numbers that were used."""
    untouched, xs = leaves(case), leaves(case)
    y, z = case.ours(*untouched), case.ours(*xs)
    if not z.requires_grad:
        return
    expected = [g.data for g in gradients(y.sum(), wanted(untouched))]
    total = z.sum()
    for tensor in history(total):
        tensor.data = tensor.data * 3 + 1
    for ours, theirs in zip(gradients(total, wanted(xs)), expected, strict=True):
        np.testing.assert_array_equal(ours.data, theirs)
    total.backward()
    for x, theirs in zip(wanted(xs), expected, strict=True):
        np.testing.assert_array_equal(np.zeros(x.shape) if x.grad is None else x.grad, theirs)


def test_second_derivatives_survive_new_numbers():
    x = Tensor([0.3, -0.7], requires_grad=True)
    y = F.exp(x * x)
    total = y.sum()
    used = x.data
    x.data, y.data = np.zeros(2), np.zeros(2)
    (first,) = gradients(total, [x], create_graph=True)
    (second,) = gradients(first.sum(), [x])
    assert np.allclose(first.data, 2 * used * np.exp(used**2))
    assert np.allclose(second.data, (2 + 4 * used**2) * np.exp(used**2))


@pytest.mark.parametrize("walk", [lambda y, xs: y.backward(), gradients])
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_change_in_place_is_refused_or_does_not_matter(case, walk):
    """Whatever array is written to: either the walk is refused, or its numbers are the right ones."""
    number = len(history(case.ours(*leaves(case)).sum()))
    fresh = leaves(case)
    if not case.ours(*fresh).requires_grad:
        return
    expected = [g.data for g in gradients(case.ours(*fresh).sum(), wanted(fresh))]
    for k in range(number):
        xs = leaves(case)
        total = case.ours(*xs).sum()
        array = history(total)[k].data
        if array.flags.writeable:
            array[...] = 1 - array if array.dtype.kind in "biu" and array.size else array * 3 + 1
        try:
            found = walk(total, wanted(xs))
        except ValueError as reason:
            found = reason
        if isinstance(found, ValueError):
            assert "was changed in place after it was recorded" in str(found)
            assert all(x.grad is None for x in xs)
            continue
        found = [x.grad for x in wanted(xs)] if isinstance(found, list) else [g.data for g in found]
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_array_equal(np.zeros(theirs.shape) if ours is None else ours, theirs)


def test_a_change_in_place_is_named():
    x, w = (Tensor(np.ones(3), requires_grad=True) for _ in range(2))
    y = (x * w).sum()
    w.data *= 2
    with refuses(
        ValueError, r"input 1 of 'multiply', of shape \[3\], was changed in place .* x.data = x.data -"
    ):
        y.backward()
    y = F.exp(x)
    y.data[0] = 5
    with refuses(
        ValueError, r"the result of 'exp', of shape \[3\], was changed in place after it was recorded"
    ):
        y.sum().backward()
    assert x.grad is w.grad is None


def test_what_no_derivative_reads_may_change():
    x, fixed = Tensor(np.ones(3), requires_grad=True), Tensor(np.full(3, 2.0))
    y = (x * fixed + x).sum()
    x.data += 1  # a sum has no use for it, and the product needs `fixed` alone, as in torch
    y.backward()
    assert x.grad.tolist() == [3, 3, 3]


def test_the_table_of_what_rules_read_is_true():
    """Each rule is drawn as a graph; what it reads is what its result leans on."""
    for case in CASES:
        graph = static.Graph()
        inputs = [graph.placeholder(tuple(x.shape), x.numpy().dtype) for x in case.inputs]
        made = topological([case.ours(*inputs)], lambda node: node.inputs)
        for node in made:
            rules = RULES.get(node.operation)
            if not node.inputs or callable(rules):
                continue
            for k, rule in enumerate(rules):
                if rule is not None and node.dtype.kind == "f":
                    g = graph.placeholder(node.shape, node.dtype)
                    drawn = rule(g, node, *node.inputs, **node.attributes)
                    read = topological(
                        [drawn], lambda n, stop=(node, *node.inputs): () if n in stop else n.inputs
                    )
                    places = {p for p, x in enumerate((node, *node.inputs)) if x in read}
                    told = set(READS.get(node.operation, [()] * len(rules))[k])
                    assert places <= told, node
                    assert places == told or node.operation == "power" or len(set(node.inputs)) == 1, node


def test_results_are_nobody_elses():
    x, y = (Tensor(np.ones(3), requires_grad=True) for _ in range(2))
    mine = np.ones(3)
    for create_graph in (False, True):
        found = gradients(x + y, [x, y, x], mine, create_graph=create_graph)
        for g in found:
            g.data *= 0.5
        assert [g.data.tolist() for g in found] == [[0.5] * 3] * 3
        assert mine.tolist() == [1, 1, 1]
    z = x + y
    (own,) = gradients(z, [z], mine)
    own.data += 1
    assert mine.tolist() == [1, 1, 1]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_no_two_gradients_share_memory(case):
    xs = leaves(case)
    y = case.ours(*xs)
    if not y.requires_grad:
        return
    mine = np.ones(y.shape, y.dtype)
    found = [g.data for g in gradients(y, wanted([*xs, *history(y)]), mine)]
    steps = y.backward(mine)
    found += [x.grad for x in wanted(xs) if x.grad is not None]
    others = [mine, *(x.data for x in xs), *(step.upstream for step in steps)]
    for k, array in enumerate(found):
        assert not any(np.shares_memory(array, other) for other in [*found[:k], *others])


def test_the_arrays_of_a_walk_cannot_be_written():
    x, y = (Tensor(np.ones(3), requires_grad=True) for _ in range(2))
    mine = np.ones(3)
    (step,) = (x + y).backward(mine)
    for array in (step.upstream, *step.gradients):
        with pytest.raises(ValueError, match="read-only"):
            array *= 2
    mine += 1


@pytest.mark.parametrize("engine", [by_dynamic, by_static])
@pytest.mark.parametrize("put", [F.index, lambda x, key: F.scatter(x[:2], key, (3,))])
def test_an_index_is_copied(engine, put):
    rows = np.array([0, 1])

    def program(x):
        y = put(x, (rows,))
        rows[:] = 2
        return y

    value, pull = engine(program, [np.array([1.0, 2.0, 3.0])])
    assert value[:2].tolist() == [1, 2]
    assert pull(np.arange(1.0, value.size + 1))[0].tolist() == [1, 2, 0]


@pytest.mark.parametrize("dtypes", [("float32", "float64"), ("float64", "float32")])
def test_a_gradient_has_the_dtype_of_its_tensor(dtypes):
    a, b = (Tensor([1.5, 2.5], requires_grad=True, dtype=dtype) for dtype in dtypes)
    c, d = (torch.tensor([1.5, 2.5], requires_grad=True, dtype=getattr(torch, dtype)) for dtype in dtypes)
    (c * d).sum().backward()
    y = (a * b).sum()
    found = gradients(y, [a, b])
    y.backward()
    for x, g, theirs in zip((a, b), found, (c, d), strict=True):
        assert x.grad.dtype == g.dtype == x.dtype
        assert x.grad.tolist() == g.data.tolist() == theirs.grad.tolist()
