"""Finding plug-ins by name, and building them from checked options.

Built-in and third-party ones are found in the same way: by an entry point of the installed distribution, or, where they
lie in the folder of a spec, by ``module:Class``.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import inspect
import sys
import sysconfig
import traceback
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from autoquant.errors import PluginError, SpecError, did_you_mean
from autoquant.interfaces import KINDS
from autoquant.texts.wording import explain


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """One discovered plug-in. ``error`` says why it cannot be used."""

    kind: str
    name: str
    target: str
    distribution: str
    version: str
    error: str | None = None


@cache
def _entry_points(group: str) -> dict[str, list[EntryPoint]]:
    """Name -> the entry points of that name; more than one where distributions quarrel over it."""
    points: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=group):
        same = points.setdefault(point.name, [])
        if not any((point.value, _owner(point)) == (known.value, _owner(known)) for known in same):
            same.append(point)
    return points


def _owner(point: EntryPoint) -> str:
    """The distribution of an entry point, with its version."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else "?"


def names(kind: str) -> list[str]:
    """Names of the installed plug-ins of a kind, without importing any."""
    return sorted(_entry_points(KINDS[kind].group))


def discover() -> list[PluginInfo]:
    """Every installed plug-in, importing each; a broken one is listed with its error and stops nothing."""
    infos = []
    for kind in KINDS:
        for name in names(kind):
            try:
                load(kind, name)
                error = None
            except PluginError as problem:
                error = str(problem)
            for point in _entry_points(KINDS[kind].group)[name]:
                distribution, version = _owner(point).rsplit(" ", 1) if point.dist else ("?", "?")
                infos.append(PluginInfo(kind, name, point.value, distribution, version, error))
    return infos


def load(kind: str, name: str) -> type[Any]:
    """The plug-in class of that kind: an installed name, or ``module:Class``.

    `PluginError` when it is unknown (with the nearest name), cannot be imported (with its distribution and the file
    that was found), or is not a class of that kind.
    """
    base = KINDS[kind].base
    points = _entry_points(KINDS[kind].group).get(name, [])
    if not points and ":" not in name:
        raise PluginError(f"no {kind} is called {name!r}; {did_you_mean(name, names(kind))}; or 'module:Class'")
    if len(points) > 1:
        who = " and ".join(f"{_owner(point)} ({point.value})" for point in points)
        raise PluginError(f"{kind} {name!r} is given by more than one distribution: {who}; uninstall all but one")
    target = points[0].value if points else name
    owner = f" (from the distribution {_owner(points[0])})" if points and points[0].dist else ""
    loaded = load_object(target, f"{kind} {name!r}{owner}")
    if not (inspect.isclass(loaded) and issubclass(loaded, base)):
        raise PluginError(f"{kind} {name!r}{owner}: {target} is {loaded!r}, not a subclass of {base.__qualname__}")
    if problem := _unfit(loaded, base):
        raise PluginError(f"{kind} {name!r}{owner}: {target} ({_found(loaded.__module__)}) {problem}")
    return loaded


def _unfit(plugin: type[Any], base: type[Any]) -> str | None:
    """Why a class of the right kind cannot be used."""
    if inspect.isabstract(plugin):
        return f"does not write {', '.join(sorted(plugin.__abstractmethods__))}"
    if missing := [name for name in vars(base).get("__annotations__", {}) if not hasattr(plugin, name)]:
        return f"has no {missing[0]!r}"
    try:
        options_model(plugin)
    except Exception as error:
        return f"its options cannot be read: {type(error).__name__}: {error}"
    return None


_spec_folder: str | None = None
_inserted = False
_modules_before: frozenset[str] = frozenset()


def use_folder(folder: str) -> None:
    """Put the folder of a spec first on the import path, in place of that of an earlier spec."""
    global _spec_folder, _inserted, _modules_before
    folder = str(Path(folder).absolute())
    if _spec_folder == folder and folder in sys.path:
        return
    leave_folder()
    _spec_folder, _inserted, _modules_before = folder, sys.path[:1] != [folder], frozenset(sys.modules)
    if _inserted:
        sys.path.insert(0, folder)


def leave_folder() -> None:
    """Take the folder of a spec from the import path, and forget the modules of it that were imported meanwhile.

    So two folders may each hold a ``network.py``. What is installed somewhere below the folder stays as it is.
    """
    global _spec_folder, _inserted
    if _spec_folder is not None:
        if _inserted and _spec_folder in sys.path:
            sys.path.remove(_spec_folder)
        new = {name for name in sys.modules if "." not in name} - _modules_before - {"__main__", "autoquant"}
        own = {name for name in new if _is_of(name, _spec_folder)}
        for name in [name for name in sys.modules if name.partition(".")[0] in own]:
            del sys.modules[name]
        importlib.invalidate_caches()
    _spec_folder, _inserted = None, False


def _is_of(name: str, folder: str) -> bool:
    """Whether a module or package that is imported lies directly in a folder."""
    known = getattr(sys.modules[name], "__dict__", {})
    places = list(known.get("__path__") or [known.get("__file__")])
    return bool(places[0]) and Path(places[0]).parent == Path(folder)


def _shadows(name: str) -> bool:
    """Whether a module of this name that the spec's folder holds is not the one that is imported."""
    if _spec_folder is None or name == "autoquant" or _is_of(name, _spec_folder):
        return False
    return any((Path(_spec_folder) / file).is_file() for file in (f"{name}.py", f"{name}/__init__.py"))


