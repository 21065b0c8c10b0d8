import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given
from hypothesis import strategies as st
from judge import refuses

from dlsteps.nn.convolution import Window, output_size, window, windows

numbers = st.integers(1, 4)


@given(n=st.integers(1, 12), k=numbers, s=numbers, p=st.integers(0, 3), d=numbers)
def test_output_size_is_torchs(n, k, s, p, d):
    x = torch.zeros(1, 1, n)
    try:
        expected = F.conv1d(x, torch.zeros(1, 1, k), stride=s, padding=p, dilation=d).shape[2]
    except RuntimeError:
        with refuses(ValueError, "but the padded input has"):
            output_size(n, k, s, p, d)
    else:
        assert output_size(n, k, s, p, d) == expected


@given(
    size=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    pairs=st.tuples(*[st.tuples(numbers, numbers)] * 3),
)
def test_reads_names_the_cells_of_the_window(size, pairs):
    kernel, stride, dilation = pairs
    w = window(kernel, stride, (0, 0), dilation)
    assume(all(e <= n for e, n in zip(w.extent, size, strict=True)))
    x = torch.arange(size[0] * size[1]).view(1, 1, *size)
    seen = windows(x, w)
    assert seen.shape == (1, 1, *w.output_size(size), *kernel)
    for i in range(seen.shape[2]):
        for j in range(seen.shape[3]):
            rows, columns = w.reads(i, j)
            assert torch.equal(seen[0, 0, i, j], x[0, 0][list(rows)][:, list(columns)])


@pytest.mark.parametrize("options", [{"stride": 2}, {"padding": 1}, {"dilation": 2}, {}])
def test_what_is_left_out_is_torchs(options):
    expected = F.conv1d(torch.zeros(1, 1, 9), torch.zeros(1, 1, 3), **options).shape[2]
    assert output_size(9, 3, **options) == expected


def test_what_is_outside_is_padding():
    assert window(3, stride=2, padding=(1, 2)).reads(0, 1) == ((-1, 0, 1), (0, 1, 2))
    assert window((1, 2), stride=3, padding=1, dilation=2).reads(2, 0) == ((5,), (-1, 1))


def test_windows_are_a_view():
    x = torch.zeros(1, 1, 3, 3)
    windows(x, window(2))[0, 0, 1, 1, 0, 0] = 5
    assert x[0, 0, 1, 1] == 5


def test_a_number_stands_for_both_directions():
    assert window(3, 2, 1, 4) == Window((3, 3), (2, 2), (1, 1), (4, 4))
    assert window([1, 2]) == Window((1, 2), (1, 1), (0, 0), (1, 1))
    assert window(3, dilation=(2, 4)).extent == (5, 9)


def test_refuses():
    with refuses(ValueError, "stride=0 is below 1; try stride=1 or more"):
        output_size(5, 3, stride=(0))
    with refuses(ValueError, "kernel=0 is below 1"):
        window(0)
    with refuses(ValueError, r"dilation=\(1, 0\) is below 1"):
        window(3, dilation=(1, 0))
    with refuses(ValueError, r"padding=\(-1, 0\) is below 0; try padding=0 or more"):
        window(3, padding=(-1, 0))
    with refuses(TypeError, r"stride=1.5 is not a whole number or a pair of them; try stride=2"):
        window(3, stride=1.5)
    with refuses(TypeError, r"kernel=\(3, 3, 3\) is not a whole number or a pair"):
        window((3, 3, 3))
    with refuses(TypeError, "padding='same' is not a whole number"):
        window(3, padding="same")
    with refuses(TypeError, r"padding=\(True, 1\) is not a whole number"):
        window(3, padding=(True, 1))
    with refuses(ValueError, "the kernel covers 5 cells, but the padded input has 4 along W; try a smaller"):
        window(3, dilation=(1, 2)).output_size((5, 4))
    with refuses(ValueError, "the kernel covers 3 cells, but the padded input has 2 along H"):
        window(3).output_size((2, 5))
    with refuses(ValueError, "the kernel covers 3 cells, but the padded input has 2 along W"):
        windows(torch.ones(1, 1, 3, 2), window(3, padding=1))  # the padding is there already
    with refuses(ValueError, r"padded of shape \(3, 3\) does not have the axes \(N, C, H, W\)"):
        windows(torch.ones(3, 3), window(3))


@pytest.mark.parametrize(("stride", "expected"), [(1, 5), (2, 3)])
def test_half_padding_keeps_the_size_at_stride_one(stride, expected):
    assert output_size(5, 3, stride, padding=1) == expected
