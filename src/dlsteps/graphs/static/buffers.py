"""Buffers planned from lifetimes: when a value is needed no more, the next one moves into its memory."""

from dataclasses import dataclass, field

from dlsteps.graphs.operations import OPERATIONS
from dlsteps.graphs.static.effects import EFFECTS
from dlsteps.graphs.static.graph import SOURCES, Node


@dataclass
class BufferPlan:
    """Which node writes into which buffer, decided before anything runs.

    Attributes:
        sizes: The bytes of each buffer.
        buffer_of: The number of a node's buffer, by node name. Views, operations that cannot be told
            where to write, and what is wanted when the run is over have none.
        lifetimes: First and last step at which a node's memory is in use, by node name.
        bytes_unplanned: What the same nodes take with a buffer each.
    """

    sizes: list[int] = field(default_factory=list)
    buffer_of: dict[str, int] = field(default_factory=dict)
    lifetimes: dict[str, tuple[int, int]] = field(default_factory=dict)
    bytes_unplanned: int = 0

    @property
    def bytes_planned(self) -> int:
        return sum(self.sizes)


def plan_buffers(order: list[Node], keep: list[Node]) -> BufferPlan:
    """Plan the memory of a run, first come, first served.

    Args:
        order: The nodes in the order in which they run.
        keep: Those whose values are wanted when the run is over. They leave with their memory.

    Returns:
        The plan.
    """
    plan = BufferPlan(lifetimes=_lifetimes(order, keep))
    ending: dict[int, list[int]] = {}  # step -> buffers that are free after it
    free: list[int] = []
    for step, node in enumerate(order):
        ending_now = ending.pop(step, [])
        if writes_where_told(node) and node not in keep:
            overwritable = {
                plan.buffer_of[x.name] for x in node.inputs if x.name in plan.buffer_of and _in_place(x, node)
            }
            ready = [*free, *(b for b in ending_now if b in overwritable)]
            chosen = _choose(node.spec.nbytes, ready, plan.sizes)
            if chosen in ready:
                (free if chosen in free else ending_now).remove(chosen)
            plan.buffer_of[node.name] = chosen
            plan.bytes_unplanned += node.spec.nbytes
            ending.setdefault(plan.lifetimes[node.name][1], []).append(chosen)
        free += ending_now
    return plan


def writes_where_told(node: Node) -> bool:
    """Whether a node computes an array and can be told where to write it."""
    return node.operation not in SOURCES and OPERATIONS[node.operation].out


def memory_of(node: Node) -> Node:
    """The node whose memory a node's value lies in: its own, or that of what it is a view of."""
    while node.operation == "assign" or (node.operation not in SOURCES and OPERATIONS[node.operation].view):
        node = node.inputs[1 if node.operation == "assign" else 0]
    return node


def _lifetimes(order: list[Node], keep: list[Node]) -> dict[str, tuple[int, int]]:
    first, last = {}, {}
    for step, node in enumerate(order):
        first[node.name] = last[node.name] = step
        for x in node.inputs:
            if node.operation not in EFFECTS:
                last[memory_of(x).name] = step
    assigned = [node.inputs[1] for node in order if node.operation == "assign"]
    for node in [*keep, *assigned]:
        last[memory_of(node).name] = len(order)
    return {name: (first[name], last[name]) for name in first}


def _in_place(x: Node, node: Node) -> bool:
    """Whether a node may write over its input: cell for cell, of one kind, and read in no other order."""
    seen_otherwise = any(memory_of(other) is x for other in node.inputs if other is not x)
    cell_for_cell = OPERATIONS[node.operation].elementwise and x.spec == node.spec
    return cell_for_cell and not seen_otherwise


def _choose(nbytes: int, free: list[int], sizes: list[int]) -> int:
    """The smallest free buffer that is large enough, or a new one."""
    fitting = [b for b in free if sizes[b] >= nbytes]
    if fitting:
        return min(fitting, key=sizes.__getitem__)
    sizes.append(nbytes)
    return len(sizes) - 1
