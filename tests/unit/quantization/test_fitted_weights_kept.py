"""Fitted weights are worked out once for all who need them, of the network and the data that they are for."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from fitted import W3, W3A4, W3A8, W4, Between, equal, images, made, network, state, vectors
from torch import Tensor

from autoquant.errors import SpecError
from autoquant.network import FLOAT, ActivationQuantization, LayerPrecision, WeightQuantization
from autoquant.quantization import QuantizedNetwork
from autoquant.quantization import fitted_weights as module_of_fitted_weights
from autoquant.quantization.rounding import Reader, round_weight

pytestmark = pytest.mark.usefixtures("cache")


@pytest.fixture
def rounded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The roundings that were done, one after the other."""
    done: list[str] = []

    def noted(weight: Tensor, how: WeightQuantization, rounding: Any, readers: Sequence[Reader], tables: Any) -> Any:
        done.append(f"{rounding} {how.bits}")
        return round_weight(weight, how, rounding, readers, tables)

    monkeypatch.setattr(module_of_fitted_weights, "round_weight", noted)
    return done


# --- kept, and found again ---


def test_a_second_network_works_nothing_out(cache, rounded):
    first = state(made(network(), images(), W3A4))
    assert rounded == ["hessian 3"] * 4
    files = {path: path.stat().st_mtime_ns for path in cache.rglob("*.npz")}
    assert equal(state(made(network(), images(), W3A4)), first)
    assert rounded == ["hessian 3"] * 4
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*.npz")} == files
    shutil.rmtree(cache)
    assert equal(state(made(network(), images(), W3A4)), first)
    assert rounded == ["hessian 3"] * 8


def test_a_layer_is_rounded_once_for_each_precision(rounded):
    quantized = made(network(), images(), W3)
    for precisions in ([W4] * 4, [W3, W4, W3, W4], [W3] * 4, [FLOAT] * 4, [W4] * 4):
        quantized.apply(precisions)
    assert sorted(rounded) == ["hessian 3"] * 4 + ["hessian 4"] * 4


def test_the_order_of_candidates_does_not_matter(cache):
    chosen = [[W3] * 4, [W3A4] * 4, [W4, FLOAT, W3A8, W3A4], [W3A8] * 4, [LayerPrecision.of_bits(4, 4), W4, W4, W4]]
    found = []
    for order in (chosen, chosen[::-1]):
        quantized = made(network(), images(), order[0])
        states = []
        for precisions in order:
            quantized.apply(precisions)
            states.append(state(quantized))
        found.append(states)
        shutil.rmtree(cache)
    assert all(equal(one, other) for one, other in zip(found[0], found[1][::-1], strict=True))


CHANGES: dict[str, Callable[[], QuantizedNetwork]] = {
    "the calibration inputs": lambda: made(Between(torch.relu), vectors(seed=2)),
    "fewer of them": lambda: made(Between(torch.relu), vectors()[:39]),
    "their order": lambda: made(Between(torch.relu), vectors().flip(0)),
    "a bias": lambda: made(moved(Between(torch.relu)), vectors()),
    "a function": lambda: made(Between(torch.tanh), vectors()),
    "a number in it": lambda: made(Between(lambda x: torch.relu(x + 0.01)), vectors()),
    "a buffer that is no number": lambda: made(with_buffer(Between(torch.relu)), vectors()),
    "the batches": lambda: made(Between(torch.relu), vectors(), batch_size=7),
    "the ranges": lambda: made(
        Between(torch.relu), vectors(), LayerPrecision(WeightQuantization(3), ActivationQuantization(4, "min_max"))
    ),
    "the rounding": lambda: made(Between(torch.relu), vectors(), rounding="nearest+bias"),
}


def moved(module: Between) -> Between:
    module.first.bias.data[0] += 0.5
    return module


