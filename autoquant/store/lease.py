"""Who holds a job, and whether that process still lives."""

from __future__ import annotations

import os
import socket
from datetime import datetime

LEASE_SECONDS = 30.0
"""A holder that has not been heard of for so long is taken for dead."""


def is_held(holder: str | None, lease_until: datetime | None, now: datetime) -> bool:
    """Whether a process has the job: its lease runs, and it is not known to be dead."""
    if holder is None or lease_until is None:
        return False
    return lease_until > now and not _is_dead_here(holder)


def _is_dead_here(holder: str) -> bool:
    """Whether the holder was a process of this host that is no more; its lease need not be waited for."""
    host, pid, _ = holder.rsplit(":", 2)
    if host != socket.gethostname() or int(pid) == os.getpid():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
