"""What the checks hold a layer against: each kind written out with plain sums, on stacks of many sizes."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from dlsteps.claims.evidence import books, gap

# One book and many, few pages and many, pages that are square, high and of a single line.
STACKS = ((1, 4, 3, 3), (2, 4, 5, 2), (7, 8, 1, 3), (33, 4, 2, 2))


def stacks() -> Iterator[Tensor]:
    """Stacks of books (N, C, H, W) of every size in `STACKS`; C is even in each."""
    for shape in STACKS:
        yield books(*shape)


def apart(
    layer: Callable[[Tensor], Tensor], expected: Callable[[Tensor], Tensor], least: bool = False
) -> float:
    """Return the largest difference of two layers' outputs on any stack, or with `least` the smallest."""
    return (min if least else max)(gap(layer(x), expected(x)) for x in stacks())


def by_hand(cells: Tensor, eps: float = 1e-5) -> Tensor:
    """Normalize all numbers of a tensor together, as the notes write the formula."""
    count = cells.numel()
    mu = cells.sum() / count
    variance = (cells - mu).pow(2).sum() / count
    return (cells - mu) / (variance + eps).sqrt()


def by_page_number(x: Tensor, eps: float = 1e-5) -> Tensor:
    """BN: a page number through all books shares a mean."""
    return torch.stack([by_hand(x[:, c], eps) for c in range(x.shape[1])], dim=1)


def by_book(x: Tensor, eps: float = 1e-5) -> Tensor:
    """LN of images: a book shares a mean."""
    return torch.stack([by_hand(book, eps) for book in x])


def by_page(x: Tensor, eps: float = 1e-5) -> Tensor:
    """IN: a page shares a mean."""
    return torch.stack([by_book(book, eps) for book in x])


def by_booklet(x: Tensor, G: int, eps: float = 1e-5) -> Tensor:
    """GN: a booklet of C/G pages shares a mean."""
    return torch.stack([torch.cat([by_hand(part, eps) for part in book.chunk(G)]) for book in x])


def by_position(x: Tensor, eps: float = 1e-5) -> Tensor:
    """LN of tokens, with the channels on axis 1: a position through the pages of a book shares a mean."""
    last = x.movedim(1, -1)
    vectors = torch.stack([by_hand(vector, eps) for vector in last.reshape(-1, x.shape[1])])
    return vectors.view(last.shape).movedim(-1, 1)
