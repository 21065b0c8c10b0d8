"""The claims of the notes: the ledger, the one verb that settles a claim, and what checks share.

A check is a small function of a chapter, named by its claim: from layers to a verdict and numbers. It takes
the layers as arguments, so that a broken one can be passed and the check seen to fail. On a page:
`verify(evidence.n30)`. What an experiment decides comes from its committed figures:
`verify(N13=concluded("batch_size"))`. A claim that needs both has
`verify(N29=together(evidence.n29(), concluded("sorted_batches")))`.
"""

from dlsteps.claims.concluded import concluded
from dlsteps.claims.evidence import Evidence, cited, measured, together
from dlsteps.claims.ledger import (
    NOTES,
    PARTS,
    SETTLED,
    VERDICTS,
    Claim,
    ClaimError,
    LedgerError,
    all_claims,
    find_claim,
    find_ledger,
    load,
)
from dlsteps.claims.settle import Settled, Settlement, verify

__all__ = [
    "NOTES",
    "PARTS",
    "SETTLED",
    "VERDICTS",
    "Claim",
    "ClaimError",
    "Evidence",
    "LedgerError",
    "Settled",
    "Settlement",
    "all_claims",
    "cited",
    "concluded",
    "find_claim",
    "find_ledger",
    "load",
    "measured",
    "together",
    "verify",
]
