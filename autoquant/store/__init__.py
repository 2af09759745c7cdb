"""Where jobs, trials and fronts are kept: the only state there is."""

from autoquant.store.sql import Store

__all__ = ["Store"]
