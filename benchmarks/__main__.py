"""Run the sections that are named, or all of them, and print their tables as Markdown."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

SECTIONS = {
    "layers": "each normalization layer, forward and backward, as a ratio to torch's own",
    "ideas_attention": "attention, positions and the Transformer, in the same way",
    "ideas_detection": "boxes, YOLO, mean average precision, diffusion and its network, in the same way",
    "ideas_convolution": "convolution, pooling and recurrence, as a ratio to torch's own",
    "ideas_gradients": "activations, gradient flow and likelihood, as a ratio to torch's own",
    "ideas_graphs": "the graph engines, forward and backward, beside each other and torch",
    "pages": "the weight of each page, the JavaScript that the book adds, the banks",
    "lighthouse": "what Lighthouse says of every page",
    "ready": "when the first explorer is ready, against the same page with html-manager",
    "latency": "from an input to the painted frame",
    "build": "the book, clean and with one chapter changed",
    "nbval": "all notebooks, run and compared",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    lines = [f"{name}: {what}" for name, what in SECTIONS.items()]
    parser.add_argument("section", nargs="*", metavar="section", help="; ".join(lines))
    names = parser.parse_args().section or list(SECTIONS)
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        parser.error(f"section {unknown[0]!r} is not known; try {', '.join(SECTIONS)}")
    os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
    for name in names:
        print(f"\n## {name}: {SECTIONS[name]}\n", flush=True)
        try:
            importlib.import_module(f"benchmarks.{name}").run()
        except Exception as error:  # one section that cannot run hides no other
            print(f"Not measured: {type(error).__name__}: {error}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
