"""What is recorded of a run: operations and where their tensors come from, products, and the batch in shapes."""

from __future__ import annotations

from collections.abc import Callable

import networks
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from autoquant.network import NetworkProfile, Operation
from autoquant.quantization import profile_network
from autoquant.quantization.recording import one_example


class Function(nn.Module):
    """A function behind a linear layer of width 4."""

    def __init__(self, function: Callable[..., object]) -> None:
        super().__init__()
        self.layer, self.function = nn.Linear(4, 4), function

    def forward(self, *inputs: Tensor) -> object:
        return self.function(self.layer(inputs[0]), *inputs[1:])


def profiled(function: Callable[..., object], *shapes: tuple[int, ...]) -> NetworkProfile:
    inputs = tuple(torch.randn(shape) for shape in shapes or ((2, 4),))
    return profile_network(Function(function), inputs if len(inputs) > 1 else inputs[0])


def kinds(profile: NetworkProfile) -> list[tuple[str, tuple[int, ...]]]:
    return [(operation.kind, operation.inputs) for operation in profile.operations]


def test_operations_in_order_with_their_producers():
    profile = profiled(lambda x: torch.cat([functional.relu(x) + x, 2 * x], 1))
    assert kinds(profile) == [("linear", (-1,)), ("relu", (0,)), ("add", (1, 0)), ("mul", (0,)), ("cat", (2, 3))]
    assert profile.outputs == (4,)
    assert profile.operations[4] == Operation("cat", "cat", (2, 3), (8,))
    assert profile.operations[0].layer == "layer"


def test_several_inputs_and_their_types():
    profile = profile_network(Function(lambda x, y: x + y[:, None]), (torch.randn(3, 4), torch.arange(3)))
    assert (profile.input_shapes, profile.input_dtypes) == (((4,), ()), ("float32", "int64"))
    assert kinds(profile)[1:] == [("getitem", (-2,)), ("add", (0, 1))]
    assert profile.operations[1].dtype == "int64"


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: x.relu_(), [("relu", False, True)]),
        (lambda x: x.view(-1, 2, 2), [("view", True, False)]),
        (lambda x: x.view(-1, 2, 2).mT.contiguous(), [("view", 1, 0), ("mT", 1, 0), ("contiguous", 0, 0)]),
        (lambda x: x.contiguous().to(torch.float32), []),
        (lambda x: x.chunk(2, 1), [("chunk", True, False), ("chunk", True, False)]),
    ],
)  # fmt: skip
def test_views_and_writes_in_place_are_distinguished_from_new_tensors(function, expected):
    found = [(o.kind, o.view, o.in_place) for o in profiled(function).operations[1:]]
    assert found == expected


def test_a_further_output_is_a_part_of_its_operation():
    assert kinds(profiled(lambda x: x.max(1)))[1:] == [("max", (0,)), ("part", (1,))]


def test_what_is_written_through_a_view_is_seen_by_later_readers():
    def function(x: Tensor) -> Tensor:
        made = torch.zeros(len(x), 8)
        made[:, :4] = x
        made[:, 4:].copy_(x)
        return made + 1

    assert kinds(profiled(function))[1:] == [("setitem", (0,)), ("getitem", (1,)), ("copy", (2, 0)), ("add", (3,))]


def test_constants_are_no_operations():
    assert kinds(profiled(lambda x: x + torch.arange(4).float().sqrt()))[1:] == [("add", (0,))]


