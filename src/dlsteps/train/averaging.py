"""An exponential moving average of the weights: less noisy than the last ones, and often better."""

from torch import Tensor, nn
from torch import _foreach_lerp_ as lerp_all_
from torch.optim.swa_utils import AveragedModel


def newest_share(n: int, decay: float) -> float:
    r"""Share of the newest weights in the average of n: $(1 - \beta)/(1 - \beta^n)$.

    The average is $\sum_i \beta^{n-i} \theta_i$ over the sum of its factors, as Adam corrects its moments:
    the first average is the first weights, and the random ones from before training have no part in it.

    Args:
        n: how many weights are averaged, the newest included; from 1 up.
        decay: β, share of the old average when n is large, in [0, 1).

    Source:
        Kingma and Ba, Adam (2015), section 3.
    """
    return (1 - decay) / (1 - decay**n)


def averaged(model: nn.Module, decay: float) -> AveragedModel:
    """Return a copy of the model whose `update_parameters` moves its weights towards the model's.

    Buffers are the model's own at the last update.
    """

    def update(averages: list[Tensor], newest: list[Tensor], count: Tensor) -> None:
        lerp_all_(averages, newest, newest_share(int(count) + 1, decay))

    return AveragedModel(model, multi_avg_fn=update)
