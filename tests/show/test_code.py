"""What a page shows of real code: what it computes, and not how it is called."""

import inspect
from functools import wraps

from dlsteps import show
from dlsteps.nn import normalization
from dlsteps.show.code import WIDTH, idea

CODE = '''\
@jaxtyped
def mean(x: Float[Tensor, "N C"], dim: int = 0, *, scale: float | None = None) -> Float[Tensor, " C"]:
    """Average.

    Raises:
        ValueError: never.
    """
    _check_floating(x)
    checks.check_axis(x, dim)

    if dim > 9:
        raise ValueError("too many")
    # Why this way.
    if scale is None:
        scale = 1.0
    return x.mean(dim) * scale
'''


def test_what_says_how_to_call_is_left_out_and_comments_stay():
    assert idea(CODE) == (
        "def mean(x, dim=0, *, scale=None):\n"
        "    # Why this way.\n"
        "    if scale is None:\n"
        "        scale = 1.0\n"
        "    return x.mean(dim) * scale"
    )


def test_a_class_keeps_its_methods_and_their_indentation():
    code = f"class Layer(Module):\n{inspect.cleandoc(CODE)}".replace("\n", "\n    ").rstrip()
    lines = idea(code).splitlines()
    assert lines[:2] == ["class Layer(Module):", "    def mean(x, dim=0, *, scale=None):"]
    assert lines[-1] == "        return x.mean(dim) * scale"


def test_checks_in_a_branch_go_and_a_branch_of_checks_alone_stays():
    code = (
        "def f(x, groups):\n"
        "    if groups:\n"
        "        check_groups(groups)\n"
        "        x = x / groups\n"
        "    elif x < 0:\n"
        "        raise ValueError(x)\n"
        "    if x:\n"
        "        check_groups(x)\n"
        "    return x"
    )
    left = [line for number, line in enumerate(code.splitlines()) if number not in (2, 4, 5)]
    assert idea(code).splitlines() == left


def test_a_body_of_a_docstring_alone_stays():
    assert idea('def f():\n    """Nothing."""') == 'def f():\n    """Nothing."""'


def test_what_is_left_of_the_layers_runs_and_computes_the_same():
    """The lines on the page are the layer: executed by themselves, they give its numbers."""
    import torch

    x = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    names = vars(inspect.getmodule(normalization.group_norm)).copy()
    exec(show.source(normalization.group_norm).text.strip("`").removeprefix("python\n"), names)
    assert torch.equal(names["group_norm"](x, 2), normalization.group_norm(x, 2))


def test_signatures_fit_the_page():
    things = [getattr(normalization, name) for name in normalization.__all__]
    functions = [thing for thing in things if inspect.isfunction(thing)]
    assert len(functions) > 5
    for function in functions:
        heads = [line for line in show.source(function).text.splitlines() if line.startswith("def ")]
        assert heads
        assert max(map(len, heads)) <= WIDTH


def test_the_whole_source_is_there_for_the_asking_and_wrappers_are_seen_through():
    @wraps(show.below)
    def wrapped(value):
        return show.below(value)

    whole = show.source(wrapped, whole=True).text
    assert '"""The next power of ten above a residual' in whole
    assert "def below(value: float) -> str:" in whole
