"""Arrays that are worked out once and then read by every process that needs them."""

from __future__ import annotations

import fcntl
import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from autoquant.errors import SpecError

Arrays = Mapping[str, npt.NDArray[Any]]


def digest(*parts: str | bytes | memoryview) -> str:
    """What identifies a result: a digest of all that it depends on."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "little"))
        total.update(data)
    return total.hexdigest()


class Archive:
    """A folder of results by digest. Whoever comes first works a result out, and everybody gets what was kept then.

    Workers on other machines see the same results where the folder is one that they share. Files are NumPy's, without
    pickles; each appears whole or not at all.
    """

    def __init__(self, folder: Path) -> None:
        """`SpecError` for a folder that cannot be written to."""
        self.folder = folder
        try:
            (folder / "locks").mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise SpecError(
                f"{folder}: fitted weights are kept there and it cannot be written to ({error.strerror}); set "
                "AUTOQUANT_CACHE to a folder that can"
            ) from error

    def get(self, key: str, make: Callable[[], Arrays]) -> Arrays:
        """The result of this digest, worked out where nobody has yet. ``make`` must not ask for another."""
        found = self.find(key)
        if found is None:
            with self.locked(key):
                found = self.find(key)
                if found is None:
                    found = make()
                    self.keep(key, found)
        return found

    def find(self, key: str) -> Arrays | None:
        """What is kept; None where there is nothing, or what cannot be read."""
        try:
            with np.load(self._path(key), allow_pickle=False) as file:
                return dict(file)
        except FileNotFoundError:
            return None
        except (zipfile.BadZipFile, ValueError, EOFError, OSError):
            return None

    def keep(self, key: str, arrays: Arrays) -> None:
        """Put a result there, in place of one of the same digest."""
        path = self._path(key)
        path.parent.mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as file:
            np.savez(file, allow_pickle=False, **arrays)
        Path(file.name).replace(path)

    @contextmanager
    def locked(self, key: str) -> Iterator[None]:
        """Inside, no other process is inside for this key (nor for some others)."""
        with (self.folder / "locks" / key[:2]).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.npz"
