"""The questions of the two pages on normalization: the layers themselves say which answers are right."""

from __future__ import annotations

import torch
from torch import Tensor

from dlsteps.chapters.normalization.examples import MATRIX
from dlsteps.data.feature_maps import digit_feature_maps
from dlsteps.nn.normalization import BatchNorm2d, normalize, statistics
from dlsteps.stage import Answer, Choose, ChooseAll, Enter, Mistake, Pick, Quiz, Shelf, keyed

LAYERS = {
    "batch": "batch norm",
    "layer": "layer norm, one mean a book",
    "instance": "instance norm",
    "group": "group norm, two groups",
    "token": "layer norm, one mean a position",
}
FRAMES = {
    "batch": "",
    "layer": "norm=Layer&",
    "instance": "norm=Instance&",
    "group": "norm=Group&",
    "token": "norm=Token&",
}


def _frame(kind: str, step: str = "mean", more: str = "") -> str:
    """The address of the explorer's frame for one layer and step."""
    return f"#normalization:{FRAMES[kind]}{more}step={step}"


def _groups(kind: str) -> int | None:
    return 2 if kind == "group" else None


def _normalized(x: Tensor, kind: str) -> Tensor:
    stats = statistics(x.shape, kind, _groups(kind))
    return normalize(x.reshape(stats.view), stats.reduced).x_hat.reshape(x.shape)


def poke() -> ChooseAll:
    """Under which layers one sample moves the others."""
    calm = digit_feature_maps(3)
    loud = calm.clone()
    loud[0] *= 10
    moves = {
        kind: bool((_normalized(loud, kind) - _normalized(calm, kind))[1:].abs().max() > 1e-3)
        for kind in LAYERS
    }
    return ChooseAll(
        name="poke",
        asks="A batch of three digits goes through a normalization. Then all numbers of the first digit are "
        "multiplied by 10, and the batch goes through again. "
        "Under which layers do the outputs of the *other two* digits change?",
        answers=[
            Answer(
                LAYERS[kind],
                right=moved,
                says=""
                if moved
                else "Each of its means is taken within one digit; the others never meet it.",
                see="" if moved else _frame(kind, "all%20groups", "poke=true&"),
            )
            for kind, moved in moves.items()
        ],
        why="Of these, only its means go through all books.",
    )


def first_column() -> Enter:
    """The first output of a column by hand."""
    column = MATRIX[:, :1].T  # the column as one sample, so that it is normalized along its three numbers
    right = normalize(column, (1,)).x_hat[0, 0].item()
    unbiased = ((column - column.mean()) / column.std()).flatten()[0].item()
    centered = (column - column.mean()).flatten()[0].item()
    return Enter(
        name="first-column",
        asks="A column holds 4, 3, 2. Subtract its mean, divide by its standard deviation. "
        "What becomes of the 4?",
        right=right,
        within=0.01,
        mistakes=[
            Mistake(
                unbiased,
                "That divides the sum of squares by 2, one less than there are numbers. "
                "Normalization divides by 3.",
            ),
            Mistake(
                centered / column.var(correction=0).item(),
                "That divides by the variance; take its root first.",
            ),
        ],
        why="4 − 3 = 1, and the variance is (1 + 0 + 1)/3 = 2/3. So it is 1/√(2/3) ≈ 1.22.",
    )


def batch_of_two() -> Choose:
    """What batch norm can say to two samples."""
    outputs = {
        round(v, 2)
        for pair in ((0.0, 1.0), (-5.0, 70.0), (3.0, 2.0))
        for v in normalize(torch.tensor([[pair[0]], [pair[1]]], dtype=torch.float64), (0,), 1e-12)
        .x_hat.flatten()
        .tolist()
    }
    return Choose(
        name="batch-of-two",
        asks="A fully connected layer, a batch of two samples with different values: batch norm has two "
        "numbers for each mean. What can x̂ be?",
        answers=[
            Answer(
                "any pair of numbers",
                says="They must have mean 0 and variance 1, and there are only two of them.",
            ),
            Answer("1 and −1, in one order or the other", right=outputs == {1.0, -1.0}),
            Answer(
                "0 and 0",
                says="That would be so if the two samples were equal, or if each were alone.",
                see=_frame("batch", "normalize", "batch=one&"),
            ),
        ],
        why="Two numbers lie equally far from their mean, and that distance is their standard deviation.",
    )


