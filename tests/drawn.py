"""Shapes to test at, drawn by hypothesis."""

from hypothesis import strategies as st


@st.composite
def shapes(draw, min_axes=2, max_axes=5, min_values=1):
    """Draw (N, C, ...) with `min_values` or more values for each channel."""
    axes = draw(st.integers(min_axes, max_axes))
    shape = draw(st.lists(st.integers(1, 5), min_size=axes, max_size=axes))
    shape[0] += min_values - 1
    return tuple(shape)


@st.composite
def shapes_with_groups(draw):
    """Draw (N, C, ...) and a divisor G of C, with two values or more in a group."""
    groups, pages = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    positions = draw(st.lists(st.integers(1, 4), max_size=3))
    if pages == 1 and all(size == 1 for size in positions):
        positions = [2]
    return (draw(st.integers(1, 4)), groups * pages, *positions), groups
