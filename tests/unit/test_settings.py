"""What comes from the environment."""

from __future__ import annotations

from pathlib import Path

from autoquant.settings import data_folder, default_store


def test_the_store_of_the_environment(monkeypatch):
    monkeypatch.delenv("AUTOQUANT_STORE", raising=False)
    assert default_store() == "sqlite:///autoquant.db"
    monkeypatch.setenv("AUTOQUANT_STORE", "sqlite:///elsewhere.db")
    assert default_store() == "sqlite:///elsewhere.db"


def test_the_data_of_the_environment(monkeypatch):
    monkeypatch.setenv("AUTOQUANT_DATA", "some/where")
    assert data_folder() == Path("some/where")
