"""One record of a result: costs, and a measurement for each split, in place of seven columns; baselines have a kind.

What a job was understood as is its definition: bounds by objective, and what a device cannot execute, which stood in
the spec of the user before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PAGE = 1000
NULLABLE_JSON = sa.JSON(none_as_null=True)
RESULT = ("metrics", "standard_errors", "test_metrics", "test_standard_errors")
SCORED = ("costs", "search", "test")

JOBS = sa.table("jobs", sa.column("id"), sa.column("spec", sa.JSON), sa.column("definition", sa.JSON))
TRIALS = sa.table(
    "trials",
    *map(sa.column, ("job_id", "number", "seconds")),
    *(sa.column(name, sa.JSON) for name in (*RESULT, "artifacts", "costs")),
    *(sa.column(name, NULLABLE_JSON) for name in ("search", "test")),
)
BASELINES = sa.table(
    "baselines",
    *map(sa.column, ("job_id", "label", "kind", "error")),
    *(sa.column(name, sa.JSON) for name in (*RESULT, "costs")),
    *(sa.column(name, NULLABLE_JSON) for name in ("candidate", "search", "test")),
)
MEASUREMENTS = sa.table(
    "measurements",
    *map(sa.column, ("key", "seconds")),
    *(sa.column(name, sa.JSON) for name in ("metrics", "standard_errors", "artifacts", "measurement")),
)


def upgrade() -> None:
    op.alter_column("jobs", "plan", new_column_name="definition")
    op.add_column("jobs", sa.Column("phase", sa.String(32)))
    op.add_column("jobs", sa.Column("phase_done", sa.Integer, nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("phase_total", sa.Integer, nullable=False, server_default="0"))
    op.add_column("trials", sa.Column("settings", NULLABLE_JSON))
    op.add_column("baselines", sa.Column("kind", sa.String(16), nullable=False, server_default="uniform"))
    for table in ("trials", "baselines"):
        op.add_column(table, sa.Column("costs", sa.JSON, nullable=False, server_default="{}"))
        op.add_column(table, sa.Column("search", NULLABLE_JSON))
        op.add_column(table, sa.Column("test", NULLABLE_JSON))
    op.add_column("measurements", sa.Column("measurement", sa.JSON, nullable=False, server_default="{}"))
    connection = op.get_bind()
    costs = define_jobs(connection)
    rewrite(connection, TRIALS, ("job_id", "number"), lambda row: scored(row, costs[row["job_id"]]))
    rewrite(connection, BASELINES, ("job_id", "label"), lambda row: baseline(row, costs[row["job_id"]]))
    rewrite(connection, MEASUREMENTS, ("key",), lambda row: {"measurement": measurement(row, row["metrics"])})
    for name in (*RESULT, "artifacts", "seconds"):
        op.drop_column("trials", name)
    for name in RESULT:
        op.drop_column("baselines", name)
    for name in ("metrics", "standard_errors", "artifacts", "seconds"):
        op.drop_column("measurements", name)


def define_jobs(connection: sa.Connection) -> dict[int, set[str]]:
    """Rewrite what jobs were understood as; job -> its cost metrics."""
    costs = {}
    for row in connection.execute(sa.select(JOBS)).mappings().all():
        old, spec = dict(row["definition"]), dict(row["spec"])
        best, worst = old.pop("best"), old.pop("worst")
        excluded: Any = {}
        if isinstance(spec.get("space"), dict) and "left_out" in spec["space"]:
            spec["space"] = dict(spec["space"])
            excluded = spec["space"].pop("left_out")
        new = {
            "format": 2,
            **old,
            "bounds": [list(pair) for pair in zip(best, worst, strict=True)],
            "excluded": excluded,
        }
        connection.execute(JOBS.update().where(JOBS.c.id == row["id"]).values(definition=new, spec=spec))
        costs[row["id"]] = {table["metric"] for table in old["costs"]}
    return costs


def rewrite(connection: sa.Connection, table: Any, key: tuple[str, ...], new: Any) -> None:
    """Give every row of a table new values, a page at a time."""
    same = [table.c[name] == sa.bindparam(f"old_{name}") for name in key]
    for page in pages(connection, table, key):
        rows = [{**{f"old_{name}": row[name] for name in key}, **prefixed(new(row))} for row in page]
        names = [name for name in rows[0] if name.startswith("new_")]
        values: dict[str, Any] = {name.removeprefix("new_"): sa.bindparam(name) for name in names}
        connection.execute(table.update().where(*same).values(values), rows)


def prefixed(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in values.items()}


def pages(connection: sa.Connection, table: Any, key: tuple[str, ...]) -> Iterator[list[Any]]:
    columns = [table.c[name] for name in key]
    last: Any = None
    while True:
        query = sa.select(table).order_by(*columns).limit(PAGE)
        if last is not None:
            query = query.where(sa.tuple_(*columns) > sa.tuple_(*map(sa.literal, last)))
        page = list(connection.execute(query).mappings())
        if not page:
            return
        yield page
        last = tuple(page[-1][name] for name in key)


def scored(row: Mapping[str, Any], costs: set[str]) -> dict[str, Any]:
    """Costs and measurements of a trial or baseline, from the columns of before."""
    measured = {metric: value for metric, value in row["metrics"].items() if metric not in costs}
    test = {"metrics": row["test_metrics"], "standard_errors": row["test_standard_errors"]}
    return {
        "costs": {metric: value for metric, value in row["metrics"].items() if metric in costs},
        "search": measurement(row, measured) if measured else None,
        "test": test if row["test_metrics"] else None,
    }


def measurement(row: Mapping[str, Any], metrics: Mapping[str, float]) -> dict[str, Any]:
    found = {"metrics": dict(metrics), "standard_errors": row["standard_errors"]}
    if row.get("artifacts"):
        found["artifacts"] = row["artifacts"]
    return found | {"seconds": row.get("seconds") or 0.0}


def baseline(row: Mapping[str, Any], costs: set[str]) -> dict[str, Any]:
    """The same, and the kind, which was in the label."""
    first = row["label"].partition(" ")[0]
    kind = "float" if row["candidate"] is None else {"single": "single_change"}.get(first, first)
    if kind == "sensitivity" and row["label"] == "sensitivity":
        kind = "no_sensitivity"
    return scored(row, costs) | {"kind": kind if kind in KINDS else "uniform"}


KINDS = ("float", "sensitivity", "single_change", "no_sensitivity")


def downgrade() -> None:
    """Back to the columns of before; settings, phases and what was derived are lost."""
    for name in ("metrics", "standard_errors", "artifacts"):
        op.add_column("measurements", sa.Column(name, sa.JSON, nullable=False, server_default="{}"))
    op.add_column("measurements", sa.Column("seconds", sa.Float))
    for table in ("trials", "baselines"):
        for name in RESULT:
            op.add_column(table, sa.Column(name, sa.JSON, nullable=False, server_default="{}"))
    op.add_column("trials", sa.Column("artifacts", sa.JSON, nullable=False, server_default="{}"))
    op.add_column("trials", sa.Column("seconds", sa.Float))
    connection = op.get_bind()
    undefine_jobs(connection)
    rewrite(connection, TRIALS, ("job_id", "number"), lambda row: unscored(row) | kept(row["search"]))
    rewrite(connection, BASELINES, ("job_id", "label"), unscored)
    rewrite(connection, MEASUREMENTS, ("key",), lambda row: measured(row["measurement"]) | kept(row["measurement"]))
    for table in ("trials", "baselines"):
        for name in SCORED:
            op.drop_column(table, name)
    op.drop_column("measurements", "measurement")
    op.drop_column("baselines", "kind")
    op.drop_column("trials", "settings")
    for name in ("phase", "phase_done", "phase_total"):
        op.drop_column("jobs", name)
    op.alter_column("jobs", "definition", new_column_name="plan")


def undefine_jobs(connection: sa.Connection) -> None:
    for row in connection.execute(sa.select(JOBS)).mappings().all():
        old, spec = dict(row["definition"]), dict(row["spec"])
        bounds, excluded = old.pop("bounds"), old.pop("excluded")
        del old["format"]
        if excluded:
            spec["space"] = {**spec["space"], "left_out": excluded}
        old |= {"best": [best for best, _ in bounds], "worst": [worst for _, worst in bounds]}
        connection.execute(JOBS.update().where(JOBS.c.id == row["id"]).values(definition=old, spec=spec))


def unscored(row: Mapping[str, Any]) -> dict[str, Any]:
    search, test = measured(row["search"]), measured(row["test"])
    return {
        "metrics": {**row["costs"], **search["metrics"]},
        "standard_errors": search["standard_errors"],
        "test_metrics": test["metrics"],
        "test_standard_errors": test["standard_errors"],
    }


def measured(found: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: (found or {}).get(name, {}) for name in ("metrics", "standard_errors")}


def kept(found: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"artifacts": (found or {}).get("artifacts", {}), "seconds": (found or {}).get("seconds")}
