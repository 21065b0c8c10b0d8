"""What every recipe promises to the loop: else a resumed run, or two processes, would see other samples."""

from dataclasses import replace

import pytest
import torch
from small import digits

from dlsteps.train import Common, names, recipe
from dlsteps.train.recipe import DTYPES
from dlsteps.train.run import build

RECIPES = [*(recipe.find(name) for name in names()), digits]
every_recipe = pytest.mark.parametrize("mine", RECIPES, ids=recipe.name_of)


def tensors(batch):
    """The tensors of a batch by name."""
    found = batch if isinstance(batch, dict) else batch._asdict()
    assert found
    assert all(isinstance(value, torch.Tensor) for value in found.values())
    return found


def row(batch, k):
    return {name: value[k] for name, value in tensors(batch).items()}


def same(ours, theirs):
    return all(torch.equal(ours[name], theirs[name]) for name in ours | theirs)


@every_recipe
def test_it_has_its_names_and_types(mine):
    settings = mine.Settings()
    assert isinstance(settings, Common)
    assert set(recipe.setting_types(mine).values()) <= {int, float, bool, str}
    for key, kind in recipe.setting_types(mine).items():
        assert type(getattr(settings, key)) is kind, key
    assert isinstance(mine.METRIC, str)
    assert mine.__doc__.splitlines()[0].endswith(".")


@every_recipe
def test_a_sample_is_a_function_of_seed_and_number(mine):
    settings = mine.Settings()
    draw, again = mine.data(settings), mine.data(settings)
    numbers = torch.tensor([1000, 3, 77, 3, 78])
    torch.manual_seed(1)
    together = draw(numbers)
    torch.manual_seed(2)
    for k, number in enumerate(numbers):
        assert same(row(together, k), row(again(number.view(1)), 0))
    assert not same(row(together, 0), row(together, 2))
    other = mine.data(replace(settings, seed=settings.seed + 1))(numbers)
    assert not same(tensors(together), tensors(other))


@every_recipe
@pytest.mark.parametrize("dtype", DTYPES)
def test_batches_are_in_the_dtype_of_the_weights(mine, dtype):
    batch = tensors(mine.data(replace(mine.Settings(), dtype=dtype))(torch.arange(4)))
    floating = {value.dtype for value in batch.values() if value.is_floating_point()}
    assert floating <= {DTYPES[dtype]}
    assert all(len(value) == 4 for value in batch.values())


@every_recipe
def test_the_loss_of_a_sample_does_not_depend_on_its_batch(mine):
    settings = replace(mine.Settings(), dtype="float64")
    model, draw = build(mine, settings).train(), mine.data(settings)
    numbers = torch.arange(10, 16)
    with torch.no_grad():
        together = mine.loss(model, draw(numbers), settings)
        alone = torch.cat([mine.loss(model, draw(number.view(1)), settings) for number in numbers])
    assert together.shape == numbers.shape
    assert together.isfinite().all()
    torch.testing.assert_close(alone, together, rtol=1e-9, atol=1e-11)


@every_recipe
def test_every_weight_learns(mine):
    """Two processes wait for each other's gradient of every weight."""
    settings = mine.Settings()
    model = build(mine, settings).train()
    mine.loss(model, mine.data(settings)(torch.arange(8)), settings).mean().backward()
    assert [name for name, value in model.named_parameters() if value.grad is None] == []


@every_recipe
def test_its_loss_can_be_computed_in_bfloat16(mine):
    settings = mine.Settings()
    model, batch = build(mine, settings).eval(), mine.data(settings)(torch.arange(8))
    with torch.no_grad():
        exact = mine.loss(model, batch, settings).mean()
        with torch.autocast("cpu", torch.bfloat16):
            rough = mine.loss(model, batch, settings).mean()
    torch.testing.assert_close(rough, exact, rtol=0.05, atol=0, check_dtype=False)
