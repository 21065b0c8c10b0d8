"""What decides a claim: one small function for each, from layers to a verdict and the numbers behind it.

A function takes the layers it puts to the test as arguments, so that a broken one can be passed and the check
seen to fail. In a chapter: `claims.verify("N30", *evidence.n30())`.

What an experiment decides comes from its committed figures: `concluded("batch_size")`. A claim that needs
both has `together(n29(), concluded("sorted_batches"))`.
"""

from dlsteps.evidence.experiments import concluded
from dlsteps.evidence.record import Evidence, measured, together

__all__ = ["Evidence", "concluded", "measured", "together"]
