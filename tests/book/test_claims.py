"""The ledger's one verb, and the rules an entry has to keep."""

import numpy as np
import pytest
import torch
import yaml

from dlsteps import claims
from dlsteps.claims import ClaimError, Evidence, LedgerError, ledger

SETTLED = {
    "id": "N01",
    "statement": "BN makes every channel mean 0.",
    "notes": ["B", "D"],
    "verdict": "holds when",
    "truth": "In training.",
    "chapter": "normalization/normalization",
}
OPEN = {"id": "A01", "statement": "ReLU is <x> for x > 0.", "notes": ["A"], "verdict": "open"}


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a ledger and work in its folder."""

    def write(*entries):
        path = tmp_path / "book" / "claims.yml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(list(entries), allow_unicode=True), encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        claims.load.cache_clear()
        return path

    yield write
    claims.load.cache_clear()


def settle(id, holds, text):
    return claims.verify(**{id: Evidence(holds, text)})


@pytest.mark.parametrize("true", [True, np.True_, np.array(True), torch.tensor(True)])
def test_verify_prints_one_line(write, capsys, true):
    write(SETTLED, OPEN)
    assert settle("N01", true, "the mean is\n 0.000") is None
    printed = capsys.readouterr().out
    assert printed == "N01 · holds when · BN makes every channel mean 0. → the mean is 0.000\n"


@pytest.mark.parametrize("false", [False, np.False_, torch.tensor(False)])
def test_verify_raises_when_the_check_fails(write, capsys, false):
    write(SETTLED)
    with pytest.raises(ClaimError, match=r"N01 failed its check.*'holds when'.*the mean is 0\.3.*mend"):
        settle("N01", false, "the mean is 0.3")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("evidence", ["it looks right", "as in N30", "conv2d agrees", ""])
def test_verify_wants_a_number(write, evidence):
    write(SETTLED)
    with pytest.raises(ClaimError, match="no number and no citation"):
        settle("N01", True, evidence)


@pytest.mark.parametrize("evidence", ["x1=1.2247", "50×60", "−1", "Ioffe 2015", "about .5", "1e-3"])
def test_a_number_or_a_citation_is_evidence(write, capsys, evidence):
    write(SETTLED)
    settle("N01", True, evidence)
    assert capsys.readouterr().out.endswith(f"→ {evidence}\n")


@pytest.mark.parametrize("not_a_bool", [1, 0.0, None, "yes", (True, "text"), np.float64(1)])
def test_verify_wants_a_bool(write, not_a_bool):
    write(SETTLED)
    with pytest.raises(TypeError, match=r"pass a bool, such as error < 1e-9"):
        settle("N01", not_a_bool, "1")


@pytest.mark.parametrize("several", [np.array([True, True]), torch.tensor([True])])
def test_verify_wants_one_bool(write, several):
    write(SETTLED)
    with pytest.raises(TypeError, match=r"reduce it to one bool with \.all\(\)"):
        settle("N01", several, "1")


def test_verify_names_near_ids(write):
    write(SETTLED, OPEN)
    with pytest.raises(ClaimError, match=r"no claim 'n1' in the ledger; near: N01"):
        settle("n1", True, "1")


def test_verify_leaves_open_claims_alone(write):
    write(OPEN)
    with pytest.raises(ClaimError, match=r"A01 is open; give it a verdict"):
        settle("A01", True, "1")


def n01():
    """A check, named after its claim."""
    return Evidence(True, "0 < 1")


def test_a_check_is_named_after_its_claim_and_shown_as_it_was_run(write, capsys):
    write(SETTLED, OPEN)
    claims.verify(n01)
    assert capsys.readouterr().out.startswith("N01 · holds when · ")
    with pytest.raises(TypeError, match=r"nothing to verify; pass checks, such as verify\(evidence\.n30\)"):
        claims.verify()


def claim(id, verdict, statement="ReLU is <x> for x > 0.", truth="It is x < 1 & more."):
    return claims.Claim(id, statement, ("A",), verdict, truth, "c")


def test_a_card_says_what_is_true_and_folds_the_proof():
    html = claims.Settlement((claims.Settled(claim("A01", "corrected"), "0 < 1", n01),))._repr_html_()
    before, _, folded = html.partition("<details>")
    assert 'id="claim-A01" data-verdict="corrected"' in before
    assert "ReLU is &lt;x&gt; for x &gt; 0." in before
    assert "It is x &lt; 1 &amp; more." in before
    assert "0 &lt; 1" in folded
    assert "return Evidence(True, &quot;0 &lt; 1&quot;)" in folded
    assert "0 &lt; 1" not in before


def test_claims_that_simply_hold_make_one_line_which_links_can_reach():
    verdicts = {"A01": "holds", "A02": "dated", "A03": "holds"}
    settled = tuple(claims.Settled(claim(id, verdict), "1") for id, verdict in verdicts.items())
    html = claims.Settlement(settled)._repr_html_()
    assert html.count("<summary>The notes are right here") == 1
    summary = html[html.index("<summary>The notes are right") :].partition("</summary>")[0]
    assert [id for id in verdicts if f'id="claim-{id}"' in summary] == ["A01", "A03"]
    assert html.count('class="claim-card"') == 1


def test_load_reads_every_field(write):
    first, second = claims.load(write({**SETTLED, "sources": ["ioffe2015batch"]}, OPEN))
    assert first == claims.Claim(
        id="N01",
        statement="BN makes every channel mean 0.",
        notes=("B", "D"),
        verdict="holds when",
        truth="In training.",
        chapter="normalization/normalization",
        sources=("ioffe2015batch",),
    )
    assert (first.part, first.settled) == ("Normalization", True)
    assert (second.part, second.settled, second.truth, second.sources) == ("Activations", False, None, ())


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ("N01", "has no id"),
        ({**SETTLED, "id": "N1"}, "has no id"),
        ({**SETTLED, "id": "Z01"}, "has no id; give it a letter of N, A"),
        ({**SETTLED, "statement": " "}, "N01 has no statement"),
        ({**SETTLED, "notes": []}, r"N01 comes from notes \[\]; list some of A, B"),
        ({**SETTLED, "notes": ["F"]}, r"N01 comes from notes \['F'\]"),
        ({**SETTLED, "verdict": "true"}, "N01 has verdict 'true'; allowed are holds, holds when"),
        ({**SETTLED, "truth": ""}, "N01 has verdict 'holds when' and no truth"),
        ({k: v for k, v in SETTLED.items() if k != "chapter"}, "N01 has verdict 'holds when' and no chapter"),
        ({**OPEN, "truth": "yes"}, "A01 is open and has a truth"),
        ({**OPEN, "chapter": "c"}, "A01 is open and has a chapter"),
        ({**SETTLED, "source": ["x"]}, "N01 has the field 'source'; allowed are id, statement"),
        ({**SETTLED, "sources": "x"}, "N01 has sources 'x'; list keys"),
    ],
)
def test_load_says_which_rule_is_broken(write, entry, fault):
    with pytest.raises(LedgerError, match=fault):
        claims.load(write(entry))


def test_load_refuses_an_id_twice(write):
    with pytest.raises(LedgerError, match=r"N01 stands more than once"):
        claims.load(write(SETTLED, OPEN, SETTLED))


def test_load_refuses_what_is_no_list(write):
    path = write()
    path.write_text("N01: yes", encoding="utf-8")
    with pytest.raises(LedgerError, match=r"holds dict; write a list"):
        claims.load(path)


def test_find_ledger_walks_up(write, tmp_path):
    path = write(SETTLED)
    below = tmp_path / "book" / "normalization"
    below.mkdir()
    assert claims.find_ledger(below) == path


def test_find_ledger_falls_back_on_the_package(tmp_path):
    found = claims.find_ledger(tmp_path)
    assert found.parent.name == "book"
    assert claims.__file__.startswith(str(found.parent.parent))


def test_find_ledger_says_where_it_looked(tmp_path, monkeypatch):
    monkeypatch.setattr(
        ledger, "__file__", str(tmp_path / "site-packages" / "dlsteps" / "claims" / "ledger.py")
    )
    with pytest.raises(LedgerError, match=r"no book/claims\.yml above .*; run inside a checkout"):
        claims.find_ledger(tmp_path)
