"""A language model is asked about doubtful messages: off unless declared, and by consent only."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from crm_tasks.connectors.language_model import Chat, ChatServer
from crm_tasks.contracts.text import LANGUAGE_MODEL_ANSWERS
from crm_tasks.identity.ids import start_of
from crm_tasks.settings import source_secret
from crm_tasks.steps.known_versions import with_known
from crm_tasks.text.asking import Question, ask_about, doubtful
from crm_tasks.text.reading import dated

if TYPE_CHECKING:
    import pyarrow as pa

    from crm_tasks.profiles import LanguageModel
    from crm_tasks.steps.run import Run
    from crm_tasks.text.taxonomy import Taxonomy

CONSENTS = (
    "source_system", "batch_id", "record_no", "landing_sequence", "known_at", "reject_reason",
    "consent_source_id", "customer_source_id", "purpose", "status", "occurred_at",
)  # fmt: skip
#: Of each record the last decision about the purpose, or a
#: no to every purpose; of a person with several records none may say no. A yes to everything is no
#: yes to this: somebody outside the house reads the text.
CONSENTING = f"""
{with_known("staged", "consent_source_id")},
decisions as (
    select records.customer_id, records.source_system, records.source_record_id,
        known.status = 'granted' as is_granted, known.occurred_at, known.consent_source_id
    from known inner join records
        on known.source_system = records.source_system
        and known.customer_source_id = records.source_record_id
    where reject_reason is null and records.customer_id is not null
        and coalesce(known.occurred_at < $moment, true)
        and (lower(purpose) = $purpose or (purpose is null and status <> 'granted'))
),
held as (
    select * from decisions
    qualify row_number() over (
        partition by source_system, source_record_id
        order by (occurred_at is null and not is_granted) desc, occurred_at desc nulls last,
            is_granted, consent_source_id
    ) = 1
)
select customer_id from held group by customer_id having bool_and(is_granted) order by customer_id
"""  # noqa: S608 (names in our own code)


def ask_language_model(
    run: Run, labels: pa.Table, texts: pa.Table, taxonomy: Taxonomy, before: pa.Table | None
) -> pa.Table:
    """Return text.language_model_answers; without a row where no model is declared.

    Raises
    ------
    SettingsError
        The profile names a key that is not set.
    """
    told = run.profile.texts.language_model
    if told is None:
        return LANGUAGE_MODEL_ANSWERS.arrow_schema.empty_table()
    token = source_secret(told.token).get_secret_value() if told.token else None
    server = ChatServer(told.url, told.model, token, told.timeout_seconds)
    with Chat(server) as chat:
        answers = ask_about(
            doubtful(labels, texts),
            consenting_customers(run, told),
            before,
            Question.of(taxonomy, told),
            chat,
        )
    return dated([answers], run.as_of)


def consenting_customers(run: Run, told: LanguageModel) -> frozenset[str]:
    """Return the customers whose consent to the purpose stands as of the run's date."""
    if "consents" not in run.profile.entities_fed:
        return frozenset()
    staged = run.read("staging.stg_consents", CONSENTS)
    records = run.read("identity.records", ("source_system", "source_record_id", "customer_id"))
    moment = start_of(run.as_of, run.profile.time_zone)
    with run.scratch(staged=staged, records=records) as scratch:
        rows = scratch.query(CONSENTING, {"moment": moment, "purpose": told.purpose})
    return frozenset(rows["customer_id"].to_pylist())


def told_of_answers(answers: pa.Table) -> str:
    """Return what a language model was asked and what came of it, for the step's message."""
    counts = Counter(answers["outcome"].to_pylist())
    if not counts:
        return ""
    return "; language model: " + ", ".join(f"{n:,} {word}" for word, n in sorted(counts.items()))
