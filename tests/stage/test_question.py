"""Questions: what their author is held to, what they are without JavaScript, and all of the book's own."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from bs4 import BeautifulSoup
from explorers import EXPLORERS, explorer_called
from hypothesis import given
from hypothesis import strategies as st
from questions import QUESTIONS

from dlsteps.stage import Answer, Choose, ChooseAll, Enter, Matrix, Mistake, Pick, Quiz, keyed
from dlsteps.stage.question import runs

AGREE = Path(__file__).with_name("judged.mjs")


def choose(**changes):
    answers = [Answer("one", right=True), Answer("two", says="It is two of something else.")]
    return Choose(**{"name": "q", "asks": "How many?", "answers": answers, "why": "Count.", **changes})


def pick(**changes):
    panel = Matrix(title="m", values=np.arange(6.0).reshape(2, 3))
    given = {"name": "p", "asks": "Which?", "why": "So.", "panel": panel, "axes": ("row", "column")}
    return Pick(**{**given, "right": [0, 1], **changes})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: choose(why=""), "without why"),
        (lambda: choose(answers=[Answer("one", right=True)]), "two answers"),
        (lambda: choose(answers=[Answer("a", right=True), Answer("a", says="x")]), "all different"),
        (lambda: choose(answers=[Answer("a", right=True), Answer("b", right=True)]), "has 2 right answers"),
        (lambda: choose(answers=[Answer("a", right=True), Answer("b")]), "'b' says nothing"),
        (lambda: Enter(name="q", asks="a", why="w", right=float("nan")), "finite"),
        (lambda: Enter(name="q", asks="a", why="w", right=2, mistakes=[Mistake(2, "x")]), "right number"),
        (lambda: pick(right=[6]), "no cell 6"),
        (lambda: pick(given=[5]), "no proper part"),
        (lambda: pick(given=[0, 1]), "no proper part"),
        (lambda: pick(mistakes=[Mistake([0, 1], "x")]), "right pick"),
        (lambda: pick(axes=("row",)), "names 1 axes of 2"),
        (lambda: Quiz(), "a Quiz has questions"),
        (lambda: Quiz(choose(), choose()), "name of its own"),
    ],
)
def test_what_no_question_can_be_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@given(st.text(alphabet="ab `*<&", max_size=30))
def test_runs_lose_no_letter(text):
    joined = "".join(r if isinstance(r, str) else next(iter(r.values())) for r in runs(text))
    assert joined.replace("`", "").replace("*", "") == text.replace("`", "").replace("*", "")


def test_code_and_emphasis_are_told_apart_from_products():
    assert runs("`x*2` is *not* 2 * 3 * 4") == [{"code": "x*2"}, " is ", {"em": "not"}, " 2 * 3 * 4"]


def test_without_javascript_the_answer_is_folded():
    page = BeautifulSoup(Quiz(choose(asks="Is <b> & `c`?"), title="T").html(), "html.parser")
    page.script.decompose()
    assert page.p.text == "T"
    assert "Is <b> & c?" in page.text
    assert page.find("b") is None
    assert page.find("code").text == "c"
    assert [item.text for item in page.find_all("li")] == ["one", "two"]
    assert page.details.text == "Answerone Count."


def test_keyed_cells_are_those_of_one_key():
    assert keyed([[0, 1], [1, 0]], 3) == [0, 3]


def test_a_widget_has_the_questions_and_no_address_in_its_repr():
    quiz = Quiz(choose())
    data = quiz._repr_mimebundle_()[0]
    assert data["text/plain"] == "Choose('q'): How many?"
    assert data["text/html"] == quiz.html()


def test_a_question_by_itself_is_asked_before_one_reads_on():
    html = choose()._repr_mimebundle_()[0]["text/html"]
    assert html == Quiz(choose(), title="Before you read on").html()


@pytest.mark.parametrize("name", QUESTIONS)
class TestEvery:
    """What holds for every question of the book."""

    def test_each_link_leads_to_a_frame(self, name):
        for see in re.findall(r'"see": "([^"]+)"', json.dumps(QUESTIONS[name].to_json())):
            explorer, _, rest = see.removeprefix("#").partition(":")
            assert explorer in EXPLORERS, see
            values = dict(parse_qsl(rest))
            values.pop("at", None)
            known = {c.name: {str(v).lower() for v in c.values} for c in explorer_called(explorer).controls}
            for control, value in values.items():
                assert value.lower() in known[control], see

    def test_it_reads_without_javascript(self, name):
        text = BeautifulSoup(Quiz(QUESTIONS[name]).html(), "html.parser").details.text
        assert text.startswith("Answer")
        assert len(text) > len("Answer") + 20


@pytest.mark.skipif(not shutil.which("node"), reason="needs Node")
def test_the_script_agrees_with_the_definition_on_every_question():
    asked = [
        {"question": question.to_json(), "response": response}
        for question in QUESTIONS.values()
        for response, _ in responses(question)
    ]
    wanted = [right for question in QUESTIONS.values() for _, right in responses(question)]
    done = subprocess.run(
        ["node", AGREE], input=json.dumps(asked), capture_output=True, text=True, check=True, timeout=60
    )
    assert [verdict["right"] for verdict in json.loads(done.stdout)] == wanted
    for verdict in json.loads(done.stdout):
        assert verdict["right"] or verdict["says"]


def responses(question):
    """Responses to a question, each with whether it is right."""
    if isinstance(question, Choose):
        return [([k], a.right) for k, a in enumerate(question.answers)]
    if isinstance(question, ChooseAll):
        right = [k for k, a in enumerate(question.answers) if a.right]
        others = [[k] for k in range(len(question.answers)) if [k] != right]
        return [(right, True), *((other, False) for other in others)]
    if isinstance(question, Enter):
        return [
            (str(question.right), True),
            *((str(m.given), False) for m in question.mistakes),
            ("x", False),
        ]
    return [
        (question.right, True),
        (question.given, False),
        *((sorted({*question.given, *m.given}), False) for m in question.mistakes),
    ]
