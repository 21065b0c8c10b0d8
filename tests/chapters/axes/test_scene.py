"""The axes explorer's numbers, against PyTorch's indexing, strides and means."""

import itertools

import numpy as np
import pytest
import torch

from dlsteps.chapters.axes import scene as axes

TENSORS = ("count", "digits")


@pytest.mark.parametrize("name", TENSORS)
@pytest.mark.parametrize("depth", range(1, 5))
def test_a_key_lights_what_the_index_names(name, depth):
    x = axes.tensor_called(name)
    frame = axes.frame(step=axes.BEATS[depth], tensor=name, mean="W", axes=next(iter(axes.AXES)))
    shelf, memory, _ = frame.panels
    for key, index in enumerate(itertools.product(*map(range, x.shape[:depth]))):
        wanted = x[index].flatten().numpy()
        assert np.array_equal(shelf.values[shelf.keys == key], wanted)
        assert np.array_equal(memory.values[memory.keys == key], wanted)
        start = x[index].storage_offset() - x.storage_offset()
        assert frame.select.values["start"][key] == str(start)
        assert frame.select.values["end"][key] == str(start + wanted.size - 1)


@pytest.mark.parametrize("name", TENSORS)
@pytest.mark.parametrize("mean", axes.MEANS)
def test_means_are_torchs(name, mean):
    x, dim = axes.tensor_called(name), axes.MEANS[mean]
    frame = axes.frame(step="mean", tensor=name, mean=mean, axes=next(iter(axes.AXES)))
    shelf, result, memory, marks = frame.panels
    assert np.array_equal(memory.keys.ravel(), shelf.keys.ravel())
    wanted = x.mean(dim, keepdim=True)
    assert np.allclose(result.values, wanted.numpy())
    assert dict(frame.readout)["with keepdim"] == str(list(wanted.shape))
    assert dict(frame.readout)["without keepdim"] == str(list(x.mean(dim).shape))
    assert [letter for letter, _, _, fate in marks.axes if fate] == [axes.LETTERS[a] for a in dim]
    for key, value in enumerate(wanted.flatten()):
        assert shelf.values[shelf.keys == key].mean() == pytest.approx(value.item())
        assert float(frame.select.values["mean"][key]) == pytest.approx(value.item(), abs=5.1e-4)


def test_the_counting_tensor_counts_its_own_memory():
    x = axes.tensor_called("count")
    assert torch.equal(x.flatten(), torch.arange(54, dtype=torch.float64))
    assert x.is_contiguous()


@pytest.mark.parametrize("mean", axes.MEANS)
def test_the_mean_comes_back_to_the_cells_that_it_came_from(mean):
    x = axes.tensor_called("digits")
    frame = axes.explorer().frame(step="x − mean", tensor="digits", mean=mean)
    rest, means, _ = frame.panels
    np.testing.assert_allclose(rest.values, x - x.mean(axes.MEANS[mean], keepdim=True), atol=1e-12)
    for key, value in enumerate(means.values.ravel()):
        np.testing.assert_allclose(rest.values[rest.keys == key] + value, x.numpy()[rest.keys == key])
    assert dict(frame.readout)["mean that is left"] == "0.000"


@pytest.mark.parametrize("name", axes.AXES)
def test_what_is_lit_in_memory_is_what_is_lit_in_the_stack(name):
    frame = axes.explorer().frame(step="other axes", axes=name)
    stack, memory = frame.panels
    for key in range(len(frame.select.labels)):
        assert sorted(stack.values[stack.keys == key]) == sorted(memory.values[memory.keys == key])
    moved = dict(frame.readout)["same memory"] == "no"
    assert moved == ("contiguous" in name)
    if not moved:
        assert np.array_equal(memory.values.ravel(), np.arange(54))


def test_a_tensor_of_one_s_own_fills_up_with_axes_in_front():
    x = torch.arange(6.0, requires_grad=True)
    own = axes.explorer(x.reshape(2, 3), step="mean")
    assert own.frame().panels[0].values.shape == (1, 1, 2, 3)
    assert [c.name for c in own.controls] == ["step", "mean", "axes"]
    assert own.baked is False
    for beat in axes.BEATS:
        own.frame(step=beat)


@pytest.mark.parametrize("shape", [(), (1, 2, 3, 4, 5), (2, 0)])
def test_a_tensor_that_is_no_stack_is_refused(shape):
    with pytest.raises(ValueError, match="give one to four axes, none of them empty"):
        axes.explorer(torch.zeros(shape))
