"""Comparisons that take longer than a cell of a notebook may, with their results."""