def load_object(target: str, what: str) -> Any:
    """What ``module:attribute`` names. `PluginError` says what was found instead."""
    module_name, _, attribute = target.partition(":")
    if not module_name or not attribute:
        raise PluginError(f"{what}: {target!r} must be 'module:name', for example 'my_network:build'")
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        why = raised(error)
        file = _found(module_name)
        raise PluginError(f"{what}: importing {module_name!r} failed with {why} (found: {file})") from error
    if _shadows(module_name.partition(".")[0]):
        raise PluginError(
            f"{what}: {module_name!r} was imported before, from {_found(module_name)}, and the folder of the spec has "
            "another; rename one of the two"
        )
    try:
        value = module
        for part in attribute.split("."):
            value = getattr(value, part)
    except AttributeError:
        public = [key for key in vars(module) if not key.startswith("_")]
        raise PluginError(
            f"{what}: {module_name} ({_found(module_name)}) has no {attribute!r}; {did_you_mean(attribute, public)}"
        ) from None
    return value


def raised(error: BaseException) -> str:
    """What was raised, and where: the innermost line of the user's code, else of whatever is not installed."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_users(frame.filename)]
    at = f" ({Path(own[-1].filename).name}, line {own[-1].lineno}, in {own[-1].name})" if own else ""
    return f"{type(error).__name__}: {error}{at}"


def _is_users(file: str) -> bool:
    """Whether a file is neither of this package, nor installed, nor of Python itself."""
    if _spec_folder is not None and Path(file).is_relative_to(_spec_folder):
        return True
    not_theirs = (str(Path(__file__).parent), sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"))
    return not file.startswith(("<", *not_theirs))


def _found(module_name: str) -> str:
    """The file that Python finds for a module, for an error message."""
    loaded = sys.modules.get(module_name)
    if loaded is not None and getattr(loaded, "__file__", None):
        return str(loaded.__file__)
    try:
        spec = importlib.util.find_spec(module_name)
    except Exception:
        return "no file"
    return str(spec.origin) if spec and spec.origin else "no file"


def create(kind: str, name: str, *positional: Any, options: Mapping[str, Any], place: str) -> Any:
    """A plug-in, made from what its host gives and from the flat options of a spec, checked.

    `PluginError` as for `load`, `SpecError` as for `check_options`; what the plug-in itself raises is passed on.
    """
    plugin = load(kind, name)
    return plugin(*positional, **check_options(plugin, options, place))


def options_model(plugin: type[Any]) -> type[BaseModel]:
    """A pydantic model of the options of a plug-in: its keyword-only arguments.

    In place of an argument whose annotation is a dataclass stand the fields of that record.
    """
    fields: dict[str, Any] = {}
    for parameter, hint in _keywords(plugin):
        options = _record_fields(parameter, hint) if _is_record(hint) else {parameter.name: (hint, _default(parameter))}
        if twice := sorted(fields.keys() & options.keys()):
            raise TypeError(f"the option {twice[0]!r} is there twice")
        fields |= options
    config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, protected_namespaces=())
    model: type[BaseModel] = create_model(f"{plugin.__name__}Options", __config__=config, **fields)
    return model


def check_options(plugin: type[Any], options: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Keyword arguments of a plug-in from flat options: checked, their types turned, fields gathered in their record.

    What is not given keeps its default. `SpecError` names each wrong option as ``place.option``.
    """
    model = options_model(plugin)
    try:
        checked = model.model_validate(dict(options))
    except ValidationError as error:
        raise SpecError(explain(error, place, {"": list(model.model_fields)})) from None
    given = {name: getattr(checked, name) for name in model.model_fields if name in checked.model_fields_set}
    arguments: dict[str, Any] = {}
    for parameter, hint in _keywords(plugin):
        if not _is_record(hint):
            arguments |= {name: value for name, value in given.items() if name == parameter.name}
            continue
        fields = {field.name: given[field.name] for field in dataclasses.fields(hint) if field.name in given}
        if parameter.default is parameter.empty:
            arguments[parameter.name] = hint(**fields)
        elif fields:
            arguments[parameter.name] = dataclasses.replace(parameter.default, **fields)
    return arguments


def _keywords(plugin: type[Any]) -> list[tuple[inspect.Parameter, Any]]:
    """The keyword-only parameters of a plug-in with their types."""
    parameters = [p for p in inspect.signature(plugin).parameters.values() if p.kind is p.KEYWORD_ONLY]
    # Only these: the annotations of what the host supplies may name types that are imported for type checkers alone.
    wanted = SimpleNamespace(__annotations__={p.name: p.annotation for p in parameters if p.annotation is not p.empty})
    hints = typing.get_type_hints(wanted, plugin.__init__.__globals__, include_extras=True) if parameters else {}
    return [(p, hints.get(p.name, Any)) for p in parameters]


def _is_record(hint: Any) -> bool:
    return inspect.isclass(hint) and dataclasses.is_dataclass(hint)


def _default(parameter: inspect.Parameter) -> Any:
    """As pydantic wants it: the ellipsis where an option must be given."""
    return ... if parameter.default is parameter.empty else parameter.default


def _record_fields(parameter: inspect.Parameter, record: type[Any]) -> dict[str, tuple[Any, Any]]:
    """Name -> type and default of the fields of a record; the defaults are those of the argument, where it has one."""
    hints = typing.get_type_hints(record, include_extras=True)
    fields = [field for field in dataclasses.fields(record) if field.init]
    if parameter.default is not parameter.empty:
        return {field.name: (hints[field.name], getattr(parameter.default, field.name)) for field in fields}
    return {field.name: (hints[field.name], _field_default(field)) for field in fields}


def _field_default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return Field(default_factory=field.default_factory)
    return ... if field.default is dataclasses.MISSING else field.default
