"""Weights of one candidate, each layer fitted to the inputs that its quantized predecessors make."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from contextlib import nullcontext

import numpy as np
from torch import Tensor

from autoquant.errors import SpecError
from autoquant.network import LayerPrecision, WeightQuantization
from autoquant.quantization.apply import QuantizedNetwork
from autoquant.quantization.archive import Arrays, digest
from autoquant.quantization.execution import Inputs, count, execute, portion, unseen
from autoquant.quantization.fitted_weights import NEEDS_CALIBRATION, LayerWeight, fits
from autoquant.quantization.layers import output_first
from autoquant.quantization.moments import Sums
from autoquant.quantization.rounding import Reader, RoundedWeight, round_weight

OUTPUTS = 2**29
"""Bytes of outputs of the float network that are kept; of calibration examples that give more, the first are used."""
FITS = 2**27
"""Bytes of codes that are kept for candidates that begin in the same way."""

Prefix = tuple[Hashable, ...]
"""The options of the layers that have run, in their order."""


class SequentialFit:
    """Fits a candidate layer by layer, in one pass over the calibration examples.

    A layer's target is what it gives in the float network; its inputs are what the quantized layers before it make,
    quantized as its precision says (Li et al. 2025, "GPTAQ: Efficient Finetuning-Free Quantization for Asymmetric
    Calibration"). So the result depends on the whole candidate, and later layers make up for errors of earlier ones.

    Layers that share a weight, or run more than once, are fitted to the float network's inputs, as in
    `FittedWeights`; embeddings, and layers with too many moments, are rounded to nearest. A rounding that a precision
    names stands. The examples run as one batch; those beyond `OUTPUTS` are left out. Results are kept as those of
    `FittedWeights` are.

    Args:
        network: calibrated; fitting leaves it quantized. `SpecError` where it is not.
    """

    def __init__(self, network: QuantizedNetwork) -> None:
        self._network, examples = network, network.weights.examples
        if examples is None:
            raise SpecError(f"sequential: {NEEDS_CALIBRATION}")
        profile = network.profile
        self._precise = [layer.name for layer in profile.quantizable]
        of_one = sum(4 * layer.output_values for layer in profile.quantizable)
        self._inputs: Inputs = portion(examples.inputs, slice(max(1, OUTPUTS // max(1, of_one))))
        tied = {name for group in profile.ties for name in group}
        self._alone = {
            layer.name: layer.output_values // layer.output_channels * count(self._inputs)
            for layer in profile.quantizable
            if layer.name not in tied and layer.calls == 1 and layer.kind != "embedding" and fits(layer)
        }
        """Layers that may be fitted here, with their output positions."""
        network.restore()
        others = f"{network.weights.rounding} {network.arithmetic}"
        self._base = digest("sequential", network.weights.base(examples), str(count(self._inputs)), others)
        self._outputs = self._float_outputs()
        """Of the layers that are fitted here: those that run once."""
        self._fits: OrderedDict[Prefix, RoundedWeight] = OrderedDict()
        self._held = 0

    def _float_outputs(self) -> dict[str, Tensor]:
        """What each layer gives in the float network."""
        found: dict[str, Tensor] = {}
        calls: Counter[str] = Counter()

        def note(name: str, output: Tensor) -> None:
            calls[name] += 1
            found[name] = output.detach().clone()

        hook = unseen(note)
        handles = [
            self._network.parts[name].register_forward_hook(lambda _, __, output, name=name: hook(name, output))
            for name in self._alone
        ]
        try:
            execute(self._network.module, self._inputs)
        finally:
            for handle in handles:
                handle.remove()
        return {name: output for name, output in found.items() if calls[name] == 1}

    def find(self, precisions: Sequence[LayerPrecision], keep: int = 0) -> dict[str, LayerWeight]:
        """The weights of a candidate by layer; ``precisions`` are those of the profile's layers.

        Outputs of its first ``keep`` quantized layers are remembered for candidates that begin in the same way.
        """
        network = self._network
        of_layer = dict(zip((layer.name for layer in network.profile), precisions, strict=True))
        named = {name: of_layer[name] for name in self._precise}
        network.prepare_moments({name: p for name, p in named.items() if name not in self._outputs})
        others = {name: network.weights.weight(name, named) for name in self._precise if name not in self._outputs}
        others |= {name: network.weights.weight(name, named) for name, p in named.items() if p.weight is None}
        key = digest(self._base, *(f"{name} {precision.key()}" for name, precision in named.items()))
        arrays = network.weights.archive.get(key, lambda: self._fitted(precisions, named, others, keep))
        ran = {self._precise[int(key.partition(".")[0])] for key in arrays}
        if missing := set(named) - set(others) - ran:
            network.prepare_moments(named)
            others |= {name: network.weights.weight(name, named) for name in missing}
        return others | {name: self._read(arrays, name, named[name]) for name in ran}

    def _read(self, arrays: Arrays, name: str, precision: LayerPrecision) -> LayerWeight:
        """What is kept of one layer."""
        part, prefix = self._network.parts[name], f"{self._precise.index(name)}."
        own = {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}
        weight = output_first(part, self._network.weights.float_weight(name))
        assert precision.weight is not None
        rounded = RoundedWeight.of_arrays(own, precision.weight, weight)
        origin = digest(*(own[key].tobytes() for key in sorted(own)))
        return self._network.weights.layer_weight(part, precision.weight, rounded.weight, rounded.shifts[0], origin)

    def _fitted(
        self,
        precisions: Sequence[LayerPrecision],
        named: Mapping[str, LayerPrecision],
        others: Mapping[str, LayerWeight],
        keep: int,
    ) -> dict[str, np.ndarray]:
        """One pass over the examples; what the layers that are fitted come to."""
        network, done = self._network, dict[str, RoundedWeight | None]()
        network.apply(precisions, {name: LayerWeight(network.weights.float_weight(name)) for name in named})
        ran: list[Hashable] = []

        def before(name: str, inputs: Tensor) -> None:
            ran.append(network.option(name))
            if name in done:
                return
            how = named[name].weight
            done[name] = None if name in others or how is None else self._fit(tuple(ran), name, how, inputs)
            rounded = done[name]
            chosen = others.get(name)
            if rounded is not None and how is not None:
                part = network.parts[name]
                chosen = network.weights.layer_weight(part, how, rounded.weight, rounded.shifts[0])
            assert chosen is not None
            network.set_layer(name, named[name], chosen)

        hook = unseen(before)
        handles = [
            part.register_forward_pre_hook(lambda _, args, name=name: hook(name, args[0]), prepend=True)
            for name, part in network.parts.items()
        ]
        try:
            with network.memo.run("sequential", keep) if network.memo is not None else nullcontext():
                execute(network.module, self._inputs)
        finally:
            for handle in handles:
                handle.remove()
        return {
            f"{self._precise.index(name)}.{key}": array
            for name, rounded in done.items()
            if rounded is not None
            for key, array in rounded.arrays().items()
        }

    def _fit(self, ran: Prefix, name: str, how: WeightQuantization, inputs: Tensor) -> RoundedWeight:
        """The weight of a layer that is given ``inputs`` now, and is still in float."""
        if ran in self._fits:
            self._fits.move_to_end(ran)
            return self._fits[ran]
        part = self._network.parts[name]
        sums = Sums(part, self._alone[name])
        sums.add(part.input_quantizer(inputs), self._outputs[name])
        moments = sums.moments
        assert moments is not None
        weight = output_first(part, self._network.weights.float_weight(name))
        reader, shared = Reader(moments, part.bias is not None), self._network.weights.shared_tables(how)
        rounded = self._fits[ran] = round_weight(weight, how, how.rounding or "hessian", [reader], shared)
        self._held += rounded.weight.codes.nbytes
        while self._held > FITS:
            self._held -= self._fits.popitem(last=False)[1].weight.codes.nbytes
        return rounded
