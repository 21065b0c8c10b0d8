"""What PyTorch makes of a module when it is asked for a static graph."""

from __future__ import annotations

import contextlib
import io
import logging

import torch
from torch import nn


def captured(module: nn.Module, *inputs: torch.Tensor) -> list[str]:
    """The operations of the graph that PyTorch makes of a module before it runs."""
    nodes = torch.export.export(module, inputs).graph.nodes
    return [node.target.__name__.partition(".")[0] for node in nodes if node.op == "call_function"]


def refusal(module: nn.Module, *inputs: torch.Tensor) -> str:
    """Why PyTorch can make no graph of a module, in the first words of its error; "" if it can."""
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # it prints the graph that it has come to
            captured(module, *inputs)
    except Exception as error:  # of several classes, which are not public
        return str(error).splitlines()[0].partition(" (")[0]
    finally:
        logging.disable(logging.NOTSET)
    return ""
