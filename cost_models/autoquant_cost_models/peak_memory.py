"""Working memory: the most bytes of activations that are alive at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from autoquant.errors import UnsupportedError
from autoquant.interfaces import CostModel, FloatArray, table
from autoquant.network import (
    ABSENT,
    ACTIVATIONS,
    FLOAT_BITS,
    LayerOption,
    LayerPrecision,
    LayerProfile,
    NetworkProfile,
    Operation,
)
from autoquant.space import IntArray
from autoquant_cost_models.checks import WIDTHS, check_supported, known_widths
from autoquant_cost_models.weight_bytes import packed_bytes

DTYPE_BITS = {"float32": FLOAT_BITS, "float64": 64, "int64": 64, "int32": 32, "int16": 16, "int8": 8, "bool": 8}
DTYPE_BITS |= {"uint8": 8, "float16": 16, "bfloat16": 16}


class PeakMemory(CostModel):
    """Bytes of activations at the worst moment of one inference, batch 1: what must fit into RAM.

    The schedule is the order in which the network executes its operations. While one runs, its inputs, its output and
    every tensor that a later operation still reads are in memory; the input of the network and its outputs are tensors
    like all others, the input until its last reader is done, the outputs to the end. An activation function that is
    fused into the operation before it has no tensor of its own, nor has a view; other activation functions, the
    operations that the network itself runs in place, and the kinds named in ``in_place`` overwrite an input of the same
    size that nobody reads later. A tensor is stored at the bits of the layers that read it, the widest of them, also
    through operations without bits of their own (an addition, a pooling). What no layer reads is float32, as are the
    outputs of the network. An operation with `Operation.input_bits` is a reader at those bits, wherever the input of
    some layer is quantized.

    An engine that `decompresses` holds all weights of a layer with a codebook, at the bits of its entries, while the
    layer runs.

    Not in it: other weights (`weight_bytes`), the scratch buffers of an engine's kernels (im2col), and reordering: an
    engine that runs branches in another order, or splits layers into stripes, may need less.

    ``peak_memory`` is no sum over layers. `tables` gives, for each layer alone, the bytes of its input and output: no
    schedule needs less than the largest of them.

    Args:
        in_place: further kinds of operations that the engine runs in place, such as ``add``.
        decompresses: whether the engine decodes the weights of a layer into working memory before it runs the layer.
    """

    metrics: ClassVar[Mapping[str, str]] = {"peak_memory": "bytes"}

    def __init__(self, *, in_place: Sequence[str] = (), decompresses: bool = False) -> None:
        self._in_place = frozenset(ACTIVATIONS) | frozenset(in_place)
        self._decompresses = decompresses

    def supported(self, layer: LayerProfile, precision: LayerPrecision) -> bool:
        """Every layer at every bit-width."""
        return known_widths(precision)

    def tables(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]]
    ) -> Mapping[str, list[FloatArray]]:
        """Bytes of the input and output of every layer at each of its options, the output at the layer's own bits; with
        its weights where they are decoded into working memory."""
        check_supported(self, network, options, f"supported: activations of {WIDTHS} bits")
        return {"peak_memory": [table(row, self._alone) for row in options]}

    def estimate(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]], indices: IntArray
    ) -> Mapping[str, FloatArray]:
        """Peak bytes: indices (n, layers) -> (n,). `UnsupportedError` for an unknown graph or an absent layer."""
        live = self.live_bytes(network, options, indices)
        return {"peak_memory": live.max(axis=1)}

    def live_bytes(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]], indices: IntArray
    ) -> FloatArray:
        """Bytes alive while each operation runs: indices (n, layers) -> (n, operations)."""
        check_supported(self, network, options, f"supported: activations of {WIDTHS} bits")
        buffers, alive = _schedule(network, self._in_place)
        bits = _activation_bits(network, options)
        chosen = _with_operations(network, np.take_along_axis(bits.T, np.asarray(indices), axis=0))
        stored = np.empty((len(indices), len(buffers)))
        for i, buffer in enumerate(buffers):
            widest = np.full(len(indices), buffer.least_bits)
            for layer in buffer.readers:
                np.maximum(widest, chosen[:, layer], out=widest)
            stored[:, i] = -(-buffer.values * widest // 8)
        live: FloatArray = stored @ alive
        return live + self._decoded_bytes(network, options, indices) if self._decompresses else live

    def _alone(self, layer: LayerProfile, precision: LayerPrecision) -> int:
        bits = precision.activation_bits
        values = packed_bytes(layer.input_values, bits) + packed_bytes(layer.output_values, bits)
        return values + (_decoded(layer, precision) if self._decompresses else 0)

    def _decoded_bytes(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]], indices: IntArray
    ) -> FloatArray:
        """Bytes of decoded weights while each operation runs: indices (n, layers) -> (n, operations)."""
        order = {layer.name: i for i, layer in enumerate(network.layers)}
        decoded = np.zeros((len(indices), len(network.operations)))
        for i, operation in enumerate(network.operations):
            if operation.layer is not None:
                layer = order[operation.layer]
                decoded[:, i] = table(options[layer], _decoded)[indices[:, layer]]
        return decoded


@dataclass(slots=True)
class _Buffer:
    """One piece of memory, which several tensors may use one after the other."""

    values: int
    least_bits: int
    readers: set[int]
    """Layers of the profile that read it, directly or through operations without bits of their own; numbers from that
    of layers on stand for operations that have bits (`_with_operations`)."""
    last: int
    """The last operation that reads it; the end of the network for its outputs."""


def _decoded(layer: LayerProfile, precision: LayerPrecision) -> int:
    """Bytes of the weights that a codebook stands for; 0 without one."""
    has_codebook = precision.weight is not None and precision.weight.codebook is not None
    return packed_bytes(layer.weights, precision.value_bits) if has_codebook else 0


def _activation_bits(network: NetworkProfile, options: Sequence[Sequence[LayerOption]]) -> IntArray:
    """Of every option, (layers, most options): shorter rows are filled up with 0."""
    bits = np.zeros((len(options), max(map(len, options))), dtype=np.int64)
    for layer, row in zip(range(len(options)), options, strict=True):
        for i, option in enumerate(row):
            if option is ABSENT:
                raise UnsupportedError(
                    f"layer {network.layers[layer].name!r} may be absent: PeakMemory prices one network at a time; "
                    "supported: the options of the layers that a network has"
                )
            bits[layer, i] = option.precision.activation_bits
    return bits


def _own_bits(network: NetworkProfile) -> list[int]:
    """The bits that operations read at, each once."""
    return sorted({operation.input_bits for operation in network.operations if operation.input_bits is not None})


def _with_operations(network: NetworkProfile, chosen: IntArray) -> IntArray:
    """Bits of layers' inputs, (n, layers), and behind them those that operations read at: float where all layers do."""
    quantized = (chosen < FLOAT_BITS).any(axis=1)
    return np.column_stack([chosen, *(np.where(quantized, bits, FLOAT_BITS) for bits in _own_bits(network))])


