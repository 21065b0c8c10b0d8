"""The questions of the chapter on convolution; the functions that it teaches compute the right answers."""

from __future__ import annotations

import torch

from dlsteps.chapters.convolution.evidence import drawn, moved_features
from dlsteps.nn.convolution import cost, multiply_adds, output_size, parameter_count, pointwise_conv2d, window
from dlsteps.stage import Answer, Choose, ChooseAll, Enter, Matrix, Mistake, Pick, Quiz


def one_cell() -> Enter:
    """How many numbers one output cell reads."""
    kernel, C, D = (3, 3), 2, 2
    right = parameter_count(C, 1, kernel, bias=False)
    return Enter(
        name="one-cell",
        asks="A picture has 2 pages, and the layer makes 2 pages out of it with 3×3 kernels. How many "
        "numbers of the picture does one cell of the output read?",
        right=right,
        mistakes=[
            Mistake(
                parameter_count(1, 1, kernel, bias=False),
                "That is the window on one page. A standard convolution reads all pages; one that reads its "
                "own alone is called depthwise.",
                "#convolution:kind=depthwise",
            ),
            Mistake(
                parameter_count(C, D, kernel, bias=False),
                "That many numbers the layer learns: each output page has a kernel of its own.",
            ),
        ],
        unit="numbers",
        why="The window is 3×3 on each of 2 pages. Each output cell is one sum of 18 products.",
    )


def side() -> Enter:
    """How many windows fit."""
    n, k, s, p = 32, 3, 2, 1
    return Enter(
        name="side",
        asks="A picture of 32×32, a 3×3 kernel, stride 2, padding 1. How many lines does the output have?",
        right=output_size(n, k, s, p),
        mistakes=[
            Mistake(output_size(n, k, s), "That is without padding.", "#convolution:stride=2"),
            Mistake(output_size(n, k, 1, p), "That is with a stride of 1.", "#convolution:padding=1"),
            Mistake(output_size(n, k), "That is with a stride of 1, and without padding.", "#convolution"),
        ],
        unit="lines",
        why="The padded picture has 34 lines, and a window takes 3. It can move 31 lines down, by 2 each "
        "time: 15 moves, so 16 places.",
    )


def separable_parameters() -> Enter:
    """What depthwise and pointwise learn together."""
    C = D = 64
    counts = {
        kind: cost(kind, C, D, (1, 1) if kind == "pointwise" else (3, 3), (1, 1)).parameters
        for kind in ("standard", "depthwise", "pointwise", "separable")
    }
    return Enter(
        name="separable-parameters",
        asks="From 64 pages to 64 pages: first one 3×3 kernel for each page alone, then a 1×1 convolution "
        "across the pages, both without bias. How many numbers are learned?",
        right=counts["separable"],
        mistakes=[
            Mistake(counts["depthwise"], "Those are the 64 kernels of the first step alone."),
            Mistake(counts["pointwise"], "That is the second step alone.", "#convolution:kind=pointwise"),
            Mistake(counts["standard"], "That many a standard 3×3 convolution learns."),
        ],
        unit="numbers",
        why=f"64 · 9 + 64 · 64. A standard convolution learns 64 · 64 · 9 = {counts['standard']:,}.",
    )


def twice_as_bright() -> Choose:
    """Whether a 1×1 convolution is linear."""
    x, weight = drawn(1, 3, 2, 2), drawn(2, 3, 1, 1, seed=1)
    linear = torch.allclose(pointwise_conv2d(2 * x, weight), 2 * pointwise_conv2d(x, weight))
    return Choose(
        name="twice-as-bright",
        asks="A 1×1 convolution without bias, and nothing after it. Every number of the picture is doubled. "
        "What happens to the output?",
        answers=[
            Answer("it doubles", right=linear),
            Answer("it stays", says="That would be so for a normalization after it."),
            Answer(
                "it depends on the signs",
                right=not linear,
                says="That would be so with a bias, or with a function that bends away from 0 after it. A "
                "ReLU alone would still double; a sum of two pictures shows its bend.",
            ),
        ],
        why="It is one matrix, applied at every place. A matrix is linear.",
    )


def one_pixel() -> Choose:
    """How much pooled features move."""
    found = moved_features()
    share = found["max pooling"]
    return Choose(
        name="one-pixel",
        asks="Real digits, seen by four edge filters and ReLU, then 2×2 max pooling. The digits move to the "
        "right by one pixel. How much do the pooled features change, as a share of their size?",
        answers=[
            Answer(
                "not at all",
                right=share == 0,
                says="That is so for the mean of a whole map.",
            ),
            Answer(
                "by less than a tenth", right=0 < share < 0.1, says="So small it is not, even when blurred."
            ),
            Answer("by more than half", right=share > 0.5),
        ],
        why=f"By {share:.0%}. Without pooling it is {found['no pooling']:.0%}.",
    )


