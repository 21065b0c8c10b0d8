"""A run in memory: model, optimizer, average and position, and the one step that moves them."""

import gc
from collections.abc import Callable
from types import ModuleType
from typing import Any

import torch
from accelerate.utils import send_to_device
from torch import Tensor, nn

from dlsteps.train.averaging import averaged
from dlsteps.train.engine import Alone, Engine
from dlsteps.train.randomness import kept, seed_all
from dlsteps.train.recipe import DTYPES, Common, prepared
from dlsteps.train.schedule import rate_at


class Objective(nn.Module):
    """The recipe's loss as a module, so that all of it runs inside what the engine wraps around a model."""

    def __init__(self, model: nn.Module, recipe: ModuleType, settings: Common):
        super().__init__()
        self.model, self.recipe, self.settings = model, recipe, settings

    def forward(self, batch: Any) -> Tensor:
        return self.recipe.loss(self.model, batch, self.settings)


def build(recipe: ModuleType, settings: Common) -> nn.Module:
    """Build a recipe's model in its dtype, from its seed."""
    seed_all(settings.seed)
    default = torch.get_default_dtype()
    torch.set_default_dtype(DTYPES[settings.dtype])
    try:
        return recipe.build(settings).to(DTYPES[settings.dtype])
    finally:
        torch.set_default_dtype(default)


class Run:
    """A training run at some step.

    Args:
        recipe: a recipe module.
        settings: its settings.
        engine: where to compute; by default, alone in this process on the CPU.

    Attributes:
        settings: with what only the data know, such as the names of classes.
        facts: what the reader's own data are known by: how many there are, and fingerprints of them.
        step: how many steps were taken.
        unlogged: sum of the losses since the last line of the log.

    Raises:
        ValueError: if the batch cannot be shared out evenly, or the data do not allow all that is to be done.
    """

    def __init__(self, recipe: ModuleType, settings: Common, engine: Engine | None = None):
        settings, self.facts = prepared(recipe, settings)
        self.recipe, self.settings, self.engine = recipe, settings, engine or Alone()
        parts = self.engine.num_processes * settings.accumulate
        if settings.batch_size % parts:
            fitting = -(-settings.batch_size // parts) * parts
            raise ValueError(
                f"batch_size={settings.batch_size} cannot be shared by {self.engine.num_processes} processes "
                f"in {settings.accumulate} parts each; try --set batch_size={fitting}"
            )
        self.model = build(recipe, settings)
        self.draw: Callable[[Tensor], Any] = recipe.data(settings)
        self.model.to(self.engine.device)
        self.parameters = list(self.model.parameters())
        optimizer = torch.optim.AdamW(
            self.parameters,
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=self.engine.device.type in ("cpu", "cuda"),
        )
        self.average = averaged(self.model, settings.ema_decay) if settings.ema_decay else None
        self.objective, self.optimizer = self.engine.prepare(
            Objective(self.model, recipe, settings), optimizer
        )
        self.objective.train()
        self.step = 0
        self.unlogged = torch.zeros((), dtype=DTYPES[settings.dtype], device=self.engine.device)
        # Not the stream that the weights were drawn from; each process draws its own dropout masks.
        seed_all(settings.seed, 1 + self.engine.process_index)

    def rehearse(self) -> None:
        """Compute the loss of a few samples, and change nothing: what cannot be done shows before step 1.

        Raises:
            ValueError: if the data or a setting do not allow it.
        """
        numbers = torch.arange(min(2, self.settings.batch_size))
        self.model.eval()  # the statistics of a norm stay as they are
        with kept(self.engine.device), torch.no_grad():
            self._losses(lambda batch: self.recipe.loss(self.model, batch, self.settings), numbers)
        self.objective.train()

    def parts(self) -> list[Tensor]:
        """The sample numbers of this step that are this process's, cut for accumulation."""
        share = self.settings.batch_size // self.engine.num_processes
        first = self.step * self.settings.batch_size + self.engine.process_index * share
        return list(torch.arange(first, first + share).chunk(self.settings.accumulate))

    def advance(self) -> Tensor:
        """Take one step, add this process's mean loss before it to `unlogged`, and return it."""
        settings, parts = self.settings, self.parts()
        rate = rate_at(self.step, settings.steps, settings.warmup, settings.learning_rate)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        if not self.model.training:  # a look at the metric on the way leaves it in evaluation mode
            self.objective.train()
        losses = []
        for part in parts[:-1]:
            with self.engine.no_sync(self.objective):
                losses.append(self._backward(part, len(parts)))
        losses.append(self._backward(parts[-1], len(parts)))
        if settings.clip_norm:
            nn.utils.clip_grad_norm_(self.parameters, settings.clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        if self.average is not None:
            self.average.update_parameters(self.model)
        self.step += 1
        loss = torch.stack(losses).sum()
        self.unlogged += loss
        return loss

    def _backward(self, numbers: Tensor, parts: int) -> Tensor:
        loss = self._losses(self.objective, numbers).mean() / parts
        self.engine.backward(loss)
        return loss.detach()

    def _losses(self, objective: Callable[[Any], Tensor], numbers: Tensor) -> Tensor:
        batch = send_to_device(self.draw(numbers), self.engine.device)
        values = objective(batch)
        if values.shape != numbers.shape:
            raise ValueError(
                f"the loss of {len(numbers)} samples has shape {tuple(values.shape)}; "
                f"return one value a sample, ({len(numbers)},)"
            )
        return values

    def release(self) -> None:
        """Leave the other processes, after the last step; the model stays.

        What the engine wrapped around the model must go first. It holds the connection between processes, and
        if it were the last to do so, it would close it without letting go of Python's lock. A thread of the
        connection that still waits for the lock would then wait for ever.
        """
        del self.objective, self.optimizer
        self.engine.free_memory()
        gc.collect()
        self.engine.end_training()

    def result(self) -> nn.Module:
        """The model to use: with averaged weights if the recipe keeps any, in evaluation mode."""
        model = self.model if self.average is None else self.average.module
        return model.eval()