def _schedule(network: NetworkProfile, in_place: frozenset[str]) -> tuple[list[_Buffer], FloatArray]:
    """The buffers of a network, and which are alive during which operation: (buffers, operations) of 0 and 1."""
    if not network.operations:
        raise UnsupportedError(
            "peak_memory: the graph of the network is not known (a profile of an earlier version?); profile it again"
        )
    order = {layer.name: i for i, layer in enumerate(network.layers)}
    last = _last_readers(network)
    needs = _needs(network, order)
    buffers: list[_Buffer] = []
    place: dict[int, int] = {}
    """Operation (or -1 - k for input k) -> its buffer."""
    begins: list[int] = []
    for k, shape in enumerate(network.input_shapes):
        dtype = network.input_dtypes[k] if network.input_dtypes else "float32"
        place[-1 - k] = len(buffers)
        buffers.append(_buffer(int(np.prod(shape)), dtype, needs.get(-1 - k, set()), last.get(-1 - k, 0)))
        begins.append(0)
    for i, operation in enumerate(network.operations):
        source = _reused(operation, i, network, place, buffers, last, in_place)
        if source is None:
            place[i] = len(buffers)
            buffers.append(_buffer(operation.output_values, operation.dtype, needs.get(i, set()), last.get(i, i)))
            begins.append(i)
        else:
            place[i] = place[source]
            buffer = buffers[place[i]]
            buffer.last, buffer.readers = max(buffer.last, last.get(i, i)), buffer.readers | needs.get(i, set())
            buffer.values = max(buffer.values, operation.output_values)
        if i in network.outputs:
            buffers[place[i]].least_bits = max(
                buffers[place[i]].least_bits, DTYPE_BITS.get(operation.dtype, FLOAT_BITS)
            )
    alive = np.zeros((len(buffers), len(network.operations)))
    for row, (begin, buffer) in enumerate(zip(begins, buffers, strict=True)):
        alive[row, begin : buffer.last + 1] = 1
    return buffers, alive


def _buffer(values: int, dtype: str, readers: set[int], last: int) -> _Buffer:
    """Whole numbers keep their own width; what no layer reads is float32."""
    floating = dtype.startswith(("float", "bfloat"))
    least = DTYPE_BITS.get(dtype, FLOAT_BITS) if not floating or not readers else 0
    return _Buffer(values, least, readers if floating else set(), last)


def _last_readers(network: NetworkProfile) -> dict[int, int]:
    """Tensor -> the last operation that reads it; outputs of the network are read at its end."""
    end = len(network.operations) - 1
    last = {source: i for i, operation in enumerate(network.operations) for source in operation.inputs}
    return last | dict.fromkeys(network.outputs, end)


def _needs(network: NetworkProfile, order: Mapping[str, int]) -> dict[int, set[int]]:
    """Tensor -> what reads it (`_Buffer.readers`), looking through operations without bits of their own."""
    needs: dict[int, set[int]] = {}
    own = {bits: len(network.layers) + i for i, bits in enumerate(_own_bits(network))}
    for i in reversed(range(len(network.operations))):
        operation = network.operations[i]
        readers = {order[operation.layer]} if operation.layer is not None else needs.get(i, set())
        if operation.input_bits is not None:
            readers = {own[operation.input_bits]}
        for source in operation.inputs:
            needs.setdefault(source, set()).update(readers)
    return needs


def _reused(
    operation: Operation,
    i: int,
    network: NetworkProfile,
    place: Mapping[int, int],
    buffers: Sequence[_Buffer],
    last: Mapping[int, int],
    in_place: frozenset[str],
) -> int | None:
    """The input whose buffer the output takes over; None where it needs one of its own."""
    if not operation.inputs:
        return None
    if operation.view or operation.in_place or operation.fused_into is not None:
        return operation.inputs[0]
    if operation.kind not in in_place:
        return None
    for source in operation.inputs:
        buffer = buffers[place[source]]
        if buffer.last == last[source] == i and buffer.values == operation.output_values:
            return source
    return None
