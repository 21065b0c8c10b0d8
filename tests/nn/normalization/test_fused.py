import copy

import pytest
import torch
from judge import assert_matches_torch
from torch import nn

from dlsteps.diffusion import UNet
from dlsteps.nn.normalization import BatchNorm, GroupNorm, LayerNorm, fuse_norms


def test_a_fused_network_is_the_same_function():
    torch.manual_seed(0)
    ours, fused = UNet(width=8), fuse_norms(UNet(width=8))
    assert not any(isinstance(module, GroupNorm) for module in fused.modules())
    assert sum(isinstance(module, nn.GroupNorm) for module in fused.modules()) == sum(
        isinstance(module, GroupNorm) for module in ours.modules()
    )
    assert list(fused.state_dict()) == list(ours.state_dict())
    with torch.no_grad():
        for parameter in fused.parameters():
            parameter.normal_(std=0.3)
    ours.load_state_dict(fused.state_dict())
    assert_matches_torch(ours, fused, torch.randn(3, 1, 8, 8), torch.tensor([0, 5, 9]))


def test_parameters_are_kept_and_so_are_options():
    norm = GroupNorm(2, 4, eps=0.1)
    holder = fuse_norms(nn.Sequential(nn.ReLU(), norm, GroupNorm(2, 4, affine=False)))
    assert holder[1].weight is norm.weight
    assert holder[1].bias is norm.bias
    assert (holder[1].eps, holder[1].num_groups) == (0.1, 2)
    assert holder[2].weight is None


@pytest.mark.parametrize("momentum", [0.1, None])
def test_a_fused_batch_norm_remembers_and_evaluates_alike(momentum):
    torch.manual_seed(0)
    ours = nn.Sequential(BatchNorm(3, momentum=momentum), LayerNorm((3, 4, 4))).double()
    fused = fuse_norms(copy.deepcopy(ours))
    assert [type(layer) for layer in fused] != [type(layer) for layer in ours]
    for training in (True, True, False):
        x = torch.randn(5, 3, 4, 4, dtype=torch.float64) * 3 + 1
        assert_matches_torch(ours.train(training), fused.train(training), x)
    for name, value in ours.state_dict().items():
        torch.testing.assert_close(fused.state_dict()[name], value)
