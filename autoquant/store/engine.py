"""Opening a database: connection settings and schema version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from autoquant.errors import StoreUnavailable

HEAD = "0001"
"""The schema version that this code reads and writes; a test holds it against the newest migration."""

URL_FORM = "'sqlite:///jobs.db' (a file), 'sqlite://' (memory) or the name of a .db file"


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
    engine = sa.create_engine(parsed, connect_args={"timeout": 30, "check_same_thread": False}, **pool)
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
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _check_schema(engine: sa.Engine, url: str) -> None:
    with engine.connect() as connection:
        tables = set(sa.inspect(connection).get_table_names())
        found = None
        if "alembic_version" in tables:
            found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    if found == HEAD:
        return
    if found is not None:
        raise StoreUnavailable(
            f"store {url!r}: its schema is version {found}, this AutoQuant reads version {HEAD}; "
            "use the AutoQuant that wrote it, or a new store"
        )
    if tables:
        raise StoreUnavailable(f"store {url!r}: this database belongs to something else (tables {sorted(tables)})")
    _migrate(engine)


def _migrate(engine: sa.Engine) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "autoquant:store/migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
