"""The JSON Schema of a spec, with the options of the installed plug-ins filled in."""

from __future__ import annotations

from typing import Any

from pydantic.errors import PydanticInvalidForJsonSchema

from autoquant import plugins
from autoquant.errors import PluginError
from autoquant.spec import SearchSpec

PLACES = {"space": "search space", "evaluator": "evaluator", "searcher": "searcher", "pool": "pool"}


def spec_schema() -> dict[str, Any]:
    """Draft 2020-12. A plug-in may be given by its name alone or with its options; others as ``module:Class``."""
    schema = SearchSpec.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "AutoQuant search"
    properties = schema["properties"]
    for place, kind in PLACES.items():
        properties[place] = _one_of(kind, properties[place], schema)
    properties["cost_models"]["items"] = _one_of("cost model", {}, schema)
    for place in ("network", "data"):
        properties[place]["anyOf"].append({"type": "string", "pattern": r"^[\w.]+:[\w.]+$"})
    properties["objectives"]["items"] = {"anyOf": [{"type": "string"}, properties["objectives"]["items"]]}
    return schema


def _one_of(kind: str, described: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A name, or an object whose fields are those of the named plug-in."""
    names = plugins.names(kind)
    alone = list(names)
    forms: list[dict[str, Any]] = [{"enum": alone}, {"type": "string", "pattern": r"^[\w.]+:[\w.]+$"}]
    for name in names:
        try:
            options = plugins.options_model(plugins.load(kind, name)).model_json_schema()
        except (PluginError, PydanticInvalidForJsonSchema):
            continue
        if options.get("required"):
            alone.remove(name)
        schema["$defs"].update(options.pop("$defs", {}))
        forms.append(
            {
                "type": "object",
                "title": name,
                "properties": {"name": {"const": name}, **options.get("properties", {})},
                "required": ["name", *options.get("required", [])],
                "additionalProperties": False,
            }
        )
    own = {"name": {"type": "string", "pattern": r"^[\w.]+:[\w.]+$"}}
    forms.append({"type": "object", "title": "module:Class", "properties": own, "required": ["name"]})
    return {"anyOf": forms} | {key: described[key] for key in ("description", "default") if key in described}
