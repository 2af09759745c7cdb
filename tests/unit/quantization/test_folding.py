"""BatchNorm folding keeps the function, and refuses where it cannot."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from autoquant.errors import UnsupportedError
from autoquant.quantization import fold_batch_norm


def trained(module: nn.Module) -> nn.Module:
    """Statistics and scales that are not those of a fresh BatchNorm."""
    generator = torch.Generator().manual_seed(0)
    for part in module.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm) and part.running_mean is not None:
            part.running_mean.normal_(generator=generator)
            part.running_var.uniform_(0.5, 3, generator=generator)
            if part.affine:
                part.weight.data.normal_(generator=generator)
                part.bias.data.normal_(generator=generator)
    return module


@pytest.mark.parametrize(
    ("network", "shape"),
    [
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()), (2, 3, 6, 6)),
        (nn.Sequential(nn.Conv2d(4, 4, 3, groups=4, bias=False), nn.BatchNorm2d(4, affine=False)), (2, 4, 6, 6)),
        (nn.Sequential(nn.Conv1d(3, 4, 3, padding=1), nn.Identity(), nn.BatchNorm1d(4)), (2, 3, 6)),
        (nn.Sequential(nn.Linear(5, 4, bias=False), nn.BatchNorm1d(4), nn.Linear(4, 2)), (2, 5)),
    ],
)
def test_folded_network_computes_the_same(network, shape):
    inputs = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    trained(network).eval()
    folded = fold_batch_norm(network, inputs[:1])
    torch.testing.assert_close(folded(inputs), network(inputs), rtol=1e-4, atol=1e-5)
    assert not any(isinstance(part, nn.modules.batchnorm._BatchNorm) for part in folded.modules())
    assert folded[0].bias is not None


def test_the_callers_network_is_left_alone():
    network = trained(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))).train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    folded = fold_batch_norm(network, torch.randn(2, 3, 6, 6))
    assert network.training
    assert not folded.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in network.modules())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in folded.modules())
    assert all(parameter.requires_grad for parameter in folded.parameters())


class TwoUses(nn.Module):
    """The output of the convolution goes to BatchNorm and elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.bn = nn.BatchNorm2d(4)

    def forward(self, inputs: Tensor) -> Tensor:
        values = self.conv(inputs)
        return self.bn(values) + values


class AlsoReturned(TwoUses):
    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        values = self.conv(inputs)
        return self.bn(values), values


class Random(TwoUses):
    def forward(self, inputs: Tensor) -> Tensor:
        return self.bn(self.conv(inputs)) + torch.rand(())


@pytest.mark.parametrize(
    "network",
    [
        TwoUses(),
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.BatchNorm2d(4)),
        nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3)),
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, track_running_stats=False)),
    ],
)
def test_what_cannot_be_folded_stays(network):
    inputs = torch.randn(2, 3, 6, 6)
    trained(network).eval()
    folded = fold_batch_norm(network, inputs)
    assert any(isinstance(part, nn.BatchNorm2d) for part in folded.modules())
    torch.testing.assert_close(folded(inputs), network(inputs))


def test_linear_over_a_sequence_is_not_folded_into_the_wrong_dimension():
    network = trained(nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4))).eval()
    inputs = torch.randn(2, 4, 5)
    torch.testing.assert_close(fold_batch_norm(network, inputs)(inputs), network(inputs))


@pytest.mark.parametrize("network", [AlsoReturned(), Random()])
def test_a_changed_output_is_refused(network):
    with pytest.raises(UnsupportedError, match="folding BatchNorm changed its output"):
        fold_batch_norm(trained(network), torch.randn(2, 3, 6, 6))


class Branching(TwoUses):
    """Control flow that cannot be traced symbolically."""

    def forward(self, inputs: Tensor) -> Tensor:
        return self.bn(self.conv(inputs)) if inputs.sum() > 0 else self.conv(inputs)


def test_control_flow_is_fine():
    network = trained(Branching()).eval()
    inputs = torch.rand(2, 3, 6, 6)
    folded = fold_batch_norm(network, inputs)
    assert isinstance(folded.bn, nn.Identity)
    torch.testing.assert_close(folded(inputs), network(inputs), rtol=1e-4, atol=1e-5)