def with_buffer(module: Between) -> Between:
    module.register_buffer("mask", torch.ones(2, dtype=torch.bfloat16))
    return module


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_was_kept_of_another_network_or_data_is_not_taken(cache, change):
    first = made(Between(torch.relu), vectors(), LayerPrecision.of_bits(3, 4))
    first.apply([W3] * 2)
    with_others = state(change())
    shutil.rmtree(cache)
    assert equal(with_others, state(change()))


def test_other_layers_that_stay_in_float_change_nothing(cache):
    fitted = made(network(), images(), W3)
    kept = made(network(), images(), [FLOAT, W3, W3, W3], keep_float=["0"])
    for name in ("3", "5", "8"):
        assert torch.equal(kept.module.get_submodule(name).weight, fitted.module.get_submodule(name).weight)


SCRIPT = """
import sys, hashlib, torch
sys.path.insert(0, sys.argv[1])
torch.set_num_threads(1)
import fitted as tests
from autoquant.quantization import fitted_weights
done, real = [], fitted_weights.round_weight
fitted_weights.round_weight = lambda *given: done.append(1) or real(*given)
state = tests.state(tests.made(tests.network(), tests.images(), tests.W3A4))
print(len(done), hashlib.sha256(b"".join(value.numpy().tobytes() for value in state.values())).hexdigest())
"""


def test_processes_that_ask_at_once_work_it_out_once(rounded):
    helpers = Path(__file__).parents[2] / "helpers"
    command = [sys.executable, "-c", SCRIPT, str(helpers)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [process.communicate(timeout=300)[0].split() for process in running]
    assert sum(int(count) for count, _ in answers) == 4
    assert answers[0][1] == answers[1][1]
    found = state(made(network(), images(), W3A4))
    assert rounded == []
    assert hashlib.sha256(b"".join(value.numpy().tobytes() for value in found.values())).hexdigest() == answers[0][1]


def test_threads_that_ask_at_once_work_it_out_once(rounded):
    built = [QuantizedNetwork(network(), images()[:2], rounding="hessian") for _ in range(3)]
    for quantized in built:
        quantized.calibrate(images(), 8)
    threads = [threading.Thread(target=quantized.apply, args=([W3A4] * 4,)) for quantized in built]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rounded) == 4
    assert all(equal(state(quantized), state(built[0])) for quantized in built)


# --- lost, damaged, nowhere ---


def test_what_is_gone_while_it_runs_is_one_sentence_and_the_next_one_mends_it(cache):
    quantized = made(network(), images(), W3)
    shutil.rmtree(cache)
    quantized.apply([W3] * 4)
    with pytest.raises(SpecError, match=r"cache: what was kept there is gone; leave it until a search has ended, then"):
        quantized.apply([W4] * 4)
    quantized.apply([W4] * 4)
    shutil.rmtree(cache)
    assert equal(state(quantized), state(made(network(), images(), W4)))


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:100])])
@pytest.mark.parametrize("which", ["all", "each", "other"])
def test_files_that_are_gone_or_damaged_are_made_again(cache, damage, which):
    """Also where some are whole: moments of some layers, or the list of them."""
    expected = state(made(network(), images(), W3A4))
    files = sorted(cache.rglob("*.npz"))
    assert len(files) == 1 + 4 + 4
    for chosen in {"all": [files], "each": [[file] for file in files], "other": [files[::2], files[1::2]]}[which]:
        for file in chosen:
            damage(file)
        for attempt in range(3):
            try:
                found = state(made(network(), images(), W3A4))
            except SpecError as error:  # moments that turned out to be damaged
                assert attempt < 2 and "resume" in str(error)  # noqa: PT017, PT018
                continue
            assert equal(found, expected)
            break
    assert equal(state(made(network(), images(), W3A4)), expected)


def test_a_cache_that_cannot_be_written_to_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("AUTOQUANT_CACHE", str(tmp_path / "file" / "cache"))
    made(network(), images(), LayerPrecision.of_bits(4, 4), rounding="nearest")
    with pytest.raises(SpecError, match=r"file/cache: fitted weights are kept there and it cannot be written to"):
        made(network(), images(), W3)