def picked_window() -> Pick:
    """Which cells a dilated window reads."""
    values = torch.arange(36, dtype=torch.float64).reshape(6, 6)

    def cells(stride: int = 1, dilation: int = 1) -> list[int]:
        rows, columns = window(3, stride, 0, dilation).reads(1, 1)
        return [6 * row + column for row in rows for column in columns]

    return Pick(
        name="picked-window",
        asks="A 3×3 kernel with dilation 2, stride 1, no padding, on 6×6 numbers. Pick every cell that y[1, "
        "1] reads. The first of them is picked.",
        panel=Matrix(title="x", note="shape [6, 6]", values=values, digits=0),
        axes=("line", "character"),
        given=cells(dilation=2)[:1],
        right=cells(dilation=2),
        mistakes=[
            Mistake(cells(), "That is dilation 1.", "#convolution:cell=6"),
            Mistake(
                sorted({7, *cells(stride=2)}),
                "A stride moves the window; dilation spreads the cells within it.",
                "#convolution:stride=2&cell=4",
            ),
        ],
        why="y[1, 1] starts at x[1, 1], and its cells stand 2 apart: lines 1, 3, 5 and characters 1, 3, 5.",
    )


def biased_parameters() -> Enter:
    """How many numbers a layer learns."""
    C, D, kernel = 8, 16, (3, 3)
    right = parameter_count(C, D, kernel)
    return Enter(
        name="biased-parameters",
        asks="`nn.Conv2d(8, 16, 3)`, with its bias, on pictures of 100×100. How many numbers does it learn?",
        right=right,
        mistakes=[
            Mistake(
                parameter_count(C, D, kernel, bias=False), "One bias for each of 16 output pages is missing."
            ),
            Mistake(parameter_count(1, D, kernel), "Each kernel has a page for each of the 8 input pages."),
            Mistake(
                multiply_adds(C, D, kernel, (98, 98)), "So many products it takes. The parameters are fewer."
            ),
        ],
        unit="numbers",
        why="16 kernels of 8 pages of 3×3, and 16 biases. The size of the picture does not matter.",
    )


def reads_of_a_group() -> Enter:
    """How many numbers a cell reads with groups."""
    C, D, kernel, groups = 8, 12, (3, 3), 4
    return Enter(
        name="reads-of-a-group",
        asks="A 3×3 convolution from 8 pages to 12 pages in 4 groups. How many numbers of the picture does "
        "one output cell read?",
        right=parameter_count(C // groups, 1, kernel, bias=False),
        mistakes=[
            Mistake(parameter_count(C, 1, kernel, bias=False), "That is with one group."),
            Mistake(
                parameter_count(1, 1, kernel, bias=False),
                "That is depthwise, with as many groups as pages.",
                "#convolution:kind=depthwise",
            ),
            Mistake(
                parameter_count(D // groups, 1, kernel, bias=False),
                "A group has 3 output pages, and reads 2.",
            ),
        ],
        unit="numbers",
        why="A group of the input has 8 / 4 = 2 pages, and the window is 3×3 on each.",
    )


def keeps_parameters() -> ChooseAll:
    """What changes the number of parameters of a convolution."""
    base = parameter_count(8, 8, (3, 3))
    counted = {
        "stride 2": base,
        "dilation 2": base,
        "8 groups": parameter_count(8, 8, (3, 3), groups=8),
        "a picture twice as wide": base,
        "a 5×5 kernel": parameter_count(8, 8, (5, 5)),
    }
    says = {
        "stride 2": "It thins out the places, not the kernel.",
        "dilation 2": "It spreads the same nine numbers.",
        "a picture twice as wide": "The same kernel goes to more places.",
    }
    return ChooseAll(
        name="keeps-parameters",
        asks="Which of these change how many numbers a 3×3 convolution from 8 to 8 pages learns?",
        answers=[
            Answer(name, right=count != base, says=says.get(name, "")) for name, count in counted.items()
        ],
        why="The count is D · C/G · kH · kW + D. Groups and the kernel are in it, the rest is not.",
    )


def stride_work() -> Enter:
    """What a stride of 2 saves in the next layer."""
    full, half = (multiply_adds(16, 16, (3, 3), (n, n)) for n in (32, output_size(32, 3, 2, 1)))
    doubled = multiply_adds(32, 32, (3, 3), (16, 16))
    return Enter(
        name="stride-work",
        asks="After a layer of stride 2 comes a 3×3 convolution from 16 to 16 pages. How many times fewer "
        "products does this one take than it would after stride 1?",
        right=full / half,
        mistakes=[
            Mistake(2, "The lines are halved, and the characters too."),
            Mistake(full / doubled, "That is so if the pages are doubled to 32 at the same time."),
        ],
        unit="times",
        why="Half the lines and half the characters make a quarter of the places.",
    )


def pool_parameters() -> Choose:
    """Where pooling saves parameters."""
    conv = [parameter_count(16, 16, (3, 3)) for _ in ("8×8", "4×4")]
    linear = [parameter_count(16 * n * n, 10, (1, 1)) for n in (8, 4)]
    return Choose(
        name="pool-parameters",
        asks="2×2 max pooling is put into a network. Which layer after it gets fewer parameters?",
        answers=[
            Answer(
                "the next 3×3 convolution",
                right=conv[0] != conv[1],
                says="It takes less work, and has as many parameters: they do not depend on the size.",
            ),
            Answer("a linear layer on all numbers of all maps", right=linear[1] < linear[0]),
            Answer(
                "a linear layer after a global average",
                says="That layer reads one number a map, whatever the size of the maps.",
            ),
        ],
        why="Only a layer that has a weight for each place gets smaller when there are fewer places.",
    )


def check_yourself() -> Quiz:
    """Six questions at the end of the page."""
    return Quiz(
        picked_window(),
        biased_parameters(),
        reads_of_a_group(),
        keeps_parameters(),
        stride_work(),
        pool_parameters(),
        title="Check yourself",
    )
