"""The mistakes that are put into functions, and what is left alone."""

import ast

import pytest
from mutations import mutations


def found(body: str) -> set[str]:
    """What is made of a function with this body, without what is made of every function with a result."""
    made = {str(mutation) for mutation in mutations(f"def f(a, b):\n    {body}")}
    return {text for text in made if not text.startswith("return")}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return a < b", {"a < b → a <= b"}),
        ("return a <= b < 2", {"a <= b < 2 → a < b < 2", "a <= b < 2 → a <= b <= 2", "2 → 3", "2 → 1"}),
        ("return a is not b", {"a is not b → a is b"}),
        ("return a + b", {"a + b → a - b"}),
        ("return a * b", {"a * b → a / b"}),
        ("return a @ b", set()),
        ("return 2.5", {"2.5 → 5.0"}),
        ("return 0.0", {"0.0 → 1.0"}),
        ("return True", {"True → False"}),
        ("return a and b", {"a and b → a or b"}),
        ("return not a", {"not a → a"}),
        ("return -a", {"-a → a"}),
        ("return a if b else f", {"a if b else f → f if b else a"}),
        ("return a.amax()", {"a.amax → a.amin"}),
        ("return max(a, b)", {"max → min"}),
        ("return range(a)", {"range(a) → range(a - 1)"}),
        ("return a[b:]", {"b: → b + 1:", "b: → b:-1"}),
        ("return a[:, 1:]", {": → 1:", ": → :-1", "1: → 1:-1", "1 → 2", "1 → 0"}),
        ("return f(a, key=b)", {"f(a, key=b) → f(a)"}),
        ("return f(a, **b)", {"f(a, **b) → f(a)"}),
        ("a += b", {"a += b → a = b", "a += b → pass"}),
        ("a = f(a)", {"a = f(a) → pass"}),
        ("a[b] = f", {"a[b] = f → pass"}),
        ("a.b = f", {"a.b = f → pass"}),
        ("a, b = b, a", {"a, b = (b, a) → pass"}),
        ("a, c = b, a", set()),
        ("f(a)", {"f(a) → pass"}),
        ("raise ValueError(f'{a + 1}; try {2 * b}')", {"raise ValueError(f'{a + 1}; try {2 * b}') → pass"}),
        ("if a: return", {"if a: → if not a:"}),
        ("for c in a: break", {"break → pass"}),
        ("for c in a: continue", {"continue → break"}),
        ("'''Says what it does.'''", set()),
        ("c: Literal[2] = a", set()),
    ],
)  # fmt: skip
def test_what_is_made_of_a_body(body, expected):
    assert found(body) == expected


def test_results_and_early_returns_are_lost():
    made = [str(m) for m in mutations("def f(a):\n    if a:\n        return\n    return a")]
    assert made[1:] == ["return → pass", "return a → return None"]


def test_defaults_and_lambdas_count_but_neither_annotations_nor_decorators_nor_the_module():
    source = """
FIRST = 1
TABLE = {1: lambda x: x + 2}

@cached(size=3)
def f(x: Float[Tensor, 4], n: int = 5) -> Float[Tensor, 6]:
    '''7.'''

class C:
    width: int = 8
"""
    numbers = [m.old.value for m in mutations(source) if isinstance(m.old, ast.Constant)]
    assert numbers == [2, 2, 5, 5, 8, 8]


def test_one_change_a_time_and_none_stays():
    source = "def f(a, b):\n    if a < b:\n        return a[1:b] + 1\n    return b * 2.0"
    made = mutations(source)
    assert [m.line for m in made] == sorted(m.line for m in made)
    sources = [m.source() for m in made]
    assert len(set(sources)) == len(sources)
    for text in sources:
        changed = [
            pair for pair in zip(text.splitlines(), source.splitlines(), strict=True) if len(set(pair)) == 2
        ]
        assert len(changed) == 1
    assert ast.unparse(made[0].tree) == source
