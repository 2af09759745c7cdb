"""Quantizers, BatchNorm folding, the network profile, and quantizing a network layer by layer. Needs torch."""

from autoquant.quantization.apply import InputQuantizer, QuantizedNetwork
from autoquant.quantization.build import build_quantized
from autoquant.quantization.calibration import Calibration
from autoquant.quantization.digest import data_digest, network_digest
from autoquant.quantization.folding import fold_batch_norm
from autoquant.quantization.profile import profile_network
from autoquant.quantization.quantized_tensor import QuantizedTensor
from autoquant.quantization.quantizers import Affine, affine_range, quantize_symmetric, symmetric_scale
from autoquant.quantization.weights import quantize_weight

__all__ = [
    "Affine",
    "Calibration",
    "InputQuantizer",
    "QuantizedNetwork",
    "QuantizedTensor",
    "affine_range",
    "build_quantized",
    "data_digest",
    "fold_batch_norm",
    "network_digest",
    "profile_network",
    "quantize_symmetric",
    "quantize_weight",
    "symmetric_scale",
]
