"""Opening a database: connection settings and schema version."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from autoquant.errors import StoreUnavailable
from autoquant.store.tables import metadata

HEAD = "0001"
"""The schema version that this code reads and writes; a test holds it against the newest migration."""

URL_FORM = "'sqlite:///jobs.db' (a file), 'sqlite://' (memory) or the name of a .db file"

LOCK_SECONDS = 30.0
"""How long to wait for another process that writes."""

_MIGRATING = threading.Lock()
"""Alembic keeps its state in the module: one migration at a time."""


def open_engine(url: str, *, create: bool = True) -> sa.Engine:
    """An engine on an up-to-date schema; a new database gets one.

    `StoreUnavailable` when the URL is wrong, the file cannot be opened or is no database, its schema is of another
    version, or (with ``create`` false) there is none.
    """
    if "://" not in url:
        if not url.endswith(".db"):
            raise StoreUnavailable(f"store {url!r}: not a store; accepted: {URL_FORM}")
        url = f"sqlite:///{url}"
    try:
        parsed = sa.make_url(url)
    except ArgumentError:
        raise StoreUnavailable(f"store {url!r}: not a store; accepted: {URL_FORM}") from None
    if parsed.get_backend_name() != "sqlite":
        raise StoreUnavailable(f"store {url!r}: {parsed.get_backend_name()} is not supported; accepted: {URL_FORM}")
    memory = parsed.database in (None, "", ":memory:")
    if not memory:
        file = Path(str(parsed.database))
        if not create and not file.exists():
            raise StoreUnavailable(f"store {url!r}: there is no such file; 'autoquant search' makes it")
        if not file.parent.is_dir():
            raise StoreUnavailable(f"store {url!r}: the folder {file.parent} does not exist")
    pool: dict[str, Any] = {"poolclass": sa.StaticPool} if memory else {}
    engine = sa.create_engine(parsed, connect_args={"timeout": LOCK_SECONDS, "check_same_thread": False}, **pool)
    sa.event.listen(engine, "connect", _sqlite_settings)
    try:
        _check_schema(engine, url)
    except SQLAlchemyError as error:
        engine.dispose()
        raise StoreUnavailable(f"store {url!r}: cannot be opened: {getattr(error, 'orig', None) or error}") from error
    except BaseException:
        engine.dispose()
        raise
    return engine


def _sqlite_settings(connection: Any, _record: Any) -> None:
    """Write-ahead log, so that readers never wait for the search; foreign keys on."""
    cursor = connection.cursor()
    _use_write_ahead_log(cursor)
    for pragma in ("synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _use_write_ahead_log(cursor: Any) -> None:
    """Here, unlike elsewhere, SQLite does not wait for a lock by itself."""
    give_up = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.01)


def _check_schema(engine: sa.Engine, url: str) -> None:
    with engine.connect() as connection:
        tables = set(sa.inspect(connection).get_table_names())
        found = _version(connection)
    if found == HEAD and metadata.tables.keys() <= tables:
        return
    if found not in (None, HEAD):
        raise StoreUnavailable(
            f"store {url!r}: its schema is version {found}, this AutoQuant reads version {HEAD}; "
            "use the AutoQuant that wrote it, or a new store"
        )
    if tables:
        raise StoreUnavailable(f"store {url!r}: this database belongs to something else (tables {sorted(tables)})")
    _migrate(engine)


def _version(connection: sa.Connection) -> str | None:
    """The schema version of a database; None where it has none."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(engine: sa.Engine) -> None:
    """The schema, whole or not at all, made by one process while others that want it wait."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "autoquant:store/migrations")
    with _MIGRATING, engine.begin() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        if _version(connection) is None:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
