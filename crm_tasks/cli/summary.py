"""The end of `crm run`: where things are, what was found, what to ask next."""

from __future__ import annotations

import sys
from pathlib import Path

from crm_tasks.cli.console import output, print_table
from crm_tasks.errors import RunStateError
from crm_tasks.settings import load_settings
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.query import query_served

FOUND = {
    "customers": "select count(*) from core.dim_customers",
    "order lines": "select count(*) from core.fct_order_items",
    "orders": "select count(*) from core.fct_orders",
    "net sales": "select sum(net_amount) from core.fct_order_items",
    "ties between customers": (
        "select count(*) from graph.edges where edge_type = 'purchase_similarity'"
    ),
    "communities": (
        "select count(*) from graph.communities "
        "where as_of_date = (select max(as_of_date) from graph.communities)"
    ),
    "actions planned": (
        "select count(*) from strategy.actions "
        "where as_of_date = (select max(as_of_date) from strategy.actions)"
    ),
    "expectations that failed (warnings)": (
        "select count(*) from bi.data_quality_status where not is_success"
    ),
}

#: What is predicted, who answers, and by how much better than the simple method.
SCORECARD = """
select
    target,
    champion,
    metric,
    case when lead is null then '-'
        else printf('%+.3f [%+.3f, %+.3f]', lead, lead_ci_low, lead_ci_high) end as lead,
    baseline,
    verdict
from bi.model_scorecard
where target not like 'spread:%'
    and as_of_date = (select max(as_of_date) from bi.model_scorecard)
order by target
"""

WORTH_RUNNING = {
    "who the customers are": (
        "select segment_name, n_customers, revenue_share, avg_recency_days "
        "from bi.segment_overview where segmentation = 'rfm' order by n_customers desc"
    ),
    "whom to contact, and why": (
        "select customer_id, channel_id, action_name, scheduled_at, reason_en "
        "from bi.action_queue_today order by priority limit 10"
    ),
    "who is at the centre": (
        "select connectedness_rank, customer_id, degree, pagerank, influence_value, rfm_segment "
        "from bi.graph_top_influencers order by as_of_date desc, connectedness_rank limit 5"
    ),
    "what is odd in the data, and what happens to it": (
        "select table_name, expectation, n_unexpected, treatment from bi.data_quality_status "
        "where not is_success"
    ),
    "what this source cannot feed": (
        "select capability, reason from ops.pipeline_coverage where status = 'off'"
    ),
}


def print_found(ledger: Ledger, home: Home, attempt_id: str, seconds: float) -> None:
    """Print the published version, a few figures and five queries."""
    run = ledger.run_of_attempt(attempt_id)
    if run is None:
        raise RunStateError("the attempt ended well but froze no run")
    states = ledger.store.rows("select state from task_runs where attempt_id = ?", (attempt_id,))
    unchanged = sum(row["state"] == "unchanged" for row in states)
    again = f"; {unchanged} of {len(states)} steps stood unchanged" if unchanged else ""
    output.print(
        f"\npublished run {run['run_id']} of profile {run['profile']}, as of {run['as_of_date']}, "
        f"in {seconds:.0f} s{again}",
        highlight=False,
    )
    output.print(f"warehouse  {home.served_link}", highlight=False, soft_wrap=True)
    output.print(f"as Parquet {home.serve / 'parquet'}", highlight=False, soft_wrap=True)
    _print_pictures(home.reports / run["run_id"])
    print_table(("found", "value"), [(name, _value(home, query)) for name, query in FOUND.items()])
    _print_scorecard(home)
    output.print("\nfive queries worth running:")
    crm, at = _own_name(), _home_option(home)
    for question, query in WORTH_RUNNING.items():
        output.print(f'  {crm} sql "{query}"{at}', highlight=False, markup=False, soft_wrap=True)
        output.print(f"      {question}", style="dim")


def _print_scorecard(home: Home) -> None:
    """Print which method answers each question, judged out of time against the simple one."""
    rows = query_served(home, SCORECARD)
    answered = rows.column("verdict").to_pylist().count("better")
    output.print(
        f"\n{answered} of {rows.num_rows} targets answered better than by the simple method, "
        "out of time (lead with its 95 % interval):"
    )
    lines = [tuple(rows.column_names), *(tuple(row.values()) for row in rows.to_pylist())]
    widths = [max(len(str(line[place])) for line in lines) for place in range(len(lines[0]))]
    for line in lines:
        cells = (str(cell).ljust(width) for cell, width in zip(line, widths, strict=True))
        output.print("  " + "  ".join(cells), markup=False, highlight=False, soft_wrap=True)


def _print_pictures(folder: Path) -> None:
    """Print where the pictures of the run's models are and which there are."""
    names = [path.stem for path in sorted(folder.glob("*.svg"))]
    if names:
        told = f"pictures   {folder}: {', '.join(names)}"
        output.print(told, highlight=False, markup=False, soft_wrap=True)
    output.print()


def _own_name() -> str:
    """Return how this command can be called again from where the user stands."""
    called = Path(sys.argv[0]).absolute()
    here = Path.cwd()
    return str(called.relative_to(here)) if called.is_relative_to(here) else str(called)


def _home_option(home: Home) -> str:
    is_default = home.root == load_settings().home_path
    return "" if is_default else f" --home {home.root}"


def _value(home: Home, query: str) -> str:
    value = query_served(home, query).column(0).to_pylist()[0]
    return "" if value is None else f"{value:,}"
