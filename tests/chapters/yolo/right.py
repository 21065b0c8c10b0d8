"""For each exercise: right answers in several styles, none of which leans on the book's."""

import torch


def iou_by_columns(a, b):
    width = torch.min(a[..., 2], b[..., 2]) - torch.max(a[..., 0], b[..., 0])
    height = torch.min(a[..., 3], b[..., 3]) - torch.max(a[..., 1], b[..., 1])
    shared = torch.relu(width) * torch.relu(height)
    areas = [(box[..., 2] - box[..., 0]) * (box[..., 3] - box[..., 1]) for box in (a, b)]
    return shared / (areas[0] + areas[1] - shared)


def iou_by_loop(first, second):
    found = []
    for p, q in zip(first.reshape(-1, 4), second.reshape(-1, 4), strict=True):
        both = p.new_ones(())
        for axis in (0, 1):
            side = torch.minimum(p[axis + 2], q[axis + 2]) - torch.maximum(p[axis], q[axis])
            both = both * (side if side > 0 else side * 0)
        whole = (p[2] - p[0]) * (p[3] - p[1]) + (q[2] - q[0]) * (q[3] - q[1]) - both
        found.append(both / whole)
    return torch.stack(found).reshape(first.shape[:-1])


def iou_by_einsum(a, b):
    def area(sides):
        return torch.einsum("...,...->...", *sides.unbind(-1))

    ends = torch.where(a[..., 2:] < b[..., 2:], a[..., 2:], b[..., 2:])
    starts = torch.where(a[..., :2] > b[..., :2], a[..., :2], b[..., :2])
    sides = ends - starts
    both = area(sides) * (sides > 0).all(-1)
    return both / (area(a[..., 2:] - a[..., :2]) + area(b[..., 2:] - b[..., :2]) - both)


def encode_by_loop(boxes, labels, S, B, C):
    target = torch.zeros(S, S, 5 * B + C, dtype=boxes.dtype)
    for (x1, y1, x2, y2), label in zip(boxes, labels, strict=True):
        x, y = (x1 + x2) / 2 * S, (y1 + y2) / 2 * S
        row, column = int(y), int(x)
        if target[row, column, 4] == 0:
            five = torch.stack([x - column, y - row, x2 - x1, y2 - y1, torch.ones_like(x)])
            target[row, column, : 5 * B] = five.repeat(B)
            target[row, column, 5 * B + label] = 1
    return target


def encode_at_once(boxes, labels, S, B, C):
    target = boxes.new_zeros(S, S, 5 * B + C)
    wh = boxes[:, 2:] - boxes[:, :2]
    c = (boxes[:, :2] + wh / 2) * S
    places = c.floor()
    classes = torch.eye(C, dtype=boxes.dtype)[labels]
    rows = torch.cat([c - places, wh, torch.ones_like(c[:, :1])], 1).repeat(1, B)
    for n in reversed(range(len(boxes))):  # the first is written last
        j, i = places[n].int()
        target[i, j] = torch.cat([rows[n], classes[n]])
    return target


class Encode:
    """Something with a call of its own."""

    def __call__(self, boxes, labels, S, B, C):
        return encode_by_loop(boxes, labels, S, B, C)


def nms_by_loop(boxes, scores, threshold):
    left = scores.argsort(descending=True).tolist()
    kept = []
    while left:
        best = left.pop(0)
        kept.append(best)
        left = [k for k in left if iou_by_columns(boxes[best], boxes[k]) <= threshold]
    return kept


def nms_by_mask(boxes, scores, iou_threshold):
    order = torch.argsort(-scores)
    alive = torch.ones(len(boxes), dtype=torch.bool)
    for place in range(len(order)):
        if alive[place]:
            overlap = iou_by_columns(boxes[order[place]], boxes[order])
            alive &= (overlap <= iou_threshold) | (torch.arange(len(order)) <= place)
    return order[alive]


def nms_by_table(b, s, t):
    order = s.sort(descending=True).indices
    table = iou_by_columns(b[order][:, None], b[order][None]) > t
    kept = []
    for k in range(len(order)):
        if not table[k, kept].any():
            kept.append(k)
    return order[kept]


RIGHT = {
    "iou": [iou_by_columns, iou_by_loop, iou_by_einsum],
    "encode": [encode_by_loop, encode_at_once, Encode()],
    "nms": [nms_by_loop, nms_by_mask, nms_by_table],
}
