import dataclasses
import weakref

import pytest
import torch
from small import digits
from torch import nn

from dlsteps.train import fit
from dlsteps.train.engine import Alone, accelerated
from dlsteps.train.recipe import DTYPES
from dlsteps.train.run import Run, build

EXACT = digits.Settings(dtype="float64", steps=20)


class OneOf(Alone):
    """One process among several, which hears nothing of the others."""

    def __init__(self, process_index, num_processes):
        self.process_index, self.num_processes = process_index, num_processes


def losses(settings, engine=None):
    run = Run(digits, settings, engine)
    return [run.advance().item() for _ in range(settings.steps)], run


def weights(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(ours, theirs):
    return all(torch.equal(ours[name], theirs[name]) for name in ours | theirs)


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("processes", [1, 2, 4])
def test_processes_and_parts_share_out_the_batch_in_order(processes, accumulate):
    settings = digits.Settings(batch_size=24, accumulate=accumulate)
    numbers = []
    for process in range(processes):
        run = Run(digits, settings, OneOf(process, processes))
        run.step = 3
        parts = run.parts()
        assert [len(part) for part in parts] == [24 // processes // accumulate] * accumulate
        numbers += torch.cat(parts).tolist()
    assert numbers == list(range(72, 96))


def test_a_batch_that_cannot_be_shared_is_refused():
    message = r"batch_size=30 cannot be shared by 4 processes in 2 parts each; try --set batch_size=32"
    with pytest.raises(ValueError, match=message):
        Run(digits, digits.Settings(batch_size=30, accumulate=2), OneOf(0, 4))


def test_accumulation_changes_memory_and_nothing_else():
    whole, _ = losses(EXACT)
    parts, _ = losses(dataclasses.replace(EXACT, accumulate=8))
    assert parts == pytest.approx(whole, abs=1e-12)


def test_accelerate_on_one_cpu_is_the_plain_loop_bit_for_bit():
    settings = dataclasses.replace(EXACT, dropout=0.3, ema_decay=0.9, accumulate=2, weight_decay=0.1)
    ours, plain = losses(settings)
    theirs, engine = losses(settings, accelerated("cpu", dtype="float64"))
    assert ours == theirs
    assert same(weights(plain.result()), weights(engine.result()))


def test_is_torchs_own_loop():
    """The step, written out: AdamW, clipping, warm-up to the highest rate, no average."""
    settings = dataclasses.replace(EXACT, warmup=0, weight_decay=0.1, clip_norm=0.2)
    ours, run = losses(settings)
    model, draw = build(digits, settings), digits.data(settings)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1.0, weight_decay=0.1)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=settings.steps)
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] = settings.learning_rate
    decay.base_lrs = [settings.learning_rate]
    theirs = []
    for step in range(settings.steps):
        loss = digits.loss(model, draw(torch.arange(64 * step, 64 * step + 64)), settings).mean()
        theirs.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        assert nn.utils.clip_grad_norm_(model.parameters(), 0.2) > 0.2
        optimizer.step()
        decay.step()
    assert ours == pytest.approx(theirs, abs=1e-9)
    for mine, other in zip(run.model.parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-9, atol=1e-11)


def test_a_clip_norm_of_zero_clips_nothing():
    free, _ = losses(dataclasses.replace(EXACT, clip_norm=0.0))
    high, _ = losses(dataclasses.replace(EXACT, clip_norm=1e9))
    low, _ = losses(dataclasses.replace(EXACT, clip_norm=1e-6))
    assert free == high
    assert free != low


def test_the_seed_decides_everything():
    settings = dataclasses.replace(EXACT, dropout=0.3)
    first, run = losses(settings)
    torch.manual_seed(99)  # what was drawn before has no part in it
    again, twin = losses(settings)
    other, _ = losses(dataclasses.replace(settings, seed=1))
    assert first == again
    assert same(weights(run.model), weights(twin.model))
    assert first != other


def test_dropout_is_not_drawn_from_the_stream_of_the_weights():
    run = Run(digits, digits.Settings())
    after = torch.rand(4)
    build(digits, run.settings)
    assert not torch.equal(after, torch.rand(4))


