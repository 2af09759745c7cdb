"""What a measurement depends on: by it a stored one is known again, in any job."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Mapping
from importlib.metadata import packages_distributions, version
from pathlib import Path

from autoquant.data import SplitName
from autoquant.errors import UnsupportedError
from autoquant.interfaces import Evaluator
from autoquant.network import ABSENT
from autoquant.space import Candidate, SearchSpace
from autoquant.spec import SearchSpec
from autoquant.trial import Settings


def identity(spec: SearchSpec, evaluator: Evaluator) -> dict[str, str]:
    """What measurements depend on besides the candidate; on resume all but the code must be the same."""
    options = json.dumps(spec.evaluator.options, sort_keys=True, default=repr)
    parts = {"evaluator": f"{spec.evaluator.name} {options} version {evaluator.version}"}
    sources: set[type] = {type(evaluator)}
    if evaluator.network is not None:
        from autoquant.quantization.digest import network_digest

        parts["network"] = network_digest(evaluator.network)
        sources |= {type(part) for part in evaluator.network.modules()}
    if evaluator.data is not None:
        from autoquant.quantization.digest import data_digest

        splits = data_digest(evaluator.data)
        parts["data"] = " ".join(f"{name}={digest}" for name, digest in splits.items())
    parts["code"] = source_digest(sources)
    if evaluator.uses_seed:
        parts["seed"] = str(spec.seed)
    return parts


def source_digest(classes: set[type]) -> str:
    """Digest of the files that define these classes; installed packages are known by their versions instead."""
    files, packages = set(), set()
    for defined in classes:
        try:
            file = inspect.getsourcefile(defined)
        except (TypeError, OSError):
            file = None
        if file and "site-packages" not in file and Path(file).is_file():
            files.add(file)
        else:
            packages.add(defined.__module__.partition(".")[0])
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(Path(file).read_bytes())
    owners = packages_distributions()
    installed = {f"{name}=={version(name)}" for package in packages for name in owners.get(package, [])}
    return " ".join([digest.hexdigest()[:16], *sorted(installed)])


def measurement_key(of_job: Mapping[str, str], split: SplitName, subject: list[str]) -> str:
    """Digest of all that a measurement depends on: equal keys measure the same, in any job."""
    return hashlib.sha256("\n".join([*of_job.values(), split, *subject]).encode()).hexdigest()


def describe(space: SearchSpace, canonical: Candidate) -> list[str]:
    """What a candidate stands for, whatever the space calls it."""
    try:
        return ["absent" if option is ABSENT else option.key() for option in space.configs(canonical)]
    except UnsupportedError:
        return [f"{name}={option!r}" for name, option in space.decode(canonical).items()]


def describe_settings(settings: Settings) -> list[str]:
    """The settings of a search training run, in one order."""
    return ["settings", json.dumps(dict(settings), sort_keys=True)]


def describe_checkpoint(checkpoint: str | None) -> list[str]:
    """What was trained before, where that is what is scored."""
    return [] if checkpoint is None else ["checkpoint", checkpoint]


def describe_effort(polish: bool) -> list[str]:
    """That a network was made as well as the evaluator can, where it was."""
    return ["polished"] if polish else []


FLOAT_NETWORK = ["float network"]
"""What the network as it was given is described by."""