def token_means() -> Enter:
    """How many means a Transformer's layer norm computes."""
    shape = (8, 16, 32)
    own = statistics(shape, "token", channel_axis=-1)
    sample = statistics(shape, "layer", channel_axis=-1)
    channel = statistics(shape, "batch", channel_axis=-1)
    return Enter(
        name="token-means",
        asks="A batch of 8 sentences, 16 tokens each, 32 numbers a token: shape (8, 16, 32). "
        "How many means does a Transformer's layer norm compute?",
        right=own.number,
        mistakes=[
            Mistake(
                sample.number, "One for each sentence: that is the layer norm of images.", _frame("layer")
            ),
            Mistake(channel.number, "One for each feature: that is batch norm.", _frame("batch")),
            Mistake(1, "Different sentences, and different tokens, never share one."),
        ],
        unit="means",
        why=f"One for each token of each sentence, 8 · 16, over {own.count} numbers each.",
    )


def share_a_mean() -> Pick:
    """Which cells share a mean with a cell under group norm."""
    x = (digit_feature_maps(2)[:, :, :2, :2] * 64).round()
    cell = 4  # x[0, 1, 0, 0]
    share = {kind: keyed(statistics(x.shape, kind, _groups(kind)).key, cell) for kind in LAYERS}
    says = {
        "batch": "That is batch norm: the same page of every book.",
        "layer": "That is the whole book: layer norm, or group norm with one group.",
        "instance": "That is one page: instance norm, or as many groups as pages.",
        "token": "That is one place through the pages of a book: the layer norm of Transformers.",
    }
    return Pick(
        name="share-a-mean",
        asks="Group norm with two groups, four pages. Pick every cell that shares a mean with `x[0, 1, "
        "0, 0]`, "
        "which is picked.",
        panel=Shelf(title="x", note=f"shape {list(x.shape)}", values=x, digits=0),
        axes=("book", "page", "line", "character"),
        given=[cell],
        right=share["group"],
        mistakes=[Mistake(share[kind], text, _frame(kind)) for kind, text in says.items()],
        why="Two groups cut four pages into booklets of two; pages 0 and 1 of this book share a mean.",
    )


def count_means() -> Choose:
    """Statistics of group norm on a common shape."""
    shape, groups = (16, 64, 7, 7), 32
    counted = {kind: statistics(shape, kind, groups if kind == "group" else None) for kind in LAYERS}
    says = {
        "batch": "That is batch norm, one for each channel.",
        "layer": "That is one for each image, layer norm.",
        "instance": "That is instance norm, one for each channel of each image.",
    }
    order = ("instance", "group", "layer", "batch")
    return Choose(
        name="count-means",
        asks="A batch of 16 images, 64 channels, 7 × 7 positions. "
        "How many means has group norm with 32 groups, and over how many numbers is each?",
        answers=[
            Answer(
                f"{counted[kind].number} means of {counted[kind].count} numbers",
                right=kind == "group",
                says=says.get(kind, ""),
                see=_frame(kind) if kind in says else "",
            )
            for kind in order
        ],
        why="16 images times 32 groups; each group has two channels of 49 numbers.",
    )


def after_training() -> Choose:
    """What evaluation does."""
    layer = BatchNorm2d(4).double().eval()
    maps = digit_feature_maps(6)
    alone = torch.equal(layer(maps)[:1], layer(maps[:1]))
    return Choose(
        name="after-training",
        asks="A trained network with batch norm, in evaluation mode. One image is sent through alone, then "
        "again in a batch of a hundred others. What of its output?",
        answers=[
            Answer(
                "it changes with the others",
                right=not alone,
                says="So it is in training mode. In evaluation running statistics are used, and nothing "
                "is averaged.",
                see="#normalization:mode=eval&step=mean",
            ),
            Answer("it is the same", right=alone),
            Answer(
                "alone it is 0, as the mean of one image is the image",
                says="Nothing of this batch is averaged; and even in training the mean goes over all "
                "positions.",
                see="#normalization:mode=eval&step=mean",
            ),
        ],
        why="Mean and variance are the ones gathered in training; they are the same for all images.",
    )


def undo() -> ChooseAll:
    """Which layers one γ and β can undo."""
    x = digit_feature_maps(3)
    says = "Each sample loses a mean and a spread of its own; one fixed pair gives the same back to all."
    able = {kind: _undone(x, kind) for kind in ("batch", "layer", "instance", "group")}
    return ChooseAll(
        name="undo",
        asks="γ and β are learned, one pair for each channel. "
        "Under which of these layers can they give a whole batch back as it came?",
        answers=[
            Answer(LAYERS[kind], right=possible, says="" if possible else says)
            for kind, possible in able.items()
        ],
        why="Set γ to the batch's standard deviation and β to its mean, channel by channel.",
    )


