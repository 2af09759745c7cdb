"""The suite that AutoQuant's own cost models pass, and one figure by hand."""

import pytest
from horowitz_energy import HorowitzEnergy

from autoquant import LayerPrecision, LayerProfile, NetworkProfile
from autoquant.network import LayerConfig
from autoquant.testing.cost_models import check_cost_model, more_bits_are_never_cheaper

LAYER = LayerProfile("fc", "linear", 0, (100,), (10,), (10, 100), macs=1000, bias=10, parameters=1010)


def test_contract():
    check_cost_model(HorowitzEnergy())
    more_bits_are_never_cheaper(HorowitzEnergy())


@pytest.mark.parametrize(("bits", "picojoules"), [(8, 1000 * 0.3 + 1110 * 64), (4, 1000 * 0.3 + 555 * 64)])
def test_by_hand(bits, picojoules):
    network = NetworkProfile((LAYER,), input_shapes=((100,),))
    (costs,) = HorowitzEnergy().tables(network, [[LayerConfig(LAYER, LayerPrecision.of_bits(bits, bits))]])[
        "ideal_energy_uj"
    ]
    assert costs[0] == pytest.approx(picojoules * 1e-6)
