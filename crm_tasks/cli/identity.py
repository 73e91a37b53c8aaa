"""`crm identity`: who was linked with whom and why, what people decide, which model is in force."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from crm_tasks.cli.console import HomeOption, output, print_table
from crm_tasks.settings import load_settings
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.query import query_served

app = typer.Typer(help="Who is who: why two records were linked, decisions, the model.")

LISTED_AT_MOST = 20
QUEUE = """
select record_l, record_r, match_probability, suggested_decision, reason
from identity.review_queue
order by priority
limit """
RecordArgument = Annotated[
    str, typer.Argument(help="A record, source_system:source_record_id, or a customer_id")
]
ProfileOption = Annotated[
    str | None, typer.Option(help="Profile: a bundled name or a file (default: CRM_PROFILE)")
]


class Verdict(StrEnum):
    """What a person may say about two records."""

    SAME = "same"
    DIFFERENT = "different"


@app.callback()
def identity() -> None:
    """Look into who is who, and decide what is doubtful."""


@app.command()
def queue(
    limit: Annotated[int, typer.Option(min=1, help="So many at most")] = LISTED_AT_MOST,
    home: HomeOption = None,
) -> None:
    """List the pairs that wait for a person, the likeliest first."""
    settings = load_settings(home=home)
    rows = query_served(Home(settings.home_path), f"{QUEUE}{limit}").to_pylist()
    if not rows:
        output.print("nothing waits for a decision")
        return
    print_table(rows[0].keys(), (row.values() for row in rows))


@app.command()
def explain(
    one: RecordArgument, other: RecordArgument, profile: ProfileOption = None,
    home: HomeOption = None,
) -> None:  # fmt: skip
    """Say what each field speaks for, or against, two records being one person; no values."""
    from crm_tasks.steps.identity_upkeep import explain as explain_pair

    found = explain_pair(load_settings(home=home, profile=profile), one, other)
    rows = [(field, level, f"{weight:+.6f}") for field, level, weight in found.fields]
    print_table(("field", "how alike", "bits"), rows)
    is_one = found.customer_l == found.customer_r
    output.print(
        f"\n{found.record_l} and {found.record_r}: {found.weight:+.6f} bits, "
        f"probability {found.probability:.6f}\n"
        f"decision {found.decision} ({found.reason}); "
        + (f"both are customer {found.customer_l}" if is_one else
           f"customers {found.customer_l} and {found.customer_r}"),
        markup=False, highlight=False,
    )  # fmt: skip


@app.command()
def decide(
    one: Annotated[str, typer.Argument(help="A record, source_system:source_record_id")],
    other: Annotated[str, typer.Argument(help="Another record")],
    verdict: Annotated[Verdict, typer.Argument(help="What they are")],
    reason: Annotated[
        str | None, typer.Option(help="Why, in a few words without names: it is published")
    ] = None,
    profile: ProfileOption = None,
    *,
    home: HomeOption = None,
) -> None:
    """Decide that two records are one person or two; obeyed from the next run on, for ever."""
    from crm_tasks.steps.identity_upkeep import decide as append

    settings = load_settings(home=home, profile=profile)
    number = append(settings, one, other, verdict.value, reason)
    output.print(f"decision {number} is kept; `crm run` obeys it from the next run on")


@app.command()
def train(
    accept: Annotated[bool, typer.Option("--accept", help="Put it in force at once")] = False,
    profile: ProfileOption = None,
    *,
    home: HomeOption = None,
) -> None:
    """Train a model on what the last run read, and say who would merge or split under it."""
    from crm_tasks.steps.identity_upkeep import accept_model, train_model

    settings = load_settings(home=home, profile=profile)
    found = train_model(settings)
    if found.version == found.in_force:
        output.print(f"model {found.version} is in force already; the data teach nothing new")
        return
    for title, pairs in (("would merge", found.merges), ("would split", found.splits)):
        if pairs:
            shown = ((kept, other) for kept, other in pairs[:LISTED_AT_MOST])
            print_table(("customer", title), shown, f"\n{len(pairs)} in all\n")
    output.print(
        f"model {found.version} (in force: {found.in_force}): {len(found.merges)} customers would "
        f"merge, {len(found.splits)} split, {found.n_moved} records move"
    )
    if accept:
        accept_model(settings, found.version)
        output.print(f"model {found.version} is in force from the next run on")
    else:
        output.print(f"`crm identity accept {found.version}` puts it in force")


@app.command("accept")
def accept_version(
    version: Annotated[str, typer.Argument(help="Version of a trained model, or its beginning")],
    profile: ProfileOption = None,
    home: HomeOption = None,
) -> None:
    """Put a trained model in force from the next run on."""
    from crm_tasks.steps.identity_upkeep import accept_model

    found = accept_model(load_settings(home=home, profile=profile), version)
    output.print(f"model {found} is in force from the next run on")
