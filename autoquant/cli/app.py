"""What every command shares: its options, and how its errors are shown."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from typer.core import TyperCommand

from autoquant.cli.plain import plain
from autoquant.errors import (
    AutoQuantError,
    JobEnded,
    JobFailed,
    JobNotFound,
    PluginError,
    SpecError,
    StoreUnavailable,
    UnsupportedError,
)
from autoquant.texts.plain_data import unkept_text
from autoquant.texts.wording import shown_value

LARGEST = 2**63
Command = TypeVar("Command", bound=Callable[..., Any])


class CheckedCommand(TyperCommand):
    """A command that refuses arguments that nothing keeps: texts that are no UTF-8, numbers of more than 63 bits."""

    def invoke(self, ctx: Any) -> Any:
        """As the command does, with arguments that can be kept and shown."""
        for name, value in ctx.params.items():
            if isinstance(value, int) and not -LARGEST <= value < LARGEST:
                raise typer.BadParameter(f"{shown_value(value)} is beyond 2^63", param_hint=repr(name))
            for text in value if isinstance(value, (list, tuple)) else [value]:
                if isinstance(text, (str, Path)) and (problem := unkept_text(str(text))):
                    raise typer.BadParameter(problem, param_hint=repr(name))
        return super().invoke(ctx)


class App(typer.Typer):
    """An application whose commands check their arguments."""

    def command(self, name: str | None = None, **_: Any) -> Callable[[Command], Command]:
        """As Typer's."""
        return super().command(name, cls=CheckedCommand)


app = App(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

StoreOption = Annotated[
    str | None,
    typer.Option("--store", metavar="URL", help="Where jobs are kept: AUTOQUANT_STORE, else sqlite:///autoquant.db."),
]

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, with the keys that docs/cli.md lists.")]
RayOption = Annotated[
    str | None,
    typer.Option(
        "--ray-address",
        metavar="HOST:PORT",
        help="Ray cluster to run trials on: AUTOQUANT_RAY_ADDRESS, else a local Ray.",
        show_default=False,
    ),
]
SpecArgument = Annotated[Path, typer.Argument(metavar="SPEC.yaml", help="What to search.", show_default=False)]
JobArgument = Annotated[
    int | None,
    typer.Argument(metavar="JOB", help="Id of the job; the newest by default.", show_default=False),
]

TracebackOption = Annotated[
    bool, typer.Option("--traceback", help="Show where in Python an error was raised, such as in your factory.")
]

BAD_INPUT, FAILED = 2, 1
BAD_INPUT_ERRORS = (SpecError, PluginError, UnsupportedError, StoreUnavailable, JobNotFound, JobEnded)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"autoquant {version('autoquant')}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Finds, layer by layer, the bit-widths of a PyTorch network on the Pareto front of accuracy and cost."""


@contextmanager
def errors(as_json: bool, show_traceback: bool = False) -> Iterator[None]:
    """Errors as one clear text on stderr (with ``--json`` an object on stdout), and the exit code that fits.

    ``show_traceback`` shows where they were raised, before that text.
    """
    try:
        yield
    except AutoQuantError as error:
        if show_traceback:
            traceback.print_exception(error.__cause__ or error)
        code = BAD_INPUT if isinstance(error, BAD_INPUT_ERRORS) else FAILED
        if as_json:
            problems = error.problems if isinstance(error, SpecError) else [str(error)]
            name, again = type(error).__name__, error.retryable
            print(json.dumps({"error": name, "problems": problems, "retryable": again}))
        else:
            kind = "job failed" if isinstance(error, JobFailed) else "error"
            print(f"{kind}: {plain(str(error))}", file=sys.stderr)
        raise typer.Exit(code) from None
    except KeyboardInterrupt:
        print("interrupted; running trials were dropped, 'autoquant resume' goes on", file=sys.stderr)
        raise typer.Exit(130) from None
