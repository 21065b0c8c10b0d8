"""Detection and diffusion against the same computation in torch's own operations, or in COCO's program.

One thread, float32, medians of pairs in turn. Torch has no boxes and no diffusion of its own: beside ours
stands what one would write with its fused kernels, without our checks; and labml-nn's diffusion, which
`benchmarks.others` says how to add.
"""

from __future__ import annotations

import contextlib
import io
import statistics
import time
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks import others
from benchmarks.report import table
from dlsteps.detection import Detections, Objects, mean_average_precision, pairwise_iou, suppress
from dlsteps.detection.yolo import Grid, YoloNet, encode, yolo_loss
from dlsteps.diffusion import AttentionBlock, ResidualBlock, ddim, linear_schedule, q_sample, time_embedding

REPEATS = 9
BOXES = [100, 1000, 4000]
IMAGES = [(8, 32, 16, 16), (2, 64, 32, 32), (1, 128, 64, 64)]


def run() -> None:
    torch.set_num_threads(1)
    others.announce("labml-nn")
    table(["what", "size", "ours", "theirs", "ratio", "theirs is", "to labml-nn"], rows())
    print(
        f"\nMedians of {REPEATS} pairs in turn, forward and backward where there is a gradient. "
        "A ratio that grows with the size would be a fault."
    )


def rows() -> Iterator[list[str]]:
    for name, sizes, make, other in CASES:
        for size in sizes:
            ours, theirs, scratch = (*make(size), None)[:3]
            label = "×".join(map(str, size)) if isinstance(size, tuple) else str(size)
            if theirs is None:
                alone = f"{1000 * seconds(ours):.2f} ms"
                yield [name, label, alone, "–", "–", other + ", not installed", "–"]
                continue
            a, b, ratio = compared(ours, theirs)
            to_labml = "–" if scratch is None else f"{compared(ours, scratch)[2]:.2f}"
            yield [name, label, f"{a:.2f} ms", f"{b:.2f} ms", f"{ratio:.2f}", other, to_labml]


def compared(ours: Callable, theirs: Callable) -> tuple[float, float, float]:
    """The median milliseconds of both, and the median ratio."""
    seconds(ours), seconds(theirs)
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(REPEATS)]
    a, b = (statistics.median(side) * 1000 for side in zip(*pairs, strict=True))
    return a, b, statistics.median(x / y for x, y in pairs)


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def backward(call: Callable[..., Tensor], *inputs: Tensor) -> Callable[[], None]:
    """Make a call that runs forward and backward."""

    def once() -> None:
        fresh = [x.clone().requires_grad_() for x in inputs]
        call(*fresh).square().mean().backward()

    return once


