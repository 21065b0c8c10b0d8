import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from judge import assert_matches_torch, refuses
from torch import nn

from dlsteps.diffusion import AttentionBlock, ResidualBlock, UNet, time_embedding
from dlsteps.diffusion.unet import Down, Up

DTYPES = [torch.float64, torch.float32]
TOLERANCE = {torch.float64: 1e-10, torch.float32: 5e-4}


def drawn(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


class TorchResidual(ResidualBlock):
    """The same block from torch's own functions; it inherits the names of the parameters, no more."""

    def forward(self, x, e):
        h = F.group_norm(x, self.norm1.num_groups, self.norm1.weight, self.norm1.bias)
        h = F.conv2d(F.silu(h), self.conv1.weight, self.conv1.bias, padding=1)
        h = h + F.linear(F.silu(e), self.time.weight, self.time.bias).unsqueeze(-1).unsqueeze(-1)
        h = F.group_norm(h, self.norm2.num_groups, self.norm2.weight, self.norm2.bias)
        h = F.conv2d(F.silu(h), self.conv2.weight, self.conv2.bias, padding=1)
        if isinstance(self.skip, nn.Conv2d):
            x = F.conv2d(x, self.skip.weight, self.skip.bias)
        return h + x


@pytest.mark.parametrize("dtype", DTYPES)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 5), st.integers(1, 5), st.integers(1, 3))
def test_residual_block(dtype, c, d, H, W, N):
    C, D = 2 * c, 2 * d
    H = max(H, 2 if W == 1 else 1)  # a group of a single pixel has no variance worth comparing
    ours, theirs = (kind(C, D, 3, groups=2) for kind in (ResidualBlock, TorchResidual))
    inputs = (drawn(N, C, H, W), drawn(N, 3, seed=1))
    assert_matches_torch(ours, theirs, *inputs, dtype=dtype, tolerance=TOLERANCE[dtype])


class TorchAttention(nn.Module):
    """The same block with torch's multi-head attention, loaded with the weights of ours."""

    def __init__(self, ours):
        super().__init__()
        self.ours = ours

    def forward(self, x):
        N, C, H, W = x.shape
        tokens = F.group_norm(x, self.ours.norm.num_groups, self.ours.norm.weight, self.ours.norm.bias)
        tokens = tokens.flatten(2).permute(2, 0, 1)  # (H·W, N, C)
        y, _ = F.multi_head_attention_forward(
            *(tokens, tokens, tokens, C, self.ours.heads),
            self.ours.qkv.weight.flatten(1),
            self.ours.qkv.bias,
            *(None, None, False, 0.0),
            self.ours.out.weight.flatten(1),
            self.ours.out.bias,
        )
        return x + y.permute(1, 2, 0).reshape(N, C, H, W)


@pytest.mark.parametrize("dtype", DTYPES)
@given(st.sampled_from([(1, 4), (2, 4), (4, 8)]), st.integers(1, 4), st.integers(2, 4), st.integers(1, 3))
def test_attention_block(dtype, heads_and_C, H, W, N):
    heads, C = heads_and_C
    ours = AttentionBlock(C, heads, groups=2).to(dtype)
    for seed, parameter in enumerate(ours.parameters()):
        with torch.no_grad():
            parameter.copy_(drawn(*parameter.shape, seed=seed) / 2)
    x = drawn(N, C, H, W, seed=9)
    call = {"share_state": False, "dtype": dtype, "tolerance": TOLERANCE[dtype]}
    assert_matches_torch(lambda x: ours(x), lambda x: TorchAttention(ours)(x), x, **call)


def test_attention_has_no_sense_of_place():
    block = AttentionBlock(4, 2, groups=2).double()
    nn.init.normal_(block.out.weight)
    x, order = drawn(2, 4, 3, 3), torch.randperm(9)
    shuffle = lambda y: y.flatten(2)[:, :, order].view_as(y)  # noqa: E731
    assert torch.allclose(block(shuffle(x)), shuffle(block(x)), rtol=0, atol=1e-12)


def test_half_and_double():
    down, up, x = Down(2).double(), Up(2).double(), drawn(1, 2, 4, 6)
    assert torch.equal(down(x), F.conv2d(x, down.conv.weight, down.conv.bias, stride=2, padding=1))
    wide = F.interpolate(x, scale_factor=2, mode="nearest")
    assert torch.allclose(up(x), F.conv2d(wide, up.conv.weight, up.conv.bias, padding=1))


def awake(**options):
    """Return a network whose weights are all random: no convolution at 0 that hides what is behind it."""
    network = UNet(**{"channels": 2, "width": 4, "groups": 2, **options}).double()
    with torch.no_grad():
        for seed, parameter in enumerate(network.parameters()):
            parameter.copy_(drawn(*parameter.shape, seed=seed) / max(parameter[0].numel(), 1) ** 0.5)
    return network


