"""Commands about the installation: the store's schema, plug-ins, the schema of a spec."""

from __future__ import annotations

import json

from autoquant.cli.app import App, JsonOption, StoreOption, app, errors

storage = App(no_args_is_help=True, help="The database that holds jobs.")
app.add_typer(storage, name="storage")


@storage.command()
def upgrade(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Migrate a store to the schema of this AutoQuant."""
    from autoquant.settings import default_store
    from autoquant.store import Store
    from autoquant.store.engine import HEAD

    with errors(as_json):
        url = Store(store or default_store(), create=False, upgrade=True).url
        print(json.dumps({"store": url, "schema": HEAD}) if as_json else f"{url} has schema version {HEAD}")


@app.command()
def plugins(as_json: JsonOption = False) -> None:
    """Every installed plug-in, with its distribution; broken ones say why."""
    from autoquant.cli.tables import print_plugins
    from autoquant.json_views import plugin_json
    from autoquant.plugins import discover

    infos = discover()
    if as_json:
        print(json.dumps([plugin_json(info) for info in infos]))
    else:
        print_plugins(infos)


@app.command()
def schema() -> None:
    """The JSON Schema of a spec, for editors; it knows the options of every installed plug-in."""
    from autoquant.planning.spec_schema import spec_schema

    print(json.dumps(spec_schema(), indent=2))
