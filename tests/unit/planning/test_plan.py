"""From a spec to a plan: every wrong name, option and wish is refused before anything runs."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import toy
from torch import nn

from autoquant.data import DataSplits, Split
from autoquant.errors import AutoQuantError, PluginError, SpecError
from autoquant.job import JobDefinition
from autoquant.objective import Bounds, Constraint, Objective
from autoquant.planning.identity import source_digest
from autoquant.planning.plan import make_plan
from autoquant.searchers.nsga3 import NSGA3Search
from autoquant.spec import SearchSpec

TOY: dict[str, Any] = {
    "space": {"name": "choices", "choices": {"a": [1, 2, 3], "b": [1, 2]}},
    "evaluator": "toy:Toy",
    "objectives": ["loss", "size"],
    "pool": "inline",
}
NETWORK: dict[str, Any] = TOY | {
    "space": {"name": "bit_widths", "weights": [2, 4, 8]},
    "evaluator": "toy:ToyNetwork",
    "objectives": ["loss", "weight_bytes"],
}
"""Its weights have 2,140 bytes and a few at the least."""


def plan(base: dict[str, Any], **changes: Any) -> Any:
    return make_plan(SearchSpec.from_dict(base | changes))


def without_warnings(made: Any) -> tuple[str, ...]:
    """The notes of its profile but those that its costs hardly vary."""
    return tuple(note for note in made.definition.profile.notes if "hardly varies" not in note)


def problems(base: dict[str, Any], **changes: Any) -> list[str]:
    with pytest.raises(SpecError) as caught:
        plan(base, **changes)
    return caught.value.problems


def test_a_good_spec_becomes_a_plan() -> None:
    made = plan(
        NETWORK, constraints=["weight_bytes <= 9000", "loss_drop <= 1"], searcher={"name": "nsga3", "population": 9}
    )
    assert made.objectives == (Objective("loss", "minimize"), Objective("weight_bytes", "minimize"))
    assert made.constraints == (Constraint.parse("weight_bytes <= 9000"), Constraint.parse("loss_drop <= 1"))
    assert made.drops == {"loss": "minimize"}
    assert isinstance(made.searcher(), NSGA3Search)
    record: JobDefinition = made.definition
    assert record.choices == made.space.choices
    assert record.profile == toy.PROFILE
    assert record.identity["evaluator"] == "toy:ToyNetwork {} version 1"
    (cost,) = record.costs
    assert (cost.metric, cost.unit, cost.model) == ("weight_bytes", "bytes", "weight_bytes")
    assert [len(row) for row in cost.layers] == [3, 3, 3, 3]
    ends = [sum(end(row) for row in cost.layers) for end in (min, max)]
    assert record.bounds == ((0.0, 4.0), tuple(ends))


def test_nothing_is_measured_while_planning(calls: list[Any]) -> None:
    plan(NETWORK)
    assert calls == []


NAMES: dict[str, tuple[dict[str, Any], str]] = {
    "space": ({"space": "choises"}, "space: no search space is called 'choises'; did you mean 'choices'? accepted: "),
    "evaluator": ({"evaluator": "post_trainin"}, "evaluator: no evaluator is called 'post_trainin'; did you mean 'pos"),
    "searcher": ({"searcher": "nsga"}, "searcher: no searcher is called 'nsga'; did you mean 'nsga3'? accepted: nsga3"),
    "pool": ({"pool": "rey"}, "pool: no pool is called 'rey'; did you mean 'ray'? accepted: inline, ray"),
    "cost model": ({"cost_models": ["bitops", "bitop"]}, "cost_models[1]: no cost model is called 'bitop'; did you me"),
    "own class that is not there": ({"searcher": "toy:Repeatin"}, "searcher: searcher 'toy:Repeatin': toy ("),
    "own class of another kind": ({"pool": "toy:Repeating"}, "pool: pool 'toy:Repeating': toy:Repeating is <class"),
    "own module that is not there": ({"evaluator": "tyo:Toy"}, "evaluator: evaluator 'tyo:Toy': importing 'tyo' faile"),
    "option": ({"searcher": {"name": "nsga3", "popsize": 9}}, "searcher.popsize: there is no such field; "),
    "option of a pool": ({"pool": {"name": "ray", "workers": 0}}, "pool.workers: must be 1 or more"),
    "option of an evaluator": ({"evaluator": {"name": "toy:Toy", "fail": "x"}}, "evaluator.fail: "),
    "option of a space": ({"space": {"name": "choices"}}, "space.choices: it is missing, and it is needed"),
    "option of a cost model": ({"cost_models": [{"name": "bitops", "a": 1}]}, "cost_models[0].a: there is no such fie"),
    "objective": ({"objectives": ["los", "size"]}, "objectives[0]: no metric is called 'los'; did you mean 'loss'? me"),
    "objective on a device": ({"objectives": ["loss@t4"]}, "objectives[0]: no metric is called 'loss@t4'; "),
    "direction": ({"objectives": ["size", {"metric": "quality", "direction": "minimize"}]},
                  "objectives[1]: 'quality' is better when maximized, it cannot be minimized; leave the direction out"),
    "constraint": ({"constraints": ["size <= 9", "latency <= 3"]}, "constraints[1]: no metric is called 'latency'; "),
    "reference point": ({"reference_point": {"loos": 3}}, "reference_point.loos: it is no objective; did you mean 'lo"),
    "choice without options": ({"space": {"name": "choices", "choices": {"a": []}}}, "choice 'a': it has no options"),
    "no choices": ({"space": {"name": "choices", "choices": {}}}, "space: there is nothing to choose"),
}  # fmt: skip

COSTS: dict[str, tuple[dict[str, Any], str]] = {
    "device is missing": ({"objectives": ["loss", "latency_ms"]},
                          "objectives[1]: 'latency_ms' needs a device; accepted: latency_ms@cortex-m4, latency_ms@cor"),
    "device is unknown": ({"objectives": ["latency_ms@cortex-m9"]}, "objectives[0]: "),
    "device makes no difference": ({"objectives": ["weight_bytes@t4"]},
                                   "objectives[0]: 'weight_bytes@t4': weight_bytes does not depend on a device; write"),
    "device file is missing": ({"constraints": ["latency_ms@none.toml <= 3"]}, "constraints[0]: "),
    "cost is misspelt": ({"objectives": ["weigth_bytes"]},
                         "objectives[0]: no metric is called 'weigth_bytes'; did you mean 'weight_bytes'?"),
    "direction of a cost": ({"objectives": [{"metric": "bitops", "direction": "maximize"}]},
                            "objectives[0]: 'bitops' is better when minimized, it cannot be maximized"),
    "drop of a cost": ({"objectives": ["bitops_drop"]}, "objectives[0]: no metric is called 'bitops_drop'; "),
    "too few bytes": ({"constraints": ["loss <= 3", "weight_bytes <= 100"]},
                      "constraints[1]: 'weight_bytes <= 100' cannot hold: the least that any candidate reaches is "),
    "too many bytes": ({"constraints": ["weight_bytes >= 1e9"]},
                       "constraints[0]: 'weight_bytes >= 1000000000' cannot hold: the most that any candidate reaches"),
    "more than perfect": ({"constraints": ["quality >= 1.01"]},
                          "constraints[0]: 'quality >= 1.01' cannot hold: the most that any candidate reaches is 1"),
    "drop beyond the scale": ({"constraints": ["quality_drop <= -1.5"]},
                              "constraints[0]: 'quality_drop <= -1.5' cannot hold: the least that any candidate reach"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "message"), NAMES.values(), ids=NAMES)
def test_a_wrong_name_or_option_is_named_with_its_place(changes: dict[str, Any], message: str) -> None:
    (problem,) = problems(TOY, **changes)
    assert problem.startswith(message)


@pytest.mark.parametrize(("changes", "message"), COSTS.values(), ids=COSTS)
def test_a_wrong_cost_or_an_impossible_constraint_is_named_with_its_place(
    changes: dict[str, Any], message: str
) -> None:
    (problem,) = problems(NETWORK, **changes)
    assert problem.startswith(message)


def test_an_unknown_device_comes_with_the_known_ones() -> None:
    (problem,) = problems(NETWORK, objectives=["latency_ms@cortex-m9"])
    assert "did you mean 'cortex-m" in problem
    assert "nvidia-t4" in problem


def test_a_bound_that_is_just_reached_can_hold() -> None:
    least = plan(NETWORK).definition.bounds[1].best
    assert plan(NETWORK, constraints=[f"weight_bytes <= {least!r}", "quality >= 1", "loss <= 0"]).constraints
    assert problems(NETWORK, constraints=[f"weight_bytes <= {math.nextafter(least, 0)!r}"])


def test_all_wrong_names_are_reported_at_once() -> None:
    found = problems(TOY, searcher="nsga", pool={"name": "ray", "worker": 3}, cost_models=["x"])
    assert [line.partition(":")[0] for line in found] == ["searcher", "pool.worker", "cost_models[0]"]
    found = problems(TOY, objectives=["loss", "sise"], constraints=["los <= 3"], reference_point={"x": 1})
    assert [line.partition(":")[0] for line in found] == ["objectives[1]", "constraints[0]", "reference_point.x"]


def test_costs_need_a_network() -> None:
    (problem,) = problems(TOY, objectives=["loss", "weight_bytes"])
    assert problem == "objectives: 'weight_bytes' is a cost of a network, and the evaluator has no network"
    (problem,) = problems(TOY, space="bit_widths")
    assert problem.startswith("space: bit_widths needs a network")


# The scale of the hypervolume.


def test_the_reference_point_is_the_worst_that_counts() -> None:
    made = plan(NETWORK, reference_point={"loss": 2.5})
    assert made.definition.bounds[0] == (0.0, 2.5)
    assert made.definition.bounds[1] == plan(NETWORK).definition.bounds[1]


@pytest.mark.parametrize(("metric", "worst"), [("loss", 0.0), ("loss", -1.0), ("quality", 1.5)])
def test_a_reference_point_no_worse_than_the_best_is_refused(metric: str, worst: float) -> None:
    (problem,) = problems(TOY, objectives=[metric, "size"], reference_point={metric: worst})
    assert problem.startswith(f"reference_point.{metric}: ")


def test_a_metric_without_bounds_needs_both_ends_of_its_scale() -> None:
    """Of one end alone, hypervolumes of 100 and infinity were made."""
    found = problems(TOY, evaluator="toy:Boundless", reference_point={"size": 10})
    assert found == [
        "reference_point: the worst value of 'loss' is not known; give it, for example "
        "'reference_point: {loss: <worst value that still counts>}'",
        "ideal_point: the best value of 'loss' is not known; give it, for example "
        "'ideal_point: {loss: <best value that it can take>}'",
        "ideal_point: the best value of 'size' is not known; give it, for example "
        "'ideal_point: {size: <best value that it can take>}'",
    ]
    ends = {"reference_point": {"loss": 3, "size": 10}, "ideal_point": {"loss": 0, "size": 1}}
    assert plan(TOY, evaluator="toy:Boundless", **ends).definition.bounds == ((0.0, 3.0), (1.0, 10.0))


def test_the_points_of_a_spec_come_before_the_bounds_of_the_evaluator() -> None:
    made = plan(TOY, ideal_point={"loss": 0.5}, reference_point={"size": 20})
    assert made.definition.bounds == ((0.5, 4.0), (0.0, 20.0))
    (problem,) = problems(TOY, ideal_point={"loss": 4.0})
    assert problem.startswith("ideal_point.loss: the worst value, 4, is no worse than the best value, 4; ")
    (problem,) = problems(TOY, ideal_point={"loos": 4.0})
    assert problem.startswith("ideal_point.loos: it is no objective; did you mean 'loss'?")


def test_bounds_that_are_no_scale_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for bounds in ((4.0, 0.0), (-1.7e308, 1.7e308), (0.0, math.nan)):
        monkeypatch.setattr(toy.Toy, "bounds", lambda self, bounds=bounds: {"loss": bounds, "size": (0.0, 40.0)})
        (problem,) = problems(TOY)
        assert problem.startswith("objectives: 'loss' has "), bounds


def test_a_stored_job_keeps_its_scale() -> None:
    """Also one of a version that took a reference point alone."""
    begun = replace(plan(TOY).definition, bounds=(Bounds(2.0, 3.0), Bounds(9.0, 10.0)))
    spec = SearchSpec.from_dict(TOY | {"evaluator": "toy:Boundless", "reference_point": {"loss": 3, "size": 10}})
    assert make_plan(spec, begun=begun).normalization.bounds == ((2.0, 3.0), (9.0, 10.0))


# Network and data.


FACTORIES = """
import torch
from autoquant import DataSplits, Split
from autoquant.errors import UnsupportedError

