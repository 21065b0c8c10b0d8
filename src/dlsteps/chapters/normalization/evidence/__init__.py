"""The checks of claims N01 to N35, each named by its claim."""

from dlsteps.chapters.normalization.evidence.formula import n01, n07, n08, n09
from dlsteps.chapters.normalization.evidence.layer import n15, n16, n17, n18, n33
from dlsteps.chapters.normalization.evidence.mixing import n14, n20, n21, n22, n23, n25
from dlsteps.chapters.normalization.evidence.outline import n35
from dlsteps.chapters.normalization.evidence.parameters import n26, n27, n29
from dlsteps.chapters.normalization.evidence.stack import n02, n03, n04, n05, n06
from dlsteps.chapters.normalization.evidence.worked import n30, n31, n32

__all__ = [
    "n01",
    "n02",
    "n03",
    "n04",
    "n05",
    "n06",
    "n07",
    "n08",
    "n09",
    "n14",
    "n15",
    "n16",
    "n17",
    "n18",
    "n20",
    "n21",
    "n22",
    "n23",
    "n25",
    "n26",
    "n27",
    "n29",
    "n30",
    "n31",
    "n32",
    "n33",
    "n35",
]
