import torch
from judge import assert_matches_torch
from torch import nn

from dlsteps.diffusion import UNet
from dlsteps.nn.normalization import GroupNorm, fuse_group_norms


def test_a_fused_network_is_the_same_function():
    torch.manual_seed(0)
    ours, fused = UNet(width=8), fuse_group_norms(UNet(width=8))
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
    holder = fuse_group_norms(nn.Sequential(nn.ReLU(), norm, GroupNorm(2, 4, affine=False)))
    assert holder[1].weight is norm.weight
    assert holder[1].bias is norm.bias
    assert (holder[1].eps, holder[1].num_groups) == (0.1, 2)
    assert holder[2].weight is None
