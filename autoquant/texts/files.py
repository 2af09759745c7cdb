"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from autoquant.errors import SpecError

Write = Callable[[Path], object]
"""Writes a file at a path."""


def write_whole(files: dict[Path, Write]) -> None:
    """Write all these files, or none: each beside its place first, then every one put there.

    `SpecError` says which cannot be written, and why; what stood in its place still does then.
    """
    beside: dict[Path, Path] = {}
    try:
        for path, write in files.items():
            place = _place(path)
            beside[place] = place.with_name(f".autoquant-{secrets.token_hex(6)}{place.suffix}")
            _telling(path, write, beside[place])
        for path, (place, made) in zip(files, beside.items(), strict=True):
            _telling(path, made.replace, place)
    finally:
        for made in beside.values():
            made.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """The folder, made where it is not there; `SpecError` where it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error.strerror or str(error)) from error


def _telling(path: Path, step: Write, at: Path) -> None:
    try:
        step(at)
    except OSError as error:
        raise unwritable(path, error.strerror or str(error)) from error


def _place(path: Path) -> Path:
    """Where a file really goes, through links."""
    try:
        place = path.resolve()
        if place.is_dir():
            raise unwritable(path, "it is a folder")
        if not place.parent.is_dir():
            raise unwritable(path, "its folder does not exist")
        if place.exists() and not os.access(place, os.W_OK):
            raise unwritable(path, "it may not be written")
    except OSError as error:
        raise unwritable(path, error.strerror or str(error)) from error
    return place


def unwritable(path: Path, why: str) -> SpecError:
    """The error of a file that cannot be written."""
    name = str(path) if len(str(path)) <= 240 else f"{str(path)[:100]}…{path.suffix}"
    return SpecError(f"{name}: it cannot be written ({why}); name another file, or free its place")
