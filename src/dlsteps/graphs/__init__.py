"""Two small engines for computation graphs, in NumPy, on one table of derivative rules.

`dynamic` records while it runs. `static` defines a graph, optimizes it and runs it. `functions` is the
vocabulary that programs for both are written in.
"""

# contractions, elementwise and layout are imported for what they enter into the table of operations.
from dlsteps.graphs import contractions, dynamic, elementwise, functions, layout, static
from dlsteps.graphs.dynamic import Tensor, no_grad

__all__ = [
    "Tensor",
    "contractions",
    "dynamic",
    "elementwise",
    "functions",
    "layout",
    "no_grad",
    "static",
]