@pytest.mark.parametrize("dtype", DTYPES)
def test_weights_are_in_the_dtype_and_drawn_in_it(dtype):
    model = build(digits, digits.Settings(dtype=dtype))
    assert {parameter.dtype for parameter in model.parameters()} == {DTYPES[dtype]}
    drawn_in_float32 = torch.equal(model[1].weight, model[1].weight.float().to(model[1].weight.dtype))
    assert drawn_in_float32 == (dtype == "float32")
    assert torch.get_default_dtype() == torch.float32


def test_a_loss_that_is_not_one_value_a_sample_is_refused(monkeypatch):
    monkeypatch.setattr(digits, "loss", lambda model, batch, settings: model(batch["images"]).mean())
    run = Run(digits, digits.Settings())
    with pytest.raises(ValueError, match=r"loss of 64 samples has shape \(\); return .* \(64,\)"):
        run.advance()


def test_fit_gives_the_averaged_model_and_leaves_the_generators_alone():
    settings = dataclasses.replace(EXACT, dropout=0.3, ema_decay=0.9)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    model = fit(digits, settings)
    assert torch.equal(torch.rand(3), expected)
    _, run = losses(settings)
    assert not model.training
    assert same(weights(model), weights(run.average.module))
    assert not same(weights(model), weights(run.model))


def test_fit_learns():
    settings = digits.Settings(steps=150, width=32)
    assert digits.metric(fit(digits, settings), settings)["accuracy"] > 0.85


def test_a_look_on_the_way_changes_nothing():
    """`watch` may measure the model, which puts it in evaluation mode."""
    settings, seen = dataclasses.replace(EXACT, dropout=0.3), []

    def watch(run, loss):
        seen.append((run.step, loss, digits.metric(run.result(), settings)["accuracy"]))

    model = fit(digits, settings, watch=watch)
    expected, run = losses(settings)
    assert [loss for _, loss, _ in seen] == expected
    assert [step for step, _, _ in seen] == list(range(1, 21))
    assert same(weights(model), weights(run.model))


def test_a_fit_inside_another_run_disturbs_neither():
    """A metric or a data set may train a model of its own."""
    settings = dataclasses.replace(EXACT, accumulate=2, dropout=0.3)
    expected, _ = losses(settings, accelerated("cpu", dtype="float64"))
    run = Run(digits, settings, accelerated("cpu", dtype="float64"))
    found = []
    for step in range(settings.steps):
        found.append(run.advance().item())
        if step == 10:
            fit(digits, digits.Settings(steps=3, dropout=0.5))
    assert found == expected


def test_fit_shows_a_bar_only_if_it_is_asked_to(capsys):
    fit(digits, digits.Settings(steps=3))
    assert capsys.readouterr().err == ""
    fit(digits, digits.Settings(steps=3), progress=True)
    assert "3/3" in capsys.readouterr().err


def test_what_the_engine_wrapped_is_gone_before_the_processes_part():
    """Otherwise one in ten runs of two processes never ended."""

    class Watching(Alone):
        gone = None

        def prepare(self, *objects):
            objects[0].hooks = [objects[0]]  # a cycle, as the hooks of a wrapped model make
            self.wrapped = weakref.ref(objects[0])
            return objects

        def end_training(self):
            self.gone = self.wrapped() is None

    engine = Watching()
    run = Run(digits, EXACT, engine)
    run.advance()
    run.release()
    assert engine.gone
    assert digits.metric(run.result(), EXACT)["accuracy"] > 0


class Watched(nn.Module):
    """Batch norm, whose statistics a forward pass changes, and which takes no single sample in training."""

    def __init__(self):
        super().__init__()
        self.norm, self.answer = nn.BatchNorm1d(64), nn.Linear(64, 10)

    def forward(self, x):
        return self.answer(self.norm(x.flatten(1)))


def test_a_rehearsal_changes_nothing(monkeypatch):
    monkeypatch.setattr(digits, "build", lambda settings: Watched())
    for size in (1, 8):
        run = Run(digits, digits.Settings(batch_size=size))
        before, random = weights(run.model), torch.get_rng_state()
        run.rehearse()
        assert same(weights(run.model), before)
        assert torch.equal(torch.get_rng_state(), random)
        assert run.model.training


def test_a_rehearsal_shows_a_loss_that_is_not_one_value_a_sample(monkeypatch):
    loss = digits.loss
    monkeypatch.setattr(digits, "loss", lambda *arguments: loss(*arguments).mean())
    with pytest.raises(ValueError, match=r"the loss of 2 samples has shape \(\); return one value a sample"):
        Run(digits, digits.Settings()).rehearse()
