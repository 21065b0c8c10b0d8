"""For each exercise: right answers in several styles, none of which leans on the book's."""

import torch


def by_complex(x, positions):
    d = x.shape[-1]
    omega = 10_000 ** -(torch.arange(0, d, 2).double() / d)
    theta = torch.outer(positions.double(), omega)
    turned = torch.view_as_complex(x.double().unflatten(-1, (-1, 2)).contiguous()) * torch.polar(
        torch.ones_like(theta), theta
    )
    return torch.view_as_real(turned).flatten(-2).to(x.dtype)


def by_matrices(x, p):
    d = x.shape[-1]
    turned = []
    for i in range(d // 2):
        theta = p.to(torch.float64) * 10_000 ** (-2 * i / d)
        c, s = torch.cos(theta), torch.sin(theta)
        R = torch.stack([torch.stack([c, -s]), torch.stack([s, c])]).to(x.dtype)  # (2, 2, T)
        turned.append(torch.einsum("rkt,...tk->...tr", R, x[..., 2 * i : 2 * i + 2]))
    return torch.cat(turned, -1)


def by_loop(x, positions):
    d = x.shape[-1]
    rows = []
    for t, p in enumerate(positions.tolist()):
        row = []
        for i in range(d // 2):
            theta = torch.tensor(p * 10_000 ** (-2 * i / d), dtype=torch.float64)
            a, b = x[..., t, 2 * i], x[..., t, 2 * i + 1]
            row += [a * theta.cos() - b * theta.sin(), a * theta.sin() + b * theta.cos()]
        rows.append(torch.stack(row, -1))
    return torch.stack(rows, -2).to(x.dtype)


RIGHT = {"rotary": [by_complex, by_matrices, by_loop]}
