"""What a migration does to a store that holds something."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from autoquant.job import Baseline
from autoquant.store import Store, engine
from autoquant.testing.examples import DEFINITION, FULL_TRIAL, change, held, new_job


def downgrade(url: str, version: str) -> None:
    config = Config()
    config.set_main_option("script_location", "autoquant:store/migrations")
    database = engine.open_engine(url)
    with database.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, version)
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == version
    database.dispose()


def test_0005_adds_polished_scores_and_takes_them_away(new_url):
    store = Store(new_url)
    job_id = new_job(store, DEFINITION)
    baseline = Baseline("uniform", "W4", (0, 0, 0), search=FULL_TRIAL.search, polished=FULL_TRIAL.polished)
    held(store, job_id).add_trials([FULL_TRIAL], change([0]))
    held(store, job_id).save_baselines({0: baseline})
    assert list(store.trials(job_id)) == [FULL_TRIAL]
    store.close()
    downgrade(new_url, "0004")
    again = Store(new_url, upgrade=True)
    assert list(again.trials(job_id)) == again.front(job_id) == [replace(FULL_TRIAL, polished=None, polished_test=None)]
    assert again.baselines(job_id) == [replace(baseline, polished=None)]
    again.close()
