"""Acceptance lines of issue 2 about `crm profile init` on raw files of real public data.

The data lie beside the checkout; without them a line is not run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.acceptance import Measured, NotRun, line
from benchmarks.processes import run_child
from benchmarks.workshop import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.workshop import Workshop

DATA = REPOSITORY.parent / "shared" / "data"
EDITS_AT_MOST = 2
#: The edits a proposed profile needs before it runs: old text, new text.
EDITS: dict[str, list[tuple[str, str]]] = {
    "online_retail_2010_2011": [],
    "ciaodvd": [],
    "enterprise_crunchbase_2013": [],
    "enterprise_olist_funnel": [
        ("product_category_name_english: undecided", "product_category_name_english: plain"),
    ],
}
#: Lines, orders, customers and net amount of the invoices, as their publishers count them.
RETAIL = (541_909, 25_900, 4_372, "9747747.93")


def proposed(workshop: Workshop, name: str) -> Path:
    """Return the profile proposed for a data set, its edits made."""
    if not DATA.is_dir():
        raise NotRun(f"no real data in {DATA}")
    files = sorted(p for p in (DATA / name).iterdir() if p.suffix in (".parquet", ".gz"))
    out = workshop.folder / f"{name}.yml"
    if out.exists():  # another line made it
        return out
    workshop.crm("profile", "init", *files, "--out", out).checked()
    text = out.read_text(encoding="utf-8")
    for old, new in EDITS[name]:
        if text.count(old) != 1:
            raise NotRun(f"{name}: the edit of {old!r} fits no more")
        text = text.replace(old, new)
    out.write_text(text, encoding="utf-8")
    return out


def run_to_core(workshop: Workshop, name: str) -> tuple[Path, bool, float]:
    """Run landing, staging, the gate and core; return the home, whether it ended well, seconds."""
    home = workshop.folder / f"home-{name}"
    profile = proposed(workshop, name)
    done = workshop.run_directly(home, "core.fct_orders", "--profile", profile)
    return home, done.code == 0, done.duration_s


@line(2, "`crm profile init` on raw real files: at most two edits to run through core")
def at_most_two_edits(workshop: Workshop) -> Measured:
    """Propose, edit and run each data set."""
    texts, holds = [], True
    for name, edits in EDITS.items():
        _, ended_well, seconds = run_to_core(workshop, name)
        holds &= ended_well and len(edits) <= EDITS_AT_MOST
        verdict = "core built" if ended_well else "STOPPED"
        texts.append(f"{name}: {len(edits)} edits, {verdict}, {seconds:.0f} s")
    return Measured("; ".join(texts), holds)


@line(2, "Online Retail by its proposed profile: lines, invoices, customers and net reconcile")
def retail_reconciles(workshop: Workshop) -> Measured:
    """Count what core holds of the invoices."""
    home, ended_well, _ = run_to_core(workshop, "online_retail_2010_2011")
    if not ended_well:
        return Measured("the run stopped", holds=False)
    query = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); "
        "print(*c.sql('select count(*), count(distinct order_id), count(distinct customer_id), "
        "sum(net_amount) from core.fct_order_items').fetchall()[0])"
    )
    command = [workshop.python, "-c", query, home / "warehouse.duckdb"]
    found = run_child(command, workshop.checkout).checked().printed.split()
    n_lines, n_orders, n_customers = map(int, found[:3])
    text = f"{n_lines:,} lines, {n_orders:,} invoices, {n_customers:,} customers, net {found[3]}"
    return Measured(text, (n_lines, n_orders, n_customers, found[3]) == RETAIL)
