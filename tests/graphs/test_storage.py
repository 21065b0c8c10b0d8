"""A graph goes into a file and comes out in a process that never saw the Python that defined it."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from engines import by_static
from graph_cases import CASES
from judge import refuses

import dlsteps
import dlsteps.graphs.static as tf
from dlsteps.graphs import functions as F
from dlsteps.graphs.static.encode import decode, encode
from dlsteps.graphs.static.storage import FORMAT


def trained():
    graph = tf.Graph()
    x = graph.placeholder((4, 3), "float32", name="x")
    w = graph.variable(np.linspace(-1, 1, 6, dtype="float32").reshape(3, 2), name="w")
    loss = F.square(F.log_softmax(x @ w)[::2, 0]).mean()
    loop = tf.while_loop(lambda y: y < 10.0, lambda y: y * 2.0, loss + 1.0)
    out = graph.apply("multiply", (loop, graph.constant(np.float32(1.5))), {}, "out")
    tf.group(tf.assign(w, w - 0.1 * tf.gradients(out, [w])[0]), name="step")
    return graph, np.random.default_rng(0).standard_normal((4, 3)).astype("float32")


def test_runs_in_a_process_that_never_saw_its_python(tmp_path):
    graph, x = trained()
    session = tf.Session(graph)
    session.run("step", {"x": x})
    tf.save(tmp_path / "graph.json", graph, session.variables)
    expected = [session.run(["out", "step"], {"x": x})[0].item() for _ in range(2)]
    program = f"""
import sys
sys.path.insert(0, {str(Path(dlsteps.__file__).parents[1])!r})
import numpy as np
import dlsteps.graphs.static as tf
session = tf.Session(tf.load({str(tmp_path / "graph.json")!r}))
x = np.array({x.tolist()}, "float32")
print([session.run(["out", "step"], {{"x": x}})[0].item() for _ in range(2)])
assert "torch" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
    assert json.loads(done.stdout) == expected


def test_the_same_graph_gives_the_same_text_again():
    graph, x = trained()
    text = tf.to_json(graph)
    again = tf.from_json(text)
    assert tf.to_json(again) == text
    assert [repr(n) for n in again] == [repr(n) for n in graph]
    assert tf.Session(again).run("out", {"x": x}) == tf.Session(graph).run("out", {"x": x})
    assert json.loads(text)["format"] == FORMAT


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.operation)
def test_every_operation_can_be_written(case):
    graph = tf.Graph()
    arrays = [x.numpy() for x in case.inputs]
    y = case.ours(*(graph.placeholder(a.shape, a.dtype, f"x{k}") for k, a in enumerate(arrays)))
    read = tf.from_json(tf.to_json(graph))
    again = tf.Session(read).run(y.name, {f"x{k}": a for k, a in enumerate(arrays)})
    assert np.array_equal(again, by_static(case.ours, arrays)[0])


def test_an_optimized_graph_can_be_written():
    graph, x = trained()
    optimized = tf.Session(graph).rewrites([graph["out"], graph["step"]])[-1].graph
    assert "fused" in {n.operation for n in optimized}
    assert tf.Session(tf.from_json(tf.to_json(optimized))).run("out", {"x": x}) == tf.Session(graph).run(
        "out", {"x": x}
    )


VALUES = [
    None,
    True,
    3,
    -0.1,
    math.inf,
    -math.inf,
    "text",
    (1, (2, None), ()),
    slice(None, -1, 2),
    (Ellipsis, slice(1, None)),
    {"a": (1.5,), "b": "c"},
    {},
]


@pytest.mark.parametrize("value", VALUES)
def test_values_come_back_as_they_were(value):
    assert decode(json.loads(json.dumps(encode(value), allow_nan=False))) == value


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "int8", "uint8", "bool"])
@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (2, 3)])
def test_arrays_come_back_bit_for_bit(dtype, shape):
    array = np.asarray(np.random.default_rng(0).standard_normal(shape) * 3)
    array = np.asarray(array > 0 if dtype in ("bool", "uint8") else array).astype(dtype)
    again = decode(json.loads(json.dumps(encode(array), allow_nan=False)))
    assert (again.dtype, again.shape, again.tobytes()) == (array.dtype, array.shape, array.tobytes())


def test_what_json_lacks():
    array = np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324])
    text = json.dumps(encode(array), allow_nan=False)
    assert np.array_equal(decode(json.loads(text)), array, equal_nan=True)
    assert math.copysign(1, decode(json.loads(text))[3]) == -1
    assert math.isnan(decode(json.loads(json.dumps(encode(math.nan)))))
    assert encode(np.float32(0.5)) == 0.5
    assert encode([np.int64(1)]) == [1]


def test_variables_begin_where_the_session_ended():
    graph = tf.Graph()
    v = graph.variable([1.0, 2.0], name="v")
    session = tf.Session(graph)
    session.run(tf.assign(v, v * 3.0))
    assert tf.Session(tf.from_json(tf.to_json(graph, session.variables))).run("v").tolist() == [3, 6]
    assert tf.Session(tf.from_json(tf.to_json(graph))).run("v").tolist() == [1, 2]


def edited(change):
    graph = tf.Graph()
    x = graph.placeholder((2, 3), name="x")
    graph.apply("matmul", (x, graph.constant(np.ones((3, 2)), name="w")), {}, "y")
    plain = json.loads(tf.to_json(graph))
    change(plain["nodes"])
    return json.dumps(plain)


def test_refuses():
    with refuses(ValueError, "the text has format 'other 2', not 'dlsteps.graphs 1'; write it with to_json"):
        tf.from_json('{"format": "other 2"}')
    with refuses(ValueError, "the text has format 'list', not"):
        tf.from_json("[]")
    with refuses(ValueError, "unknown operation 'matmull'; try one of"):
        tf.from_json(edited(lambda nodes: nodes[2].update(operation="matmull")))
    with refuses(ValueError, r"node 'y' = matmul\(x float64\[2, 4\], w float64\[3, 2\]\): .*rows of 4 meet"):
        tf.from_json(edited(lambda nodes: nodes[0]["attributes"].update(shape=[2, 4])))
    with refuses(KeyError, "no node is named 'z'; try one of x, w"):
        tf.from_json(edited(lambda nodes: nodes[2].update(inputs=["x", "z"])))
    with refuses(ValueError, "two nodes are named 'x'"):
        tf.from_json(edited(lambda nodes: nodes[1].update(name="x")))
    graph = tf.Graph()
    graph.variable([1.0], name="v")
    graph.constant([1.0], name="c")
    for name, value in [("w", [1.0]), ("c", [1.0]), ("v", [1.0, 2.0]), ("v", np.ones(1, "float32"))]:
        with refuses(ValueError, f"'{name}' of .* is no variable of this graph; try v, in the same"):
            tf.to_json(graph, {name: value})
    with refuses(ValueError, "try none: it has no variables"):
        tf.to_json(tf.Graph(), {"v": 1.0})
    with refuses(TypeError, "cannot be written as JSON"):
        encode(object())
