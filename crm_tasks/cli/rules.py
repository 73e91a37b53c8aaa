"""`crm rules`: test a rule book by its own examples, and count whom another would change."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import pyarrow as pa
import typer

from crm_tasks.cli.console import HomeOption, output, print_table
from crm_tasks.contracts.frames import Scratch
from crm_tasks.errors import RulesError, listed, nearest
from crm_tasks.profiles import load_profile
from crm_tasks.settings import PROJECT, load_settings
from crm_tasks.strategy.rules import RuleBook, compare_rules, failed_examples, load_rules
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.query import query_served
from crm_tasks.warehouse.scratch import scratch

app = typer.Typer(
    help=(
        "The rules of the contact plan: test a rule book, compare two.\n\n"
        "A rule book is a YAML file; the house's own is "
        "crm_tasks/strategy/rules/house_rules.yml, and a profile names another with `rules: FILE`."
    ),
    no_args_is_help=True,
)

CONTENTS = PROJECT / "dbt_project" / "seeds" / "contents.csv"
NEWEST = (
    "select * from features.feat_customers_wide "
    "where as_of_date = (select max(as_of_date) from features.feat_customers_wide)"
)
CUSTOMERS_SHOWN = 10


@app.callback()
def rules() -> None:
    """Work with rule books."""


@app.command("check")
def check(
    file: Annotated[
        Path | None, typer.Argument(help="Rule book; without one, the one the profile uses")
    ] = None,
) -> None:
    """Read a rule book and try the examples at its end.

    Told are mistyped keys, columns, functions and contents, with line and nearest name, and every
    example that does not come out as it says. Exit code 1 if anything is wrong.
    """
    book = load_rules(file or _own())
    _refuse_unknown_contents(book)
    with _engine() as lent:
        failed = failed_examples(lent, book)
    for line in failed:
        output.print(line, markup=False, highlight=False, soft_wrap=True)
    if failed:
        raise RulesError(f"{len(failed)} expectations of {len(book.examples)} examples do not hold")
    output.print(
        f"{len(book.rule_ids)} rules and scores; all {len(book.examples)} examples hold",
        highlight=False,
    )


@app.command("compare")
def compare(
    other: Annotated[Path, typer.Argument(help="Rule book to compare with the one in use")],
    home: HomeOption = None,
) -> None:
    """Count who would change under another rule book, on the customers published last.

    Per rule: for how many it holds before and after, who enters, who leaves, and for how many it
    says something else (another class, other contents, another score). Nothing is changed.
    """
    before, after = load_rules(_own()), load_rules(other)
    _refuse_unknown_contents(after)
    customers = query_served(Home(load_settings(home=home).home_path), NEWEST)
    as_of = customers.column("as_of_date")[0].as_py()
    with _engine() as lent:
        lent.register("customers", customers)
        found = compare_rules(lent, before, after, as_of)
    changed = [row for row in found.counts.to_pylist() if _changes(row)]
    print_table(found.counts.column_names, (row.values() for row in changed))
    shown = found.customers.column(0).to_pylist()[:CUSTOMERS_SHOWN]
    output.print(
        f"{found.customers.num_rows:,} of {found.n_customers:,} customers would change"
        + (f"; the first: {', '.join(shown)}" if shown else ""),
        highlight=False,
        soft_wrap=True,
    )


def _changes(row: dict[str, int]) -> bool:
    return bool(row["n_enter"] or row["n_leave"] or row["n_otherwise"])


def _own() -> Path | None:
    return load_profile(load_settings().profile).rules_path


def _refuse_unknown_contents(book: RuleBook) -> None:
    with CONTENTS.open(encoding="utf-8", newline="") as file:
        known = {row["content_id"] for row in csv.DictReader(file)}
    for rule in book.expansions:
        unknown = sorted(set(rule.contents) - known)
        if unknown:
            raise RulesError(
                f"rule {rule.id} offers {listed(unknown)}, which is not in "
                f"dbt_project/seeds/contents.csv{nearest(unknown[0], known)}"
            )


@contextmanager
def _engine() -> Iterator[Scratch]:
    """Lend an engine that needs no home."""
    with TemporaryDirectory() as folder, scratch(Home(Path(folder)), "1GB", _none()) as lent:
        yield lent


def _none() -> dict[str, pa.Table]:
    return {}
