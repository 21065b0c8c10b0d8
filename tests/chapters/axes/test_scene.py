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
    frame = axes.frame(step=axes.BEATS[depth], tensor=name, mean="W")
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
    frame = axes.frame(step="mean", tensor=name, mean=mean)
    shelf, result, marks = frame.panels
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
