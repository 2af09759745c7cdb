"""Where jobs, trials and fronts are kept: the only state there is."""

from autoquant.store.held import FrontChange, HeldJob
from autoquant.store.sql import Store

__all__ = ["FrontChange", "HeldJob", "Store"]
