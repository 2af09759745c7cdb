"""Arrays that are worked out once and then read by every process that needs them."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
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
    pickles; each appears whole or not at all. `SpecError` where the folder cannot be written to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with self._writing():
            (folder / "locks").mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass

    def get(self, key: str, make: Callable[[], Arrays], whole: Callable[[Arrays], bool] = lambda found: True) -> Arrays:
        """The result of this digest, worked out where nobody has yet, or where what is kept is not ``whole``.

        ``make`` must not ask for another.
        """
        found = self.find(key)
        if found is not None and whole(found):
            return found
        with self.locked(key):
            found = self.find(key)
            if found is None or not whole(found):
                found = make()
                self.keep(key, found)
        return found

    def has(self, key: str) -> bool:
        """Whether something is kept; it may turn out to be damaged."""
        return self._path(key).exists()

    def find(self, key: str) -> Arrays | None:
        """What is kept; None where there is nothing. A damaged file is removed."""
        path = self._path(key)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return dict(arrays)
        except FileNotFoundError:
            return None
        except MemoryError:
            raise
        except Exception:  # what reading a damaged file raises is many things
            with self._writing():
                path.unlink(missing_ok=True)
            return None

    def keep(self, key: str, arrays: Arrays) -> None:
        """Put a result there, in place of one of the same digest."""
        path = self._path(key)
        with self._writing():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    np.savez(file, **dict[str, Any](arrays))
                Path(part).replace(path)
            finally:
                Path(part).unlink(missing_ok=True)

    @contextmanager
    def locked(self, key: str) -> Iterator[None]:
        """Inside, no other process is inside for this key (nor for some others)."""
        locks = self.folder / "locks"
        with self._writing():
            locks.mkdir(parents=True, exist_ok=True)
            file = (locks / key[:2]).open("w")
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SpecError(
                f"{self.folder}: fitted weights are kept there and it cannot be written to ({error.strerror}); set "
                "AUTOQUANT_CACHE to a folder that can"
            ) from error

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.npz"
