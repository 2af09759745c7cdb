"""AutoQuant finds, layer by layer, the bit-widths of a PyTorch network on the Pareto front of accuracy and cost.

    import autoquant as aq

    job = aq.search("spec.yaml")
    for trial in job.front():
        print(trial.metrics, trial.options)

Names are imported when they are first used, so that ``import autoquant`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autoquant.client import Job as Job
    from autoquant.client import list_jobs as list_jobs
    from autoquant.client import load_job as load_job
    from autoquant.client import resume as resume
    from autoquant.client import search as search
    from autoquant.client import submit as submit
    from autoquant.data import DataSplits as DataSplits
    from autoquant.data import Split as Split
    from autoquant.errors import AutoQuantError as AutoQuantError
    from autoquant.errors import JobFailed as JobFailed
    from autoquant.errors import JobNotFound as JobNotFound
    from autoquant.errors import PluginError as PluginError
    from autoquant.errors import SearcherError as SearcherError
    from autoquant.errors import SpecError as SpecError
    from autoquant.errors import StoreError as StoreError
    from autoquant.errors import UnsupportedError as UnsupportedError
    from autoquant.interfaces import CostModel as CostModel
    from autoquant.interfaces import Evaluator as Evaluator
    from autoquant.interfaces import Searcher as Searcher
    from autoquant.interfaces import WorkerPool as WorkerPool
    from autoquant.network import ABSENT as ABSENT
    from autoquant.network import ActivationQuantization as ActivationQuantization
    from autoquant.network import LayerConfig as LayerConfig
    from autoquant.network import LayerPrecision as LayerPrecision
    from autoquant.network import LayerProfile as LayerProfile
    from autoquant.network import NetworkProfile as NetworkProfile
    from autoquant.network import WeightQuantization as WeightQuantization
    from autoquant.objective import Constraint as Constraint
    from autoquant.objective import Objective as Objective
    from autoquant.pareto import dominates as dominates
    from autoquant.pareto import hypervolume as hypervolume
    from autoquant.pareto import non_dominated as non_dominated
    from autoquant.planning.alone import make_cost_model as make_cost_model
    from autoquant.planning.alone import make_searcher as make_searcher
    from autoquant.planning.alone import make_space as make_space
    from autoquant.quantization import build_quantized as build_quantized
    from autoquant.quantization import profile_network as profile_network
    from autoquant.space import Choice as Choice
    from autoquant.space import SearchSpace as SearchSpace
    from autoquant.spec import SearchSpec as SearchSpec
    from autoquant.store import Store as Store
    from autoquant.trial import Measurement as Measurement
    from autoquant.trial import Proposal as Proposal
    from autoquant.trial import Trial as Trial

_HOME = {
    "client": "Job list_jobs load_job resume search submit",
    "data": "DataSplits Split",
    "errors": "AutoQuantError JobFailed JobNotFound PluginError SearcherError SpecError StoreError UnsupportedError",
    "interfaces": "CostModel Evaluator Searcher WorkerPool",
    "network": (
        "ABSENT ActivationQuantization LayerConfig LayerPrecision LayerProfile NetworkProfile WeightQuantization"
    ),
    "objective": "Constraint Objective",
    "planning.alone": "make_cost_model make_searcher make_space",
    "pareto": "dominates hypervolume non_dominated",
    "quantization": "build_quantized profile_network",
    "space": "Choice SearchSpace",
    "spec": "SearchSpec",
    "store": "Store",
    "trial": "Measurement Proposal Trial",
}
_MODULE = {name: f"autoquant.{module}" for module, names in _HOME.items() for name in names.split()}

__all__ = sorted(_MODULE)


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module 'autoquant' has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULE[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_MODULE]
