"""SQLite: one file, a write-ahead log, and reading what may not be written."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from autoquant.errors import StoreError, StoreUnavailable
from autoquant.texts.wording import shown_name

LOCK_SECONDS = 30.0
"""How long to wait for another process that writes."""


def make_engine(url: sa.URL) -> sa.Engine:
    """An engine on a file or in memory; where the file may not be written, one that only reads it."""
    settings: dict[str, Any] = {"timeout": LOCK_SECONDS, "check_same_thread": False}
    if in_memory(url):
        engine = sa.create_engine(url, connect_args=settings, poolclass=sa.StaticPool)
    elif _is_read_only(file := Path(str(url.database))):
        # Each transaction opens the file again, as how to read it depends on whether somebody else writes it.
        return sa.create_engine(
            url, creator=lambda: sqlite3.connect(_to_read(file), uri=True, **settings), poolclass=sa.NullPool
        )
    else:
        engine = sa.create_engine(url, connect_args=settings)
    sa.event.listen(engine, "connect", _set_up)
    return engine


def in_memory(url: sa.URL) -> bool:
    """Whether the database is gone with its engine."""
    return url.database in (None, "", ":memory:")


class OpenedFile:
    """The file as it was opened: SQLite goes on with it though nobody else finds it any more at its path."""

    def __init__(self, url: sa.URL) -> None:
        self._path = None if in_memory(url) else Path(str(url.database)).absolute()
        self._opened = self._found()

    def check(self) -> None:
        """`StoreError` where the path is another file's, or nothing's, by now."""
        if self._found() != self._opened:
            what = "removed or moved" if self._found() is None else "replaced by another one"
            raise StoreError(
                f"store '{self._path}': the file was {what} while it was open; nothing more is written. "
                "Put it back, and 'autoquant resume' goes on with what it holds"
            )

    def _found(self) -> tuple[int, int] | None:
        """Device and inode of what is at the path (stat(2))."""
        if self._path is None:
            return None
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


def check_file(url: sa.URL, text: str, create: bool) -> None:
    """`StoreUnavailable`, naming the URL as ``text``, when the file is not there and cannot or must not be made."""
    if in_memory(url):
        return
    try:
        _check(Path(str(url.database)), text, create)
    except (OSError, ValueError) as error:  # a name that is too long, or holds a NUL
        why = error.strerror if isinstance(error, OSError) else error
        raise StoreUnavailable(f"store {shown_name(text)!r}: no file can be called so ({why})") from None


def _check(file: Path, text: str, create: bool) -> None:
    if not create and not file.exists():
        raise StoreUnavailable(f"store {text!r}: there is no such file; 'autoquant search' makes it")
    if not file.parent.is_dir():
        raise StoreUnavailable(f"store {text!r}: the folder {file.parent} does not exist")
    if not file.exists() and not os.access(file.parent, os.W_OK):
        raise StoreUnavailable(f"store {text!r}: the folder {file.parent} cannot be written to")


def _log_of(file: Path) -> Path:
    return file.with_name(f"{file.name}-wal")


def _is_read_only(file: Path) -> bool:
    """Whether this user can write neither the file nor what SQLite writes next to it."""
    log = _log_of(file)
    needed = (file, log if log.exists() else file.parent)
    return file.exists() and not all(os.access(path, os.W_OK) for path in needed)


def _to_read(file: Path) -> str:
    """How to open a file that cannot be written.

    Without a log nobody writes it, and it is read as it is: reading one in the usual way makes files next to it.
    """
    log = _log_of(file)
    written = log.exists() and log.stat().st_size > 0
    return f"{file.resolve().as_uri()}?{'mode=ro' if written else 'immutable=1'}"


def _set_up(connection: Any, _record: Any) -> None:
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