def _undone(x: Tensor, kind: str) -> bool:
    """Whether one γ and one β a channel take the normalized tensor back: a line through its cells."""
    normal = _normalized(x, kind).transpose(0, 1).flatten(1)
    wanted = x.transpose(0, 1).flatten(1)
    ones = torch.ones_like(normal)
    for given, back in zip(torch.stack([normal, ones], 2), wanted, strict=True):
        line = torch.linalg.lstsq(given, back[:, None]).solution
        if not torch.allclose(given @ line, back[:, None], atol=1e-3):
            return False
    return True


def instance_loses() -> Choose:
    """What instance norm takes away."""
    page = digit_feature_maps(1)
    same = torch.allclose(_normalized(page, "instance"), _normalized(page * 3 + 5, "instance"), atol=1e-3)
    return Choose(
        name="instance-loses",
        asks="Two photographs of one scene: the second three times the contrast, and brighter. "
        "Both go through instance norm. What can a layer behind it still tell?",
        answers=[
            Answer(
                "which one had more contrast",
                right=not same,
                says="Contrast is the spread of a page, and each page is divided by its own.",
                see=_frame("instance", "normalize"),
            ),
            Answer("what is in the scene, and not which photograph it was", right=same),
            Answer(
                "neither",
                says="Where a page is light and where dark stays as it was; only mean and spread go.",
            ),
        ],
        why="Each page loses its own mean and spread, and keeps its pattern.",
    )


def small_batches() -> Choose:
    """Which layer to take for batches of two in a fully connected network."""
    shape = (2, 64)
    counts = {kind: statistics(shape, kind, _groups(kind)).count for kind in ("batch", "instance", "layer")}
    says = {
        "batch": f"Each of its means would be over {counts['batch']} numbers; only their order is left.",
        "instance": f"Each of its means would be over {counts['instance']} number; everything becomes 0.",
    }
    best = max(counts, key=counts.get)
    return Choose(
        name="small-batches",
        asks="A fully connected network of 64 features, batches of 2. Which layer has numbers enough "
        "for its means?",
        answers=[Answer(LAYERS[kind], right=kind == best, says=says.get(kind, "")) for kind in counts],
        why=f"Its means are over the {counts[best]} features of one sample, whatever the batch.",
    )


def check_yourself() -> Quiz:
    """Six questions on what the page promised."""
    return Quiz(
        share_a_mean(), count_means(), undo(), after_training(), small_batches(), instance_loses(),
        title="Check yourself",
    )  # fmt: skip


def to_evaluation() -> Choose:
    """Which map takes training's output to evaluation's."""
    answers = {
        "multiply by σ_B / σ_run, add (μ_B − μ_run) / σ_run": lambda z, b, s, m, r: z * s / r + (b - m) / r,
        "multiply by σ_run / σ_B, add (μ_run − μ_B) / σ_B": lambda z, b, s, m, r: z * r / s + (m - b) / s,
        "add μ_B − μ_run": lambda z, b, s, m, r: z + b - m,
    }
    says = {
        "multiply by σ_run / σ_B, add (μ_run − μ_B) / σ_B": "That is the way back, from evaluation to "
        "training.",
        "add μ_B − μ_run": "The spreads differ too, and the mean has been divided by one of them.",
    }
    x, b, s, m, r = (
        7.0,
        2.0,
        4.0,
        1.0,
        3.0,
    )  # any number, and the statistics of a batch and of the running kind
    return Choose(
        name="to-evaluation",
        asks="In training batch norm uses μ_B and σ_B of the batch, in evaluation μ_run and σ_run. "
        "What turns the first output into the second?",
        answers=[
            Answer(
                text,
                right=abs(change((x - b) / s, b, s, m, r) - (x - m) / r) < 1e-12,
                says=says.get(text, ""),
            )
            for text, change in answers.items()
        ],
        why="(x − μ_B)/σ_B · σ_B/σ_run + (μ_B − μ_run)/σ_run = (x − μ_run)/σ_run.",
    )


