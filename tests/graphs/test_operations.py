"""Every operation, on both engines, against PyTorch and against differences along random directions."""

import numpy as np
import pytest
import torch
from engines import ENGINES, as_torch, by_dynamic, by_static
from graph_cases import CASES
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, mutually_broadcastable_shapes
from judge import assert_matches_torch, refuses

from dlsteps.graphs import dynamic, static
from dlsteps.graphs import functions as F
from dlsteps.graphs.derivatives import RULES
from dlsteps.graphs.dynamic import Tensor
from dlsteps.graphs.operations import OPERATIONS, compute, define, normalize_axes, operation
from dlsteps.graphs.reverse import unbroadcast

DTYPES = [torch.float64, torch.float32]
IDS = [f"{case.operation}-{k}" for k, case in enumerate(CASES)]
STATIC_ALONE = {"cond", "while", "states", "sweep", "item", "assign", "group", "fused"}


def drawn(shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_every_operation_has_a_rule_and_a_case():
    assert OPERATIONS.keys() == RULES.keys()
    assert {case.operation for case in CASES} == OPERATIONS.keys() - STATIC_ALONE
    assert all(name == found.name for name, found in OPERATIONS.items())


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_what_lies_in_the_memory_of_its_input_says_so(case):
    arrays = [x.numpy() for x in case.inputs]
    for result in dynamic.history(case.ours(*(Tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays))):
        if result.record is not None:
            shares = any(np.shares_memory(result.data, a) for a in result.record.arrays)
            assert not shares or OPERATIONS[result.record.name].view, result.record.name


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_matches_torch(case, engine, dtype):
    assert_matches_torch(as_torch(engine, case.ours), case.theirs, *case.inputs, dtype=dtype)


@pytest.mark.parametrize("engine", [by_dynamic, by_static])
@pytest.mark.parametrize("case", [case for case in CASES if case.smooth], ids=lambda case: case.operation)
def test_slope_along_a_random_direction(case, engine):
    generator = np.random.default_rng(1)
    arrays = [x.numpy() for x in case.inputs]
    y, pull = engine(case.ours, arrays)
    if y.dtype != float:
        return
    g, h = generator.standard_normal(y.shape), 1e-6
    way = [generator.standard_normal(a.shape) * (a.dtype.kind == "f") for a in arrays]
    ahead, behind = (
        engine(case.ours, [(a + s * h * v).astype(a.dtype) for a, v in zip(arrays, way, strict=True)])[0]
        for s in (1, -1)
    )
    measured = np.sum(g * (ahead - behind)) / (2 * h)
    fractions = [v for a, v in zip(arrays, way, strict=True) if a.dtype.kind == "f"]
    told = sum(np.sum(d * v) for d, v in zip(pull(g), fractions, strict=True))
    assert abs(measured - told) < 1e-6 * max(1, abs(told))


@given(shapes=mutually_broadcastable_shapes(num_shapes=3, max_dims=4, max_side=4))
def test_broadcasting_matches_torch_at_any_shape(shapes):
    inputs = [drawn(shape, k) for k, shape in enumerate(shapes.input_shapes)]
    program = lambda a, b, c: (a * b - c) / (b * b + 1.0)  # noqa: E731
    for engine in (by_dynamic, by_static):
        assert_matches_torch(as_torch(engine, program), program, *inputs)


@given(shape=array_shapes(max_dims=4, max_side=4), data=st.data())
def test_reductions_match_torch_at_any_shape(shape, data):
    axes = data.draw(st.lists(st.integers(0, len(shape) - 1), min_size=1, unique=True))
    keep = data.draw(st.booleans())
    x = drawn(shape)
    for ours, theirs in [(F.sum, torch.sum), (F.mean, torch.mean), (F.max, torch.amax)]:
        for engine in (by_dynamic, by_static):
            assert_matches_torch(
                as_torch(engine, lambda x, f=ours: f(x, tuple(axes), keep)),
                lambda x, f=theirs: f(x, tuple(axes), keep),
                x,
            )


@given(
    batch=mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3),
    n=st.integers(0, 3),
    k=st.integers(0, 3),
    m=st.integers(1, 3),
)
def test_matmul_matches_torch_at_any_shape(batch, n, k, m):
    left, right = batch.input_shapes
    a, b = drawn((*left, n, k)), drawn((*right, k, m), 1)
    for engine in (by_dynamic, by_static):
        assert_matches_torch(as_torch(engine, F.matmul), torch.matmul, a, b)


