"""What a reader is told: each kind of trouble by itself, a difference by the smallest input that shows it."""

import contextlib
import functools
import threading

import numpy as np
import pytest
import torch
from torch import nn

from dlsteps.nn.normalization import group_norm
from dlsteps.practice import check


def of_group_norm(change):
    """The book's answer, changed on its way out or in."""

    def code(x, num_groups, gamma=None, beta=None, eps=1e-5):
        return change(x, group_norm(x, num_groups, gamma, beta, eps))

    return code


def in_place(x, y):
    x -= 1
    return y


def by_index(x, y):
    x[0] = 0
    return y


TROUBLE = {
    "raised an error": lambda x, y: y.veiw(3),
    "changes its input": in_place,
    "returns nothing": lambda x, y: None,
    "returns a NumPy array": lambda x, y: y.detach().numpy(),
    "returns no tensor": lambda x, y: y.tolist(),
    "the wrong shape": lambda x, y: y.flatten(1),
    "the wrong dtype": lambda x, y: y.half(),
    "no gradient": lambda x, y: y.detach(),
}


@pytest.mark.parametrize("title", TROUBLE)
def test_trouble_is_told_by_itself(title):
    report = check("group_norm", of_group_norm(TROUBLE[title]))
    assert (report.verdict, report.title, report.rows) == ("trouble", title, ())
    assert report.input["num_groups"] == 2


def test_a_change_by_index_is_seen_too():
    report = check("group_norm", of_group_norm(by_index))
    assert report.title == "changes its input"
    assert "changed x" in report.text


def test_the_line_that_raised_is_theirs():
    def helper(x):
        return torch.stack([x, x[0]])  # the line

    report = check("group_norm", of_group_norm(lambda x, y: helper(x)))
    assert "RuntimeError" in report.text
    assert report.line.text == "return torch.stack([x, x[0]])  # the line"
    with open(__file__, encoding="utf-8") as source:
        assert source.readlines()[report.line.number - 1].strip() == report.line.text


def test_an_address_in_a_message_is_left_out():
    def code(x, num_groups, gamma, beta):
        raise ValueError(f"no use for {object()}")

    assert check("group_norm", code).text == "Your code raised ValueError: no use for <object object>"


def hang(x, *rest):
    while True:
        x = x * 1


def hang_and_swallow(x, *rest):
    while True:
        with contextlib.suppress(Exception):
            x = x * 1


@pytest.mark.parametrize("code", [hang, hang_and_swallow])
def test_code_that_does_not_end_is_stopped(code):
    report = check("group_norm", code, seconds=0.1)
    assert (report.verdict, report.title) == ("trouble", "still running")
    assert "0.1 s" in report.text


def test_code_that_does_not_end_is_stopped_in_another_thread_too():
    reports = []
    before = set(threading.enumerate())
    worker = threading.Thread(target=lambda: reports.append(check("group_norm", hang, seconds=0.1)))
    worker.start()
    worker.join(60)
    assert [report.title for report in reports] == ["still running"]
    for thread in set(threading.enumerate()) - before:
        thread.join(60)
    assert set(threading.enumerate()) <= before


def test_only_the_first_input_is_waited_for():
    asked = []

    def code(x, *rest):
        asked.append(x)
        hang(x)

    check("group_norm", code, seconds=0.1)
    assert len(asked) == 1


def test_the_smallest_input_that_shows_a_difference():
    def code(x, num_groups, gamma=None, beta=None, eps=1e-5):
        y = group_norm(x, num_groups, gamma, beta, eps)
        return y * 2 if x.shape[1] == 6 else y  # two inputs have six channels

    report = check("group_norm", code)
    assert report.verdict == "different"
    assert report.input["x"].shape == (2, 6, 2, 3)
    right = group_norm(**report.input)
    place, yours, books = report.rows[0]
    assert place == "output[0, 0, 0, 0]"
    assert float(books.replace("−", "-")) == pytest.approx(right[0, 0, 0, 0].item(), rel=1e-3)
    assert float(yours.replace("−", "-")) == pytest.approx(2 * right[0, 0, 0, 0].item(), rel=1e-3)


class Doubled(torch.autograd.Function):
    """The identity, with twice its gradient."""

    @staticmethod
    def forward(context, x):
        return x.clone()

    @staticmethod
    def backward(context, upstream):
        return 2 * upstream


def test_a_wrong_gradient_is_told():
    report = check("group_norm", of_group_norm(lambda x, y: Doubled.apply(y)))
    assert report.verdict == "different"
    assert report.rows[0][0].startswith("gradient of x[")


def test_numbers_are_written_until_they_differ():
    def code(x, num_groups, gamma, beta):
        return group_norm(x, num_groups, gamma, beta) + 1e-5

    [_, yours, books], *_ = check("group_norm", code).rows
    assert yours != books


@pytest.mark.parametrize("given", [torch.zeros(2), "group_norm", None])
def test_what_cannot_be_called_is_told(given):
    report = check("group_norm", given)
    assert report.title == "nothing to call"
    assert 'check("group_norm", my_group_norm)' in report.text


class Unsettled(nn.Module):
    """Made with nothing."""

    def __init__(self):
        super().__init__()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (lambda x: x, "group_norm(x, num_groups, gamma, beta, eps)"),
        (Unsettled, "num_groups, num_channels"),
    ],
)
def test_other_arguments_are_told(code, told):
    report = check("group_norm", code)
    assert (report.verdict, report.title) == ("trouble", "other arguments")
    assert told in report.text


def test_a_layer_with_other_settings_is_told():
    report = check("group_norm", nn.GroupNorm(2, 6))
    assert report.title == "does not fit"
    assert "num_groups=2, num_channels=4" in report.text
    assert "weight (6,)" in report.text


def test_a_class_where_a_function_is_asked_is_told():
    report = check("broadcast_shape", dict)
    assert report.title == "nothing to call"
    assert "broadcast_shape(a, b)" in report.text


def test_a_layer_of_the_readers_is_not_changed():
    layer = nn.BatchNorm2d(2)
    kept = {name: value.clone() for name, value in layer.state_dict().items()}
    assert check("batch_norm", layer).right
    assert layer.weight.dtype == torch.float32
    assert all(torch.equal(value, kept[name]) for name, value in layer.state_dict().items())


def test_an_error_that_is_right_and_one_that_is_not():
    def never(a, b):
        raise ValueError

    assert check("broadcast_shape", never).title == "raised an error"
    assert check("broadcast_shape", np.broadcast_shapes).right


def test_a_partial_function_is_a_function():
    assert check("group_norm", functools.partial(group_norm)).right


def test_randomness_outside_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    check("group_norm", of_group_norm(lambda x, y: nn.functional.dropout(y)))
    assert torch.equal(torch.rand(3), expected)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"no exercise is called 'group_nom'; try one of .*group_norm"):
        check("group_nom", group_norm)
