"""What is said of a Ray that cannot be had. `test_batches` runs a real one."""

from __future__ import annotations

import pytest
from autoquant_workers.ray_pool import RayPool

from autoquant import plugins
from autoquant.errors import EvaluationError, SpecError
from autoquant.testing.pools import recipe


def test_an_address_where_no_ray_is_says_so() -> None:
    pool = RayPool(address="no-such-scheme://nowhere")
    with pytest.raises(EvaluationError, match="pool: Ray at 'no-such-scheme://nowhere' cannot be reached"):
        pool.start(recipe())
    pool.close()


def test_options_are_checked() -> None:
    assert plugins.check_options(RayPool, {"workers": 3, "address": None}, "pool") == {"workers": 3, "address": None}
    with pytest.raises(SpecError, match=r"pool.workers: .*greater than or equal to 1 \(given: 0\)"):
        plugins.check_options(RayPool, {"workers": 0}, "pool")


def test_nothing_runs_in_a_pool_that_was_not_started() -> None:
    pool = RayPool(workers=2)
    assert (pool.workers, pool.running) == (0, 0)
    pool.close()
