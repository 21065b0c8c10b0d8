"""What is in a picture, and what a detector says is in it."""

from typing import NamedTuple

from torch import Tensor

from dlsteps.detection.checks import check_labels, check_list_of_boxes, check_scores


class Objects(NamedTuple):
    """The truth about one image.

    Attributes:
        boxes: (n, 4) in the format xyxy.
        labels: (n,) class ids, counted from 0.
    """

    boxes: Tensor
    labels: Tensor

    def check(self) -> None:
        """Refuse boxes and labels that do not belong together."""
        check_list_of_boxes(self.boxes)
        check_labels(self.labels, len(self.boxes))


class Detections(NamedTuple):
    """What a detector found in one image.

    Attributes:
        boxes: (n, 4) in the format xyxy.
        scores: (n,) how certain each is.
        labels: (n,) class ids, counted from 0.
    """

    boxes: Tensor
    scores: Tensor
    labels: Tensor

    def check(self) -> None:
        """Refuse boxes, scores and labels that do not belong together."""
        check_list_of_boxes(self.boxes)
        check_scores(self.scores, len(self.boxes))
        check_labels(self.labels, len(self.boxes))

    def select(self, which: Tensor) -> "Detections":
        """Keep the detections at these positions, in this order."""
        return Detections(self.boxes[which], self.scores[which], self.labels[which])
