"""A static graph: define, optimize, run. The names are those of TensorFlow 1 where it has them."""

# unwinding is imported for the rules that it enters into the table.
from dlsteps.graphs.static import unwinding
from dlsteps.graphs.static.buffers import BufferPlan, plan_buffers
from dlsteps.graphs.static.control import cond, while_loop
from dlsteps.graphs.static.differentiate import gradients
from dlsteps.graphs.static.effects import assign, group
from dlsteps.graphs.static.executable import Executable
from dlsteps.graphs.static.fusion import elementwise_fusion
from dlsteps.graphs.static.graph import (
    Graph,
    Node,
    constant,
    get_default_graph,
    placeholder,
    reset_default_graph,
    variable,
)
from dlsteps.graphs.static.passes import (
    PASSES,
    algebraic_identities,
    common_subexpressions,
    constant_folding,
    dead_code,
    optimize,
)
from dlsteps.graphs.static.rewriting import Change, Pass, Rewrite
from dlsteps.graphs.static.session import Run, Session
from dlsteps.graphs.static.storage import from_json, load, save, to_json

__all__ = [
    "PASSES",
    "BufferPlan",
    "Change",
    "Executable",
    "Graph",
    "Node",
    "Pass",
    "Rewrite",
    "Run",
    "Session",
    "algebraic_identities",
    "assign",
    "common_subexpressions",
    "cond",
    "constant",
    "constant_folding",
    "dead_code",
    "elementwise_fusion",
    "from_json",
    "get_default_graph",
    "gradients",
    "group",
    "load",
    "optimize",
    "placeholder",
    "plan_buffers",
    "reset_default_graph",
    "save",
    "to_json",
    "unwinding",
    "variable",
    "while_loop",
]
