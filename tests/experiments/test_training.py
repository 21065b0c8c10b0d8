import pytest
import torch
from torch import nn

from dlsteps.chapters.normalization.models import NETWORKS, norm_factory, renorm_schedule
from dlsteps.data import Digits, load_digits
from dlsteps.experiments.training import (
    accuracy,
    batchwise_accuracy,
    mixed_batches,
    one_class_batches,
    scale_weights,
    seeded,
    train,
)


def some_digits(n: int = 200) -> Digits:
    digits = load_digits()
    return Digits(digits.images[:n], digits.labels[:n])


def test_mixed_batches_see_each_index_at_most_once_an_epoch():
    batches = list(mixed_batches(23, 5, epochs=2, seed=0))
    assert [len(batch) for batch in batches] == [5] * 8
    for epoch in (batches[:4], batches[4:]):
        seen = torch.cat(epoch)
        assert len(seen.unique()) == 20
        assert seen.max() < 23
    assert not torch.equal(torch.cat(batches[:4]), torch.cat(batches[4:]))


def test_batches_repeat_with_their_seed_alone():
    def first(seed):
        return next(mixed_batches(100, 10, 1, seed))

    assert torch.equal(first(3), first(3))
    assert not torch.equal(first(3), first(4))


def test_one_class_batches_hold_one_class_and_reach_all():
    labels = some_digits().labels
    batches = list(one_class_batches(labels, 4, epochs=2, seed=0))
    classes = [labels[batch].unique() for batch in batches]
    assert all(len(label) == 1 for label in classes)
    assert len(torch.cat(classes).unique()) == 10
    half = batches[: len(batches) // 2]
    assert len(torch.cat(half).unique()) == 4 * len(half)
    order = [label.item() for label in classes]
    assert order != sorted(order)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("norm", ["none", "BN", "BRN", "GN", "LN"])
def test_every_network_learns_with_every_norm(network, norm):
    digits = some_digits()
    model = seeded(lambda: NETWORKS[network](norm_factory(norm, steps=120)), seed=0)
    assert next(model.parameters()).dtype == torch.float64
    before = accuracy(model, digits)
    loss = train(model, digits, mixed_batches(200, 20, epochs=12, seed=0), learning_rate=0.03)
    assert loss < 0.7
    assert accuracy(model, digits) > before + 0.5


def test_seeded_repeats_and_leaves_the_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one, two, other = (seeded(lambda: nn.Linear(4, 4), seed).weight for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_default_dtype() == torch.float32
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


def test_training_stops_where_the_loss_is_no_number():
    model = seeded(lambda: NETWORKS["mlp"](norm_factory("none")), seed=0)
    scale_weights(model, 1e3)
    assert train(model, some_digits(), mixed_batches(200, 20, 5, 0), learning_rate=1e6) == float("inf")


@pytest.mark.parametrize("gain", [0.5, 1.0, 2.0])
def test_scaled_weights_set_the_growth_from_layer_to_layer(gain):
    growths = []
    for seed in range(6):
        model = seeded(lambda: NETWORKS["mlp"](norm_factory("none"), depth=9), seed)
        scale_weights(model, gain)
        linear_and_relu = nn.Sequential(*[layer for layer in model if not isinstance(layer, nn.Identity)])
        x = torch.randn(200, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
        first, ninth = linear_and_relu[:2](x), linear_and_relu[:18](x)
        growths.append((ninth.square().mean() / first.square().mean()).item() ** (1 / 8))
        assert model[1].bias.abs().max() == 0
    assert abs(sum(growths) / len(growths) / gain**2 - 1) < 0.15


def test_batchwise_accuracy_uses_the_batch_and_moves_nothing():
    digits = some_digits()
    model = seeded(lambda: NETWORKS["mlp"](norm_factory("BN")), seed=0)
    train(model, digits, mixed_batches(200, 20, epochs=10, seed=0), learning_rate=0.03)
    state = {name: value.clone() for name, value in model.state_dict().items()}
    whole = batchwise_accuracy(model, digits, [torch.arange(200)])
    alone = batchwise_accuracy(model, digits, one_class_batches(digits.labels, 4, 1, seed=0))
    assert whole > alone + 0.2  # a batch of one class loses what it has in common
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())


def test_unknown_norm_lists_the_norms():
    with pytest.raises(ValueError, match=r"'bn'; try one of none, BN, BRN, GN, LN, .*IN"):
        norm_factory("bn")


@pytest.mark.parametrize("steps", [1, 32, 2056])
def test_schedule_starts_as_batch_norm_and_ends_with_the_paper_s_limits(steps):
    schedule = renorm_schedule(steps)
    assert schedule(0) == (1.0, 0.0)
    assert schedule(max(steps, 2)) == (3.0, 5.0)


def test_batch_renorm_learns_no_more_than_batch_norm():
    learned = {norm: list(norm_factory(norm)((32, 8, 8)).parameters()) for norm in ("BN", "BRN", "GN")}
    counts = {norm: sum(p.numel() for p in parameters) for norm, parameters in learned.items()}
    assert counts == {"BN": 64, "BRN": 64, "GN": 64}
