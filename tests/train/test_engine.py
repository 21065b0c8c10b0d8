import pytest
import torch
from accelerate.state import AcceleratorState
from judge import refuses
from small import digits

from dlsteps.train.engine import Alone, Engine, accelerated, machine
from dlsteps.train.run import Run


@pytest.fixture
def forgotten():
    """Accelerate takes another precision only when it has forgotten the first."""
    AcceleratorState._reset_state(True)
    yield
    AcceleratorState._reset_state(True)


def test_both_have_all_that_the_loop_asks_for():
    assert isinstance(Alone(), Engine)
    assert isinstance(accelerated("cpu"), Engine)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"device": "gpu"}, "device='gpu' is unknown; try auto, cpu, cuda, mps"),
        (
            {"device": "cpu", "bf16": True, "dtype": "float64"},
            "bfloat16 takes part in float32 runs only, and dtype=float64; leave --bf16 out",
        ),
    ],
)
def test_what_cannot_be_is_refused(values, message):
    with refuses(ValueError, match=message):
        accelerated(**values)


def test_a_device_that_is_not_here_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="there is no cuda device here; try --device cpu"):
        accelerated("cuda")


def test_apples_gpu_has_no_float64(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    with pytest.raises(ValueError, match="no float64; try --device cpu, or --set dtype=float32"):
        accelerated("auto", dtype="float64")


def test_bfloat16_computes_in_it_and_keeps_weights_in_float32(forgotten):
    settings = digits.Settings(steps=150, width=32)
    engine = accelerated("cpu", bf16=True)
    run, seen = Run(digits, settings, engine), set()
    run.model[1].register_forward_hook(lambda module, inputs, output: seen.add(output.dtype))
    while run.step < settings.steps:
        run.advance()
    assert machine(engine)["precision"] == "bf16"
    assert seen == {torch.bfloat16}
    assert {parameter.dtype for parameter in run.parameters} == {torch.float32}
    assert digits.metric(run.result(), settings)["accuracy"] > 0.85


def test_a_cpu_computes_in_full_precision_unless_told_otherwise(forgotten):
    assert machine(accelerated("cpu")) == {
        "device": "cpu",
        "precision": "no",
        "processes": 1,
        "threads": torch.get_num_threads(),
    }
