"""Comparisons that take longer than a cell of a notebook may, with their results."""

from dlsteps.experiments.record import NAMES, Conclusion, Result, find, load, measure, select, values

__all__ = ["NAMES", "Conclusion", "Result", "find", "load", "measure", "select", "values"]
