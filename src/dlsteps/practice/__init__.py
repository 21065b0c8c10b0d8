"""Practice: a layer that a reader wrote is held against the book's, and a known mistake is named.

`check("group_norm", my_group_norm)` in a notebook. The exercises stand in the chapters, and are found there.
"""

from dlsteps.practice.checking import check
from dlsteps.practice.exercise import Arguments, Case, Draws, Exercise, Layer, Mistake, exercises
from dlsteps.practice.report import Report

__all__ = ["Arguments", "Case", "Draws", "Exercise", "Layer", "Mistake", "Report", "check", "exercises"]
