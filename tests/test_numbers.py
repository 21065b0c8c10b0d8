"""One writer of numbers, in Python and in the script alike."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dlsteps.stage
from dlsteps.numbers import brief, in_tex, number

JS = Path(dlsteps.stage.__file__).parent / "js" / "text.js"


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1.25, 1, "1.3"), (-1.25, 1, "−1.3"), (0.25, 1, "0.3"), (2.5, 0, "3"), (3, 3, "3.000"),
        (-0.0, 2, "0.00"), (1e-17, 3, "0.000"), (-1e-17, 3, "0.000"),
        (111.284, 3, "111.28"), (-111.284, 3, "−111.28"), (9999, 3, "9999.0"), (9999.96, 3, "1e4"),
        (-9999.96, 1, "−1e4"), (12345, 0, "1.2e4"), (1e30, 1, "1e30"), (-1.26e30, 3, "−1.3e30"),
        (1.26e30, 3, "1.3e30"), (1e-30, 1, "0.0"), (0.0004, 3, "4e−4"), (-0.00042, 3, "−4.2e−4"),
        (0.04, 1, "0.04"), (0.001, 0, "0.001"), (0.0009996, 3, "1e−3"), (9.96e8, 3, "1e9"),
        (1.7976931348623157e308, 3, "2e308"), (-1e-100, 3, "0.000"),
        (float("nan"), 2, "NaN"), (float("inf"), 2, "∞"), (float("-inf"), 2, "−∞"),
    ],
)  # fmt: skip
def test_a_number_is_written(value, digits, text):
    assert number(value, digits) == text


def test_a_small_tensor_has_a_low_floor():
    assert number(1e-30, 1, floor=1e-33) == "1e−30"
    assert number(-3.4e-300, 1, floor=0) == "−3e−300"
    assert number(0.04, 1, floor=0.1) == "0.0"
    assert number(0.06, 1, floor=0.1) == "0.1"


floats = st.floats(allow_nan=True, allow_infinity=True) | st.floats(-2e4, 2e4) | st.floats(-2, 2)


@given(floats, st.integers(0, 4), st.sampled_from([1e-9, 0.0, 0.05]))
def test_six_characters_hold_it_beside_its_sign(value, digits, floor):
    assert len(number(value, digits, floor=floor).removeprefix("−")) <= 6


@given(st.floats(-1e12, 1e12), st.integers(0, 3))
def test_what_is_written_is_close_to_what_it_stands_for(value, digits):
    read = float(number(value, digits).replace("−", "-"))
    size = abs(value)
    assert abs(read - value) <= max(0.5001 * 10.0**-digits, 0.0501 * size, 1e-8)
    if 10 <= size < 1000:
        assert abs(read - value) <= 0.5001 * 10.0 ** -min(digits, 1)


@given(st.floats(allow_nan=False))
def test_nothing_is_written_as_minus_zero(value):
    text = number(value, 2)
    assert text.strip("−0.") or not text.startswith("−")


@pytest.mark.skipif(not shutil.which("node"), reason="needs Node")
@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(floats, st.integers(0, 4), st.integers(1, 7), st.sampled_from([1e-9, 0.0, 0.05, 1e-33])),
        min_size=200,
        max_size=400,
    )
)
def test_python_and_the_script_write_the_same(cases):
    plain = [[repr(value), *more] for value, *more in cases]
    run = (
        f"import {{ number }} from {json.dumps(JS.as_uri())};"
        "const words = { nan: NaN, inf: Infinity, '-inf': -Infinity };"
        "const cases = JSON.parse(await new Response(process.stdin).text());"
        "const write = ([v, digits, room, floor]) => number(words[v] ?? Number(v), digits, { room, floor });"
        "process.stdout.write(JSON.stringify(cases.map(write)));"
    )
    done = subprocess.run(
        ["node", "--input-type=module", "-e", run],
        input=json.dumps(plain), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    ours = [number(value, digits, room=room, floor=floor) for value, digits, room, floor in cases]
    assert json.loads(done.stdout) == ours


def test_a_brief_number_has_no_zeros_at_its_end():
    assert [brief(v) for v in (0.25, 2, 100, 0, 1e30, -0.5)] == ["0.25", "2", "100", "0", "1e30", "−0.5"]


def test_a_formula_sets_powers_of_ten():
    assert in_tex(r"\mu = \frac{-1.2e-30}{9} = 1e30") == (
        r"\mu = \frac{-1.2 \cdot 10^{-30}}{9} = 1 \cdot 10^{30}"
    )
    assert in_tex(r"x_{1e} + 2 e3") == r"x_{1e} + 2 e3"
