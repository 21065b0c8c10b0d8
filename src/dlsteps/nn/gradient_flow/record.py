"""What a backward pass brings to each layer: gradients, activations, and the units that are dead."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from math import sqrt

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class LayerFlow:
    r"""What went through one call of one layer.

    Attributes:
        name: Name of the module in the model, as in `named_modules`; "" for the model itself.
        kind: Name of its class.
        call: 0 for the first call in the recording, 1 for the second, and so on.
        shape: Shape of the output a.
        activation_norm: $\lVert a \rVert_2$ over all its numbers.
        activation_mean: Their mean.
        spread: Their standard deviation, divided by the count.
        gradient_norm: $\lVert \partial L/\partial a \rVert_2$; None if no gradient came back.
        parameter_gradient_norm: $\lVert \partial L/\partial \theta \rVert_2$ over the layer's own parameters
            (all calls together); None if it has none, or none was reached.
        dead: For each unit, whether its output was 0 for every sample and every position.
        unreached: For each unit, whether the gradient that came back to it was 0 everywhere; None if no
            gradient came back.
    """

    name: str
    kind: str
    call: int
    shape: tuple[int, ...]
    activation_norm: float
    activation_mean: float
    spread: float
    gradient_norm: float | None
    parameter_gradient_norm: float | None
    dead: tuple[bool, ...]
    unreached: tuple[bool, ...] | None

    @property
    def number_dead(self) -> int:
        """How many units were dead."""
        return sum(self.dead)

    @property
    def activation_rms(self) -> float:
        """The root of the mean square of the output, which does not grow with the layer's size."""
        return sqrt(self.activation_mean**2 + self.spread**2)


@dataclass
class GradientFlow:
    """A recording. It is empty until the `with` block has ended.

    Attributes:
        layers: One `LayerFlow` for each call, in the order of the calls.
    """

    layers: tuple[LayerFlow, ...] = ()

    def __getitem__(self, name: str) -> LayerFlow:
        """Return the first call of the layer with this name."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        names = ", ".join(repr(layer.name) for layer in self.layers) or "none; has the recording ended?"
        raise KeyError(f"no layer {name!r} was recorded; there are {names}")


@dataclass
class _Call:
    """One call while it is recorded: the statistics of its output, and the gradient as it comes in."""

    name: str
    module: nn.Module
    index: int
    statistics: dict
    gradient: Tensor | None = None


@dataclass
class _Recorder:
    channel_axis: int
    calls: list[_Call] = field(default_factory=list)
    parameter_gradients: dict[nn.Parameter, Tensor] = field(default_factory=dict)

    def forward_hook(self, name: str) -> Callable:
        def hook(module: nn.Module, inputs: tuple, output: object) -> None:
            a = output[0] if isinstance(output, tuple) else output
            if not (isinstance(a, Tensor) and a.is_floating_point()):
                return
            index = sum(call.module is module for call in self.calls)
            # At once and not at the end: a later layer may work in place.
            call = _Call(name, module, index, _statistics(a.detach(), self.channel_axis))
            self.calls.append(call)
            if a.requires_grad:
                a.register_hook(lambda gradient: setattr(call, "gradient", _plus(call.gradient, gradient)))

        return hook

    def parameter_hook(self, parameter: nn.Parameter) -> Callable:
        def hook(gradient: Tensor) -> None:
            gradients = self.parameter_gradients
            gradients[parameter] = _plus(gradients.get(parameter), gradient)

        return hook

    def layers(self) -> Iterator[LayerFlow]:
        for call in self.calls:
            own = [self.parameter_gradients.get(p) for p in call.module.parameters(recurse=False)]
            yield LayerFlow(
                name=call.name,
                kind=type(call.module).__name__,
                call=call.index,
                gradient_norm=_norm([call.gradient]),
                parameter_gradient_norm=_norm(own),
                unreached=None if call.gradient is None else _all_zero(call.gradient, self.channel_axis),
                **call.statistics,
            )


@contextmanager
def record_gradients(
    model: nn.Module, layers: type | tuple[type, ...] | None = None, *, channel_axis: int = 1
) -> Iterator[GradientFlow]:
    """Record what goes forward and back through each layer of a model::

        with record_gradients(model) as flow:
            loss(model(x)).backward()
        flow.layers[0].gradient_norm

    The model is not changed, and no number in it is either: hooks look on, and are gone when the block
    ends, also by an exception. Several backward passes add up, as they do in the parameters.

    Of a layer that returns several tensors, the first is recorded; what is not floating point is not.

    Args:
        model: Any module.
        layers: Classes of the layers to record; None for all modules without modules in them.
        channel_axis: Where an output counts its units: 1 for (N, C) and (N, C, H, W), -1 for tokens
            (B, T, C). Of outputs with fewer axes it is the last.

    Yields:
        A `GradientFlow`, filled when the block ends.

    Raises:
        ValueError: If the model has no such layer.
    """
    chosen = {name: module for name, module in model.named_modules() if _is_wanted(module, layers)}
    if not chosen:
        kinds = sorted({type(module).__name__ for module in model.modules()})
        raise ValueError(f"the model has no layer of {layers}; it has {', '.join(kinds)}")
    recorder, flow = _Recorder(channel_axis), GradientFlow()
    with ExitStack() as hooks:
        for name, module in chosen.items():
            hooks.callback(module.register_forward_hook(recorder.forward_hook(name)).remove)
        owned = {parameter for module in chosen.values() for parameter in module.parameters(recurse=False)}
        for parameter in owned:
            if parameter.requires_grad:
                hook = parameter.register_hook(recorder.parameter_hook(parameter))
                hooks.callback(hook.remove)
        yield flow
    flow.layers = tuple(recorder.layers())


def _is_wanted(module: nn.Module, layers: type | tuple[type, ...] | None) -> bool:
    return not any(module.children()) if layers is None else isinstance(module, layers)


def _plus(sum_so_far: Tensor | None, gradient: Tensor) -> Tensor:
    gradient = gradient.detach().clone()
    return gradient if sum_so_far is None else sum_so_far + gradient


def _norm(gradients: list[Tensor | None]) -> float | None:
    """The norm of all gradients that there are, together."""
    norms = [torch.linalg.vector_norm(g.double()) for g in gradients if g is not None]
    return torch.stack(norms).norm().item() if norms else None


def _statistics(a: Tensor, channel_axis: int) -> dict:
    wide = a.double()  # in float32 a norm is infinite from 1.8e19 on
    mean = wide.mean()
    return {
        "shape": tuple(a.shape),
        "activation_norm": torch.linalg.vector_norm(wide).item(),
        "activation_mean": mean.item(),
        "spread": (wide - mean).square().mean().sqrt().item(),
        "dead": _all_zero(a, channel_axis),
    }


def _all_zero(x: Tensor, channel_axis: int) -> tuple[bool, ...]:
    """For each unit, whether all its numbers are 0."""
    x = torch.atleast_1d(x)
    axis = channel_axis if -x.ndim <= channel_axis < x.ndim else -1
    units = x.movedim(axis, 0).unsqueeze(-1).flatten(1)  # (units, samples and positions)
    return tuple((units == 0).all(1).tolist())
