"""The graph explorer: its gradients against torch, what exists at each beat, and a function of one's own."""

import numpy as np
import pytest
import torch

from dlsteps.chapters.computation_graphs import explorer
from dlsteps.chapters.computation_graphs.own import SHOWN
from dlsteps.chapters.computation_graphs.programs import PROGRAMS, arrived, defined, recorded
from dlsteps.graphs import functions as F

IN_TORCH = {
    "chain": lambda a, b, c: torch.tanh(a * b + c) ** 2,
    "shared": lambda a, b: ((a + b) ** 2 + (a + b)) * a,
    "wasteful": lambda a, b: 11 * a * b,
    "if": lambda a, b: torch.tanh((a * b if a > b else a - b) + a) ** 2,
    "while": lambda a, b: a * b**4,
}


@pytest.mark.parametrize("name", IN_TORCH)
@pytest.mark.parametrize("engine", [defined, recorded])
def test_both_walks_end_with_the_gradient_that_torch_finds(name, engine):
    story, inputs = engine(name), PROGRAMS[name].inputs
    tensors = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in inputs.values()]
    y = IN_TORCH[name](*tensors)
    y.backward()
    found = arrived(story, len(story.walk))
    labels = [vertex.label for vertex in story.vertices]
    assert float(story.values[story.result]) == pytest.approx(y.item())
    assert [float(found[labels.index(key)]) for key in inputs] == pytest.approx(
        [t.grad.item() for t in tensors]
    )


def test_the_dynamic_engine_walks_back_in_as_many_steps_as_the_slider_has():
    assert {len(recorded(name).walk) for name in IN_TORCH} == {4}
    assert max(len(defined(name).walk) for name in IN_TORCH) == 4


def panel(title, **state):
    state = {"program": "wasteful", "mode": "both", "step": "define", "walked": 1} | state
    return next(p for p in explorer().frame(**state).panels if p.title == title)


def states(graph):
    return {node.label: node.state for node in graph.nodes}


def test_a_pass_marks_what_it_takes_and_the_next_beat_has_it_no_more():
    marked = {
        "fold": ("p = k · m", "folded"),
        "merge": ("r = a · b", "merged"),
        "drop": ("s = exp a", "dead"),
    }
    for step, (label, state) in marked.items():
        assert states(panel("static", step=step))[label] == state
    ran = states(panel("static", step="run"))
    assert [label for label, state in ran.items() if state == "hidden"] == [
        "k",
        "m",
        "r = a · b",
        "s = exp a",
    ]


def test_no_node_moves_from_beat_to_beat():
    for title in ("static", "dynamic"):
        places = [
            panel(title, step=step).to_json()["places"] for step in ("define", "fold", "merge", "run", "back")
        ]
        assert all(each == places[0] for each in places)


@pytest.mark.parametrize("step", ["define", "fold", "merge", "drop"])
def test_before_the_run_there_is_no_number_that_was_computed(step):
    static, dynamic = panel("static", step=step), panel("dynamic", step=step)
    made = [node for node in static.nodes if " = " in node.label and node.state != "folded"]
    assert all(node.value is None for node in made)
    assert all(node.state == "next" for node in dynamic.nodes if " = " in node.label)
    assert all(node.adjoint is None for node in [*static.nodes, *dynamic.nodes])


def test_only_the_branch_that_ran_was_recorded():
    assert "u = a − b" in states(panel("dynamic", program="if", step="run"))
    assert "u = a · b" not in states(panel("dynamic", program="if", step="run"))
    assert "u = cond" in states(panel("static", program="if", step="run"))


def test_the_notes_program_records_nothing():
    readout = dict(explorer().frame(program="notes", step="run").readout)
    assert (readout["dynamic: records"], readout["static: nodes"], readout["result"]) == ("0", "1", "3")


def ratio(a, b):
    return (a + b) / F.tanh(a * b)


def test_a_function_of_one_s_own_is_run_once_and_walked_back(capsys):
    def talks(a, b):
        print("once")
        return ratio(a, b)

    own = explorer(talks, 0.5, 2.0, step="back")
    for walked in range(1, 5):
        own.frame(walked=walked)
    assert capsys.readouterr().out == "once\n"
    a, b = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (0.5, 2.0))
    ((a + b) / torch.tanh(a * b)).backward()
    last = {node.label: node.adjoint for node in own.frame(walked=4).panels[0].nodes}
    assert (last["a"], last["b"]) == (f"{a.grad.item():.3f}".replace("-", "−"), f"{b.grad.item():.3f}")
    assert "v3" in "".join(last)


def test_arrays_are_shown_by_their_shape():
    own = explorer(lambda x, w: F.relu(x @ w), np.ones((2, 3)), np.ones((3, 4)), step="back")
    nodes = {node.label: (node.value, node.adjoint) for node in own.frame(walked=2).panels[0].nodes}
    assert nodes["w"] == ("[3, 4]", "[3, 4]")


def test_of_ten_thousand_nodes_the_first_are_shown():
    def long(x):
        for _ in range(10_000):
            x = x * 1.0001
        return x

    own = explorer(long, step="back")
    frame = own.frame(walked=2)
    assert len(frame.panels[0].nodes) == SHOWN
    assert dict(frame.readout)["records"] == "10000"
    made = (SHOWN - 1) // 2  # beside each product its constant, and x
    adjoint = [node.adjoint for node in frame.panels[0].nodes if node.label.startswith(f"v{made} ")]
    assert adjoint == [f"{1.0001 ** (10_000 - made):.3f}"]
    assert f"first {SHOWN} nodes" in own.frame(step="run").text()[0]


@pytest.mark.parametrize(
    ("f", "inputs", "error", "words"),
    [
        (lambda a: 3.0, (), TypeError, "returns float, not one tensor"),
        (lambda a: None, (), TypeError, "returns NoneType"),
        (lambda a: (a, a), (), TypeError, "returns tuple"),
        (lambda a: a, (), ValueError, "one of its inputs"),
        (lambda a: (a * a)[:0], (np.ones(2),), ValueError, r"shape \[0\]"),
        (lambda: 1, (), TypeError, "takes no input"),
        (lambda *a: a[0], (), TypeError, "any number of inputs"),
        (lambda a, b: a * b, (1.0,), TypeError, "takes 2 inputs, and 1 were given"),
    ],
)
def test_what_cannot_be_recorded_is_refused(f, inputs, error, words):
    with pytest.raises(error, match=words):
        explorer(f, *inputs)


def test_what_no_way_leads_back_from_says_so():
    own = explorer(lambda a: a > 1.0)
    assert "Nothing was recorded" in own.frame().text()[0]
    assert own.frame().readout[0] == ("records", "0")
