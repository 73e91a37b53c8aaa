"""Contracts of the identity tables: which source record is which customer, and why.

Records are named ``source_system:source_record_id``, as everywhere; no table here holds a name, an
address or any other value that identifies.
"""

from __future__ import annotations

from crm_tasks.contracts.table import Column, Table, as_of_date_column

RECORD_PAIR = (
    Column("record_l", "VARCHAR", "First record, as source_system:source_record_id", False),
    Column("record_r", "VARCHAR", "Second record, later in the alphabet", False),
)

RECORDS = Table(
    schema="identity",
    name="records",
    grain="One row per customer record of a source system",
    key=("source_system", "source_record_id"),
    columns=(
        Column("source_system", "VARCHAR", "Source system the record comes from", False),
        Column("source_record_id", "VARCHAR", "Identifier in that source", False),
        Column("customer_id", "VARCHAR", "Persistent pseudonymous customer", False),
        Column("match_status", "VARCHAR", "singleton, matched or manual", False),
        Column("cluster_size", "INTEGER", "Records that share this customer_id", False),
        Column("first_linked_at", "TIMESTAMP", "When the record was first known", False),
        Column("founding_sequence", "BIGINT", "Landing sequence of its first batch", False),
        as_of_date_column(),
    ),
)

EVENTS = Table(
    schema="identity",
    name="events",
    grain="One row per change of identity: a customer created, merged, split, linked or erased",
    key=("event_id",),
    columns=(
        Column("event_id", "VARCHAR", "Digest of the event's content", False),
        Column("event_type", "VARCHAR", "created, merged, split, linked or erased", False),
        Column("customer_id", "VARCHAR", "Customer the event is about", False),
        Column("other_customer_id", "VARCHAR", "Customer taken up by a merge or come of a split"),
        Column("source_system", "VARCHAR", "System of the record that was created or linked"),
        Column("source_record_id", "VARCHAR", "Record that was created or linked"),
        Column("reason", "VARCHAR", "Why, as a code", False),
        Column("occurred_at", "TIMESTAMP", "When the deciding fact was known", False),
        as_of_date_column(),
    ),
    history="append",
)

LINKS = Table(
    schema="identity",
    name="links",
    grain="One row per pair of records that is probably, certainly or decidedly one person",
    key=("record_l", "record_r"),
    columns=(
        *RECORD_PAIR,
        Column("match_probability", "DOUBLE", "Probability that both are one person", False, "0-1"),
        Column("match_weight", "DOUBLE", "The same in bits: the sum of its reasons", False, "bits"),
        Column("match_key", "VARCHAR", "Blocking rule or shared key that found the pair", False),
        Column("decision", "VARCHAR", "auto, review, manual or blocked", False),
        Column("reason", "VARCHAR", "Why it was decided so, as a code", False),
        Column("model_version", "VARCHAR", "Model that scored it", False),
        as_of_date_column(),
    ),
)

LINK_REASONS = Table(
    schema="identity",
    name="link_reasons",
    grain="One row per linked pair and field: what the field says for one person",
    key=("record_l", "record_r", "field"),
    columns=(
        *RECORD_PAIR,
        Column("field", "VARCHAR", "name, email, phone, birth, address, area, prior, ...", False),
        Column("comparison_level", "VARCHAR", "How alike both are in it", False),
        Column("weight", "DOUBLE", "Bits for (or, below 0, against) one person", False, "bits"),
        as_of_date_column(),
    ),
)

DECISIONS = Table(
    schema="identity",
    name="decisions",
    grain="One row per decision of a person about a pair of records, kept for ever",
    key=("record_l", "record_r", "as_of_date"),
    columns=(
        *RECORD_PAIR,
        Column("decision", "VARCHAR", "same or different", False),
        Column("decided_by", "VARCHAR", "Who decided", False),
        Column("reason", "VARCHAR", "Why, in that person's words"),
        as_of_date_column(),
    ),
    history="append",
)

REVIEW_QUEUE = Table(
    schema="identity",
    name="review_queue",
    grain="One row per pair of records that waits for a person's decision",
    key=("record_l", "record_r"),
    columns=(
        *RECORD_PAIR,
        Column("match_probability", "DOUBLE", "Probability that both are one person", False, "0-1"),
        Column("priority", "INTEGER", "Rank from 1, the pair to look at first", False),
        Column("suggested_decision", "VARCHAR", "same or different", False),
        Column("reason", "VARCHAR", "Why a person is asked, as a code", False),
        as_of_date_column(),
    ),
)

IDENTIFIERS = Table(
    schema="identity",
    name="identifiers",
    grain="One row per customer and external identifier, as a digest",
    key=("customer_id", "external_id_type", "external_id_value_hash"),
    columns=(
        Column("customer_id", "VARCHAR", "Customer", False),
        Column(
            "external_id_type",
            "VARCHAR",
            "email_hash, phone_hash, loyalty_id, wechat, weibo, x, facebook, or <source>_id",
            False,
        ),
        Column("external_id_value_hash", "VARCHAR", "Keyed digest of the identifier", False),
        Column("first_seen_at", "TIMESTAMP", "When a record first carried it", False),
        Column("last_seen_at", "TIMESTAMP", "When a record last carried it", False),
        Column("n_records", "INTEGER", "Records that carry it", False),
        as_of_date_column(),
    ),
)

