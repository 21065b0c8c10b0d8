"""For each check: wrong forms, each of which has to make it come out false; the reversed claim first."""

from types import SimpleNamespace

from dlsteps.chapters.gradient_flow.flow import HE, Recipe, clipped_at, first_step
from dlsteps.nn.gradient_flow import clip_by_norm, clip_by_value


def always(**fixed):
    """Look at other networks than were asked for."""
    return lambda recipe: first_step(recipe._replace(**fixed))


def reversed_way(recipe):
    flow = first_step(recipe)
    return flow._replace(back=flow.back.flip(0))


def swapped(recipe):
    other = {"sigmoid": "ReLU", "ReLU": "sigmoid", "leaky ReLU": "sigmoid"}
    return first_step(recipe._replace(activation=other[recipe.activation]))


def unnormed(recipe):
    return first_step(recipe._replace(norm="none"))


def by_value(gradients):
    return SimpleNamespace(gradients=clip_by_value(gradients, 0.01))


def each_alone(gradients):
    return SimpleNamespace(gradients=[clip_by_norm([g], 0.5).gradients[0] for g in gradients])


def not_at_all(gradients):
    return SimpleNamespace(gradients=gradients)


def to_length_one(gradients):
    """What makes long gradients short and short ones long."""
    return SimpleNamespace(gradients=[g / g.norm() / len(gradients) for g in gradients])


BROKEN = {
    "g01": [
        {"look": reversed_way},
        {"recipe": Recipe(2, "sigmoid", 1.0)},
        {"recipe": Recipe(30, "ReLU")},
        {"recipe": Recipe(30, "sigmoid", 1.0, residual=True)},
        {"recipe": Recipe(30, "sigmoid", 1.0, "batch")},
    ],
    "g02": [
        {"look": reversed_way},
        {"recipe": Recipe(2, "ReLU", 3.0)},
        {"recipe": Recipe(30, "ReLU", HE)},
        {"recipe": Recipe(30, "ReLU", 3.0, "layer")},
    ],
    "g03": [{"look": swapped}, {"look": always(gain=HE)}, {"look": always(activation="tanh")}],
    "g04": [
        {"look": unnormed},
        {"look": always(norm="batch")},
        {"look": lambda r: first_step(r._replace(norm="layer" if r.norm == "batch" else "none"))},
        {"look": reversed_way},
    ],
    "g05": [
        {"look": lambda r: first_step(r._replace(residual=not r.residual))},
        {"look": always(residual=False)},
        {"look": always(norm="layer")},
        {"look": lambda r: first_step(r._replace(gain=HE) if r.activation == "ReLU" else r)},
    ],
    "g06": [
        {"clip": to_length_one},
        {"clip": not_at_all},
        {"clip": by_value},
        {"clip": each_alone},
        {"clip": clipped_at(2.0)},
    ],
}
