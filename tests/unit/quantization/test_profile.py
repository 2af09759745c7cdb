"""The network profile, and what it refuses."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from autoquant.errors import AutoQuantError, SpecError, UnsupportedError
from autoquant.network import NetworkProfile
from autoquant.quantization import profile_network


def small() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1, groups=8),
        nn.Conv2d(8, 16, 1, groups=2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, 5),
    )


def test_profile_of_a_small_network():
    profile = profile_network(small(), torch.randn(2, 3, 9, 9))
    assert profile.input_shape == (3, 9, 9)
    first, depthwise, grouped, linear = profile
    assert (first.name, first.kind, first.input_shape, first.output_shape) == ("0", "conv", (3, 9, 9), (8, 4, 4))
    assert (first.macs, first.bias, first.parameters) == (8 * 16 * 27, 8, 8 * 27 + 8)
    assert (depthwise.kind, depthwise.groups, depthwise.macs) == ("depthwise_conv", 8, 8 * 16 * 9)
    assert (grouped.kind, grouped.groups, grouped.macs, grouped.weight_shape) == ("conv", 2, 16 * 16 * 4, (16, 4, 1, 1))
    assert (linear.kind, linear.macs, linear.bias, linear.order) == ("linear", 80, 5, 3)
    assert NetworkProfile.from_dict(profile.to_dict()) == profile


def test_order_is_that_of_execution_and_shapes_do_not_depend_on_the_batch():
    class Reversed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.last, self.first = nn.Linear(4, 2), nn.Conv1d(3, 4, 2)

        def forward(self, inputs: Tensor) -> Tensor:
            return self.last(self.first(inputs).transpose(1, 2))

    profiles = [profile_network(Reversed(), torch.randn(batch, 3, 6)) for batch in (1, 4)]
    assert profiles[0] == profiles[1]
    assert [layer.name for layer in profiles[0]] == ["first", "last"]
    assert profiles[0].layers[1].input_shape == (5, 4)
    assert [layer.macs for layer in profiles[0]] == [4 * 5 * 6, 5 * 4 * 2]


def test_rows_that_were_made_from_the_batch_count_for_each_example():
    network = nn.Sequential(nn.Flatten(0, 1), nn.Linear(4, 2))
    layer = profile_network(network, torch.randn(3, 5, 4)).layers[0]
    assert (layer.input_shape, layer.output_shape, layer.macs) == ((5, 4), (5, 2), 40)


def test_a_single_layer_has_a_profile():
    assert [layer.kind for layer in profile_network(nn.Linear(3, 2), torch.randn(1, 3))] == ["linear"]


def test_the_callers_network_is_left_alone():
    network = small().train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    profile_network(network, torch.randn(2, 3, 9, 9))
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in network.modules())


def test_kept_layers():
    profile = profile_network(small(), torch.randn(2, 3, 9, 9), ["0", "7*"])
    assert [layer.kept_float for layer in profile] == [True, False, False, True]
    assert profile.layers[0].macs == 8 * 16 * 27
    assert len(profile.quantizable) == 2


class Odd(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Module()
        self.body.norm = nn.LayerNorm(4)
        self.body.lstm = nn.LSTM(4, 3, batch_first=True, num_layers=2)
        self.head = nn.Linear(3, 2)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.head(self.body.lstm(self.body.norm(inputs))[0][:, -1])


@pytest.mark.parametrize("keep", [[], ["body.norm", "body.lstm"], ["body"], ["body.*"]])
def test_layers_without_a_quantizer_stay_in_float_and_are_reported(keep):
    profile = profile_network(Odd(), torch.randn(2, 5, 4), keep)
    norm, lstm, head = profile
    assert (norm.kind, norm.macs, norm.kept_float, norm.parameters, norm.weights) == ("other", 20, True, 8, 8)
    assert (lstm.kind, lstm.input_shape, lstm.output_shape) == ("other", (5, 4), (5, 3))
    assert lstm.macs == 5 * (4 * 3 * (4 + 3) + 4 * 3 * (3 + 3))
    assert (head.kept_float, head.kind) == (False, "linear")
    assert profile.notes == (
        "recurrent layers stay in float: body.lstm", "layers without a quantizer stay in float: body.norm"
    )  # fmt: skip


class Own(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(4))

    def forward(self, inputs: Tensor) -> Tensor:
        return inputs * self.scale


def test_unknown_layers_are_named_with_the_way_out():
    with pytest.raises(UnsupportedError) as caught:
        profile_network(nn.Sequential(Own(), Scaled(4, 4)), torch.randn(2, 4))
    text = str(caught.value)
    assert "layer '0' (Own with parameters of its own: scale), layer '1' (Scaled with a forward or a weight" in text
    assert "supported: convolutions and transposed convolutions (1-d to 3-d" in text
    assert "keep_float: [0, 1]" in text


def test_an_unknown_layer_may_stay_in_float():
    profile = profile_network(nn.Sequential(Own(), nn.Linear(4, 2)), torch.randn(2, 4), ["0"])
    assert (profile.layers[0].kind, profile.layers[0].macs, profile.layers[0].parameters) == ("other", None, 4)


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.head = nn.Linear(4, 2)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.head(self.attention(inputs, inputs, inputs)[0][:, 0])


def test_attention_is_made_of_layers():
    profile = profile_network(Attention(), torch.randn(2, 5, 4))
    q, k, v, scores, values, out, head = profile
    names = ["q_proj", "k_proj", "v_proj", "query_key", "weights_value", "out_proj"]
    assert [layer.name for layer in profile][:6] == [f"attention.{name}" for name in names]
    assert [layer.macs for layer in (q, k, v, out)] == [5 * 4 * 4] * 4
    assert [layer.macs for layer in (scores, values)] == [2 * 5 * 5 * 2] * 2
    assert (scores.kind, scores.kept_float, scores.weights, scores.parameters) == ("matmul", True, 0, 0)
    assert not head.kept_float
    assert profile.shared_input == (("attention.q_proj", "attention.k_proj", "attention.v_proj"),)
    assert "products of activations stay in float" in profile.notes[0]


def test_a_kept_module_stands_for_all_that_is_in_it():
    attention, head = profile_network(Attention(), torch.randn(2, 5, 4), ["attention"])
    assert attention.parameters == sum(p.numel() for p in nn.MultiheadAttention(4, 2).parameters())
    assert head.order == 1


class WithToken(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(4))
        self.head = nn.Linear(4, 2)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.head(inputs + self.token)


class Scaled(nn.Linear):
    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs) * 2


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.layer(self.layer(inputs))


class Idle(Twice):
    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Linear(4, 4)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.layer(inputs)


class ByKeyword(Twice):
    def forward(self, inputs: Tensor) -> Tensor:
        return self.layer(input=inputs)


def test_a_parameter_of_the_network_itself_may_stay_in_float():
    head, token = profile_network(WithToken(), torch.randn(2, 4), ["token"])
    assert (token.name, token.kind, token.parameters, token.macs, token.kept_float) == ("token", "other", 4, 0, True)
    assert (head.name, head.kept_float) == ("head", False)


def test_a_layer_that_runs_more_than_once_counts_every_call():
    profile = profile_network(Twice(), torch.randn(2, 4))
    (layer,) = profile
    assert (layer.calls, layer.macs, layer.parameters) == (2, 2 * 16, 20)
    assert [(o.layer, o.inputs) for o in profile.operations] == [("layer", (-1,)), ("layer", (0,))]


def test_a_layer_that_other_inputs_reach_may_stay_in_float():
    row = profile_network(Idle(), torch.randn(2, 4), ["unused"]).layers[1]
    assert (row.name, row.calls, row.macs, row.parameters, row.kept_float) == ("unused", 0, 0, 20, True)


def test_a_layer_may_be_called_by_keyword():
    assert profile_network(ByKeyword(), torch.randn(2, 4)).layers[0].macs == 16


def weight_norm() -> nn.Module:
    return nn.Sequential(torch.nn.utils.parametrizations.weight_norm(nn.Linear(4, 4)))


def with_nan() -> nn.Module:
    network = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    network[0].weight.data[0, 1] = float("nan")
    return network


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (WithToken(), r"layer '' \(WithToken with parameters of its own: token\) is not .* keep_float: \[token\]"),
        (nn.Sequential(Scaled(4, 4)), r"layer '0' \(Scaled with a forward or a weight of its own"),
        (weight_norm(), r"layer '0' \(ParametrizedLinear with a forward or a weight of its own"),
        (Idle(), "layer 'unused' has parameters but does not run"),
        (with_nan(), "layer '0': its weight has 1 NaN or infinite values of 16"),
    ],
)
def test_what_is_not_supported_is_named(network, message):
    with pytest.raises(UnsupportedError, match=message):
        profile_network(network, torch.randn(2, 4))


@pytest.mark.parametrize(
    ("keep", "message"),
    [
        (["4.conv"], "no layer with parameters matches '4.conv'; .*accepted: 0, 3, 4, 7"),
        (["2"], "no layer with parameters matches '2'"),
        (["1"], "'1' is BatchNorm that is folded into '0'; name '0' instead"),
    ],
)
def test_a_pattern_must_match(keep, message):
    with pytest.raises(SpecError, match=message):
        profile_network(small(), torch.randn(2, 3, 9, 9), keep)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (torch.randn(2, 4, 9, 9), r"batch of shape \(2, 4, 9, 9\), torch.float32 \(layer '0', a Conv2d: RuntimeError"),
        (torch.zeros(2, 3, 9, 9, dtype=torch.uint8), "integer inputs are passed as they are: make them float32"),
        (torch.randn(0, 3, 9, 9), "the example input is empty"),
    ],
)
def test_a_wrong_example_is_one_sentence(inputs, message):
    with pytest.raises(SpecError, match=message) as caught:
        profile_network(small(), inputs)
    assert "\n" not in str(caught.value)


def test_a_network_without_parameters_is_refused():
    with pytest.raises(SpecError, match="it has no parameters"):
        profile_network(nn.ReLU(), torch.randn(2, 4))


def test_profile_of_the_real_network(ds_cnn):
    profile = profile_network(ds_cnn, torch.randn(1, 1, 49, 10))
    assert [layer.kind for layer in profile] == ["conv", *["depthwise_conv", "conv"] * 4, "linear"]
    assert sum(layer.macs or 0 for layer in profile) == 2_656_768
    assert sum(layer.parameters for layer in profile) == 22_604
    assert [layer.bias for layer in profile] == [64] * 9 + [12]


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (nn.Sequential(nn.LazyLinear(2)), "layer '0' has no shape yet; run the network once on an example before"),
        (nn.Sequential(nn.Linear(4, 2)).half(), "layer '0': its weight is float16; make the network float32"),
        (nn.Sequential(nn.Linear(4, 2)).double(), "layer '0': its weight is float64; make the network float32"),
        (nn.Sequential(nn.Linear(4, 2)).to("meta"), "layer '0': its weight is on meta; bring the network to the CPU"),
    ],
)
def test_weights_that_cannot_be_read_are_named(network: nn.Module, message: str) -> None:
    with pytest.raises(AutoQuantError, match=message):
        profile_network(network, torch.zeros(2, 4))