def net(): return torch.nn.Linear(2, 2)
def data(): return DataSplits(Split([1], [1]), Split([2], [2]))
def sized(*, size): return torch.nn.Linear(size, size)
def fails(): raise RuntimeError("the dog ate the weights")
def ours(): raise UnsupportedError("layer 3: too good for you")
def number(): return 3
def network_class(): return torch.nn.Linear
value = 3
"""


@pytest.fixture
def made(tmp_path: Path) -> Any:
    """Plans a search whose factories are in a folder of its own."""
    (tmp_path / "factories.py").write_text(FACTORIES)
    return lambda **changes: plan(TOY, folder=str(tmp_path), **changes)


def test_factories_make_network_and_data(made: Any) -> None:
    recipe = made(network={"factory": "factories:sized", "options": {"size": 7}}, data="factories:data").recipe
    evaluator = recipe.build()
    assert evaluator.network.in_features == 7
    assert [len(split) for _, split in evaluator.data] == [1, 1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": "factories:fails"}, "network: factories:fails raised RuntimeError: the dog ate the weights"),
        ({"network": "factories:sized"}, "network: factories:sized raised TypeError: sized() missing 1 required"),
        ({"network": "factories:number"}, "network: expected a torch.nn.Module, got int"),
        ({"network": "factories:network_class"}, "network: expected a torch.nn.Module, got type"),
        ({"network": "factories:value"}, "network: factories:value raised TypeError: 'int' object is not callable"),
        ({"data": "factories:net"}, "data: expected a autoquant.data.DataSplits, got Linear"),
        ({"network": "factories:ours"}, "layer 3: too good for you"),
        ({"network": "factories:nte"}, "network.factory: factories ("),
        ({"data": "factoris:data"}, "data.factory: importing 'factoris' failed with ModuleNotFoundError"),
    ],
)
def test_a_factory_that_fails_is_named(made: Any, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(AutoQuantError) as caught:
        made(**changes)
    assert str(caught.value).startswith(message)
    assert len(str(caught.value).splitlines()) == 1


def test_objects_stand_in_for_factories() -> None:
    network, data = nn.Linear(3, 3), DataSplits(Split([1], [1]), Split([2], [2]))
    made = make_plan(SearchSpec.from_dict(TOY), network, data)
    evaluator = made.recipe.build()
    assert evaluator.network is network
    assert evaluator.data is data
    assert made.definition.identity.keys() == {"evaluator", "network", "data", "code"}
    with pytest.raises(SpecError, match=r"network: expected a torch.nn.Module, got str"):
        make_plan(SearchSpec.from_dict(TOY), "net", data)  # type: ignore[arg-type]


def test_two_specs_may_have_a_network_of_the_same_name(tmp_path: Path) -> None:
    for size in (3, 5, 3):
        folder = tmp_path / str(size)
        folder.mkdir(exist_ok=True)
        (folder / "network.py").write_text(f"import torch\ndef build(): return torch.nn.Linear({size}, 1)\n")
        made = plan(TOY, network="network:build", folder=str(folder))
        assert made.recipe.build().network.in_features == size
        assert made.recipe.import_paths[0] == str(folder)


def test_an_evaluator_that_refuses_the_space_is_heard() -> None:
    with pytest.raises(SpecError, match="space: this evaluator takes no other space than its own"):
        plan(TOY, evaluator="toy:Picky")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"evaluator": "toy:Clumsy"}, "evaluator: toy:Clumsy raised ZeroDivisionError: division by zero"),
        ({"space": "toy:ClumsySpace"}, "space: toy:ClumsySpace raised KeyError: 'nothing'"),
    ],
)
def test_a_plug_in_that_raises_while_it_is_built_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=re.escape(message)):
        plan(TOY, **changes)


def test_an_installed_evaluator_is_known_by_the_version_of_its_distribution() -> None:
    from torch import nn as installed

    digest = source_digest({installed.Linear})
    assert digest.endswith(f" torch=={version('torch')}")
    assert source_digest({type(self_made())}).count(" ") == 0


def self_made() -> nn.Module:
    class Own(nn.Module):
        pass

    return Own()


def test_several_cost_models_of_one_metric_must_be_distinguished() -> None:
    (problem,) = problems(NETWORK, cost_models=["weight_bytes", "toy:OwnBytes"])
    assert problem == (
        "objectives[1]: 'weight_bytes': several cost models give weight_bytes: ['weight_bytes', 'toy:OwnBytes']; "
        "name one under cost_models"
    )
    made = plan(NETWORK, cost_models=[{"name": "toy:OwnBytes", "each": 5}])
    assert made.definition.costs[0].model == "toy:OwnBytes"
    assert made.definition.bounds[1] == (20.0, 20.0)


@pytest.mark.parametrize("each", [float("nan"), float("inf")])
def test_law_5_a_cost_that_is_no_number_is_refused(each: float) -> None:
    with pytest.raises(AutoQuantError, match="toy:OwnBytes gives costs of layer 'layer0' that are not finite"):
        plan(NETWORK, cost_models=[{"name": "toy:OwnBytes", "each": each}])


def test_plugin_errors_are_clear(new_run: Any) -> None:
    with pytest.raises(PluginError, match="no searcher is called"):
        new_run().plan.__class__.searcher(_with_searcher(new_run().plan, "x"))


def _with_searcher(plan: Any, name: str) -> Any:
    from dataclasses import replace

    return replace(
        plan, spec=plan.spec.model_copy(update={"searcher": plan.spec.searcher.model_copy(update={"name": name})})
    )


def test_what_a_cost_model_cannot_price_is_excluded_and_noted() -> None:
    made = plan(NETWORK, cost_models=["toy:ByteMachine"])
    options = {choice.name: choice.options for choice in made.space.choices}
    assert options["layer1.weight"] == (2, 4, 8)
    assert options["layer2.weight"] == (4, 8)
    assert without_warnings(made) == ("weights of 2 bits are excluded, weight_bytes cannot price them: layer2",)
    assert made.definition.excluded == {"layer2": {"weights": [2]}}
    assert "layer2" not in str(made.spec.to_dict()), "the spec is the user's"
    again = make_plan(made.spec, begun=made.definition)
    assert again.definition.choices == made.definition.choices
    assert again.definition.profile is not None
    assert without_warnings(again) == ()


def test_what_was_excluded_is_stored_and_logged(new_network_run: Any) -> None:
    run = new_network_run(cost_models=["toy:ByteMachine"], budget={"n_trials": 3})
    run.run()
    record = run.store.job(run.id)
    assert [event.text for event in run.store.events(run.id)][1].startswith("weights of 2 bits are excluded")
    assert record.definition.choices == run.plan.space.choices


@pytest.mark.parametrize(
    ("searcher", "problem"),
    [
        ({"name": "optuna", "sampler": "Foo"}, "searcher.sampler: no sampler of Optuna is called 'Foo'"),
        ({"name": "optuna", "sampler": "cmaes"}, "searcher.sampler: CmaEsSampler takes one objective, here are 2"),
        ({"name": "optuna", "options": {"n_ei_candidates": "x"}}, "searcher.options.n_ei_candidates: must be"),
        ({"name": "ppo", "lambda_range": [5, 1]}, "searcher.lambda_range: "),
        ({"name": "ppo", "lambdas": [1, 2]}, "searcher.lambdas: 2 given"),
    ],
)
def test_what_a_searcher_finds_wrong_itself_is_refused_before_anything_runs(searcher, problem):
    with pytest.raises(SpecError, match=f"^{re.escape(problem)}"):
        plan(NETWORK, searcher=searcher)


def test_costs_that_no_candidate_holds_together_are_refused_with_the_spec():
    objectives = ["loss", "weight_bytes", "bitops"]
    bounds = plan(NETWORK, objectives=objectives).pricer.bounds
    light, busy = bounds["weight_bytes"][0], bounds["bitops"][1]  # each can be held, by different candidates
    constraints = [f"weight_bytes <= {light}", f"bitops >= {busy}"]
    with pytest.raises(SpecError, match=r"^searcher: no candidate was found .* loosen one"):
        plan(NETWORK, objectives=objectives, searcher="sensitivity", constraints=constraints)


def test_what_layers_go_without_is_noted_with_the_space() -> None:
    recipes = "autoquant_search_spaces.recipes:Recipes"
    space = {"name": recipes, "options": ["W8", "ternary", "W4@3:8"], "activations": [8]}
    made = plan(NETWORK, space=space, cost_models=["toy:ByteMachine"])
    assert without_warnings(made) == (
        "layer0, layer1, layer2 go without the recipe W4@3:8: 8 does not divide the input channels that an output "
        "channel reads",
        "recipes ternary are excluded, weight_bytes cannot price them: layer2",
    )
    assert made.definition.excluded == {"layer2": {"recipes": ["ternary"]}}
    again = make_plan(made.spec, begun=made.definition)
    assert again.definition.choices == made.definition.choices


def test_a_factory_that_raises_deep_in_its_code_names_the_line(tmp_path: Path) -> None:
    lines = [
        "import json",
        "def load(): return json.loads('{')",
        "def middle(): return load()",
        "def make(): return middle()",
    ]
    (tmp_path / "deep_network.py").write_text("\n".join(lines))
    (line,) = problems(NETWORK, network="deep_network:make", folder=str(tmp_path))
    assert line.startswith("network: deep_network:make raised JSONDecodeError: ")
    assert "(deep_network.py, line 2, in load)" in line
    assert line.endswith("--traceback shows more")


@pytest.mark.parametrize("name", ["tpe", "TPESampler", "gp"])
def test_a_sampler_of_optuna_is_no_searcher(name: str) -> None:
    assert problems(TOY, searcher=name) == [
        f"searcher: {name!r} is a sampler of Optuna; write {{name: optuna, sampler: {name}}}"
    ]


def test_what_hardly_varies_over_the_space_is_said_before_a_search() -> None:
    notes = plan(NETWORK, objectives=["loss", "weight_bytes"]).definition.profile.notes
    assert not any("hardly varies" in note for note in notes)
    constant = plan(NETWORK, cost_models=["toy:OwnBytes"]).definition.profile.notes
    sentence = "objective weight_bytes hardly varies: over the whole space it is 4, so it decides nothing; leave it out"
    assert any(note.startswith(sentence) for note in constant)


def test_peaks_of_a_data_sheet_are_said_before_a_search() -> None:
    space = {"name": "bit_widths", "weights": [4, 8], "activations": [8]}
    notes = plan(NETWORK, space=space, objectives=["loss", "latency_ms@nvidia-a100"]).definition.profile.notes
    assert "latency_ms@nvidia-a100: rates of the data sheet; a network takes 8 to 20 times as long" in notes
    assert not any(
        "data sheet" in n for n in plan(NETWORK, objectives=["loss", "latency_ms@cortex-m7"]).definition.profile.notes
    )
