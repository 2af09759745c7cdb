"""A candidate that is fitted layer by layer, against the same done by hand, and whatever ran before."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from fitted import W3, W3A4, W3A8, W4, equal, images, made, network, state, trained, vectors
from networks import Refining, examples
from torch import Tensor, nn

from autoquant.errors import SpecError
from autoquant.network import FLOAT, LayerPrecision, WeightQuantization
from autoquant.quantization import QuantizedNetwork
from autoquant.quantization import fitted_weights as module_of_fitted_weights
from autoquant.quantization import sequential as module_of_sequential
from autoquant.quantization.arithmetic import Arithmetic
from autoquant.quantization.fitted_weights import LayerWeight
from autoquant.quantization.layers import as_module_keeps, output_first
from autoquant.quantization.memo import Memo
from autoquant.quantization.moments import Sums
from autoquant.quantization.rounding import Reader, round_weight
from autoquant.quantization.sequential import SequentialFit

pytestmark = pytest.mark.usefixtures("cache")

Candidate = Sequence[LayerPrecision]
Found = dict[str, LayerWeight]


def ready(module: nn.Module, inputs: Any, **options: Any) -> QuantizedNetwork:
    """Calibrated."""
    example = options.pop("example", inputs)
    quantized = QuantizedNetwork(module, example, **({"rounding": "hessian"} | options))
    quantized.calibrate(inputs, len(inputs))
    return quantized


def fitted(module: nn.Module, inputs: Any, *candidates: Candidate, keep: int = 0, **options: Any) -> list[Found]:
    """What candidates come to, one after the other, in one fit."""
    fit = SequentialFit(ready(module, inputs, **options))
    return [fit.find(candidate, keep) for candidate in candidates]


def same(one: Found, other: Found) -> bool:
    def equal_parts(left: LayerWeight, right: LayerWeight) -> bool:
        pairs = ((left.weight, right.weight), (left.scale, right.scale), (left.shift, right.shift))
        return all((a is None and b is None) or torch.equal(a, b) for a, b in pairs)  # type: ignore[arg-type]

    return one.keys() == other.keys() and all(equal_parts(weight, other[name]) for name, weight in one.items())


def test_each_layer_is_fitted_to_what_the_quantized_ones_before_give():
    """By hand, in a network that is a sequence."""
    candidate = [W3A4, W3, W3A4, LayerPrecision.of_bits(4, 8)]
    quantized = ready(network(), images())
    (found,) = fitted(network(), images(), candidate)
    quantized.apply(candidate, found)
    plain: Any = QuantizedNetwork(network(), images()).module
    by_hand, values, wanted = [], images(), images()
    precisions = iter(candidate)
    with torch.no_grad():
        for now, part in zip(quantized.module, plain, strict=True):
            if not hasattr(now, "input_quantizer"):
                values, wanted = part(values.clone()), part(wanted.clone())
                continue
            wanted, sums, how = part(wanted), Sums(part, 1), next(precisions).weight
            sums.add(now.input_quantizer(values), wanted)
            assert sums.moments is not None and how is not None  # noqa: PT018
            weight = output_first(part, part.weight.data)
            rounded = round_weight(weight, how, "hessian", [Reader(sums.moments, part.bias is not None)])
            by_hand.append(as_module_keeps(part, rounded.weight.dequantize()))
            assert torch.equal(now.weight, by_hand[-1])
            assert now.bias is None or torch.equal(now.bias, part.bias + rounded.shifts[0])
            values = now(values)
    assert len(by_hand) == 4


@pytest.mark.parametrize("precision", [W3, W3A4], ids=str)
def test_the_first_layer_is_as_it_would_be_alone(precision):
    static = state(made(network(), images(), precision, batch_size=30))
    (found,) = fitted(network(), images(), [precision] * 4)
    same = [name for name, chosen in found.items() if torch.equal(chosen.weight, static[f"{name}.weight"])]
    assert same == ["0"]


def test_layers_that_stay_in_float_are_left_alone():
    (found,) = fitted(network(), images(), [W3, FLOAT, W3, FLOAT])
    plain = QuantizedNetwork(network(), images()).module
    for name in ("3", "8"):
        assert torch.equal(found[name].weight, plain.get_submodule(name).weight)
        assert found[name].scale is found[name].shift is None
    (kept,) = fitted(network(), images(), [W3, FLOAT, W3, FLOAT], keep_float=["3", "8"])
    assert kept.keys() == {"0", "5"}
    assert torch.equal(kept["5"].weight, found["5"].weight)
    (float_,) = fitted(network(), images(), [FLOAT] * 4)
    assert all(torch.equal(chosen.weight, plain.get_submodule(name).weight) for name, chosen in float_.items())


@pytest.mark.parametrize("precision", [W3, W3A4, LayerPrecision.of_bits(2, 8)], ids=str)
def test_outputs_move_less_than_with_each_layer_alone(precision):
    module, inputs = trained(), vectors(300, seed=1000)
    quantized = ready(module, inputs)
    candidate = [precision] * 5
    errors = []
    for weights in (SequentialFit(quantized).find(candidate), None):
        quantized.apply(candidate, weights)
        with torch.no_grad():
            errors.append(float((quantized.module(inputs) - module(inputs)).square().mean()))
    assert errors[0] < errors[1]


def test_the_network_is_as_before_afterwards():
    quantized = ready(network(), images())
    before = state(made(network(), images(), W3A4, batch_size=30))
    hooks = [len(part._forward_pre_hooks) + len(part._forward_hooks) for part in quantized.module.modules()]
    fit = SequentialFit(quantized)
    fit.find([W3A8] * 4)
    quantized.apply([W3A4] * 4)
    assert equal(state(quantized), before)
    assert [len(part._forward_pre_hooks) + len(part._forward_hooks) for part in quantized.module.modules()] == hooks
    quantized.restore()
    assert equal(state(quantized), state(QuantizedNetwork(network(), images())))


class Crashes(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Linear(6, 6), nn.Linear(6, 3)
        self.reference = vectors() @ self.first.weight.data.T + self.first.bias.data

    def forward(self, inputs: Tensor) -> Tensor:
        values = self.first(inputs)
        if len(values) == len(self.reference) and not torch.allclose(values, self.reference, atol=1e-4):
            raise RuntimeError("it is quantized")
        return self.second(values)


def test_a_network_that_raises_leaves_no_hooks():
    quantized = ready(Crashes(), vectors())
    fit = SequentialFit(quantized)
    for _ in range(2):
        with pytest.raises(SpecError, match="it is quantized"):
            fit.find([W3] * 2)
    assert not any(part._forward_pre_hooks and len(part._forward_pre_hooks) > 1 for part in quantized.module.modules())


# --- whatever ran before, and in whatever process ---


class Residual(nn.Module):
    """Writes into the outputs of its layers: in-place ReLU and ``+=``."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem, self.relu = nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(inplace=True)
        self.a, self.b = nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.Conv2d(4, 4, 3, padding=1)
        self.last = nn.Linear(4, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        values = self.relu(self.stem(inputs))
        more = self.relu(self.a(values))
        more = self.b(more)
        more += values
        return self.last(self.relu(more).mean((2, 3)))


class Winding(nn.Module):
    """Goes another way where quantization changed the size of values a little."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.even, self.odd, self.last = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 3)
        with torch.no_grad():
            self.usual = float(self.first(vectors()).square().sum())

    def forward(self, inputs: Tensor) -> Tensor:
        values = self.first(inputs)
        order = [self.even, self.odd]
        if 1e-3 < abs(float(values.square().sum()) - self.usual) < 0.2 * self.usual:
            order.reverse()
        for layer in order:
            values = torch.relu(layer(values))
        return self.last(values)


class Shares(nn.Module):
    """The first and the last layer share a weight, so the first depends on what the last is given."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.middle, self.last = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 6)
        self.last.weight = self.first.weight

    def forward(self, inputs: Tensor) -> Tensor:
        return self.last(torch.relu(self.middle(torch.relu(self.first(inputs)))))


class Adds(nn.Module):
    """Adds early: whether in 8 bits depends on layers that come later."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.left, self.right, self.middle, self.last = (nn.Linear(6, 6) for _ in range(4))

    def forward(self, inputs: Tensor) -> Tensor:
        return self.last(torch.relu(self.middle(torch.relu(self.left(inputs) + self.right(inputs)))))


W3A2 = LayerPrecision.of_bits(3, 2)
CASES: dict[str, tuple[Callable[[], nn.Module], Callable[[], Tensor], list[Candidate], dict[str, Any]]] = {
    "sequence": (network, images, [[W3] * 4, [W3, W4, W3, W3], [W3, W4, W3, W3A4], [W3A4] * 4, [W3] * 4], {}),
    "in place": (Residual, images, [[W3A4] * 4, [W3A4, W3A4, W3, W3], [W3A4, W3A4, FLOAT, W3], [FLOAT] * 4], {}),
    "other orders": (Winding, vectors, [[W3] * 4, [W3, W3, W4, W3], [W4, W3, W3, W3], [W4, W3, W4, W3], [W3] * 4], {}),
    "a weight that is shared": (Shares, vectors, [[W3, W3, W3], [W3, W3, W3A2], [W3, W3, W3A4], [W3] * 3], {}),
    "additions": (
        Adds, vectors, [[W3] * 4, [W3, W3, W3, W3A4], [W3, W3, W3A4, W3], [W3] * 4],
        {"arithmetic": Arithmetic("integer", 8)},
    ),
}  # fmt: skip
EVERY_CASE = pytest.mark.parametrize(("make", "inputs", "candidates", "options"), CASES.values(), ids=CASES)


@EVERY_CASE
@pytest.mark.parametrize("memo", [False, True])
def test_candidates_are_what_each_is_alone(cache, make, inputs, candidates, options, memo):
    alone = []
    for candidate in candidates:
        alone += fitted(make(), inputs(), candidate, **options)
        shutil.rmtree(cache)
    shared = {"memo": Memo(2**20)} if memo else {}
    together = fitted(make(), inputs(), *candidates, keep=3, **options, **shared)
    assert [same(one, other) for one, other in zip(alone, together, strict=True)] == [True] * len(alone)
    shutil.rmtree(cache)
    backward = fitted(make(), inputs(), *candidates[::-1], keep=3, **options, **shared)[::-1]
    assert [same(one, other) for one, other in zip(alone, backward, strict=True)] == [True] * len(alone)
    if memo and make is not Shares:
        assert shared["memo"].hits > 0
    assert not same(together[0], together[1])


def test_a_memo_of_the_pass_is_one_of_the_scores_too():
    """Scores of candidates that share no weights of a layer take nothing from each other, whatever the order was."""
    module, inputs, memo = Winding(), vectors(), Memo(2**20)
    shared, plain = ready(module, inputs, memo=memo), ready(module, inputs)
    fits = [SequentialFit(one) for one in (shared, plain)]
    for candidate in CASES["other orders"][2]:
        found = []
        for quantized, fit in zip((shared, plain), fits, strict=True):
            quantized.apply(candidate, fit.find(candidate, keep=4))
            with torch.no_grad(), quantized.memo.run("x", 4) if quantized.memo else torch.no_grad():
                found.append(quantized.module(inputs * 3))
        assert torch.equal(*found)


def test_a_second_fit_finds_what_the_first_one_kept(cache, monkeypatch):
    candidate = [W3A4, W3, W3, W3A8]
    first = fitted(network(), images(), candidate, candidate)
    assert same(*first)
    with monkeypatch.context() as patch:
        patch.setattr(module_of_sequential, "round_weight", lambda *_: pytest.fail("it was known"))
        assert same(fitted(network(), images(), candidate)[0], first[0])
    shutil.rmtree(cache)
    assert same(fitted(network(), images(), candidate)[0], first[0])


KEPT: dict[str, tuple[Callable[[], nn.Module], dict[str, Any], dict[str, Any]]] = {
    "arithmetic": (Residual, {}, {"arithmetic": Arithmetic("integer", 8)}),
    "additions": (Residual, {"arithmetic": Arithmetic("integer", "float")}, {"arithmetic": Arithmetic("integer", 8)}),
    "biases": (Residual, {}, {"arithmetic": Arithmetic("integer", "float")}),
    "rounding of others": (Shares, {"rounding": "nearest"}, {"rounding": "hessian"}),
}


@pytest.mark.parametrize(("make", "before", "options"), KEPT.values(), ids=KEPT)
def test_what_was_kept_of_another_setting_is_not_taken(cache, make, before, options):
    inputs = images() if make is Residual else vectors()
    candidate = [W3A4, W3A4, W3A4, W3][: 4 if make is Residual else 3]
    other = fitted(make(), inputs, candidate, **before)[0]
    found = fitted(make(), inputs, candidate, **options)[0]
    shutil.rmtree(cache)
    assert same(fitted(make(), inputs, candidate, **options)[0], found)
    assert not same(other, found)


def test_integer_biases_are_integers():
    quantized = ready(Residual(), images(), arithmetic=Arithmetic("integer", 8))
    candidate = [W3A4] * 4
    quantized.apply(candidate, SequentialFit(quantized).find(candidate))
    for name in ("stem", "b", "last"):
        part = quantized.module.get_submodule(name)
        numbers = part.bias.detach().double() / part.bias_step
        assert (numbers - numbers.round()).abs().max() < 1e-3
        assert not torch.equal(part.bias, getattr(Residual(), name).bias)


def test_memory_that_is_short_changes_nothing(cache, monkeypatch):
    candidates = CASES["sequence"][2]
    expected = fitted(network(), images(), *candidates)
    shutil.rmtree(cache)
    monkeypatch.setattr(module_of_sequential, "FITS", 0)
    assert all(same(*pair) for pair in zip(fitted(network(), images(), *candidates), expected, strict=True))


def test_examples_beyond_the_memory_are_left_out(cache, monkeypatch):
    whole = fitted(trained(), vectors(), [W3] * 5)[0]
    first = fitted(trained(), vectors()[:25], [W3] * 5)[0]
    shutil.rmtree(cache)
    values = 4 * 6 + 3
    monkeypatch.setattr(module_of_sequential, "OUTPUTS", 4 * values * 25)
    some = fitted(trained(), vectors(), [W3] * 5)[0]
    assert same(some, first)
    assert not same(some, whole)


# --- layers that are special ---


def test_a_layer_that_runs_more_than_once_is_fitted_to_the_float_network():
    inputs = examples(Refining, 40)
    torch.manual_seed(0)
    module = Refining().eval()
    static = state(made(module, inputs, W3, batch_size=40))
    (found,) = fitted(module, inputs, [W3] * 3)
    assert torch.equal(found["step"].weight, static["step.weight"])
    assert torch.equal(module.step.bias + found["step"].shift, static["step.bias"])
    assert not torch.equal(found["head"].weight, static["head.weight"])


class Repeats(nn.Module):
    """A layer that runs once for large inputs, else twice."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.step, self.last = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        values = torch.relu(self.step(self.first(inputs)))
        if float(inputs.abs().max()) < 50:
            values = torch.relu(self.step(values))
        return self.last(values)


def test_so_is_one_that_did_not_in_the_example():
    example = vectors(2) * 1000
    static = state(made(Repeats(), vectors(), W3, batch_size=40, example=example))
    (found,) = fitted(Repeats(), vectors(), [W3] * 3, example=example)
    assert torch.equal(found["step"].weight, static["step.weight"])
    assert not torch.equal(found["last"].weight, static["last.weight"])


def test_layers_that_share_a_weight_are_fitted_to_the_float_network():
    static = state(made(Shares(), vectors(), W3A4, batch_size=40))
    (found,) = fitted(Shares(), vectors(), [W3A4] * 3)
    for name in ("first", "last"):
        assert torch.equal(found[name].weight, static[f"{name}.weight"])
        assert torch.equal(getattr(Shares(), name).bias + found[name].shift, static[f"{name}.bias"])
    assert not torch.equal(found["middle"].weight, static["middle.weight"])


class Skips(nn.Module):
    """A layer that runs where the values before are as they are in float."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.seldom, self.last = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 3)
        self.usual = vectors() @ self.first.weight.data.T + self.first.bias.data

    def forward(self, inputs: Tensor) -> Tensor:
        values = self.first(inputs)
        if len(inputs) == len(self.usual) and torch.allclose(values, self.usual, atol=1e-4):
            values = torch.relu(self.seldom(values))
        return self.last(values)


def test_a_layer_that_does_not_run_once_it_is_quantized_has_the_weight_of_the_float_network():
    static = state(made(Skips(), vectors(), W3, batch_size=40))
    first, second = fitted(Skips(), vectors(), [W3] * 3, [W3] * 3)
    assert same(first, second)
    assert torch.equal(first["seldom"].weight, static["seldom.weight"])
    assert not torch.equal(first["last"].weight, static["last.weight"])


def test_layers_with_too_many_moments_go_to_nearest(monkeypatch):
    monkeypatch.setattr(module_of_fitted_weights, "MOMENTS_OF_A_LAYER", 4 * 2 * 18**2)
    nearest = state(made(network(), images(), W3, rounding="nearest"))
    (found,) = fitted(network(), images(), [W3] * 4)
    equal_to = [name for name, chosen in found.items() if torch.equal(chosen.weight, nearest[f"{name}.weight"])]
    assert equal_to == ["8"]


def test_a_rounding_that_a_precision_names_stands():
    def named(rounding: Any) -> LayerPrecision:
        return LayerPrecision(WeightQuantization(3, rounding=rounding), None)

    nearest = state(made(network(), images(), W3, rounding="nearest"))
    (found,) = fitted(network(), images(), [W3, named("nearest"), named("nearest+bias"), named("hessian")])
    assert torch.equal(found["3"].weight, nearest["3.weight"])
    assert found["3"].shift is None
    assert torch.equal(found["5"].weight, nearest["5.weight"])
    assert found["5"].shift is not None
    assert not torch.equal(found["8"].weight, nearest["8.weight"])


class SequenceFirst(nn.Module):
    """(n, length, 8) -> (n, 3), its Transformer as PyTorch has it by default: examples are its second dimension."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem, self.layer = nn.Linear(8, 8), nn.TransformerEncoderLayer(8, 2, 16)
        self.head = nn.Linear(8, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.head(self.layer(self.stem(inputs).transpose(0, 1)).mean(0))


@torch.no_grad()
def test_examples_may_be_in_any_dimension():
    inputs = torch.randn(50, 7, 8, generator=torch.Generator().manual_seed(0))
    module = SequenceFirst().eval()
    quantized = ready(module, inputs)
    candidate = [FLOAT if layer.kept_float else W3A8 for layer in quantized.profile]
    fit = SequentialFit(quantized)
    errors = []
    for weights in (fit.find(candidate), None):
        quantized.apply(candidate, weights)
        errors.append(float((quantized.module(inputs) - module(inputs)).square().mean()))
    assert {"layer.self_attn.q_proj", "layer.linear1", "head"} <= set(fit.find(candidate))
    assert errors[0] < errors[1]


def test_it_needs_calibration():
    with pytest.raises(SpecError, match=r"sequential: fitted weights and biases need a calibration split, and there"):
        SequentialFit(QuantizedNetwork(network(), images(), rounding="hessian"))
