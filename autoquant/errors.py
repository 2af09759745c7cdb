"""Every error AutoQuant raises on purpose, and what a caller may do about it.

AutoQuantError
├── SpecError (ValueError)         correct the spec or an argument: the place, what is wrong, what is accepted
├── PluginError                    install, fix or name another plug-in, or give it other options
├── UnsupportedError (ValueError)  take another layer, bit-width or device: the text lists what is supported
├── SearcherError (ValueError)     ask or tell the searcher something else; its state is unchanged
├── EvaluationError                look at the evaluator, its workers or the cluster; try again once they are sound
├── JobFailed                      read why the job ended without a result; resume it once the reason is gone
└── StoreError                     look at the database; try again once it answers
    ├── StoreUnavailable           open another one: wrong URL, no such file, another schema
    ├── JobHeld                    wait, or stop the process that runs the job
    ├── JobEnded                   read in which state; resume it, if it is to go on
    └── JobNotFound (LookupError)  name another job

``retryable`` says whether the same call may do, unchanged, when it is tried again later.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar


class AutoQuantError(Exception):
    """Base of every error raised on purpose; its text is written for the person who reads it."""

    retryable: ClassVar[bool] = False
    """Whether the same call, unchanged, may do when it is tried again later."""


class SpecError(AutoQuantError, ValueError):
    """The spec (or an argument) cannot be used. Each problem is one ``place: what is wrong`` line."""

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


class PluginError(AutoQuantError):
    """A plug-in is unknown, could not be imported, or was given options it does not take."""


class UnsupportedError(AutoQuantError, ValueError):
    """A layer, a bit-width or a device that this part cannot handle; the text lists what it can."""


class SearcherError(AutoQuantError, ValueError):
    """An ask or tell of a searcher was impossible; its state is unchanged."""


class EvaluationError(AutoQuantError):
    """An evaluator could not measure a candidate, or its workers are gone."""

    retryable = True


class JobFailed(AutoQuantError):
    """A job ended without a result; the text says why."""


class StoreError(AutoQuantError):
    """The store cannot be read or written."""

    retryable = True


class StoreUnavailable(StoreError):
    """The store cannot be opened: the URL is wrong, there is no such file, or its schema is not AutoQuant's."""

    retryable = False


class JobHeld(StoreError):
    """Another process runs the job; says which, and when its lease ends."""


class JobEnded(StoreError):
    """A job cannot be stopped, paused or begun, because it has ended; in the state ``state``."""

    retryable = False

    def __init__(self, text: str, state: str) -> None:
        super().__init__(text)
        self.state = state


class JobNotFound(StoreError, LookupError):
    """No job with that id in the store."""

    retryable = False


TEXT_LENGTH = 10_000
"""Characters of an error that are kept; what is longer is cut in its middle."""
_BEGINNING = 2_000


def storable(text: str) -> str:
    """The text with NUL and lone surrogates, which no database keeps, written as escapes."""
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")


def kept_text(text: str) -> str:
    """An error or a message as it is stored: `storable`, of at most `TEXT_LENGTH` characters.

    Of a longer one the beginning stays, and the end, where a traceback says what was raised.
    """
    text = storable(text)
    if len(text) <= TEXT_LENGTH:
        return text
    cut = f"\n[... {len(text) - TEXT_LENGTH:,} characters and more are cut ...]\n"
    return text[:_BEGINNING] + cut + text[_BEGINNING + len(cut) - TEXT_LENGTH :]


def did_you_mean(word: str, accepted: Iterable[str]) -> str:
    """A sentence part that lists what is accepted, the nearest spelling first.

    >>> did_you_mean("nsga4", ["nsga3", "random"])
    "did you mean 'nsga3'? accepted: nsga3, random"
    """
    names = sorted(accepted)
    close = difflib.get_close_matches(word, names, n=1) or [name for name in names if len(word) > 2 and word in name]
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}accepted: {', '.join(names) if names else '(nothing)'}"