@settings(max_examples=8)
@given(shape=array_shapes(max_dims=4, max_side=3), data=st.data())
def test_cells_shares_and_moves_match_torch_at_any_shape(shape, data):
    axis = data.draw(st.integers(0, len(shape) - 1))
    order = tuple(data.draw(st.permutations(range(len(shape)))))
    length = data.draw(st.integers(1, shape[axis]))

    def program(m, x, y):
        cells = m.tanh(x) * m.sigmoid(y) - m.exp(m.sin(x)) / (m.square(m.cos(y)) + 1.0)
        cells = m.where(x > y, cells, m.sqrt(m.square(y) + 1.0)) + m.maximum(x, y) - m.relu(-x)
        return m.softmax(cells, axis) * m.log_softmax(y, axis)

    def ours(x, y):
        joined = F.concatenate([program(F, x, y), x], axis)
        picked = joined[(*(slice(None),) * axis, slice(length))]
        return picked.transpose(*order).reshape(-1)

    def theirs(x, y):
        joined = torch.cat([program(torch, x, y), x], axis)
        return joined.narrow(axis, 0, length).permute(order).reshape(-1)

    for engine in (by_dynamic, by_static):
        assert_matches_torch(as_torch(engine, ours), theirs, drawn(shape), drawn(shape, 1))


@given(shape=array_shapes(max_dims=3, max_side=4), data=st.data())
def test_picking_and_putting_back_are_adjoint(shape, data):
    axis = data.draw(st.integers(0, len(shape) - 1))
    generator = np.random.default_rng(data.draw(st.integers(0, 100)))
    i = generator.integers(0, shape[axis], shape)
    x, g = generator.standard_normal(shape), generator.standard_normal(shape)
    assert np.vdot(F.gather(x, i, axis), g) == pytest.approx(
        np.vdot(x, F.scatter_along(g, i, axis, shape[axis]))
    )
    rows = (generator.integers(0, shape[0], 5),)
    g = generator.standard_normal((5, *shape[1:]))
    assert np.vdot(F.index(x, rows), g) == pytest.approx(np.vdot(x, F.scatter(g, rows, shape)))


def test_softmax_ignores_a_constant():
    x = drawn((3, 5)).numpy()
    assert np.allclose(F.softmax(x), F.softmax(x + 1e4), rtol=0, atol=1e-12)
    assert np.isfinite(F.log_softmax(np.array([0.0, 1e4]))).all()


def test_unbroadcast_counts_the_uses():
    assert np.array_equal(unbroadcast(np.ones((2, 3, 4)), (3, 1)), np.full((3, 1), 8.0))
    assert unbroadcast(np.ones((2, 1)), ()) == 2
    g = np.ones((1, 3))
    assert unbroadcast(g, (1, 3)) is g


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_python_numbers_widen_nothing(dtype):
    x = np.ones(2, dtype)
    graph = static.Graph()
    for value in (x, Tensor(x), graph.constant(x)):
        assert (2.0 * value + 1 - value / 3).dtype == dtype
        assert F.where(value > 0, value, 0.0).dtype == dtype


def test_the_three_readings_agree():
    x = drawn((3, 4)).numpy()
    program = lambda x: F.softmax(F.tanh(x) @ x.T).sum(0)  # noqa: E731
    graph = static.Graph()
    assert np.array_equal(program(x), program(Tensor(x)).data)
    assert np.array_equal(program(x), static.Session(graph, ()).run(program(graph.constant(x))))


def test_an_array_on_the_left_asks_the_tensor():
    x = np.ones(3)
    for y in (x + Tensor(x), x * Tensor(x), x @ Tensor(x), x < Tensor(x)):
        assert isinstance(y, Tensor)


def test_length_size_and_iteration():
    x = Tensor(np.arange(6.0).reshape(2, 3))
    assert (len(x), x.size, x.ndim) == (2, 6, 2)
    assert [row.data.tolist() for row in x] == [[0, 1, 2], [3, 4, 5]]
    assert x.astype("float32").dtype == np.float32


