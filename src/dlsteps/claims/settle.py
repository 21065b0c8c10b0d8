"""The one verb that puts claims to the test on a page, and the cards that it leaves there."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from IPython.display import display

from dlsteps.claims.evidence import Evidence
from dlsteps.claims.ledger import Claim, ClaimError, find_claim
from dlsteps.show.code import source
from dlsteps.show.details import to_html

# A digit that begins a number: "1.2247", "50×60", "2015", but not the 30 of "N30".
_NUMBER = re.compile(r"(?<![^\W\d_])(?<!\d)\d")


@dataclass(frozen=True, repr=False)
class Settled:
    """A claim that came out as the ledger says: a line of text, or a card in HTML."""

    claim: Claim
    evidence: str
    check: Callable | None = None

    def __repr__(self) -> str:
        return f"{self.claim.id} · {self.claim.verdict} · {self.claim.statement} → {self.evidence}"

    def proof(self) -> str:
        """How the claim was settled, in HTML: the evidence, and the check as it was run."""
        code = to_html(str(source(self.check))) if self.check else ""
        return f"<p>{html.escape(self.evidence)}</p>{code}"

    def card(self) -> str:
        """What the notes say and what is true; the proof is folded."""
        claim = self.claim
        head = f'<strong>{claim.id}</strong> <span class="verdict">{claim.verdict}</span>'
        return (
            f'<div class="claim-card" id="claim-{claim.id}" data-verdict="{claim.verdict}">\n'
            f'<p class="claim-head">{head}</p>\n'
            f"<p><em>The notes say:</em> {html.escape(claim.statement)}</p>\n"
            f"<p><em>What is true:</em> {html.escape(claim.truth)}</p>\n"
            f"<details><summary>How we know</summary>{self.proof()}</details>\n</div>"
        )


@dataclass(frozen=True, repr=False)
class Settlement:
    """The claims of one place on a page: cards, and one line for all that simply hold."""

    settled: tuple[Settled, ...]

    def __repr__(self) -> str:
        return "\n".join(map(repr, self.settled))

    def _repr_html_(self) -> str:
        plain = [one for one in self.settled if one.claim.verdict == "holds"]
        cards = [one.card() for one in self.settled if one.claim.verdict != "holds"]
        return "\n".join([*cards, *([_line(plain)] if plain else [])])


def _line(settled: list[Settled]) -> str:
    """One line for claims that hold as the notes say them; what they say and the proofs are folded."""
    ids = ", ".join(f'<strong id="claim-{one.claim.id}">{one.claim.id}</strong>' for one in settled)
    items = "".join(
        f"<li><p><strong>{one.claim.id}</strong> {html.escape(one.claim.statement)}</p>{one.proof()}</li>"
        for one in settled
    )
    return (
        f'<details class="claims-hold" data-verdict="holds"><summary>The notes are right here, by test: {ids}'
        f"</summary><ul>{items}</ul></details>"
    )


def verify(*checks: Callable[[], Evidence], **decided: Evidence) -> None:
    """Settle claims: show for each its id, verdict, statement and evidence, or raise.

    Args:
        checks: functions named after their claims, `n30` for N30, that return the evidence.
        decided: id -> evidence, for what an experiment decides: `N13=concluded("batch_size")`. Evidence is
            whether the check of the claim's verdict came true (see `dlsteps.claims.ledger`), and what decided
            it: plain text with a number or a citation with its year.

    Raises:
        ClaimError: a check came out false; an id is unknown; a claim is open; the evidence has no number.
        TypeError: there is nothing to verify; what a check says is not one bool.
    """
    settled = tuple(_settled(*one) for one in _asked(checks, decided))
    if not settled:
        raise TypeError("nothing to verify; pass checks, such as verify(evidence.n30)")
    display(Settlement(settled))


def _asked(checks: tuple, decided: dict) -> Iterator[tuple[str, Evidence, Callable | None]]:
    for check in checks:
        yield check.__name__.upper(), check(), check
    for id, evidence in decided.items():
        yield id, evidence, None


def _settled(id: str, evidence: Evidence, check: Callable | None) -> Settled:
    claim = find_claim(id)
    text = " ".join(evidence.text.split())
    if not claim.settled:
        raise ClaimError(f"{id} is open; give it a verdict, a truth and a chapter in claims.yml")
    if not _NUMBER.search(text):
        raise ClaimError(
            f"the evidence for {id} has no number and no citation: {text!r}; say what was measured"
        )
    if not _one_bool(id, evidence.holds):
        raise ClaimError(
            f"{id} failed its check: the ledger says {claim.verdict!r} of {claim.statement!r}, "
            f"but the evidence is {text!r}; mend the check or change the verdict in claims.yml"
        )
    return Settled(claim, text, check)


def _one_bool(id: str, holds: Any) -> bool:
    if getattr(holds, "shape", ()) != ():
        raise TypeError(f"holds of {id} has shape {tuple(holds.shape)}; reduce it to one bool with .all()")
    value = holds.item() if hasattr(holds, "item") else holds
    if not isinstance(value, bool):
        raise TypeError(f"holds of {id} is {value!r}; pass a bool, such as error < 1e-9")
    return value
