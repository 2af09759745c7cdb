"""Files are written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoquant.errors import SpecError
from autoquant.texts.files import write_whole


def full(path: Path) -> None:
    path.write_text("half")
    raise OSError(28, "No space left on device")


def test_all_files_are_put_in_their_places(tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("old")
    write_whole({one: lambda path: path.write_text("1"), two: lambda path: path.write_text("2")})
    assert (one.read_text(), two.read_text()) == ("1", "2")
    assert len(list(tmp_path.iterdir())) == 2


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("old")
    with pytest.raises(SpecError, match=r"two\.txt: it cannot be written \(No space left on device\); name another"):
        write_whole({one: lambda path: path.write_text("1"), two: full})
    assert one.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["one.txt"]


@pytest.mark.parametrize("name", ["folder", "x" * 300, "nowhere/x"])
def test_a_place_that_is_none(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(SpecError, match="it cannot be written"):
        write_whole({tmp_path / name: lambda path: path.write_text("1")})
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_whole({tmp_path / "link": lambda path: path.write_text("1")})
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "1"
