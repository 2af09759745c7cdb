"""The command line. Heavy modules are imported by the command that needs them, so that ``--help`` is instant."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

MODULES = ("searching", "reading", "devices", "administration")
"""The modules that hold commands, in the order in which ``--help`` lists these."""


def main() -> None:
    """Entry point of the ``autoquant`` command: 0, 2 for a bad spec or argument, 1 for a failed job."""
    commands()()


def commands() -> typer.Typer:
    """The application with every command."""
    from autoquant.cli.app import app

    for module in MODULES:
        importlib.import_module(f"autoquant.cli.{module}")
    return app
