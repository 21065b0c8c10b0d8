"""What checks share, and what an experiment's figures decide."""

from types import SimpleNamespace

import pytest
import torch

from dlsteps.claims import Evidence, cited, concluded, measured, together
from dlsteps.claims.evidence import books, gap
from dlsteps.experiments import Conclusion
from dlsteps.numbers import number


def conclusion(value, above):
    return Conclusion("BN's loss", value, above)


def test_measured_needs_all_conclusions():
    assert measured([conclusion(0.25, 0.1), conclusion(2.0, 1.0)]) == Evidence(
        True, "BN's loss: 0.25 > 0.1; BN's loss: 2 > 1"
    )
    assert measured([conclusion(0.25, 0.1), conclusion(0.5, 1.0)]).holds is False
    with pytest.raises(ValueError, match="no conclusion"):
        measured([])


def batches_of_2(**accuracy):
    """A result of the experiment on batch sizes, three seeds a norm."""
    report = {"phase": "report", "network": "mlp", "batch_size": 2}
    records = [
        {**report, "norm": norm, "seed": seed, "test": test + seed / 100}
        for norm, test in accuracy.items()
        for seed in range(3)
    ]
    return lambda name: SimpleNamespace(name=name, records=records)


def test_concluded_reads_the_figures():
    yes = concluded("batch_size", load=batches_of_2(BN=0.5, GN=0.75))
    assert yes.holds is True
    assert yes.text.endswith(": 0.25 ± 0 (95%, 3 seeds), all above 0.1")
    no = concluded("batch_size", load=batches_of_2(BN=0.75, GN=0.5))
    assert no.holds is False
    assert ": −0.25 ± " in no.text


def test_a_citation_says_that_it_is_one():
    assert cited("GN at 2 images a batch (Wu & He 2018)") == Evidence(
        True, "cited, not measured here: GN at 2 images a batch (Wu & He 2018)"
    )
    with pytest.raises(ValueError, match="names no year"):
        cited("everyone knows")


def test_together_needs_all_parts():
    yes, no = Evidence(True, "1 yes"), Evidence(False, "2 no")
    assert together(yes, yes) == Evidence(True, "1 yes; 1 yes")
    assert together(yes, no).holds is False


def test_number_has_a_minus_sign_and_no_minus_zero():
    assert [number(-1.41421), number(-1e-9), number(torch.tensor(2.0), 1)] == ["−1.414", "0.000", "2.0"]


def test_gap_refuses_to_broadcast():
    with pytest.raises(ValueError, match="differ"):
        gap(torch.zeros(3), torch.zeros(1))


def test_books_differ_in_mean_and_spread():
    x = books(3, 4, 20, 20)
    assert x.mean((2, 3)).unique().numel() == 12
    assert x[2, 3].std() > 2 * x[0, 0].std()