GOLDEN_CUSTOMERS = Table(
    schema="identity",
    name="golden_customers",
    grain="One row per customer with a record: the values that survived, none identifying",
    key=("customer_id",),
    columns=(
        Column("customer_id", "VARCHAR", "Customer", False),
        Column("gender", "VARCHAR", "Gender (audit column, never a feature)"),
        Column("birth_year", "SMALLINT", "Year of birth (audit column, never a feature)"),
        Column("city", "VARCHAR", "City"),
        Column("region", "VARCHAR", "State, province or county"),
        Column("country_code", "VARCHAR", "Country, ISO 3166 alpha-2"),
        Column("language_code", "VARCHAR", "Preferred language"),
        Column("acquisition_channel", "VARCHAR", "How the customer was won"),
        Column("company_name", "VARCHAR", "Employer"),
        Column("has_email", "BOOLEAN", "Whether a usable e-mail address is known"),
        Column("has_phone", "BOOLEAN", "Whether a phone number is known"),
        Column(
            "identity_confidence",
            "DOUBLE",
            "Probability of the least sure link that holds the customer's records together",
            False,
            "0-1",
        ),
        as_of_date_column(),
    ),
)

GOLDEN_FIELD_SOURCES = Table(
    schema="identity",
    name="golden_field_sources",
    grain="One row per customer and field: the record whose value survived, and by which rule",
    key=("customer_id", "field"),
    columns=(
        Column("customer_id", "VARCHAR", "Customer", False),
        Column("field", "VARCHAR", "Field of the customer, identifying ones included", False),
        Column("source_system", "VARCHAR", "Source of the value that survived", False),
        Column("source_record_id", "VARCHAR", "Record of the value that survived", False),
        Column("rule", "VARCHAR", "most_recent, most_trusted, most_agreed or most_complete", False),
        Column("n_values", "INTEGER", "Different values the customer's records have", False),
        Column("chosen_at", "TIMESTAMP", "When the surviving value was known", False),
        as_of_date_column(),
    ),
)

RELATIONS = Table(
    schema="identity",
    name="relations",
    grain="One row per tie between a customer and another customer or an employer",
    key=("customer_id", "other_id", "relation_type"),
    columns=(
        Column("customer_id", "VARCHAR", "Customer; the first of two in a household", False),
        Column("other_id", "VARCHAR", "The other customer, or the employer's name", False),
        Column("relation_type", "VARCHAR", "same_household or works_for", False),
        Column("evidence", "VARCHAR", "What speaks for it, as codes joined by a plus", False),
        Column("n_evidence", "INTEGER", "How many things do", False),
        Column("confidence", "DOUBLE", "How sure it is", False, "0-1"),
        Column("first_evidence_at", "TIMESTAMP", "When it could first be known", False),
        as_of_date_column(),
    ),
)

COUNT_INTERVALS = Table(
    schema="identity",
    name="count_intervals",
    grain="One row per measure and threshold: what would be counted if links had to be so probable",
    key=("measure", "threshold"),
    columns=(
        Column("measure", "VARCHAR", "customers, revenue_per_customer or degree", False),
        Column("threshold", "DOUBLE", "Least probability of a link", False, "0-1"),
        Column("value", "DOUBLE", "The measure at that threshold", False),
        as_of_date_column(),
    ),
)

BLOCKING_RULES = Table(
    schema="identity",
    name="blocking_rules",
    grain="One row per rule that was weighed for choosing which pairs are compared",
    key=("rule",),
    columns=(
        Column("rule", "VARCHAR", "What two records must share to be compared", False),
        Column("is_used", "BOOLEAN", "Whether the model uses it", False),
        Column("n_pairs", "BIGINT", "Pairs of today's records that share it", False),
        Column("reduction", "DOUBLE", "Share of all pairs that it does not compare", False, "0-1"),
        as_of_date_column(),
    ),
)

SENT_MESSAGES = Table(
    schema="identity",
    name="sent_messages",
    grain="One row per message of ours that was handed over before the as-of date, and to whom",
    key=("idempotency_key",),
    columns=(
        Column("idempotency_key", "VARCHAR", "Key that gateways and mail servers repeat", False),
        Column("strategy_action_id", "VARCHAR", "Action in strategy.actions", False),
        Column("customer_id", "VARCHAR", "Customer, by today's identities", False),
        Column("campaign_id", "VARCHAR", "Campaign in strategy.campaigns", False),
        Column("channel", "VARCHAR", "By which channel", False),
        Column("content_id", "VARCHAR", "With which content", False),
        Column("content_type", "VARCHAR", "promotion, entertainment or education", False),
        Column("state", "VARCHAR", "sent, or in_doubt: perhaps sent", False),
        Column("cost", "DECIMAL(18,4)", "Unit cost of the channel", False, "currency"),
        Column("sent_at", "TIMESTAMP", "When it was handed over, in UTC", False),
        as_of_date_column(),
    ),
)

TABLES = (
    RECORDS,
    EVENTS,
    LINKS,
    LINK_REASONS,
    DECISIONS,
    REVIEW_QUEUE,
    IDENTIFIERS,
    GOLDEN_CUSTOMERS,
    GOLDEN_FIELD_SOURCES,
    RELATIONS,
    COUNT_INTERVALS,
    BLOCKING_RULES,
    SENT_MESSAGES,
)
