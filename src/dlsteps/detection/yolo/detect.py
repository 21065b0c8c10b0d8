"""From pictures to detections: all that happens after training, in one call."""

import torch
from jaxtyping import Float
from torch import Tensor

from dlsteps.detection.records import Detections
from dlsteps.detection.suppression import suppress
from dlsteps.detection.yolo.network import YoloNet
from dlsteps.detection.yolo.targets import candidates, decode


@torch.no_grad()
def detect(
    network: YoloNet,
    pictures: Float[Tensor, "N C H W"],
    score_threshold: float = 0.2,
    iou_threshold: float = 0.5,
) -> list[Detections]:
    """Run the network, read off the boxes, and keep of those that overlap in a class the most certain one.

    Args:
        network: A trained network.
        pictures: What it looks at.
        score_threshold: Least score that is kept, from 0 to 1. Take a low one, such as 0.02, to measure the
            average precision, which wants to see the doubtful ones too.
        iou_threshold: Largest overlap of two boxes of one class, from 0 to 1.

    Returns:
        The detections of each picture, the most certain first; boxes as shares of the picture. A box may
        leave the picture.

    Raises:
        TypeError: If the pictures are not floating point.
        ValueError: If they do not have the network's size, or a threshold is beyond 0…1.

    Source:
        Redmon et al., You Only Look Once (2016), sections 2 and 2.3.
    """
    found = []
    for tensor in network(pictures):
        boxes, scores, labels = candidates(decode(tensor, network.grid), score_threshold).detections
        kept = suppress(boxes, scores, iou_threshold, labels).kept
        found.append(Detections(boxes[kept], scores[kept], labels[kept]))
    return found
