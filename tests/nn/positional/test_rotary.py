import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import assert_matches_torch, refuses

from dlsteps.nn.attention import KeyValueCache, MultiHeadAttention, causal_mask
from dlsteps.nn.positional import RotaryEncoding, pair_order, rotate, shift_matrix

even = st.integers(1, 5).map(lambda pairs: 2 * pairs)


def drawn(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def by_complex_numbers(x, positions, base=10_000.0):
    """The same rotation as a product of complex numbers."""
    d = x.shape[-1]
    omega = 1 / base ** (torch.arange(0, d, 2).double() / d)
    turn = torch.polar(torch.ones(len(positions), d // 2).double(), torch.outer(positions.double(), omega))
    turned = torch.view_as_complex(x.double().unflatten(-1, (-1, 2))) * turn
    return torch.view_as_real(turned).flatten(-2).to(x.dtype)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@given(st.lists(st.integers(1, 3), max_size=2), st.integers(1, 4), even)
def test_is_a_product_of_complex_numbers(dtype, batch, T, d):
    positions = torch.arange(T) * 3 + 1
    assert_matches_torch(
        lambda x: rotate(x, positions),
        lambda x: by_complex_numbers(x, positions),
        drawn(*batch, T, d),
        dtype=dtype,
    )


@given(
    st.integers(0, 40),
    st.integers(0, 40),
    st.integers(0, 2000),
    st.sampled_from(["interleaved", "concatenated"]),
)
def test_scores_depend_on_distance_alone(t, s, shift, layout):
    q, k = drawn(1, 8), drawn(1, 8, seed=1)
    score = lambda t, s: (  # noqa: E731
        rotate(q, torch.tensor([t]), layout=layout) @ rotate(k, torch.tensor([s]), layout=layout).T
    )
    assert torch.allclose(score(t, s), score(t + shift, s + shift), rtol=0, atol=1e-10)


def test_scores_do_depend_on_distance():
    q, k = drawn(1, 8), drawn(1, 8, seed=1).expand(5, 8)
    scores = rotate(q, torch.tensor([0])) @ rotate(k, torch.arange(5)).T
    assert scores.unique().numel() == 5


@given(even)
def test_layouts_differ_by_a_permutation(d):
    x, p, order = drawn(2, 4, d), torch.arange(4), pair_order(d)
    concatenated = rotate(x[..., order], p, layout="concatenated")
    assert torch.allclose(concatenated, rotate(x, p)[..., order], rtol=0, atol=1e-14)


def test_it_turns_against_the_shift_of_the_sinusoids():
    # A sinusoid keeps (sin, cos), a rotation (cos, sin): one turns with the clock, the other against it.
    x = drawn(1, 6)
    assert torch.allclose(rotate(x, torch.tensor([5])), x @ shift_matrix(-5, 6).T, rtol=0, atol=1e-14)


@given(st.integers(0, 10_000))
def test_lengths_stay(position):
    x = drawn(1, 6)
    pairs = lambda x: x.view(3, 2).norm(dim=-1)  # noqa: E731
    assert torch.allclose(pairs(rotate(x, torch.tensor([position]))), pairs(x))
    assert torch.equal(rotate(x, torch.tensor([0])), x)


def test_far_positions_are_exact():
    ours = rotate(torch.ones(1, 2), torch.tensor([1_000_003]))
    theirs = by_complex_numbers(torch.ones(1, 2).double(), torch.tensor([1_000_003]))
    assert torch.allclose(ours.double(), theirs, rtol=0, atol=1e-6)


@pytest.mark.parametrize("layout", ["interleaved", "concatenated"])
def test_the_layer_counts_from_its_offset(layout):
    layer, x = RotaryEncoding(4, base=100.0, layout=layout), drawn(2, 3, 5, 4)
    assert torch.equal(layer(x, 7), rotate(x, torch.arange(7, 12), base=100.0, layout=layout))
    assert torch.equal(layer(x), rotate(x, torch.arange(5), base=100.0, layout=layout))
    assert layer(x[..., :0, :]).shape == (2, 3, 0, 4)
    assert layer(x.half()).dtype == torch.float16


def test_in_attention_the_start_does_not_matter():
    rotary, x = RotaryEncoding(4), drawn(2, 5, 8)
    layer = MultiHeadAttention(8, 2, rotary=rotary).double()
    moved = lambda x, offset: rotary(x, offset + 100)  # noqa: E731
    y, there = layer(x, mask=causal_mask(5)), MultiHeadAttention(8, 2, rotary=moved).double()
    there.load_state_dict(layer.state_dict())
    assert torch.allclose(there(x, mask=causal_mask(5)), y, rtol=0, atol=1e-12)
    order = torch.tensor([4, 3, 2, 1, 0])
    assert (layer(x[:, order]) - layer(x)[:, order]).abs().max() > 1e-3


def test_in_attention_the_cache_holds_rotated_keys():
    layer, x, cache = (
        MultiHeadAttention(8, 2, rotary=RotaryEncoding(4)).double(),
        drawn(2, 5, 8),
        KeyValueCache(),
    )
    pieces = [layer(x[:, t : t + 1], cache=cache) for t in range(5)]
    assert torch.allclose(torch.cat(pieces, 1), layer(x, mask=causal_mask(5)), rtol=0, atol=1e-12)


def test_refuses():
    x = torch.zeros(2, 3, 4)
    with refuses(ValueError, "d_model=5 cannot be split into pairs of sine and cosine; try 4 or 6"):
        RotaryEncoding(5)
    with refuses(ValueError, "unknown layout 'halves'; try one of interleaved, concatenated"):
        RotaryEncoding(4, layout="halves")
    with refuses(ValueError, "base=-1 is not positive"):
        RotaryEncoding(4, base=-1)
    with refuses(ValueError, r"x has T=3 vectors, but positions have shape \(2,\); try \(3,\)"):
        rotate(x, torch.arange(2))
    with refuses(ValueError, r"positions have shape \(1, 3\)"):
        rotate(x, torch.arange(3)[None])
    with refuses(ValueError, r"x has shape \(2, 3, 4\), but the encoding expects \(..., T, d=6\)"):
        RotaryEncoding(6)(x)
    with refuses(ValueError, r"x has shape \(4,\), but the encoding expects"):
        rotate(x[0, 0], torch.arange(1))
    with refuses(TypeError, "but has dtype torch.int64"):
        rotate(x.long(), torch.arange(3))
    with refuses(ValueError, "offset=-2 is negative"):
        RotaryEncoding(4)(x, -2)


def test_repr():
    assert repr(RotaryEncoding(4)) == "RotaryEncoding(d_head=4, base=10000.0, layout=interleaved)"
