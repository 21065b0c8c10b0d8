"""Nodes that stand for a change: assign, which has the new value, and groups of what is to be done."""

from dlsteps.graphs.derivatives import RULES
from dlsteps.graphs.operations import Spec, define
from dlsteps.graphs.static.graph import Node, describe


def assign(variable: Node, value: Node, name: str | None = None) -> Node:
    """Give a variable a new value when the run is over.

    All reads in a run see the value from before it, so the order of nodes does not matter.

    Args:
        variable: What changes.
        value: A node of its shape and dtype.
        name: Name of the node.

    Returns:
        A node whose value is the new one; its gradient is that of `value`.

    Raises:
        TypeError: If `variable` is no variable.
        ValueError: If the shapes or dtypes differ.
    """
    if not isinstance(variable, Node) or variable.operation != "variable":
        raise TypeError(f"{variable!r} is no variable, and keeps nothing; make it with graph.variable(...)")
    return variable.graph.apply("assign", (variable, value), {}, name)


def group(*nodes: Node, name: str | None = None) -> Node:
    """Make one node out of several, to run them all.

    Args:
        *nodes: What to run; one or more, of one graph.
        name: Name of the node.

    Returns:
        A node whose value is None.

    Raises:
        ValueError: If there are none.
    """
    if not nodes:
        raise ValueError("a group of no nodes does nothing; give one or more")
    return nodes[0].graph.apply("group", nodes, {}, name)


def _infer_assign(variable: Spec, value: Spec) -> Spec:
    if variable != value:
        raise ValueError(f"the variable holds {describe(variable)}, but the value is {describe(value)}")
    return value


# The variable itself changes when the run is over: the executable sees to that.
define("assign", lambda variable, value: value, _infer_assign)
define("group", lambda *values: None, lambda *specs: ())
RULES["assign"] = (None, lambda g, y, variable, value: g)
RULES["group"] = lambda g, y, *nodes: (None,) * len(nodes)
EFFECTS = ("assign", "group")
