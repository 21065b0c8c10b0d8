"""What a chapter shows beside its explorers: the lines that matter of real source, tables, folded details."""

from dlsteps.show.code import source
from dlsteps.show.details import Folded, folded
from dlsteps.show.tables import Markdown, below, table

__all__ = ["Folded", "Markdown", "below", "folded", "source", "table"]