@pytest.mark.parametrize(
    ("function", "shapes", "macs"),
    [
        (lambda x: x @ x.transpose(1, 2), [(2, 5, 4)], [5 * 5 * 4]),
        (lambda x: torch.bmm(x, x.mT), [(2, 5, 4)], [5 * 5 * 4]),
        (lambda x: torch.baddbmm(torch.zeros(5, 5), x, x.mT), [(2, 5, 4)], [5 * 5 * 4]),
        (lambda x: torch.einsum("bij,bkj->bik", x, x), [(2, 5, 4)], [5 * 5 * 4]),
        (lambda x: torch.einsum("...ij,...kj->...ik", x, x), [(2, 5, 4)], [5 * 5 * 4]),
        (lambda x: torch.einsum("bij,bij", x, x)[None], [(2, 5, 4)], [5 * 4]),
        (lambda x, y: functional.conv1d(x, y[:1].reshape(3, 5, 3)), [(2, 5, 4), (2, 45)], [3 * 2 * 5 * 3]),
        (lambda x, y: functional.scaled_dot_product_attention(x, y, y), [(2, 5, 4), (2, 7, 4)], [5 * 7 * 4] * 2),
    ],
)
def test_products_of_activations_are_layers_in_float(function, shapes, macs):
    profile = profiled(function, *shapes)
    products = profile.layers[1:]
    assert [layer.macs for layer in products] == macs
    assert all(layer.kind == "matmul" and layer.kept_float and layer.parameters == 0 for layer in products)
    assert {layer.name for layer in products} == {o.layer for o in profile.operations if o.kind == "matmul"}


def test_attention_is_two_products_and_a_softmax():
    profile = profiled(lambda x: functional.scaled_dot_product_attention(x, x, x), (2, 5, 4))
    assert [o.kind for o in profile.operations] == ["linear", "matmul", "softmax", "matmul"]
    assert [o.output_shape for o in profile.operations[1:]] == [(5, 5), (5, 5), (5, 4)]
    assert [layer.name for layer in profile.layers[1:]] == [
        "scaled_dot_product_attention.query_key", "scaled_dot_product_attention.weights_value"
    ]  # fmt: skip


def test_a_second_product_of_a_module_has_a_name_of_its_own_and_a_second_call_has_not():
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.square = Function(lambda x: (x @ x) @ x)

        def forward(self, inputs: Tensor) -> Tensor:
            return self.square(self.square(inputs))

    rows = {layer.name: layer.calls for layer in profile_network(Both(), torch.randn(2, 4, 4))}
    assert rows == {"square.layer": 2, "square.matmul": 2, "square.matmul_1": 2}


def test_attention_that_hides_its_products_is_refused():
    class Hidden(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            width, weight = 4, self.layer.weight
            given = (x, x, x, width, 2, weight.repeat(3, 1), None, None, None, False, 0.0, weight, None)
            return functional.multi_head_attention_forward(self.layer(x) * 0 + given[0], *given[1:])[0]

    with pytest.raises(Exception, match="'multi_head_attention_forward': a module that calls this function itself"):
        profile_network(Hidden(), torch.randn(5, 2, 4))


@pytest.mark.parametrize(
    ("shape", "batch", "expected"),
    [((2, 3), 2, (3,)), ((10, 3), 2, (5, 3)), ((7, 2, 3), 2, (7, 3)), ((5, 1, 3), 1, (5, 3)), ((5, 3), 1, (5, 3)),
     ((), 2, ())],
)  # fmt: skip
def test_the_batch_is_taken_out_of_a_shape(shape, batch, expected):
    assert one_example(shape, batch) == expected


def test_layers_of_fixed_numbers_have_no_batch():
    profile = profile_network(networks.built(networks.TextEncoder), networks.examples(networks.TextEncoder, 4))
    assert profile.layers[1].name == "positions"
    assert profile.layers[1].output_shape == (12, 16)
    assert profile.operations[2].inputs == ()


@pytest.mark.parametrize("kind", networks.NETWORKS, ids=lambda kind: kind.__name__)
def test_shapes_and_macs_do_not_depend_on_the_batch(kind):
    made = [profile_network(networks.built(kind), networks.examples(kind, count)) for count in (1, 4)]
    assert made[0].layers == made[1].layers
    assert [(o.kind, o.inputs, o.output_values) for o in made[0].operations] == [
        (o.kind, o.inputs, o.output_values) for o in made[1].operations
    ]
