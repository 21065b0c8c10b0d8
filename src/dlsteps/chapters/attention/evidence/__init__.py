"""The checks of what the notes say about attention, each named after its claim."""

from dlsteps.chapters.attention.evidence.heads import t01, t02, t03
from dlsteps.chapters.attention.evidence.masking import t14, t16
from dlsteps.chapters.attention.evidence.order import c05, t04, t06
from dlsteps.chapters.attention.evidence.scores import t07, t08, t09, t10

__all__ = ["c05", "t01", "t02", "t03", "t04", "t06", "t07", "t08", "t09", "t10", "t14", "t16"]
