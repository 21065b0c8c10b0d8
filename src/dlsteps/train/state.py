"""What a run must keep so that it goes on bit for bit: to tensors by name, and back."""

from collections.abc import Mapping

import torch
from torch import Tensor

from dlsteps.train import randomness
from dlsteps.train.checkpoint import Checkpoint, CheckpointError
from dlsteps.train.run import Run


def tensors_of(run: Run) -> dict[str, Tensor]:
    """Return a run's model, average, optimizer, random states of every process, and unlogged loss.

    All processes must call this together.
    """
    found = _named("model", run.model.state_dict())
    if run.average is not None:
        found |= _named("average", run.average.state_dict())
    for k, state in run.optimizer.state_dict()["state"].items():
        found |= _named(f"optimizer.{k}", state)
    for name, state in randomness.states(run.engine.device).items():
        mine = state.unsqueeze(0)
        if run.engine.num_processes > 1:  # NCCL gathers what is on its device
            mine = run.engine.gather(mine.to(run.engine.device))
        found[f"random.{name}"] = mine
    found["unlogged"] = run.engine.reduce(run.unlogged.clone(), "mean")
    return found


def set_tensors(run: Run, checkpoint: Checkpoint) -> None:
    """Put a run into a checkpoint's state.

    Raises:
        CheckpointError: if the checkpoint's tensors are not those of the run.
    """
    tensors = checkpoint.tensors
    try:
        run.model.load_state_dict(_below("model", tensors))
        if run.average is not None:
            run.average.load_state_dict(_below("average", tensors))
        _set_optimizer(run, _below("optimizer", tensors))
    except (RuntimeError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"the checkpoint of step {checkpoint.step} does not fit the recipe, which has changed since; "
            f"begin anew in another --out ({error})"
        ) from error
    run.step = checkpoint.step
    run.unlogged = tensors["unlogged"].to(run.engine.device)
    generators = _below("random", tensors)
    if len(generators["torch"]) == run.engine.num_processes:
        mine = {name: state[run.engine.process_index] for name, state in generators.items()}
        randomness.restore(mine, run.engine.device)
    else:  # another number of processes: there is no state for each
        randomness.seed_all(run.settings.seed, 1 + run.engine.process_index, run.step)


def _set_optimizer(run: Run, tensors: Mapping[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        k, _, key = name.partition(".")
        state.setdefault(int(k), {})[key] = tensor
    for k, entries in state.items():
        for key, tensor in entries.items():
            if tensor.dim() and tensor.shape != run.parameters[k].shape:
                raise ValueError(f"{key} of parameter {k} is {tuple(tensor.shape)}")
    run.optimizer.load_state_dict(
        {"state": state, "param_groups": run.optimizer.state_dict()["param_groups"]}
    )


def _named(prefix: str, values: Mapping[str, object]) -> dict[str, Tensor]:
    return {f"{prefix}.{key}": value for key, value in values.items() if isinstance(value, torch.Tensor)}


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}
