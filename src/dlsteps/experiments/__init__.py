"""Comparisons that take longer than a cell of a notebook may: how they run, are kept and are told.

The experiments themselves stand in the chapters, and are found there.
"""

from dlsteps.experiments.record import Conclusion, Result, find, load, measure, names, select, values

__all__ = ["Conclusion", "Result", "find", "load", "measure", "names", "select", "values"]
