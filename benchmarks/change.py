"""Acceptance lines of issue 2 on change over time: dates made again, the cost of one new file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.acceptance import Measured, line
from benchmarks.processes import run_child

if TYPE_CHECKING:
    from benchmarks.workshop import Workshop

SHARES = ("0.01", "0.1", "1")
N_HISTORIES = 200
STORIES: dict[int, dict[str, Any]] = {}


@line(
    2,
    "Features as of D, built again after late, corrected and deleted records arrived, equal those "
    "built on D byte for byte, for sources known by event with a lag and by landing",
)
def features_as_of_a_date(workshop: Workshop) -> Measured:
    """Tell the story of three landings and compare the dates that were made again."""
    told = _story(workshop)
    canary = told["canary"]
    text = (
        f"{told['n_tables_compared']} core and feature tables, {len(told['differ'])} dates made "
        f"again, {sum(map(len, told['differ'].values()))} differ; a value only the last landing "
        f"knows is seen {canary['now']} time now, {canary['before']} times as of earlier dates"
    )
    holds = not any(told["differ"].values()) and told["n_tables_compared"] > 20
    return Measured(text, holds and canary == {"now": 1, "before": 0})


@line(
    2,
    "`crm backfill` of two of five dates, killed in the second and called again: only these are "
    "rewritten, and the later ones are said to be out of date",
)
def only_the_interval_is_rewritten(workshop: Workshop) -> Measured:
    """Compare what readers see of all other dates before and after."""
    told = _story(workshop)
    text = (
        f"killed while building {told['killed_while']}; dates made again {told['made_again']}; of "
        f"{told['n_partitions_outside']} partitions of other dates "
        f"{len(told['changed_outside'])} changed; out of date {told['out_of_date']}"
    )
    holds = (
        told["made_again"] == ["2024-06-12", "2024-06-13"]
        and told["killed_while"] == "core"
        and not told["changed_outside"]
        and told["out_of_date"] == ["2024-06-15", "2024-06-14"]
    )
    return Measured(text, holds)


@line(
    2,
    "A micro-batch touches rows in proportion: 1, 10 and 100 % of the bundled lines as a new file",
)
def micro_batches(workshop: Workshop) -> Measured:
    """Land the bundled lines in two files and compare with both at once."""
    folder = workshop.folder / "microbatch"
    command = [workshop.python, "-m", "benchmarks.microbatch", folder, *SHARES]
    printed = run_child(command, workshop.checkout).checked().printed
    told = json.loads(printed.strip().splitlines()[-1])
    holds = all(cost["is_equal"] for cost in told.values())
    parts = []
    for share, cost in told.items():
        rows = {name: tables[1] for name, tables in cost["second"]["tables"].items()}
        facts = rows["core.fct_order_items"] + rows["core.fct_orders"]
        holds = holds and rows["staging.stg_order_items"] == cost["n_new"]
        parts.append(
            f"{float(share):.0%}: {cost['n_new']:,} lines, rows touched "
            f"{cost['second']['steps']['staging'][1]:,} in staging, {facts:,} in the two facts, "
            f"{cost['second']['steps']['core'][1]:,} in core; seconds "
            f"{_seconds(cost['second'], 'land', 'staging', 'core')} after "
            f"{_seconds(cost['first'], 'land', 'staging', 'core')} for the rest"
        )
    return Measured("; ".join(parts) + "; core equal to both files at once", holds)


@line(2, f"What is brought up to date equals what is built again: {N_HISTORIES} random histories")
def random_histories(workshop: Workshop) -> Measured:
    """Run the property of the suite on many more histories."""
    command = [workshop.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout=0",
               "tests/dbt/test_changes.py"]  # fmt: skip
    run = run_child(command, workshop.checkout, {"CHANGE_HISTORIES": str(N_HISTORIES)})
    said = run.printed.strip().splitlines()[-1]
    return Measured(f"{N_HISTORIES} histories of three acts each: {said}", run.code == 0)


def _story(workshop: Workshop) -> dict[str, Any]:
    """Return what the story came to, told once per workshop."""
    if id(workshop) not in STORIES:
        command = [workshop.python, "-m", "benchmarks.change_story", workshop.folder / "change"]
        told = run_child(command, workshop.checkout).checked().printed
        STORIES[id(workshop)] = json.loads(told.strip().splitlines()[-1])
    return STORIES[id(workshop)]


def _seconds(cost: dict[str, Any], *steps: str) -> str:
    return " + ".join(f"{cost['steps'][step][0]:.0f}" for step in steps)
