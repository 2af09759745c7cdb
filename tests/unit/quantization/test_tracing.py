"""How far a graph holds, and that the recorded graph is the one that tracers see."""

from __future__ import annotations

import logging

import networks
import pytest
import torch
from torch import Tensor, nn

from autoquant.quantization import fold_batch_norm, profile_network
from autoquant.quantization.tracing import trace_method

STATIC = [kind for kind in networks.NETWORKS if kind is not networks.Refining]


@pytest.mark.parametrize("kind", STATIC, ids=lambda kind: kind.__name__)
def test_fixed_graphs_are_traced_by_fx(kind):
    profile = profile_network(networks.built(kind), networks.examples(kind, 2))
    assert profile.method == "fx"
    assert not any("torch.fx" in note for note in profile.notes)


class ByLength(nn.Module):
    """Looks at shapes, which torch.fx does not know."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 2)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.layer(inputs if len(inputs.shape) == 2 and inputs.shape[1] > 2 else inputs * 2)


def test_a_graph_of_shapes_is_traced_by_export():
    profile = profile_network(ByLength(), torch.randn(2, 4))
    assert profile.method == "export"
    assert "torch.fx cannot trace it (RuntimeError: " in profile.notes[-1]


def test_a_graph_of_values_is_what_the_example_ran(capsys):
    kind = networks.Refining
    profile = profile_network(networks.built(kind), networks.examples(kind, 2))
    assert profile.method == "hooks"
    assert [layer.calls for layer in profile] == [1, 3, 1]
    assert "torch.fx cannot trace it (TypeError" in profile.notes[-1]
    assert "nor can torch.export (GuardOnDataDependentSymNode" in profile.notes[-1]
    assert capsys.readouterr() == ("", "")
    assert logging.root.manager.disable == 0


class Optional(nn.Module):
    """The second input may be omitted, and then nothing is added."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 2)

    def forward(self, inputs: Tensor, more: Tensor | None = None) -> Tensor:
        return self.layer(inputs if more is None else inputs + more)


def test_arguments_that_are_omitted_are_omitted_from_the_trace():
    assert trace_method(Optional(), torch.randn(2, 4)) == ("fx", ())
    assert trace_method(Optional(), (torch.randn(2, 4), torch.randn(2, 4))) == ("fx", ())


@pytest.mark.parametrize("kind", [k for k in STATIC if k is not networks.TextEncoder], ids=lambda kind: kind.__name__)
def test_the_recorded_graph_is_the_one_that_fx_sees(kind):
    network, inputs = networks.built(kind), networks.examples(kind, 2)
    given = inputs if isinstance(inputs, tuple) else (inputs,)
    traced = torch.fx.symbolic_trace(fold_batch_norm(network, inputs))
    here, there = (profile_network(module, inputs) for module in (network, traced))
    assert here.layers == there.layers
    assert [(o.kind, o.inputs, o.output_shape, o.layer) for o in here.operations] == [
        (o.kind, o.inputs, o.output_shape, o.layer) for o in there.operations
    ]
    assert here.joined == there.joined
    called = [str(node.target) for node in traced.graph.nodes if node.op == "call_module"]
    assert [name for name in called if name in {layer.name for layer in here}] == [layer.name for layer in here]
    torch.testing.assert_close(traced(*given), network(*given), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", [networks.WaveCNN, networks.TwoInputs, networks.TextEncoder], ids=lambda k: k.__name__)
def test_export_sees_as_many_layers(kind):
    network, inputs = networks.built(kind), networks.examples(kind, 2)
    with torch.no_grad():
        graph = torch.export.export(network, inputs if isinstance(inputs, tuple) else (inputs,), strict=False).graph
    names = [str(node.target).removeprefix("aten.").split(".")[0] for node in graph.nodes]
    heavy = {"conv1d", "conv2d", "linear", "embedding"}
    profile = profile_network(network, inputs)
    counted = sum(layer.calls for layer in profile if layer.kind not in ("other", "matmul"))
    if kind is networks.TextEncoder:  # where the projections to query, key and value are one
        counted -= 2 * 2
    assert sum(name in heavy for name in names) == counted
