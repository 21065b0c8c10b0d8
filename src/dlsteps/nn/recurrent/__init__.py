"""Recurrence: one cell, used again at every step, and the state that it hands on."""

from dlsteps.nn.recurrent.gated import GRU, GRUCell, GRUStep, gru, gru_cell
from dlsteps.nn.recurrent.long_short_term import LSTM, LSTMCell, LSTMStep, lstm, lstm_cell
from dlsteps.nn.recurrent.memory import along_the_belt, through_time
from dlsteps.nn.recurrent.plain import NONLINEARITIES, RNN, Nonlinearity, RNNCell, RNNStep, rnn, rnn_cell
from dlsteps.nn.recurrent.sequence import Cell, Recurrent, Unrolled
from dlsteps.nn.recurrent.truncation import Chunk, detach, truncated

__all__ = [
    "GRU",
    "LSTM",
    "NONLINEARITIES",
    "RNN",
    "Cell",
    "Chunk",
    "GRUCell",
    "GRUStep",
    "LSTMCell",
    "LSTMStep",
    "Nonlinearity",
    "RNNCell",
    "RNNStep",
    "Recurrent",
    "Unrolled",
    "along_the_belt",
    "detach",
    "gru",
    "gru_cell",
    "lstm",
    "lstm_cell",
    "rnn",
    "rnn_cell",
    "through_time",
    "truncated",
]
