"""Opening a database: which one a URL means, and that its schema is the one that is needed."""

from __future__ import annotations

import re
import threading
import warnings
from urllib.parse import unquote

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SAWarning, SQLAlchemyError

from autoquant.errors import StoreUnavailable
from autoquant.settings import store_patience
from autoquant.store import sqlite
from autoquant.store.faults import error_text
from autoquant.store.tables import metadata

HEAD = "0005"
"""The schema version that this code reads and writes; a test holds it against the newest migration."""

URL_FORM = (
    "'sqlite:///jobs.db' (a file), 'sqlite://' (memory), the name of a .db file, or 'postgresql://user@host/name'"
)

SILENCES = 6
"""A server that says nothing for this part of the patience is taken for gone, so that there is time to try again."""

ONE_SNAPSHOT = {"sqlite": "BEGIN", "postgresql": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"}
"""What lets a transaction see the database as it is now, though somebody else makes its tables meanwhile."""

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
    if parsed.get_backend_name() == "sqlite":
        sqlite.check_file(parsed, shown(url), create)
        engine = sqlite.make_engine(parsed)
    else:
        engine = _make_postgresql(parsed)
    try:
        _check_schema(engine, url, create, upgrade)
    except SQLAlchemyError as error:
        engine.dispose()
        why = without_password(error_text(error), url)
        raise StoreUnavailable(f"store {shown(url)!r}: cannot be opened: {why}") from error
    except BaseException:
        engine.dispose()
        raise
    return engine


_HIDDEN = "***"
_LOGIN = re.compile(r"^((?:[\w.+-]+://)?[^:/@?\s]*):(?!//)(.*)@", re.DOTALL)
_SETTING = re.compile(r"\b([a-z_]*(?:pass|pwd|secret|token)[a-z_]*\s*=\s*)('[^']*'|[^&\s]*)", re.IGNORECASE)


def shown(url: str) -> str:
    """The URL, or what was given for one, without a password: neither before the host nor among its settings."""
    return _SETTING.sub(rf"\1{_HIDDEN}", _LOGIN.sub(rf"\1:{_HIDDEN}@", url))


def without_password(text: str, url: str) -> str:
    """What somebody else says of a URL, without the passwords that the URL holds."""
    secrets = [match[2].strip("'") for match in (_LOGIN.search(url), *_SETTING.finditer(url)) if match and match[2]]
    for secret in sorted({*secrets, *map(unquote, secrets)}, key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    return shown(text)


def _parse(url: str) -> sa.URL:
    wrong = StoreUnavailable(f"store {shown(url)!r}: not a store; accepted: {URL_FORM}")
    if "://" not in url:
        if not url.endswith(".db"):
            raise wrong
        url = f"sqlite:///{url}"
    try:
        parsed = sa.make_url(url)
        backend = parsed.get_backend_name()
        if backend == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        elif backend == "sqlite":
            with warnings.catch_warnings():
                warnings.simplefilter("error", SAWarning)  # a setting that SQLite does not know
                parsed.get_dialect()().create_connect_args(parsed)
    except (ArgumentError, NoSuchModuleError):
        raise wrong from None
    except (ValueError, SAWarning) as error:  # a port or a setting that is no number
        why = without_password(str(error).partition(" (Background")[0], url)
        raise StoreUnavailable(f"store {shown(url)!r}: not a store ({why}); accepted: {URL_FORM}") from None
    if backend not in ("postgresql", "sqlite"):
        raise StoreUnavailable(f"store {shown(url)!r}: {backend} is not supported; accepted: {URL_FORM}")
    return parsed


def _make_postgresql(parsed: sa.URL) -> sa.Engine:
    try:
        from autoquant.store import postgresql
    except ImportError as error:
        raise StoreUnavailable("PostgreSQL needs psycopg: pip install 'autoquant[postgresql]'") from error
    return postgresql.make_engine(parsed, store_patience() / SILENCES)


def _check_schema(engine: sa.Engine, url: str, create: bool, upgrade: bool) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql(ONE_SNAPSHOT[engine.dialect.name])
        tables = set(sa.inspect(connection).get_table_names())
        version = _version(connection)
    if version == HEAD and metadata.tables.keys() <= tables:
        return
    if version in (None, HEAD) and tables:
        raise StoreUnavailable(
            f"store {shown(url)!r}: this database belongs to something else (tables {sorted(tables)})"
        )
    if version is None and not create:
        raise StoreUnavailable(f"store {shown(url)!r}: it is empty; 'autoquant search' makes its tables")
    if version is not None and version > HEAD:
        raise StoreUnavailable(
            f"store {shown(url)!r}: its schema is version {version}, newer than the {HEAD} that this AutoQuant knows; "
            "use the AutoQuant that wrote it"
        )
    if version is not None and not upgrade:
        raise StoreUnavailable(
            f"store {shown(url)!r}: its schema is version {version}, this AutoQuant needs {HEAD}; "
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
