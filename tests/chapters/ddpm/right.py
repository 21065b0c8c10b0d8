"""For each exercise: right answers in several styles, none of which leans on the book's."""

import torch


def forward_by_logs(x_0, t, noise, beta):
    log = torch.log1p(-beta).cumsum(0)[t].reshape([-1] + [1] * (x_0.ndim - 1))
    return torch.exp(log / 2) * x_0 + torch.sqrt(-torch.expm1(log)) * noise


def forward_by_einsum(x, t, e, beta):
    a = torch.cumprod(1 - beta, 0)[t]
    return torch.einsum("n...,n->n...", x, a**0.5) + torch.einsum("n...,n->n...", e, (1 - a) ** 0.5)


def forward_by_loop(x_0, t, noise, beta):
    rows = []
    for x, step, e in zip(x_0, t.tolist(), noise, strict=True):
        a = (1 - beta[: step + 1]).prod()
        rows.append(a.sqrt() * x + (1 - a).sqrt() * e)
    return torch.stack(rows)


def back_by_posterior(x_t, t, eps, noise, beta):
    rows = []
    for x, step, e, z in zip(x_t, t.tolist(), eps, noise, strict=True):
        a = (1 - beta[: step + 1]).prod()
        before = (1 - beta[:step]).prod()
        x_0 = (x - (1 - a).sqrt() * e) / a.sqrt()
        b = beta[step]
        mean = (before.sqrt() * b * x_0 + (1 - b).sqrt() * (1 - before) * x) / (1 - a)
        rows.append(mean + b.sqrt() * z if step > 0 else mean)
    return torch.stack(rows)


def back_by_tables(x, t, eps, z, beta):
    a, a_bar = 1 - beta, torch.cumprod(1 - beta, 0)
    shape = (-1, *(1,) * (x.ndim - 1))
    a, a_bar, b = (table[t].view(shape) for table in (a, a_bar, beta))
    mean = (x - b / torch.sqrt(1 - a_bar) * eps) / torch.sqrt(a)
    return mean + (t > 0).view(shape) * b.sqrt() * z


def back_by_einsum(x_t, t, eps, noise, beta):
    over = (1 - beta[t]) ** -0.5
    share = beta[t] * (1 - (1 - beta).cumprod(0)[t]) ** -0.5
    sigma = torch.where(t == 0, torch.zeros_like(over), beta[t] ** 0.5)
    mean = torch.einsum("n,n...->n...", over, x_t) - torch.einsum("n,n...->n...", over * share, eps)
    return mean + torch.einsum("n,n...->n...", sigma, noise)


RIGHT = {
    "q_sample": [forward_by_logs, forward_by_einsum, forward_by_loop],
    "p_sample": [back_by_posterior, back_by_tables, back_by_einsum],
}