def largest_stretch() -> Enter:
    """The largest stretch of a diagonal matrix."""
    W = torch.tensor([[3.0, 0.0], [0.0, -4.0]], dtype=torch.float64)
    return Enter(
        name="largest-stretch",
        asks="The matrix W has rows (3, 0) and (0, −4). By how much does it stretch the vector that it "
        "stretches most?",
        right=torch.linalg.matrix_norm(W, 2).item(),
        mistakes=[
            Mistake(
                torch.linalg.matrix_norm(W).item(),
                "That is the root of the sum of squares, the Frobenius norm.",
            ),
            Mistake(-4, "A stretch is a length by a length; it has no sign."),
            Mistake(
                torch.linalg.det(W).abs().item(), "That is by how much it changes areas, its determinant."
            ),
            Mistake(3, "(1, 0) is stretched by 3; another direction is stretched more."),
        ],
        why="The vector (0, 1) becomes (0, −4). This largest stretch is σ₁(W), the spectral norm.",
    )


def what_is_lost() -> Choose:
    """What instance norm takes from a photograph."""
    return Choose(
        name="what-is-lost",
        asks="Instance norm removes the mean and the spread of each page. On a photograph the pages are red, "
        "green and blue. What of the picture is lost?",
        answers=[
            Answer("the edges", says="An edge is where neighbors differ, and they still do."),
            Answer("its tint and its contrast", right=True),
            Answer("nothing that can be seen", says="A red evening and a blue noon would come out alike."),
        ],
        why="The mean of a color's page is its tint, the spread its contrast.",
    )


def renorm_parameters() -> Choose:
    """Whether r and d are learned."""
    return Choose(
        name="r-and-d",
        asks="In batch renormalization, r and d are",
        answers=[
            Answer("learned, like γ and β", says="They follow from the batch's and the running statistics."),
            Answer(
                "computed from the batch, with the gradient flowing through them",
                says="Then they would cancel the batch's statistics from the gradient too.",
            ),
            Answer("computed from the batch, and constants for the gradient", right=True),
        ],
        why="So the output is evaluation's, and the gradient still knows that the statistics came from "
        "the batch.",
    )


def what_is_bounded() -> Choose:
    """What spectral norm bounds."""
    return Choose(
        name="what-is-bounded",
        asks="Every layer's weight is divided by its largest singular value, with ReLU between layers. "
        "Two inputs differ by a vector of length 1. How far apart can the outputs be?",
        answers=[
            Answer("at most 1", right=True),
            Answer(
                "at most as many as there are layers",
                says="Stretches multiply, and each is at most 1.",
            ),
            Answer(
                "there is no bound, as ReLU is not linear",
                says="ReLU brings two numbers nearer or leaves them as far apart; it never parts them.",
            ),
        ],
        why="1 · 1 · … · 1. It bounds the change with the input, and not the gradient of the weights.",
    )


def style_of() -> Enter:
    """AdaIN of one number."""
    x = torch.tensor([1.0, 3.0], dtype=torch.float64)
    style_mean, style_std = 10.0, 2.0
    right = (normalize(x[None], (1,), 1e-12).x_hat[0] * style_std + style_mean)[1].item()
    return Enter(
        name="style-of",
        asks="A page holds 1 and 3. AdaIN gives it the statistics of a page with mean 10 and standard "
        "deviation 2. What becomes of the 3?",
        right=right,
        within=0.01,
        mistakes=[
            Mistake(3 * style_std + style_mean, "Normalize first: its own mean and spread have to go."),
            Mistake(style_mean, "That is the new mean; the 3 lies one standard deviation above its own."),
        ],
        why="The page has mean 2 and standard deviation 1, so the 3 is at +1: 10 + 2 · 1.",
    )


def sorted_batches() -> Choose:
    """When batch norm is at chance."""
    return Choose(
        name="sorted-batches",
        asks="Every training batch holds digits of one class only. Why does batch norm fail in a fully "
        "connected network?",
        answers=[
            Answer(
                "its running statistics are never right",
                says="They are averages over all classes. But training never saw what evaluation sees.",
            ),
            Answer("what a batch has in common is its class, and that is subtracted", right=True),
            Answer(
                "each batch is too small",
                says="The size is not the point: mixed batches of the same size work.",
            ),
        ],
        why="In training the class is gone from every feature; in evaluation it is there, and unknown.",
    )


def check_yourself_beyond() -> Quiz:
    """Four questions on what the second page promised."""
    return Quiz(renorm_parameters(), what_is_bounded(), style_of(), sorted_batches(), title="Check yourself")
