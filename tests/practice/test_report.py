"""The card: it says what the words say, escapes what a reader wrote, and is the same each time."""

from html.parser import HTMLParser

import torch

from dlsteps.nn.normalization import group_norm
from dlsteps.practice import check, exercises
from dlsteps.practice.report import written


class Text(HTMLParser):
    """Reads what a reader sees, and which elements there are."""

    def __init__(self, html):
        super().__init__()
        self.words, self.tags, self.open = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1] != "style":
            self.words.append(data)


def scripted(x, num_groups, gamma, beta):
    raise ValueError("<script>alert('&')</script>")  # <b>bold</b>


def known(number):
    return check("group_norm", exercises()["group_norm"].mistakes[number].wrong)


def test_what_a_reader_wrote_is_escaped():
    card = Text(check("group_norm", scripted)._repr_html_())
    assert "script" not in card.tags
    assert "b" not in card.tags
    text = "".join(card.words)
    assert "<script>alert('&')</script>" in text
    assert "# <b>bold</b>" in text


def test_the_card_says_what_the_words_say():
    report = known(0)
    card = Text(report._repr_html_())
    seen = "".join(card.words)
    for said in (report.title, report.text, *(part for row in report.rows for part in row)):
        assert said in repr(report)
        assert said in seen
    assert card.open == []


def test_a_mistake_links_to_its_section():
    report = known(0)
    anchor = report.section.partition("#")[2]
    assert f'href="#{anchor}"' in report._repr_html_()


def test_the_same_answer_gives_the_same_card():
    torch.manual_seed(1)
    first = known(1)
    torch.manual_seed(2)
    again = known(1)
    assert (repr(first), first._repr_html_()) == (repr(again), again._repr_html_())
    assert " at 0x" not in repr(first)


def test_the_input_shown_is_the_input():
    report = known(0)
    typed = {name: eval(written(value), {"torch": torch}) for name, value in report.input.items()}
    assert torch.equal(group_norm(**typed), group_norm(**report.input))


def test_a_right_answer_says_on_what():
    report = check("group_norm", group_norm)
    assert report.right
    assert f"{len(exercises()['group_norm'].cases())} drawn inputs" in report.text
    assert "a mean of 1,000,000" in report.text
