"""The step that reads what customers wrote: masked texts and labels, each text read once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.contracts import find_table
from crm_tasks.contracts.frames import StepReport
from crm_tasks.errors import RunStateError
from crm_tasks.ml.text_cards import TextCard, registry_rows
from crm_tasks.steps.text_asking import ask_language_model, told_of_answers
from crm_tasks.steps.text_inputs import clear_texts, list_texts, read_known
from crm_tasks.text.asking import with_answers
from crm_tasks.text.labels import READ_LANGUAGES, label_queue, label_texts, version_of
from crm_tasks.text.model import TextModel, told_of
from crm_tasks.text.reading import dated, kept_texts
from crm_tasks.text.reading import read_texts as mask_texts
from crm_tasks.text.taxonomy import Taxonomy
from crm_tasks.warehouse.models import ModelStore

if TYPE_CHECKING:
    from crm_tasks.steps.run import Run

ANSWERS = "text.language_model_answers"
TABLES = ("text.masked_texts", ANSWERS, "ml.text_labels", "ml.text_label_queue")
CARDS_AT_MOST = 5
STARTER_RULE = "rule: the starter model, until one is trained"


def read_texts(run: Run) -> StepReport:
    """Write masked texts, their labels, the queue, and what a language model was asked, if any."""
    listed = list_texts(run)
    if not listed.num_rows:
        for table in TABLES:
            run.write(table, find_table(table).arrow_schema.empty_table())
        _register(run, [])
        return StepReport(message="no source has texts")
    known, own_names = read_known(run, listed)
    kept = kept_texts(listed, _previous(run, "text.masked_texts"), known)
    regions = run.profile.identity.phone_regions
    read = [
        mask_texts(own, clear, known, own_names, regions)
        for own, clear in clear_texts(run, kept.to_read)
    ]
    texts = dated([kept.rows, *read], run.as_of)
    n_read = texts.num_rows - kept.rows.num_rows
    model = model_in_force(run)
    taxonomy = taxonomy_of(run)
    version = version_of(model, taxonomy)
    held = kept_labels(kept.rows, _previous(run, "ml.text_labels"), version)
    is_held = pc.is_in(texts["text_id"], value_set=held["text_id"].combine_chunks())
    scored = label_texts(texts.filter(pc.invert(is_held)), model, taxonomy)
    labels = dated([held, scored], run.as_of)
    answers = ask_language_model(run, labels, texts, taxonomy, _previous(run, ANSWERS))
    written = {
        "text.masked_texts": run.write("text.masked_texts", texts),
        ANSWERS: run.write(ANSWERS, answers),
        "ml.text_labels": run.write("ml.text_labels", with_answers(labels, answers, taxonomy)),
        "ml.text_label_queue": run.write("ml.text_label_queue", label_queue(labels)),
    }
    n_registered = _register(run, text_cards(run))
    return StepReport(
        rows_in=listed.num_rows,
        rows_written=sum(written.values()) + n_registered,
        rows_touched=n_read,
        message=f"{n_read:,} texts read, {kept.rows.num_rows:,} stand as they were read"
        + told_of_answers(answers),
        figures={**written, "scored": scored.num_rows, "model": model.version},
    )


def model_in_force(run: Run) -> TextModel:
    """Return the model accepted for the profile; the first is the starter model, by rule."""
    store = text_models(run)
    row = store.accepted()
    if row is not None:
        return TextModel.from_bytes(store.read(row), row["model_version"])
    from crm_tasks.text.starter import starter_model

    model = starter_model()
    content = model.to_bytes()
    store.keep(
        run.claim, model.version, content, decided_by=STARTER_RULE, trained_by_run=run.run_id
    )
    return model


def taxonomy_of(run: Run) -> Taxonomy:
    """Return the intents of the run's profile."""
    return Taxonomy.of(run.profile.texts, f"profile {run.profile.profile}")


def text_cards(run: Run) -> list[TextCard]:
    """Return the models of texts that were trained last, with what their files tell."""
    store = text_models(run)
    rows, accepted = store.latest(CARDS_AT_MOST), store.accepted()
    in_force = accepted["model_version"] if accepted else None
    if accepted and in_force not in {row["model_version"] for row in rows}:
        rows.append(accepted)
    return [
        TextCard(
            row["model_version"], row["artifact_sha256"], row["model_version"] == in_force,
            row["status"] == "accepted", told_of(store.read(row)),
        )
        for row in rows
    ]  # fmt: skip


def _register(run: Run, cards: list[TextCard]) -> int:
    """Hand over the rows of the registry; return how many."""
    parts = registry_rows(cards, run.as_of)
    for table, rows in parts.items():
        run.write_part(table, rows)
    return sum(rows.num_rows for rows in parts.values())


def text_models(run: Run) -> ModelStore:
    """Return the text models of the run's profile."""
    return ModelStore(run.home, run.ledger, run.profile.profile, "text", suffix="npz")


def kept_labels(texts: pa.Table, previous: pa.Table | None, version: str) -> pa.Table:
    """Return the predecessor's labels of texts that stand, made by the model in force."""
    table = find_table("ml.text_labels")
    if previous is None:
        return table.arrow_schema.empty_table()
    is_read = pc.is_in(texts["language_code"], value_set=pa.array(READ_LANGUAGES))
    owners = texts.filter(is_read).select(["text_id", "customer_id"])
    labels = previous.filter(pc.equal(previous["model_version"], version))
    found = labels.drop_columns(["customer_id"]).join(
        owners, "text_id", join_type="inner", use_threads=False
    )
    return found.select(list(table.column_names))


def _previous(run: Run, table: str) -> pa.Table | None:
    """Return a table of the predecessor, or None where it has none such yet."""
    try:
        return run.read_predecessor(table)
    except (RunStateError, pa.ArrowInvalid):
        return None
