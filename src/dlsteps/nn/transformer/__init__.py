"""The Transformer: attention and feed-forward networks in residual connections, stacked twice."""

from dlsteps.nn.transformer.decoder import Decoder, DecoderCache, DecoderLayer, DecoderLayerSteps, LayerCache
from dlsteps.nn.transformer.decoding import (
    Beam,
    BeamStep,
    Greedy,
    GreedyStep,
    beam_search,
    greedy_decode,
    length_penalty,
)
from dlsteps.nn.transformer.encoder import Encoder, EncoderLayer, EncoderLayerSteps, StackSteps
from dlsteps.nn.transformer.feed_forward import FeedForward, FeedForwardSteps
from dlsteps.nn.transformer.model import TokenEmbedding, Transformer, TransformerSteps
from dlsteps.nn.transformer.residual import PostNorm, PreNorm, ResidualSteps
from dlsteps.nn.transformer.torch_names import from_torch_names, to_torch_names

__all__ = [
    "Beam",
    "BeamStep",
    "Decoder",
    "DecoderCache",
    "DecoderLayer",
    "DecoderLayerSteps",
    "Encoder",
    "EncoderLayer",
    "EncoderLayerSteps",
    "FeedForward",
    "FeedForwardSteps",
    "Greedy",
    "GreedyStep",
    "LayerCache",
    "PostNorm",
    "PreNorm",
    "ResidualSteps",
    "StackSteps",
    "TokenEmbedding",
    "Transformer",
    "TransformerSteps",
    "beam_search",
    "from_torch_names",
    "greedy_decode",
    "length_penalty",
    "to_torch_names",
]
