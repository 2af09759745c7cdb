"""Every error AutoQuant raises on purpose.

AutoQuantError
├── SpecError (ValueError)         the spec or an argument: the place, what is wrong, what is accepted
├── PluginError                    a plug-in that is unknown, broken or given wrong options
├── UnsupportedError (ValueError)  a layer, bit-width or device that a part cannot handle; lists what it can
├── SearcherError (ValueError)     a searcher was told something it never asked; its state is unchanged
├── EvaluationError                an evaluator could not measure
├── JobFailed                      a job ended without a result; says why
└── StoreError                     the store cannot be read or written
    ├── StoreUnavailable           it cannot be opened: wrong URL, no such file, another schema
    ├── JobHeld                    another process runs the job
    └── JobNotFound (LookupError)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AutoQuantError(Exception):
    """Base of every error raised on purpose; its text is written for the person who reads it."""


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
    """A searcher was asked or told something impossible; its state is unchanged."""


class EvaluationError(AutoQuantError):
    """An evaluator could not measure a candidate."""


class JobFailed(AutoQuantError):
    """A job ended without a result; the text says why."""


class StoreError(AutoQuantError):
    """The store cannot be read or written."""


class StoreUnavailable(StoreError):
    """The store cannot be opened: the URL is wrong, there is no such file, or its schema is not ours."""


class JobHeld(StoreError):
    """Another process runs the job; says which, and when its lease ends."""


class JobNotFound(StoreError, LookupError):
    """No job with that id in the store."""


def did_you_mean(word: str, accepted: Iterable[str]) -> str:
    """A sentence part that lists what is accepted, the nearest spelling first.

    >>> did_you_mean("nsga4", ["nsga3", "random"])
    "did you mean 'nsga3'? accepted: nsga3, random"
    """
    names = sorted(accepted)
    close = difflib.get_close_matches(word, names, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}accepted: {', '.join(names) if names else '(nothing)'}"
