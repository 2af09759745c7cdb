"""What comes from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoquant.errors import SpecError
from autoquant.settings import cache_folder, data_folder, default_store, store_patience


def test_the_store_of_the_environment(monkeypatch):
    monkeypatch.delenv("AUTOQUANT_STORE", raising=False)
    assert default_store() == "sqlite:///autoquant.db"
    monkeypatch.setenv("AUTOQUANT_STORE", "sqlite:///elsewhere.db")
    assert default_store() == "sqlite:///elsewhere.db"


def test_the_data_of_the_environment(monkeypatch):
    monkeypatch.setenv("AUTOQUANT_DATA", "some/where")
    assert data_folder() == Path("some/where")


def test_the_cache_of_the_environment(monkeypatch):
    monkeypatch.setenv("AUTOQUANT_CACHE", "some/where")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert cache_folder() == Path("some/where")
    monkeypatch.delenv("AUTOQUANT_CACHE")
    assert cache_folder() == Path("/caches/autoquant")
    monkeypatch.setenv("HOME", "/somebody")
    for empty in ("AUTOQUANT_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.setenv(empty, "")
    assert cache_folder() == Path("/somebody/.cache/autoquant")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path("/somebody/.cache/autoquant")


def test_no_test_uses_the_cache_of_the_user(tmp_path_factory):
    assert cache_folder().is_relative_to(tmp_path_factory.getbasetemp())


def test_the_patience_of_the_environment(monkeypatch):
    monkeypatch.delenv("AUTOQUANT_STORE_PATIENCE", raising=False)
    assert store_patience() == 90
    monkeypatch.setenv("AUTOQUANT_STORE_PATIENCE", "6.5")
    assert store_patience() == 6.5


@pytest.mark.parametrize("text", ["soon", "", "5.9", "-1", "inf", "nan"])
def test_a_patience_that_is_none(monkeypatch, text):
    monkeypatch.setenv("AUTOQUANT_STORE_PATIENCE", text)
    with pytest.raises(SpecError, match=rf"AUTOQUANT_STORE_PATIENCE: '{text}' is no number of seconds from 6 on"):
        store_patience()