def by_hand(network, x, t, e_extra=0):
    """Run two sizes, one block at each, as a list of lines and not as loops."""
    down, middle, up = network.down, network.middle, network.up
    assert (len(down), len(up)) == (3, 5)
    clock = network.time.network
    e = clock[2](F.silu(clock[0](time_embedding(t, 4).double()))) + e_extra
    a = network.first(x)
    b = down[0].residual(a, e)
    c = down[1](b)
    d = down[2].look(down[2].residual(c, e))
    m = middle[2](middle[1](middle[0](d, e)), e)
    m = up[0].look(up[0].residual(torch.cat([m, d], 1), e))
    m = up[1].look(up[1].residual(torch.cat([m, c], 1), e))
    m = up[2](m)
    m = up[3].residual(torch.cat([m, b], 1), e)
    m = up[4].residual(torch.cat([m, a], 1), e)
    norm, _, conv = network.last
    return conv(F.silu(F.group_norm(m, 2, norm.weight, norm.bias)))


def test_the_whole_by_hand():
    network = awake(attention=(1,), multipliers=(1, 3))
    x, t = drawn(2, 2, 4, 6), torch.tensor([3, 999])
    assert torch.allclose(network(x, t), by_hand(network, x, t), rtol=0, atol=1e-12)
    assert isinstance(network.down[0].look, nn.Identity)
    assert isinstance(network.up[4].look, nn.Identity)
    assert isinstance(network.down[2].look, AttentionBlock)
    assert isinstance(network.up[0].look, AttentionBlock)


def test_classes_by_hand():
    network = awake(classes=3)
    x, t, labels = drawn(2, 2, 4, 4), torch.tensor([3, 9]), torch.tensor([2, 0])
    assert torch.allclose(
        network(x, t, labels), by_hand(network, x, t, network.label.weight[[2, 0]]), rtol=0, atol=1e-12
    )
    none = network(x, t)
    assert torch.allclose(none, by_hand(network, x, t, network.label.weight[[3, 3]]), rtol=0, atol=1e-12)
    assert torch.equal(none, network(x, t, torch.tensor([3, 3])))
    assert not torch.allclose(none, network(x, t, labels))


@pytest.mark.parametrize("multipliers", [(1,), (1, 2), (1, 2, 2)])
@pytest.mark.parametrize("blocks", [1, 2])
def test_every_block_hears_the_time(multipliers, blocks):
    network = awake(multipliers=multipliers, blocks=blocks)
    x, t = drawn(2, 2, 8, 4), torch.tensor([5, 7])
    y = network(x, t)
    assert y.shape == x.shape
    residuals = [m for m in network.modules() if isinstance(m, ResidualBlock)]
    assert len(residuals) == len(multipliers) * (2 * blocks + 1) + 2
    for residual in residuals:
        silent = residual.time.weight.detach().clone()
        residual.time.weight.data.zero_()
        assert (network(x, t) - y).abs().max() > 1e-6
        residual.time.weight.data.copy_(silent)
    y.square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


def test_pictures_do_not_mix():
    network = awake()
    x, t = drawn(3, 2, 4, 4), torch.tensor([0, 10, 99])
    y = network(x, t)
    for n in range(3):
        assert torch.allclose(network(x[n : n + 1], t[n : n + 1]), y[n : n + 1], rtol=0, atol=1e-12)
    assert network(x[:0], t[:0]).shape == (0, 2, 4, 4)


def test_a_new_network_predicts_0_and_its_blocks_pass_on():
    network = UNet(channels=3, width=8)
    x = torch.randn(2, 3, 8, 8)
    assert not network(x, torch.tensor([1, 2])).any()
    block = ResidualBlock(8, 8, 4)
    h = torch.randn(2, 8, 4, 4)
    assert torch.equal(block(h, torch.randn(2, 4)), h)
    assert torch.equal(AttentionBlock(8)(h), h)


def test_sizes_of_the_parts():
    network = UNet(channels=1, width=16, multipliers=(1, 2, 3), heads=2, groups=4)
    assert network.middle[1].heads == 2
    assert [s.residual.conv1.out_channels for s in network.down if not isinstance(s, Down)] == [16, 32, 48]
    ups = [s.residual.conv1 for s in network.up if not isinstance(s, Up)]
    assert [(c.in_channels, c.out_channels) for c in ups] == [
        (96, 48),
        (80, 48),
        (80, 32),
        (48, 32),
        (48, 16),
        (32, 16),
    ]
    assert network.time.d == 16
    assert network.time.network[2].out_features == 64
    assert {m.num_groups for m in network.modules() if hasattr(m, "num_groups")} == {4}
    assert UNet().time.d == 32


@pytest.mark.parametrize("dtype", [torch.int8, torch.int16, torch.int32])
def test_narrow_integers_are_steps_and_class_numbers(dtype):
    network, x, t = awake(classes=300), drawn(3, 2, 4, 4), torch.tensor([0, 5, 100])
    assert torch.equal(network(x, t.to(dtype), t.to(dtype)), network(x, t, t))
    assert torch.equal(network(x, t.to(dtype)), network(x, t))


