import pytest
import torch
from torch import nn

from dlsteps.train.averaging import averaged, newest_share


@pytest.mark.parametrize("decay", [0.5, 0.9, 0.999])
def test_average_is_the_weighted_sum_of_all_weights(decay):
    model = nn.Linear(3, 2).double()
    average, seen = averaged(model, decay), []
    for _ in range(7):
        for parameter in model.parameters():
            nn.init.normal_(parameter)
        seen.append(model.weight.detach().clone())
        average.update_parameters(model)
        factors = torch.tensor([decay ** (len(seen) - 1 - i) for i in range(len(seen))], dtype=torch.float64)
        expected = torch.einsum("i,ijk->jk", factors, torch.stack(seen)) / factors.sum()
        torch.testing.assert_close(average.module.weight.detach(), expected, rtol=1e-12, atol=1e-14)


def test_share_of_the_newest():
    assert newest_share(1, 0.999) == pytest.approx(1)
    assert newest_share(100_000, 0.999) == pytest.approx(0.001)


def test_buffers_are_the_models_own():
    model = nn.BatchNorm1d(2)
    average = averaged(model, 0.9)
    for _ in range(3):
        model(torch.randn(8, 2) + 5)
        average.update_parameters(model)
    assert torch.equal(average.module.running_mean, model.running_mean)
    assert average.module.running_mean is not model.running_mean