def drawn_boxes(n: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(n, 2, generator=generator) * 0.9
    return torch.cat([corner, corner + 0.1 * torch.rand(n, 2, generator=generator) + 0.01], 1)


def drawn(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


def bare_iou(a: Tensor, b: Tensor) -> Tensor:
    low, high = torch.maximum(a[:, None, :2], b[None, :, :2]), torch.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    areas = [(x[:, 2:] - x[:, :2]).prod(-1) for x in (a, b)]
    return shared / (areas[0][:, None] + areas[1] - shared)


def iou_case(n: int) -> tuple[Callable, Callable]:
    a, b = drawn_boxes(n), drawn_boxes(200, 1)
    return backward(pairwise_iou, a, b), backward(bare_iou, a, b)


def suppression_case(n: int) -> tuple[Callable, Callable]:
    boxes, scores = drawn_boxes(n), torch.rand(n, generator=torch.Generator().manual_seed(2))

    def by_table() -> list[int]:
        order = scores.argsort(descending=True)
        conflict = (bare_iou(boxes[order], boxes[order]) > 0.5).numpy()
        alive, kept = torch.ones(n, dtype=torch.bool).numpy(), []
        for k in range(n):
            if alive[k]:
                kept.append(k)
                alive &= ~conflict[k]
        return kept

    return lambda: suppress(boxes, scores, 0.5), by_table


def loss_case(N: int) -> tuple[Callable, Callable]:
    grid = Grid(7, 2, 20)
    boxes = drawn_boxes(3)
    target = encode(boxes, torch.tensor([0, 1, 2]), grid).target.expand(N, -1, -1, -1).contiguous()
    prediction = drawn(*target.shape).sigmoid()
    return (
        backward(lambda p: yolo_loss(p, target, grid).total, prediction),
        backward(lambda p: F.mse_loss(p, target, reduction="sum"), prediction),
    )


class TorchNet(nn.Sequential):
    """The layers of `YoloNet` with torch's group norm."""

    def __init__(self, ours: YoloNet):
        blocks = [layer for block in ours.features for layer in block]
        super().__init__(*(_torchs(layer) for layer in blocks), ours.head)


def _torchs(layer: nn.Module) -> nn.Module:
    return nn.GroupNorm(4, layer.num_channels) if hasattr(layer, "num_groups") else layer


def network_case(N: int) -> tuple[Callable, Callable]:
    ours = YoloNet(Grid(7, 2, 10), 56)
    x = drawn(N, 1, 56, 56)
    return backward(ours, x), backward(TorchNet(ours), x)


def precision_case(images: int) -> tuple[Callable, Callable | None]:
    truths = [Objects(drawn_boxes(10, k) * 100, torch.arange(10) % 3) for k in range(images)]
    found = [
        Detections(
            truth.boxes + drawn(10, 4).abs() * torch.tensor([-1, -1, 1, 1]),
            torch.rand(10, generator=torch.Generator().manual_seed(k)),
            truth.labels,
        )
        for k, truth in enumerate(truths)
    ]
    return lambda: mean_average_precision(found, truths), by_coco(found, truths)


def by_coco(found: list[Detections], truths: list[Objects]) -> Callable | None:
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError:
        return None

    def entries(record: Detections | Objects, image: int) -> Iterator[dict]:
        for (x1, y1, x2, y2), label in zip(record.boxes.tolist(), record.labels.tolist(), strict=True):
            box = [x1, y1, x2 - x1, y2 - y1]
            yield {
                "image_id": image,
                "category_id": label,
                "bbox": box,
                "area": box[2] * box[3],
                "iscrowd": 0,
            }

    annotations = [a for k, truth in enumerate(truths) for a in entries(truth, k)]
    results = [
        {**a, "score": score}
        for k, detections in enumerate(found)
        for a, score in zip(entries(detections, k), detections.scores.tolist(), strict=True)
    ]

    def evaluate() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            coco = COCO()
            coco.dataset = {
                "images": [{"id": k} for k in range(len(truths))],
                "categories": [{"id": c} for c in range(3)],
                "annotations": [{"id": k + 1, **a} for k, a in enumerate(annotations)],
            }
            coco.createIndex()
            judge = COCOeval(coco, coco.loadRes([dict(r) for r in results]), "bbox")
            judge.params.areaRng, judge.params.areaRngLbl = [[0, 1e10]], ["all"]
            judge.evaluate()
            judge.accumulate()

    return evaluate


def also(call: Callable | None, *inputs: Tensor) -> Callable | None:
    return None if call is None else backward(call, *inputs)


def jump_case(shape: tuple[int, ...]) -> tuple[Callable | None, ...]:
    schedule, x, noise = linear_schedule(), drawn(*shape), drawn(*shape)
    t = torch.arange(shape[0]) * 100
    a = schedule.alpha_bar[t].float().view(-1, 1, 1, 1)
    return (
        backward(lambda x: q_sample(schedule, x, t, noise), x),
        backward(lambda x: a.sqrt() * x + (1 - a).sqrt() * noise, x),
        also(others.labml_jump(t, noise), x),
    )


def residual_case(shape: tuple[int, ...]) -> tuple[Callable | None, ...]:
    ours = ResidualBlock(shape[1], shape[1], 128)

    def theirs(x: Tensor, e: Tensor) -> Tensor:
        h = ours.conv1(F.silu(F.group_norm(x, 8, ours.norm1.weight, ours.norm1.bias)))
        h = h + ours.time(F.silu(e))[:, :, None, None]
        return x + ours.conv2(F.silu(F.group_norm(h, 8, ours.norm2.weight, ours.norm2.bias)))

    scratch = others.labml_unet_block(shape[1], 128)
    inputs = drawn(*shape), drawn(shape[0], 128)
    return backward(ours, *inputs), backward(theirs, *inputs), also(scratch, *inputs)


def attention_case(shape: tuple[int, ...]) -> tuple[Callable, Callable]:
    ours = AttentionBlock(shape[1], heads=4)

    def theirs(x: Tensor) -> Tensor:
        h = F.group_norm(x, 8, ours.norm.weight, ours.norm.bias)
        q, k, v = ours.qkv(h).view(shape[0], 3, 4, shape[1] // 4, -1).transpose(-1, -2).unbind(1)
        y = F.scaled_dot_product_attention(q, k, v)
        return x + ours.out(y.transpose(-1, -2).reshape(shape))

    return backward(ours, drawn(*shape)), backward(theirs, drawn(*shape))


def sampling_case(steps: int) -> tuple[Callable, Callable]:
    schedule, x_T = linear_schedule(), drawn(64, 1, 8, 8)
    predict = lambda x, t: 0.5 * x  # noqa: E731

    def bare() -> Tensor:
        x, times = x_T, torch.linspace(0, 999, steps).round().long().tolist()
        for k in range(steps - 1, -1, -1):
            a = schedule.alpha_bar[times[k]].item()
            s = schedule.alpha_bar[times[k - 1]].item() if k else 1.0
            eps = predict(x, None)
            x = s**0.5 * (x - (1 - a) ** 0.5 * eps) / a**0.5 + (1 - s) ** 0.5 * eps
        return x

    return lambda: ddim(schedule, predict, x_T, steps, progress=False), bare


def clock_case(N: int) -> tuple[Callable, Callable]:
    t, omega = torch.arange(N) % 1000, torch.logspace(0, -4, 64)

    def bare() -> Tensor:
        angle = t[:, None] * omega
        return torch.cat([angle.sin(), angle.cos()], 1)

    return lambda: time_embedding(t, 128), bare


CASES: list[tuple[str, list, Callable, str]] = [
    ("pairwise_iou (with 200 boxes)", BOXES, iou_case, "torch's operations, unchecked"),
    ("suppress", BOXES, suppression_case, "a table of all pairs"),
    ("yolo_loss (7×7×30)", [1, 16, 128], loss_case, "F.mse_loss on the same tensors"),
    ("YoloNet (56×56)", [1, 16], network_case, "torch's group norm"),
    ("mean_average_precision", [10, 100], precision_case, "pycocotools"),
    ("q_sample", IMAGES, jump_case, "torch's operations, unchecked"),
    ("time_embedding (d = 128)", [16, 1024], clock_case, "the same in float32, unchecked"),
    ("ResidualBlock", IMAGES, residual_case, "torch's group norm"),
    ("AttentionBlock (4 heads)", IMAGES[:2], attention_case, "torch's group norm and fused attention"),
    ("ddim (64 digits, no network)", [10, 100], sampling_case, "torch's operations, unchecked"),
]


if __name__ == "__main__":
    run()