X = np.ones((3, 4))
REFUSALS = [
    (lambda x: x + np.ones(3), ValueError, r"shapes \[3, 4\] and \[3\] do not broadcast"),
    (lambda x: x @ np.ones((3, 4)), ValueError, r"\[3, 4\] @ \[3, 4\]: rows of 4 meet columns of 3"),
    (lambda x: x @ np.float64(2), ValueError, r"\[3, 4\] and \[\] are not both matrices; try reshape"),
    (lambda x: np.float64(2) @ x, ValueError, r"\[\] and \[3, 4\] are not both matrices"),
    (lambda x: x.reshape(5), ValueError, r"\[3, 4\] has 12 cells and \[5\] has 5; reshape keeps every cell"),
    (lambda x: x.reshape(5, -1), ValueError, r"\[5, 2\] has 10"),
    (lambda x: x.transpose(0, 0), ValueError, r"axes=\(0, 0\) does not order the 2 axes .* try \(1, 0\)"),
    (lambda x: x.sum(2), ValueError, r"axis=2 does not name different axes of 2; try -2 to 1"),
    (lambda x: x.sum(-3), ValueError, r"axis=-3 does not name"),
    (lambda x: x.mean((0, 0)), ValueError, r"axis=\(0, 0\) does not name"),
    (lambda x: x[:0].max(), ValueError, r"\[0, 4\] has no cell along axis=\(0, 1\), so there is no largest"),
    (lambda x: F.softmax(x[:, :0]), ValueError, r"\[3, 0\] has no cell along axis=1"),
    (lambda x: F.softmax(F.cast(x, "int64")), TypeError, "int64, and softmax needs fractions; try cast"),
    (lambda x: F.broadcast_to(x, (3, 1)), ValueError, r"\[3, 4\] does not broadcast to \[3, 1\]"),
    (lambda x: F.broadcast_to(x, (2, 4)), ValueError, "do not broadcast"),
    (lambda x: x[3], ValueError, r"index \(3,\) does not fit shape \[3, 4\]: index 3 is out of bounds"),
    (lambda x: x[0, 0, 0], ValueError, "too many indices"),
    (lambda x: F.gather(x, np.zeros((2, 1), int), 1), ValueError, "must agree with x .* on every axis but 1"),
    (lambda x: F.gather(x, np.zeros(3, int), 1), ValueError, r"indices.reshape\(...\) to give them 2 axes"),
    (lambda x: F.gather(x, np.zeros((3, 1)), 1), TypeError, "indices have dtype float64, not an integer"),
    (
        lambda x: F.scatter(x, (slice(0, 2),), (5, 4)),
        ValueError,
        r"cells of shape \[2, 4\], but g has \[3, 4\]",
    ),
    (lambda x: F.scatter_along(x, np.zeros((3, 1), int), 1, 4), ValueError, r"g has shape \[3, 4\], but its"),
    (lambda x: F.scatter_along(x, np.zeros((3, 4)), 1, 4), TypeError, "not an integer"),
    (lambda x: F.concatenate([x, np.ones((3, 5))]), ValueError, "differ on an axis other than 0"),
    (lambda x: F.concatenate([x, np.ones(4)]), ValueError, "differ on an axis other than 0"),
    (lambda x: F.where(x, x, x), TypeError, "condition has dtype float64, not bool; try condition > 0"),
    (lambda x: x ** np.ones(4), TypeError, "is no number; try exp"),
    (lambda x: F.cast(x, "int64") ** -1, ValueError, "exponent=-1 is negative, and x is int64; cast x"),
    (lambda x: -(x > 0), TypeError, "negative"),
    (lambda x: F.gather(x, x > 0, 1), TypeError, "indices have dtype bool, not an integer"),
]


@pytest.mark.parametrize(("program", "error", "match"), REFUSALS)
def test_both_engines_refuse_in_the_same_words(program, error, match):
    with refuses(error, match):
        program(Tensor(X))
    with refuses(error, match):
        program(static.Graph().constant(X))


@pytest.mark.parametrize("label", [-1, 4])
@pytest.mark.parametrize(
    "f", [lambda x, i: F.gather(x, i, 1), lambda x, i: F.scatter_along(x[:, :1], i, 1, 4)]
)
def test_a_label_out_of_range_is_refused_when_it_arrives(f, label):
    indices = np.array([[0], [label], [3]])
    with refuses(ValueError, f"indices from {min(label, 0)} to {max(label, 3)} do not all lie in 0 to 3"):
        f(X, indices)
    assert f(X, np.array([[0], [1], [3]])).shape


def test_more_refusals():
    with refuses(ValueError, r"unknown operation 'ad'; try one of abs, add, "):
        operation("ad")
    with refuses(ValueError, "there is nothing to concatenate"):
        F.concatenate([])
    with refuses(TypeError, "an index must be known when it is written; try gather"):
        Tensor(X)[Tensor([0])]
    with refuses(TypeError, "a single number has no length"):
        len(Tensor(1.0))
    with refuses(ValueError, r"axis=0 does not name different axes of 0; try axis=\(\)"):
        normalize_axes(0, 0)


def test_an_error_that_infer_does_not_know_stays_itself(monkeypatch):
    def broken(x):
        raise ValueError("of its own")

    monkeypatch.setattr("dlsteps.graphs.operations.OPERATIONS", {})
    define("broken", broken, lambda x: x)
    with pytest.raises(ValueError, match=r"^of its own$"):
        compute("broken", (X,), {})


def test_empty_sums_are_zero_and_gathering_nothing_is_nothing():
    assert F.sum(np.ones((0, 3)), 0).tolist() == [0, 0, 0]
    assert F.gather(np.ones((3, 4)), np.zeros((3, 0), int), 1).shape == (3, 0)
