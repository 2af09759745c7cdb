"""What is worked out once: kept whole, asked for by many, lost, damaged, and with nowhere to keep it."""

from __future__ import annotations

import errno
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from autoquant.errors import SpecError
from autoquant.quantization.archive import Archive, Arrays, digest

KEY = digest("a result")


def some(value: int = 1) -> dict[str, np.ndarray]:
    return {"codes": np.full((3, 4), value, np.int8), "shift": np.arange(3, dtype=np.float32), "n": np.array(7)}


def same(one: Arrays | None, other: Arrays | None) -> bool:
    if one is None or other is None:
        return False
    return one.keys() == other.keys() and all(
        np.array_equal(one[name], other[name]) and one[name].dtype == other[name].dtype for name in one
    )


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.parent.name != "locks")


def test_what_was_kept_is_found_by_whoever_asks(tmp_path):
    archive = Archive(tmp_path / "not" / "yet")
    assert archive.find(KEY) is None
    assert not archive.has(KEY)
    assert same(archive.get(KEY, some), some())
    assert same(Archive(archive.folder).get(KEY, lambda: pytest.fail("it was known")), some())
    assert archive.has(KEY)
    archive.keep(KEY, some(2))
    assert same(archive.find(KEY), some(2))
    assert files(archive.folder) == [f"{KEY}.npz"]
    archive.keep(digest("nothing"), {})
    assert archive.find(digest("nothing")) == {}


def test_digests_are_of_the_parts_and_their_borders():
    parts = [("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), (b"abc", b"", ""), ()]
    assert len({digest(*given) for given in parts}) == len(parts)
    assert digest("ab") == digest(b"ab") == digest(memoryview(b"ab"))


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "zeros"])
def test_a_damaged_file_is_worked_out_again(tmp_path, damage):
    archive = Archive(tmp_path)
    archive.keep(KEY, some())
    (file,) = (path for path in tmp_path.rglob("*.npz"))
    whole = file.read_bytes()
    content = {"cut": whole[: len(whole) // 2], "empty": b"", "text": b"not an archive", "zeros": bytes(len(whole))}
    file.write_bytes(content[damage])
    assert archive.find(KEY) is None
    assert not archive.has(KEY)
    assert same(archive.get(KEY, lambda: some(3)), some(3))
    assert same(archive.find(KEY), some(3))


def test_a_changed_byte_never_changes_a_result(tmp_path):
    archive = Archive(tmp_path)
    archive.keep(KEY, some())
    (file,) = (path for path in tmp_path.rglob("*.npz"))
    whole = file.read_bytes()
    for at in range(0, len(whole), 7):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        found = archive.find(KEY)
        assert found is None or same(found, some())


def test_what_fails_halfway_leaves_nothing(tmp_path, monkeypatch):
    archive = Archive(tmp_path)
    archive.keep(KEY, some())

    def full(file, **arrays):
        file.write(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(SpecError, match=r"cannot be written to \(No space left on device\); set AUTOQUANT_CACHE"):
        archive.keep(KEY, some(2))
    with pytest.raises(SpecError, match="No space left"):
        archive.get(digest("another"), some)
    assert same(archive.find(KEY), some())
    assert files(tmp_path) == [f"{KEY}.npz"]


def test_what_raises_is_raised_and_the_next_one_may_try(tmp_path):
    archive = Archive(tmp_path)
    with pytest.raises(FileNotFoundError, match="of its own"):
        archive.get(KEY, lambda: (_ for _ in ()).throw(FileNotFoundError("of its own")))
    assert same(archive.get(KEY, some), some())


def test_many_who_ask_at_once_have_it_worked_out_once(tmp_path):
    began, found = [], []

    def slow() -> Arrays:
        began.append(1)
        time.sleep(0.2)
        return some()

    threads = [threading.Thread(target=lambda: found.append(Archive(tmp_path).get(KEY, slow))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(began) == 1
    assert len(found) == 6
    assert all(same(one, some()) for one in found)


def test_a_folder_that_goes_is_made_again(tmp_path):
    archive = Archive(tmp_path / "cache")
    archive.get(KEY, some)
    (tmp_path / "cache").rename(tmp_path / "gone")
    assert archive.find(KEY) is None
    assert same(archive.get(KEY, lambda: some(2)), some(2))


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SpecError, match=r"file/cache: fitted weights are kept there and it cannot be written to \(Not"):
        Archive(tmp_path / "file" / "cache")
    with pytest.raises(SpecError, match="set AUTOQUANT_CACHE to a folder that can"):
        Archive(tmp_path / "file")


def test_only_some_are_whole(tmp_path):
    archive = Archive(tmp_path)
    archive.keep(KEY, some(1))
    assert same(archive.get(KEY, lambda: some(2), whole=lambda found: found["codes"][0, 0] == 2), some(2))
    assert same(archive.get(KEY, lambda: some(3), whole=lambda found: found["codes"][0, 0] == 2), some(2))
