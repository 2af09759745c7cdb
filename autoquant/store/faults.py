"""What the errors of a database mean: which of them pass, and what fixes the others."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, OperationalError

PASSING = {
    "40001": "serialization_failure",
    "40P01": "deadlock_detected",
    "53300": "too_many_connections",
    "57P01": "admin_shutdown",
    "57P02": "crash_shutdown",
    "57P03": "cannot_connect_now",
}
"""SQLSTATEs after which the same transaction may do (PostgreSQL documentation, appendix A)."""

_RESUMED = "a job that this ended goes on with 'autoquant resume'"
_DAMAGED = "the file is damaged; put a copy of it back, or save what it still holds with 'sqlite3 FILE .recover'"

FIXED_BY = {
    sqlite3.SQLITE_ERROR: "the file was damaged or replaced while it was open; put a copy of it back",
    sqlite3.SQLITE_FULL: f"free some space on its disk; {_RESUMED}",
    sqlite3.SQLITE_IOERR: f"its disk fails, or a file may not grow (ulimit -f); {_RESUMED}",
    sqlite3.SQLITE_READONLY: f"this user must be allowed to write the file and its folder; {_RESUMED}",
    sqlite3.SQLITE_CANTOPEN: "it must be a file that this user may read, in a folder that this user may write",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    "53100": f"free some space on the server's disk; {_RESUMED}",
    "53200": f"the server needs more memory; {_RESUMED}",
    "25006": f"name a server that takes writes, not a standby; {_RESUMED}",
    "42501": f"grant this user the right; {_RESUMED}",
}
"""SQLite's primary result code, or SQLSTATE -> what to do."""


def is_lost(error: BaseException) -> bool:
    """Whether the connection was lost, or the server asks to be tried again."""
    if not isinstance(error, DBAPIError) or isinstance(error.orig, sqlite3.Error):
        return False
    state = _sqlstate(error)
    return error.connection_invalidated or state in PASSING or (state is None and isinstance(error, OperationalError))


def error_text(error: BaseException | None) -> str:
    """The database's own error in one line, and how to fix it where that is known."""
    origin = getattr(error, "orig", None)
    text = " ".join(str(origin or error).split())
    extended = getattr(origin, "sqlite_errorcode", None)
    code = _sqlstate(error) if extended is None else extended & 0xFF
    return f"{text}; {FIXED_BY[code]}" if code in FIXED_BY else text


def _sqlstate(error: BaseException | None) -> str | None:
    """The server's code; None when it was not the server who refused, but nobody could be reached."""
    return getattr(getattr(error, "orig", None), "sqlstate", None)
