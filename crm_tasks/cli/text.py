"""`crm text`: what the model would like to be told, and training it on your own labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import typer

from crm_tasks.cli.console import HomeOption, output, print_table
from crm_tasks.errors import SettingsError
from crm_tasks.settings import load_settings
from crm_tasks.warehouse.files import file_aside
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.query import query_served

if TYPE_CHECKING:
    from crm_tasks.steps.text_training import Trained

app = typer.Typer(
    help=(
        "What customers write: label texts, train the model that reads them.\n\n"
        "The model a company starts with knows eight intents of a shop. Make it yours in four "
        "steps:\n\n"
        "1. `crm text queue --out labels.csv` writes the texts whose label would teach most.\n\n"
        "2. Fill in the column label: order_status, late_delivery, defect, refund, price, advice, "
        "account, praise, or intents of your own, declared below texts.intents of the profile.\n\n"
        "3. `crm text train labels.csv` trains and judges; `crm text train --tags` learns from "
        "what agents tagged.\n\n"
        "4. `crm run` reads every text with the model that is in force. "
        "`crm sql \"select * from ml.model_comparisons where target = 'intent'\"` shows the "
        "judgement."
    ),
    no_args_is_help=True,
)

QUEUE = """
select
    queue.text_id, '' as label, queue.best_label, queue.probability, queue.second_label,
    texts.masked_text
from ml.text_label_queue as queue
inner join text.masked_texts as texts using (text_id)
order by queue.priority
limit """
LISTED_AT_MOST, WRITTEN_AT_MOST = 20, 200
ProfileOption = Annotated[
    str | None, typer.Option(help="Profile: a bundled name or a file (default: CRM_PROFILE)")
]


@app.callback()
def text() -> None:
    """Work with the model that reads what customers write."""


@app.command()
def queue(
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write: .csv or .parquet")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many at most")] = None,
    home: HomeOption = None,
) -> None:
    """List the texts whose label would teach the model most, the least certain first.

    Texts are masked. With --out they go to a file with an empty column label: fill in what you
    know, leave the others empty, and give the file to `crm text train`.
    """
    if out is not None and out.suffix.lower() not in (".csv", ".parquet"):
        raise SettingsError("--out: a file of labels ends in .csv or .parquet")
    at_most = limit or (LISTED_AT_MOST if out is None else WRITTEN_AT_MOST)
    rows = query_served(Home(load_settings(home=home).home_path), f"{QUEUE}{at_most}")
    if not rows.num_rows:
        output.print("no text waits for a label: no message was read, or the model is sure of all")
        return
    if out is None:
        print_table(rows.column_names, (row.values() for row in rows.to_pylist()))
        return
    _write(out, rows)
    output.print(
        f"{rows.num_rows} texts in {out}; fill in the column label, then "
        f"`crm text train {out}`", markup=False, highlight=False,
    )  # fmt: skip


def _write(out: Path, rows: pa.Table) -> None:
    with file_aside(out) as file:
        if out.suffix.lower() == ".parquet":
            pq.write_table(rows, file)
        else:
            pyarrow.csv.write_csv(rows, file)


@app.command()
def train(
    labels: Annotated[
        Path | None,
        typer.Argument(help="CSV or Parquet with the columns text_id and label"),
    ] = None,
    tags: Annotated[
        bool, typer.Option("--tags", help="Learn from agents' tags of the last run instead")
    ] = False,
    profile: ProfileOption = None,
    *,
    home: HomeOption = None,
) -> None:
    """Train on your own labels; the model answers from the next run on if it proves better.

    It is judged by texts it has not learnt from: the latest ones, or out of fold while there are
    fewer than about 330. It has to beat the most frequent label and the model in force, each by the
    whole 95 % interval; otherwise it is kept as a proposal, the judgement stands in
    ml.model_comparisons, and the model in force goes on.

    For instance `crm text train labels.csv`, `crm text train --tags`.
    """
    from crm_tasks.steps.text_training import train_on_labels

    if (labels is None) == (not tags):
        raise SettingsError("say either a file of labels or --tags")
    _tell(train_on_labels(load_settings(home=home, profile=profile), labels))


def _tell(found: Trained) -> None:
    names = ("candidate", "baseline", "metric", "candidate_value", "baseline_value", "diff",
             "ci_low", "ci_high", "n", "verdict")  # fmt: skip
    print_table(names, ([row[name] for name in names] for row in found.judgement.rows))
    reasons = {row["reason"] for row in found.judgement.rows if row["reason"]}
    for reason in sorted(reasons):
        output.print(f"not judged: {reason}", markup=False, highlight=False)
    left_out = f"{found.n_blank} without a label, {found.n_unread} in other languages left out"
    output.print(f"\nmodel {found.version}: {found.n_labels} labels ({left_out})")
    if found.is_in_force:
        output.print("it is better and answers from the next `crm run` on")
    else:
        output.print(f"not shown to be better: it is a proposal, model {found.in_force} goes on")
