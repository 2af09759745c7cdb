"""Opening a database: connection settings, schema version, and what is tried again when the server goes away."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from autoquant.errors import StoreUnavailable
from autoquant.store.tables import metadata

HEAD = "0002"
"""The schema version that this code reads and writes; a test holds it against the newest migration."""

URL_FORM = (
    "'sqlite:///jobs.db' (a file), 'sqlite://' (memory), the name of a .db file, or 'postgresql://user@host/name'"
)

LOCK_SECONDS = 30.0
"""How long to wait for another process that writes."""

MIGRATION_LOCK = 0x4155544F
"""Key of PostgreSQL's advisory lock under which the schema is made."""

_MIGRATING = threading.Lock()
"""Alembic keeps its state in the module: one migration at a time."""


def open_engine(url: str, *, create: bool = True, upgrade: bool = False) -> sa.Engine:
    """An engine on an up-to-date schema; a new database gets one, an old one only with ``upgrade``.

    `StoreUnavailable` when the URL is wrong, the database cannot be reached or is none of ours, its schema is of
    another version, or (with ``create`` false) there is none.
    """
    parsed = _parse(url)
    sqlite = parsed.get_backend_name() == "sqlite"
    if sqlite:
        _check_file(parsed, url, create)
    engine = _make_engine(parsed)
    try:
        _check_schema(engine, url, upgrade)
    except SQLAlchemyError as error:
        engine.dispose()
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        raise StoreUnavailable(f"store {shown(url)!r}: cannot be opened: {reason}") from error
    except BaseException:
        engine.dispose()
        raise
    return engine


def shown(url: str) -> str:
    """The URL without its password."""
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url


def _parse(url: str) -> sa.URL:
    wrong = StoreUnavailable(f"store {url!r}: not a store; accepted: {URL_FORM}")
    if "://" not in url:
        if not url.endswith(".db"):
            raise wrong
        url = f"sqlite:///{url}"
    try:
        parsed = sa.make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError):
        raise wrong from None
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise StoreUnavailable(f"store {shown(url)!r}: {backend} is not supported; accepted: {URL_FORM}")
    return parsed


def _check_file(parsed: sa.URL, url: str, create: bool) -> None:
    if _in_memory(parsed):
        return
    file = Path(str(parsed.database))
    if not create and not file.exists():
        raise StoreUnavailable(f"store {url!r}: there is no such file; 'autoquant search' makes it")
    if not file.parent.is_dir():
        raise StoreUnavailable(f"store {url!r}: the folder {file.parent} does not exist")


def _in_memory(parsed: sa.URL) -> bool:
    return parsed.database in (None, "", ":memory:")


def _make_engine(parsed: sa.URL) -> sa.Engine:
    if parsed.get_backend_name() == "sqlite":
        pool: dict[str, Any] = {"poolclass": sa.StaticPool} if _in_memory(parsed) else {}
        engine = sa.create_engine(parsed, connect_args={"timeout": LOCK_SECONDS, "check_same_thread": False}, **pool)
        sa.event.listen(engine, "connect", _sqlite_settings)
        return engine
    try:
        # Keep-alives and the user timeout end a connection whose network was cut, instead of waiting for ever.
        alive = {"keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
        limits = {"connect_timeout": 5, "tcp_user_timeout": 10_000}
        return sa.create_engine(parsed, pool_pre_ping=True, connect_args={**alive, **limits})
    except ImportError as error:
        raise StoreUnavailable("PostgreSQL needs psycopg: pip install 'autoquant[postgresql]'") from error


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


def _check_schema(engine: sa.Engine, url: str, upgrade: bool) -> None:
    with engine.connect() as connection:
        tables = set(sa.inspect(connection).get_table_names())
        found = _version(connection)
    if found == HEAD and metadata.tables.keys() <= tables:
        return
    if found in (None, HEAD) and tables:
        raise StoreUnavailable(
            f"store {shown(url)!r}: this database belongs to something else (tables {sorted(tables)})"
        )
    if found is not None and found > HEAD:
        raise StoreUnavailable(
            f"store {shown(url)!r}: its schema is version {found}, newer than the {HEAD} that this AutoQuant knows; "
            "use the AutoQuant that wrote it"
        )
    if found is not None and not upgrade:
        raise StoreUnavailable(
            f"store {shown(url)!r}: its schema is version {found}, this AutoQuant needs {HEAD}; "
            f"'autoquant storage upgrade --store {shown(url)}' migrates it"
        )
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
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        if _version(connection) != HEAD:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
