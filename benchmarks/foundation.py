"""Acceptance lines of issue 1: one command from real data to a published, gated warehouse."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.acceptance import Measured, line
from benchmarks.processes import run_child
from benchmarks.results import compare_results
from benchmarks.run import measure_newcomer
from benchmarks.stages import PATHS, newcomer_costs
from benchmarks.trials import (
    midnight,
    plant_transactions,
    read_under_publishing,
    run_until_it_survives,
)
from benchmarks.workshop import different
from crm_tasks.warehouse.home import Home

if TYPE_CHECKING:
    from benchmarks.compare import Comparison
    from benchmarks.workshop import Workshop

WARM_TARGET_S = 90
AS_OF = dt.date(2017, 7, 1)
KILLS_WANTED = 40
N_PUBLISHES = 30
#: Threads of each reading process; 0: a process that opens the link as a BI tool does. 20 in all.
READING_THREADS = (4, 4, 4, 4, 0, 0, 0, 0)

RECONCILED = [1_469_307, 155_848, 2_469, "4596039.58"]
RECONCILE = (
    "select count(*), count(distinct order_id), count(distinct customer_id), sum(net_amount) "
    "from core.fct_order_items"
)
#: What the source is known to contain, as table, column and number of rows.
ODDITIES = {
    "fully duplicated coupon rows": ("staging.stg_coupons", "is_duplicate", 4_872),
    "unknown products": ("core.dim_products", "is_unknown", 17),
    "lines of unknown products": ("core.fct_order_items", "is_unknown_product", 4_836),
    "zero-quantity lines": ("core.fct_order_items", "quantity", 8_869),
}
CANNOT_FEED = ("browse", "reviews", "messages", "ties", "identity")
#: What may lie at or after the as-of date: plans and when they were made, the calendar, the
#: announced end of a campaign.
MAY_LIE_AHEAD = (
    "bi.action_queue_today.",
    "bi.campaign_scorecard.end_date",
    "bi.customer_360.next_action_at",
    "core.dim_campaigns.end_date",
    "core.dim_dates.",
    "ml.segments.assigned_at",
    "strategy.",
)
#: The gates count rows landed, whether or not their time has come.
COUNTS_LANDED_ROWS = f"bi.data_quality_status/{AS_OF}"


@line(
    1, "Fresh clone, `make run`: nothing is dropped; lines, baskets, customers and sales reconcile"
)
def reconcile(workshop: Workshop) -> Measured:
    """Build, run and count."""
    runs = workshop.runs
    found = workshop.query(runs.home, RECONCILE)[0]
    figures = [f"{value:,}" if isinstance(value, int) else str(value) for value in found.values()]
    text = "{} lines, {} baskets, {} customers, {} in sales".format(*figures)
    first = (
        f"; first `make run` {runs.cold.duration_s:.0f} s, environment included"
        if runs.cold
        else ""
    )
    return Measured(text + first, list(found.values()) == RECONCILED)


@line(1, f"Warm `make run` into an empty CRM_HOME: under {WARM_TARGET_S} s on 2 cores")
def run_warm(workshop: Workshop) -> Measured:
    """Time the second run; the unchanged rerun is reported beside it."""
    warm, again = workshop.runs.warm, workshop.runs.again
    text = (
        f"{warm.duration_s:.0f} s (CPU {warm.cpu_s:.0f} s, peak {warm.peak_mb:,.0f} MiB); "
        f"unchanged rerun {again.duration_s:.0f} s"
    )
    return Measured(text, warm.duration_s < WARM_TARGET_S)


@line(1, "Duplicated coupons, unknown products, zero quantities: quality results with treatment")
def see_oddities(workshop: Workshop) -> Measured:
    """Look each of them up in ops.dq_results."""
    rows = workshop.query(
        workshop.runs.home,
        "select table_name, column_name, n_unexpected, treatment from ops.dq_results "
        "where not is_success",
    )
    told = {
        (row["table_name"], row["column_name"], row["n_unexpected"])
        for row in rows
        if row["treatment"]
    }
    seen = {name: key[2] for name, key in ODDITIES.items() if key in told}
    text = ", ".join(f"{number:,} {name}" for name, number in seen.items())
    return Measured(text or "none of them", seen.keys() == ODDITIES.keys())


@line(1, "Same as_of on fresh homes, 1 and 2 threads, with and without Airflow: every hash equal")
def repeat(workshop: Workshop) -> Measured:
    """Compare three homes."""
    homes = [workshop.runs.home, *(home for home, _ in workshop.threads.values())]
    hashes = [workshop.hashes(home) for home in homes]
    apart = {name for other in hashes[1:] for name in different(hashes[0], other)}
    text = f"{len(hashes[0])} tables and partitions, {len(homes)} homes, {len(apart)} differ"
    return Measured(f"{text} {', '.join(sorted(apart))}".strip(), not apart and bool(hashes[0]))


@line(1, f"As of {AS_OF}: no later fact in any table, and a planted one changes nothing")
def look_back(workshop: Workshop) -> Measured:
    """Run as of an earlier date, with and without a row at that very midnight."""
    folder = workshop.folder / "planted-future"
    profile = plant_transactions(
        folder,
        [
            {"basket_id": 1, "transaction_timestamp": midnight(AS_OF), "sales_value": 77777.0},
            {"basket_id": 2, "household_id": 0, "transaction_timestamp": midnight(AS_OF)},
        ],
    )
    plain, planted = workshop.folder / "as-of", workshop.folder / "as-of-planted"
    workshop.run_directly(plain, "--as-of", str(AS_OF)).checked()
    workshop.run_directly(planted, "--as-of", str(AS_OF), "--profile", profile).checked()
    apart = set(different(workshop.hashes(plain), workshop.hashes(planted))) - {COUNTS_LANDED_ROWS}
    n_columns, ahead = _columns_ahead(workshop, planted)
    text = f"{n_columns} date and time columns, {len(ahead)} reach {AS_OF} or later"
    text += f"; {len(apart)} tables changed by two planted rows"
    return Measured(
        f"{text} {', '.join([*ahead, *sorted(apart)])}".strip(), not ahead and not apart
    )


def _columns_ahead(workshop: Workshop, home: Path) -> tuple[int, list[str]]:
    columns = workshop.query(
        home,
        "select schema_name || '.' || table_name as t, column_name as c from duckdb_columns() "
        "where not internal and schema_name <> 'ops' and column_name <> 'as_of_date' "
        "and data_type in ('DATE', 'TIMESTAMP') order by all",
    )
    names = [(row["t"], row["c"]) for row in columns]
    looked = [name for name in names if not f"{name[0]}.{name[1]}".startswith(MAY_LIE_AHEAD)]
    union = " union all ".join(
        f"select '{table}.{column}' as name, max({column})::timestamp as latest from {table}"  # noqa: S608
        for table, column in looked
    )
    ahead = f"select name from ({union}) where latest >= timestamp '{AS_OF}' order by name"  # noqa: S608
    return len(looked), [row["name"] for row in workshop.query(home, ahead)]


@line(
    1, "A critical expectation that fails stops the run before publish; readers keep their version"
)
def stop_at_gate(workshop: Workshop) -> Measured:
    """Plant a line of 99,999,999.00 and run into the published home."""
    home = workshop.runs.home
    before = (home / "serve" / "crm.duckdb").resolve().name
    profile = plant_transactions(
        workshop.folder / "planted-amount", [{"basket_id": 1, "sales_value": 99_999_999.0}]
    )
    ended = workshop.crm("run", "--home", home, "--profile", profile)
    said = " ".join(ended.printed.partition("error: ")[2].split())
    names = ("net_amount_is_below_ten_million", "core.fct_order_items", "1 of ")
    is_kept = (home / "serve" / "crm.duckdb").resolve().name == before
    is_right = ended.code == 1 and is_kept and all(name in ended.printed for name in names)
    kept = "readers still on the version before" if is_kept else "readers were switched"
    return Measured(f"exit code {ended.code}; {said}; {kept}", is_right)


@line(
    1, "kill -9 at landing, in dbt, at a Python step's write, around publish; stale attempts fenced"
)
def die_at_named_points(workshop: Workshop) -> Measured:
    """Run the tests that kill at each named point."""
    done = workshop.pytest("tests/faults/test_kill.py", "tests/faults/test_fencing.py")
    return Measured(done.printed.strip().splitlines()[-1].strip("= "), done.code == 0)


@line(
    1, f"kill -9 at {KILLS_WANTED} and more random moments, then a plain rerun: same hashes, once"
)
def die_at_random(workshop: Workshop) -> Measured:
    """Kill runs of the small company again and again until each home is finished."""
    profile, undisturbed = workshop.small
    expected, deaths, wrong, n_homes = workshop.hashes(undisturbed), [], set[str](), 0
    while len(deaths) < KILLS_WANTED:
        home = workshop.folder / f"deaths-{n_homes}"
        deaths += run_until_it_survives(workshop, home, profile, seed=n_homes).steps
        wrong |= set(different(expected, workshop.hashes(home)))
        wrong |= {path.name for path in home.rglob("*.try-*")}
        workshop.crm("audit", "verify", "--home", home).checked()
        n_homes += 1
    during = {step for step in deaths if step not in ("start", "between steps")}
    text = f"{len(deaths)} kills in {n_homes} homes, during {len(during)} different steps; "
    text += f"{len(wrong)} tables differ or left over {', '.join(sorted(wrong))}"
    return Measured(f"{text.strip()}; audit chains whole", not wrong)


@line(1, f"20 readers over {N_PUBLISHES} publishes: no error, no partial and no older version")
def read_meanwhile(workshop: Workshop) -> Measured:
    """Let processes read while versions are published one after the other."""
    _, home = workshop.small
    seen = read_under_publishing(workshop, home, N_PUBLISHES, READING_THREADS)
    text = (
        f"{seen.n_readers} readers, {seen.n_publishes} publishes, {seen.n_reads:,} reads, "
        f"{len(seen.faults)} faults, {seen.n_contents} distinct contents"
    )
    first = f"; first fault: {seen.faults[0]}" if seen.faults else ""
    is_right = not seen.faults and seen.n_contents == 1 and len(seen.latest) == 1
    return Measured(text + first, is_right)


@line(1, "Served file: tables only, no identifier, nothing but SELECT through `crm sql`")
def look_at_served_file(workshop: Workshop) -> Measured:
    """Run the probes of the suite and count what the real served file holds."""
    home = workshop.runs.home
    kinds = workshop.query(
        home,
        "select (select count(*) from duckdb_tables() where not internal) as tables, "
        "(select count(*) from duckdb_views() where not internal) as views",
    )[0]
    file = (home / "serve" / "crm.duckdb").resolve()
    mode, has_log = file.stat().st_mode & 0o777, Path(f"{file}.wal").exists()
    probes = workshop.pytest("tests/faults/test_sql_sandbox.py", "tests/faults/test_served_file.py")
    text = f"{kinds['tables']} tables, {kinds['views']} views, mode {mode:o}; probes: "
    text += probes.printed.strip().splitlines()[-1].strip("= ")
    is_right = kinds["views"] == 0 and mode == 0o440 and not has_log and probes.code == 0
    return Measured(text, is_right)


@line(1, "The served file opens with a DuckDB 1.5 client and says the same")
def open_with_older_client(workshop: Workshop) -> Measured:
    """Ask the reconciling query of DuckDB 1.5."""
    run_child(["make", ".venv-duckdb15/.ready"], workshop.checkout).checked()
    python = workshop.checkout / ".venv-duckdb15" / "bin" / "python"
    code = (
        "import duckdb, json, sys; c = duckdb.connect(sys.argv[1], read_only=True); "
        "print(json.dumps([duckdb.__version__, *map(str, c.execute(sys.argv[2]).fetchall()[0])]))"
    )
    file = workshop.runs.home / "serve" / "crm.duckdb"
    done = run_child([python, "-c", code, file, RECONCILE], workshop.folder).checked()
    version, *found = json.loads(done.printed)
    is_same = version.startswith("1.5.") and found == [str(value) for value in RECONCILED]
    return Measured(f"DuckDB {version}: {', '.join(found)}", is_same)


@line(1, "ops.pipeline_coverage names what this source cannot feed, and why")
def read_coverage(workshop: Workshop) -> Measured:
    """Look up the capabilities that are off."""
    rows = workshop.query(
        workshop.runs.home,
        "select capability, reason from ops.pipeline_coverage where status = 'off'",
    )
    off = {row["capability"]: row["reason"] for row in rows}
    named = [name for name in CANNOT_FEED if off.get(name)]
    text = f"off, each with a reason: {', '.join(sorted(off))}"
    return Measured(text, named == list(CANNOT_FEED))


@line(1, "The same job in pandas and networkx: ratio reported, results identical where comparable")
def compare_with_newcomer(workshop: Workshop) -> Measured:
    """Time the newcomer's script beside the run without Airflow and compare what both found."""
    home, ours = workshop.threads[2]
    out = workshop.folder / "newcomer"
    theirs = measure_newcomer(out, with_paths=True)
    compared = compare_results(Home(home), out)
    paths = newcomer_costs(out)[PATHS].duration_s
    ratio = ours.duration_s / theirs.duration_s
    text = (
        f"wall {ours.duration_s:.0f} s against {theirs.duration_s:.0f} s ({ratio:.2f}; {paths:.0f} "
        f"of theirs are path measures), CPU {ours.cpu_s:.0f} s against {theirs.cpu_s:.0f} s, "
        f"peak {ours.peak_mb:,.0f} MiB against {theirs.peak_mb:,.0f} MiB; {_counted(compared)}"
    )
    return Measured(text, not any(one.agreement == "differs" for one in compared))


def _counted(compared: list[Comparison]) -> str:
    kinds = ("identical", "close", "differs", "not comparable")
    numbers = [sum(one.agreement == kind for one in compared) for kind in kinds]
    return ", ".join(f"{n} {kind}" for n, kind in zip(numbers, kinds, strict=True) if n)