def test_dropout_in_training_alone():
    network = awake(dropout=0.5)
    x, t = drawn(1, 2, 4, 4), torch.tensor([5])
    assert not torch.equal(network(x, t), network(x, t))
    network.eval()
    assert torch.equal(network(x, t), network(x, t))
    assert {m.p for m in network.modules() if isinstance(m, nn.Dropout)} == {0.5}
    assert {m.p for m in UNet(width=8).modules() if isinstance(m, nn.Dropout)} == {0.0}


def test_refuses():
    network, x, t = (
        UNet(channels=1, width=8, multipliers=(1, 1, 1)),
        torch.zeros(2, 1, 8, 8),
        torch.tensor([0, 1]),
    )
    with refuses(ValueError, "^H=10 cannot be halved 2 times, being no multiple of 4; try to pad it to 12$"):
        network(torch.zeros(2, 1, 10, 8), t)
    with refuses(ValueError, "W=2 cannot be halved 2 times, being no multiple of 4; try to pad it to 4"):
        network(torch.zeros(2, 1, 8, 2), t)
    with refuses(ValueError, "H=0 cannot be halved"):
        network(torch.zeros(2, 1, 0, 8), t)
    with refuses(
        ValueError, r"has 3 channels on axis 1, but the network was made for 1; try UNet\(channels=3\)"
    ):
        network(torch.zeros(2, 3, 8, 8), t)
    with refuses(ValueError, "UNet expects 4-D input"):
        network(torch.zeros(2, 1, 8), t)
    with refuses(TypeError, "x must be floating point"):
        network(x.long(), t)
    with refuses(ValueError, r"t has shape \(1,\), but there are 2 pictures; try torch.full\(\(2,\), t\)"):
        network(x, t[:1])
    with refuses(ValueError, "t=-1 is no step"):
        network(x, -t)
    with refuses(ValueError, "made without classes, but is given labels"):
        network(x, t, t)
    told = UNet(channels=1, width=8, classes=10)
    with refuses(ValueError, "labels has 11, but a class id is from 0 to 9; 10 stands for no class"):
        told(x, t, torch.tensor([0, 11]))
    for dtype in (torch.float32, torch.bool):
        with refuses(TypeError, f"labels must be whole numbers, but has dtype {dtype}; try labels.long()"):
            told(x, t, t.to(dtype))
    with refuses(ValueError, "labels has -1"):
        told(x, t, torch.tensor([0, -1]))
    with refuses(ValueError, r"labels has shape \(1,\), but there are 2 pictures"):
        told(x, t, t[:1])
    with refuses(TypeError, "x has dtype torch.float64, but weight has torch.float32"):
        network(x.double(), t)
    with refuses(TypeError, r"t must be whole numbers, but has dtype torch.float32; try t.long\(\)"):
        network(x, t.float())
    with refuses(
        TypeError, r"labels must be whole numbers, but has dtype torch.float32; try labels.long\(\)"
    ):
        told(x, t, t.float())
    assert told(x, t.int(), torch.tensor([0, 10], dtype=torch.int8)).shape == x.shape
    with refuses(ValueError, "heads=3 does not divide C=8; try 1, 2, 4 or 8"):
        AttentionBlock(8, 3)
    with refuses(ValueError, "num_groups=8 does not divide C=12"):
        UNet(width=12)
    with refuses(ValueError, r"multipliers=\(\) leaves no channels; try \(1, 2\)"):
        UNet(multipliers=())
    with refuses(ValueError, r"multipliers=\(1, 0\) leaves no channels"):
        UNet(multipliers=(1, 0))
    with refuses(ValueError, "blocks=0 leaves nothing to learn"):
        UNet(blocks=0)
    for k in (-1, 2):
        with refuses(ValueError, f"attention at size {k}, but the sizes are 0…1"):
            UNet(attention=(k,))
    with refuses(ValueError, "classes=0 leaves nothing to be told; try None"):
        UNet(classes=0)


def test_blocks_refuse():
    x, e = torch.zeros(2, 8, 4, 4), torch.zeros(2, 5)
    residual, attention = ResidualBlock(8, 16, 5), AttentionBlock(8)
    for block, rest in ((residual, (e,)), (attention, ())):
        with refuses(ValueError, f"{type(block).__name__} expects 4-D input"):
            block(x[..., 0], *rest)
        with refuses(ValueError, "has 4 channels on axis 1, but the layer was made for 8"):
            block(x[:, :4], *rest)
        with refuses(TypeError, "x has dtype torch.float64, but weight has torch.float32"):
            block(x.double(), *rest)
        with refuses(TypeError, "x must be floating point"):
            block(x.long(), *rest)
    with refuses(ValueError, r"e has shape \(2, 4\), but the layer expects \(N, d=5\)"):
        residual(x, e[:, :4])
    with refuses(ValueError, "e has 1 embeddings for 2 samples"):
        residual(x, e[:1])  # would broadcast: one time for all
    with refuses(ValueError, "d_time=0 is below 1"):
        ResidualBlock(8, 8, 0)
