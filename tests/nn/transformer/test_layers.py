import pytest
import torch
import torch.nn.functional as F
from judge import assert_matches_torch, refuses
from torch import nn

from dlsteps.nn.attention import KeyValueCache, MultiHeadAttention, causal_mask, combine_masks, padding_mask
from dlsteps.nn.normalization import LayerNorm
from dlsteps.nn.positional import RotaryEncoding, alibi_bias
from dlsteps.nn.transformer import (
    Decoder,
    DecoderCache,
    DecoderLayer,
    Encoder,
    EncoderLayer,
    FeedForward,
    LayerCache,
    PostNorm,
    PreNorm,
    from_torch_names,
    to_torch_names,
)

DTYPES = [torch.float64, torch.float32]
RESIDUALS = [PreNorm, PostNorm]
PADDING, CAUSAL = padding_mask(torch.tensor([2, 4]), 4), causal_mask(3)


def drawn(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


class Renamed(nn.Module):
    """Our layer, its weights under torch's names and its inputs followed by the masks of one comparison."""

    def __init__(self, layer, *masks):
        super().__init__()
        self.layer, self.masks = layer, masks

    def forward(self, *inputs):
        return self.layer(*inputs, *self.masks)

    def load_state_dict(self, state):
        self.layer.load_state_dict(from_torch_names(state))

    def named_parameters(self, *args, **kwargs):
        return to_torch_names(dict(self.layer.named_parameters())).items()


def torchs(kind, residual, **options):
    """Torch's layer of the same kind, with its own masks."""

    class Theirs(kind):
        masks: dict = {}  # noqa: RUF012

        def forward(self, *inputs):
            return super().forward(*inputs, **self.masks)

    return Theirs(6, 2, 5, norm_first=residual is PreNorm, batch_first=True, **options)


def encoder_pair(residual, **options):
    ours = Renamed(EncoderLayer(6, 2, 5, residual=residual, **options), PADDING)
    theirs = torchs(nn.TransformerEncoderLayer, residual, **{"dropout": 0.0, **options})
    theirs.masks = {"src_key_padding_mask": ~PADDING[:, 0, 0]}
    return ours, theirs


def decoder_pair(residual, **options):
    ours = Renamed(DecoderLayer(6, 2, 5, residual=residual, **options), CAUSAL, PADDING)
    theirs = torchs(nn.TransformerDecoderLayer, residual, **{"dropout": 0.0, **options})
    theirs.masks = {"tgt_mask": ~CAUSAL, "memory_key_padding_mask": ~PADDING[:, 0, 0]}
    return ours, theirs


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("residual", RESIDUALS)
@pytest.mark.parametrize("activation", [F.relu, F.gelu])
def test_encoder_layer_matches_torch(dtype, residual, activation):
    ours, theirs = encoder_pair(residual, activation=activation)
    assert_matches_torch(ours, theirs, drawn(2, 4, 6), dtype=dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("residual", RESIDUALS)
@pytest.mark.parametrize("activation", [F.relu, F.gelu])
def test_decoder_layer_matches_torch(dtype, residual, activation):
    ours, theirs = decoder_pair(residual, activation=activation)
    assert_matches_torch(ours, theirs, drawn(2, 3, 6), drawn(2, 4, 6, seed=1), dtype=dtype)


@pytest.mark.parametrize("residual", RESIDUALS)
def test_in_evaluation_dropout_changes_nothing(residual):
    for pair, inputs in (
        (encoder_pair, [drawn(2, 4, 6)]),
        (decoder_pair, [drawn(2, 3, 6), drawn(2, 4, 6, seed=1)]),
    ):
        ours, theirs = (layer.eval() for layer in pair(residual, dropout=0.5))
        assert_matches_torch(ours, theirs, *inputs)


def stacks(residual, layers=2):
    """Our encoder and decoder, and torch's whole Transformer, which is made of the same two."""
    norms = [LayerNorm(6) for _ in range(2)]
    encoder = Encoder([EncoderLayer(6, 2, 5, residual=residual) for _ in range(layers)], norms[0])
    decoder = Decoder([DecoderLayer(6, 2, 5, residual=residual) for _ in range(layers)], norms[1])
    theirs = nn.Transformer(6, 2, layers, layers, 5, 0.0, norm_first=residual is PreNorm, batch_first=True)
    return encoder, decoder, theirs


class Both(nn.Module):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, source, target):
        return self.decoder(target, self.encoder(source, PADDING), CAUSAL, PADDING)


class TheirBoth(nn.Module):
    def __init__(self, theirs):
        super().__init__()
        self.encoder, self.decoder = theirs.encoder, theirs.decoder

    def forward(self, source, target):
        padded = ~PADDING[:, 0, 0]
        memory = self.encoder(source, src_key_padding_mask=padded)
        return self.decoder(target, memory, tgt_mask=~CAUSAL, memory_key_padding_mask=padded)


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")  # torch's own shortcut, off with pre-norm
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("residual", RESIDUALS)
def test_encoder_and_decoder_match_torchs_transformer(dtype, residual):
    encoder, decoder, theirs = stacks(residual)
    ours = Renamed(Both(encoder, decoder))
    assert_matches_torch(ours, TheirBoth(theirs), drawn(2, 4, 6), drawn(2, 3, 6, seed=1), dtype=dtype)


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
def test_names_go_both_ways():
    encoder, decoder, theirs = stacks(PreNorm)
    for ours, torchs_own in ((encoder, theirs.encoder), (decoder, theirs.decoder)):
        state = ours.state_dict()
        assert to_torch_names(state).keys() == torchs_own.state_dict().keys()
        assert from_torch_names(to_torch_names(state)).keys() == state.keys()
        torchs_own.load_state_dict(to_torch_names(state))
    x = drawn(2, 4, 6).float()
    assert torch.allclose(encoder(x), theirs.encoder(x), rtol=0, atol=1e-5)


def test_pre_norm_and_post_norm_are_the_formulas():
    f, norm, x = nn.Linear(4, 4).double(), LayerNorm(4).double(), drawn(2, 3, 4)
    assert torch.equal(PreNorm(f, norm)(x), x + f(norm(x)))
    assert torch.equal(PostNorm(f, norm)(x), norm(x + f(x)))


def test_a_sublayer_of_zeros_lets_pre_norm_pass():
    f = nn.Linear(4, 4).double()
    nn.init.zeros_(f.weight), nn.init.zeros_(f.bias)
    x = drawn(2, 3, 4)
    assert torch.equal(PreNorm(f, LayerNorm(4).double())(x), x)
    assert torch.allclose(PostNorm(f, LayerNorm(4).double())(x), F.layer_norm(x, (4,)))


@pytest.mark.parametrize("residual", RESIDUALS)
def test_dropout_falls_on_the_sublayer_alone(residual):
    x, norm = torch.randn(2, 3, 4), nn.Identity()
    assert torch.equal(residual(nn.Linear(4, 4), norm, dropout=1.0)(x), x)
    f = nn.Linear(4, 4)
    added = residual(f, norm, dropout=0.5)(x.expand(50, 2, 3, 4)) - x
    kept = (added.abs() > 1e-6).float().mean()
    assert 0.4 < kept < 0.6
    doubled = added / f(x)
    assert torch.allclose(doubled[added.abs() > 1e-6], torch.tensor(2.0), rtol=1e-3)


@pytest.mark.parametrize("residual", RESIDUALS)
def test_layers_pass_their_dropout_on(residual):
    for layer in (
        EncoderLayer(6, 2, 5, residual=residual, dropout=1.0),
        DecoderLayer(6, 2, 5, residual=residual, dropout=1.0),
    ):
        x = torch.randn(2, 3, 6)
        inputs = (x,) if isinstance(layer, EncoderLayer) else (x, x)
        expected = x if residual is PreNorm else F.layer_norm(x, (6,))
        assert torch.allclose(layer(*inputs), expected, rtol=0, atol=1e-4)


def test_feed_forward_is_two_linear_layers():
    layer, x = FeedForward(4, 7, torch.tanh).double(), drawn(2, 3, 4)
    steps = layer(x, record=True)
    assert torch.allclose(steps.preactivation, x @ layer.linear1.weight.T + layer.linear1.bias)
    assert torch.equal(steps.hidden, steps.preactivation.tanh())
    assert torch.allclose(steps.output, steps.hidden @ layer.linear2.weight.T + layer.linear2.bias)
    assert torch.equal(layer(x), steps.output)
    assert torch.equal(FeedForward(4, 7)(x.float(), record=True).hidden.min(), torch.tensor(0.0))


def test_feed_forward_reads_each_token_on_its_own():
    layer, x = FeedForward(4, 7).double(), drawn(2, 3, 4)
    assert torch.allclose(layer(x)[:, 1], layer(x[:, 1]), rtol=0, atol=1e-14)


@pytest.mark.parametrize("residual", RESIDUALS)
def test_a_record_holds_what_the_layer_computed(residual):
    layer, x, memory = DecoderLayer(6, 2, 5, residual=residual).double(), drawn(2, 3, 6), drawn(2, 4, 6)
    steps = layer(x, memory, CAUSAL, PADDING, record=True)
    assert torch.equal(steps.output, layer(x, memory, CAUSAL, PADDING))
    own, cross, fed = steps.self_attention, steps.cross_attention, steps.feed_forward
    assert torch.equal(own.normed, layer.self_attention.norm(x) if residual is PreNorm else x)
    assert torch.equal(own.output, layer.self_attention(x, mask=CAUSAL))
    assert not own.sublayer.heads.weights.triu(1).any()
    assert torch.equal(cross.output, layer.cross_attention(own.output, memory, mask=PADDING))
    assert cross.sublayer.heads.weights.shape == (2, 2, 3, 4)
    assert not cross.sublayer.heads.weights[0, ..., 2:].any()
    assert torch.equal(fed.output, steps.output)
    assert torch.equal(fed.sublayer.hidden, F.relu(fed.sublayer.preactivation))


@pytest.mark.parametrize("residual", RESIDUALS)
def test_a_stack_records_each_layer(residual):
    norm = LayerNorm(6).double()
    encoder = Encoder([EncoderLayer(6, 2, 5, residual=residual).double() for _ in range(3)], norm)
    x = drawn(2, 4, 6)
    steps = encoder(x, PADDING, record=True)
    assert torch.equal(steps.output, encoder(x, PADDING))
    assert torch.equal(steps.output, norm(steps.layers[-1].output))
    for layer, step in zip(encoder.layers, steps.layers, strict=True):
        assert torch.equal(step.output, layer(x, PADDING))
        assert torch.equal(
            step.self_attention.sublayer.heads.weights[0, ..., 2:].abs().max(), torch.tensor(0.0)
        )
        x = step.output


def test_the_output_has_a_vector_for_each_token():
    encoder = Encoder([EncoderLayer(6, 2, 5)])
    for S in (0, 1, 7):
        assert encoder(torch.randn(2, S, 6)).shape == (2, S, 6)


def test_an_encoder_takes_a_bias():
    layer, x, bias = EncoderLayer(6, 2, 5).double(), drawn(2, 4, 6), alibi_bias(2, 4)
    steps = Encoder([layer, layer])(x, bias=bias, record=True)
    for i in range(2):
        heads = steps.layers[i].self_attention.sublayer.heads
        assert torch.allclose(heads.scores - bias, heads.products / 3**0.5)


def test_layers_rotate_their_self_attentions_alone():
    rotary = RotaryEncoding(3 + 1)
    encoder, decoder = EncoderLayer(8, 2, 5, rotary=rotary), DecoderLayer(8, 2, 5, rotary=rotary)
    assert encoder.self_attention.sublayer.rotary is rotary
    assert decoder.self_attention.sublayer.rotary is rotary
    assert decoder.cross_attention.sublayer.rotary is None


@pytest.mark.parametrize("residual", RESIDUALS)
@pytest.mark.parametrize("rotary", [None, RotaryEncoding(4)])
def test_a_cached_decoder_equals_an_uncached_one(residual, rotary):
    layers = [DecoderLayer(8, 2, 5, residual=residual, rotary=rotary) for _ in range(2)]
    decoder = Decoder(layers, LayerNorm(8)).double()
    x, memory, cache = drawn(2, 5, 8), drawn(2, 4, 8, seed=1), DecoderCache(2)
    pieces = []
    for start, stop in ((0, 2), (2, 3), (3, 5)):
        assert len(cache) == start
        mask = causal_mask(stop - start, stop)
        pieces.append(decoder(x[:, start:stop], memory, mask, PADDING, cache=cache))
    whole = decoder(x, memory, causal_mask(5), PADDING)
    assert torch.allclose(torch.cat(pieces, 1), whole, rtol=0, atol=1e-12)
    assert all(len(layer.cross_attention) == 4 for layer in cache.layers)
    cache.select(torch.tensor([1, 1, 0]))
    assert all(kept.keys.shape[0] == 3 for layer in cache.layers for kept in layer)
    assert torch.equal(cache.layers[1].self_attention.keys[0], cache.layers[1].self_attention.keys[1])


def test_target_padding_has_no_effect_on_what_comes_before_it():
    decoder = Decoder([DecoderLayer(6, 2, 5), DecoderLayer(6, 2, 5)]).double()
    x, memory = drawn(2, 3, 6), drawn(2, 4, 6, seed=1)
    masked = combine_masks(CAUSAL, padding_mask(torch.tensor([2, 3]), 3))
    with_padding_mask, without = (decoder(x, memory, mask) for mask in (masked, CAUSAL))
    assert torch.allclose(with_padding_mask[0, :2], without[0, :2], rtol=0, atol=1e-12)
    assert torch.allclose(with_padding_mask[1], without[1], rtol=0, atol=1e-12)


def test_empty_caches():
    assert len(DecoderCache(2)) == len(DecoderCache(0)) == 0
    cache = LayerCache(KeyValueCache(), KeyValueCache())
    layer, x = DecoderLayer(6, 2, 5), torch.randn(2, 3, 6)
    layer(x, x, cache=cache)
    assert len(cache.self_attention) == len(cache.cross_attention) == 3


def test_refuses():
    x = torch.zeros(2, 3, 6)
    with refuses(ValueError, "num_heads=4 does not divide d_model=6; try 1, 2, 3 or 6"):
        EncoderLayer(6, 4, 5)
    with refuses(ValueError, r"x has shape \(2, 3, 6\), but the layer expects \(..., d=4\)"):
        FeedForward(4, 5)(x)
    for sizes in ((0, 5), (4, 0)):
        with refuses(ValueError, "=0 is below 1"):
            FeedForward(*sizes)
    with refuses(ValueError, r"x has shape \(\), but the layer expects"):
        FeedForward(4, 5)(torch.tensor(1.0))
    with refuses(TypeError, "x has dtype torch.float64, but the layer has torch.float32; try x.to"):
        FeedForward(6, 5)(x.double())
    with refuses(TypeError, "x must be floating point"):
        FeedForward(6, 5)(x.long())
    with refuses(ValueError, r"memory has shape \(2, 3, 4\), but the layer expects \(B, T, d=6\)"):
        DecoderLayer(6, 2, 5)(x, x[..., :4])
    with refuses(ValueError, r"the cache has 1 layers, but the decoder has 2; try DecoderCache\(2\)"):
        Decoder([DecoderLayer(6, 2, 5) for _ in range(2)])(x, x, cache=DecoderCache(1))
    with refuses(ValueError, "does not end in normalized_shape"):
        PreNorm(MultiHeadAttention(4, 2), LayerNorm(4))(x)
