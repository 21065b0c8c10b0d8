"""For each check: wrong forms, each of which has to make it come out false; the reversed claim first."""

import numpy as np
import torch

from dlsteps.chapters.computation_graphs.evidence import by_recording, session_run
from dlsteps.graphs import static


def without_its_feed(graph, node, x):
    return session_run(graph, node, 3.0)


def defining_again(graph, node, x):
    return session_run(graph, node * 1.0, x)


def one_by_one(pass_):
    """Fold, and let the folded node be one too large."""

    def wrong(fetches):
        made = pass_(fetches)
        for node in made.graph:
            if node.operation == "constant" and node.attributes["value"] == 7:
                node.attributes["value"] = np.asarray(8.0)
        return made

    return wrong


def wants_gradient(value):
    return torch.tensor(float(value), requires_grad=True)


BROKEN = {
    "s01": [{"run": without_its_feed}, {"run": defining_again}],
    "s02": [{"capture": lambda *_: []}, {"capture": lambda *_: ["relu", "matmul"]}],
    "s03": [
        {"passes": ()},
        {"passes": (static.dead_code,)},
        {"passes": (static.constant_folding,)[:0]},
        {"passes": (one_by_one(static.constant_folding), static.dead_code)},
    ],
    "s04": [
        {"recorded": lambda a, b: by_recording(b, a)},
        {"recorded": lambda a, b: [2 * g for g in by_recording(a, b)]},
        {"recorded": lambda a, b: by_recording(a, b)[::-1]},
    ],
    "s05": [
        {"carry": lambda text: text.replace('"relu"', '"tanh"')},
        {"carry": lambda text: text.replace('"operation": "add"', '"operation": "subtract"')},
    ],
    "s06": [{"other": (2, 2)}],
    "s07": [{"program": lambda a, b: a * b}, {"program": lambda a, b: a - b if a > b else a * b}],
    "s08": [{"indices": (0, 2)}],
    "s10": [{"make": wants_gradient}, {"make": lambda value: torch.tensor(value + 1)}],
    "s11": [{"B": lambda C, W: C + W}, {"B": lambda C, W: C * W}],
}
