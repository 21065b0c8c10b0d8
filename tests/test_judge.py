import pytest
import torch
import torch.nn.functional as F
from judge import assert_matches_torch, refuses
from torch import nn

from dlsteps.nn.compare import Difference, compare
from dlsteps.nn.normalization import layer_norm

X = torch.linspace(-2, 3, 12).view(3, 4)


def test_accepts_equals():
    assert_matches_torch(nn.Linear(4, 2), nn.Linear(4, 2), X)
    assert_matches_torch(lambda x: x * x, torch.square, X, dtype=torch.float32)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (lambda x: x * x + 1e-9, "output: off by 1e-09"),
        (lambda x: x.detach().square() + 0 * x, "gradient of input 0: off by"),
        (lambda x: x.square().float(), "output: off by inf"),
        (lambda x: x.square()[:1], "output: off by inf"),
        (lambda x: x.square() / (x.detach() != X[1, 1]), "output: off by inf"),
    ],
)
def test_names_what_differs(wrong, named):
    with pytest.raises(AssertionError, match=named):
        assert_matches_torch(wrong, torch.square, X.double())


def test_sees_a_wrong_parameter_gradient():
    class Frozen(nn.Linear):
        def forward(self, x):
            return F.linear(x, self.weight, self.bias.detach()) + 0 * self.bias

    with pytest.raises(AssertionError, match="gradient of bias: off by") as caught:
        assert_matches_torch(Frozen(4, 2), nn.Linear(4, 2), X)
    assert "weight" not in str(caught.value)


def test_sees_a_wrong_buffer():
    theirs = nn.BatchNorm1d(4)
    with pytest.raises(AssertionError, match=r"buffer running_mean: off by"):
        assert_matches_torch(nn.BatchNorm1d(4, momentum=0.2), theirs, X)


def test_a_scale_of_one_hides_nothing():
    class NoScale(nn.LayerNorm):
        def forward(self, x):
            return F.layer_norm(x, (4,)) + self.bias + 0 * self.weight

    with pytest.raises(AssertionError, match="output"):
        assert_matches_torch(NoScale(4), nn.LayerNorm(4), X)


def test_nan_equals_nan_and_inf_equals_inf():
    special = torch.tensor([torch.nan, torch.inf, -torch.inf, 1.0])
    assert all(d.largest == 0 for d in compare(torch.clone, torch.clone, special))


def test_nothing_differs_from_nothing_by_nothing():
    output, gradient = compare(torch.clone, torch.clone, torch.empty(0, 3))
    assert output == Difference("output", 0.0, 0.0)
    assert gradient == Difference("gradient of input 0", 0.0, 0.0)
    assert compare(torch.clone, torch.clone, torch.tensor([1]))[1] == Difference(
        "gradient of input 0", 0.0, 0.0
    )


def test_refuses_different_names():
    with pytest.raises(ValueError, match="gradient of bias"):
        compare(nn.Linear(4, 2, bias=False), nn.Linear(4, 2), X, share_state=False)


def test_integers_have_no_gradient():
    table = torch.arange(10.0).view(5, 2)
    assert_matches_torch(lambda i, t: t[i], F.embedding, torch.tensor([0, 3]), table)


def test_what_has_no_gradient_is_compared_too():
    assert_matches_torch(lambda x: x.topk(2), lambda x: tuple(torch.topk(x, 2)), X)
    assert_matches_torch(lambda i: 2 * i, lambda i: i + i, torch.tensor([1, 2]))
    with pytest.raises(AssertionError, match="output: off by 1 "):
        assert_matches_torch(lambda i: 2 * i, lambda i: i + 2, torch.tensor([1, 2]))
    with pytest.raises(AssertionError, match="gradient of input 0: off by inf"):
        assert_matches_torch(lambda x: x.square().detach(), torch.square, X)


def test_several_outputs_are_compared_each():
    with pytest.raises(AssertionError, match="output 1") as caught:
        assert_matches_torch(lambda x: (x, 2 * x), lambda x: (x, 3 * x), X)
    assert "output 0" not in str(caught.value)


def test_annotations_are_checked_but_not_behind_the_door():
    with pytest.raises(TypeError, match="Type-check error"):
        layer_norm([[1.0, 2.0]], (2,))
    with refuses(AttributeError, "is_floating_point"):
        layer_norm([[1.0, 2.0]], (2,))
    with pytest.raises(TypeError, match="Type-check error"):
        layer_norm([[1.0, 2.0]], (2,))
