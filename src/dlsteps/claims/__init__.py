"""The claims of the notes: the ledger, the one verb that settles a claim, and what checks share.

A check is a small function of a chapter, named by its claim: from layers to a verdict and numbers. It takes
the layers as arguments, so that a broken one can be passed and the check seen to fail. On a page:
`verify("N30", *evidence.n30())`. What an experiment decides comes from its committed figures:
`concluded("batch_size")`. A claim that needs both has `together(evidence.n29(), concluded("order"))`.
"""

from dlsteps.claims.concluded import concluded
from dlsteps.claims.evidence import Evidence, measured, together
from dlsteps.claims.ledger import (
    NOTES,
    PARTS,
    SETTLED,
    VERDICTS,
    Claim,
    ClaimError,
    LedgerError,
    Settled,
    all_claims,
    find_ledger,
    load,
    verify,
)

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
    "all_claims",
    "concluded",
    "find_ledger",
    "load",
    "measured",
    "together",
    "verify",
]
