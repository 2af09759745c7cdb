"""Ctrl-C and SIGTERM end a search in order: it stores what its workers still do."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """The first SIGINT or SIGTERM only sets a flag, which the search heeds; a second SIGINT interrupts as usual."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    seen = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def note(number: int, frame: Any) -> None:
        if seen.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        seen.set()

    for number in before:
        signal.signal(number, note)
    try:
        yield seen.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
