"""Contracts of the run state: what happened, when, with what result.

These tables live in ``$CRM_HOME/ops/ops.sqlite`` (the ledger creates them from here) and are copied
into each published file. They are the only place for run ids and wall-clock times.
"""

from __future__ import annotations

from crm_tasks.contracts.table import Column, Table

RUN_ID = Column("run_id", "VARCHAR", "Digest of all inputs of the run", False)


def _ops(name: str, grain: str, key: tuple[str, ...], *columns: Column) -> Table:
    return Table("ops", name, grain, key, columns, history="append", writer="ops")


RUNS = _ops(
    "runs",
    "One row per run: one profile, one as-of date, one set of inputs",
    ("run_id",),
    RUN_ID,
    Column("profile", "VARCHAR", "Profile the run used", False),
    Column("as_of_date", "DATE", "Date the run computed for", False),
    Column("predecessor_run_id", "VARCHAR", "Published run this one continues"),
    Column("state", "VARCHAR", "running, failed or published", False),
    Column("failed_step", "VARCHAR", "Step that stopped the run"),
    Column("message", "VARCHAR", "Why it stopped, without any value from the data"),
    Column("dag_id", "VARCHAR", "DAG that ran it, or 'none' without Airflow"),
    Column("dag_run_id", "VARCHAR", "Airflow run of the latest attempt"),
    Column("logical_date", "TIMESTAMP", "Airflow's logical date of the latest attempt"),
    Column("data_interval_start", "TIMESTAMP", "Start of the data interval"),
    Column("data_interval_end", "TIMESTAMP", "End of the data interval"),
    Column("started_at", "TIMESTAMP", "When the run was first opened", False),
    Column("ended_at", "TIMESTAMP", "When it was published or failed"),
    Column("code_version", "VARCHAR", "Digest of the code and SQL that ran", False),
    Column("git_sha", "VARCHAR", "Commit of the checkout, where there is one"),
    Column("config_hash", "VARCHAR", "Digest of the profile", False),
    Column("input_hash", "VARCHAR", "Digest of the landed batches", False),
    Column("is_dry_run", "BOOLEAN", "Whether actions are plans only", False),
    Column("rows_in", "BIGINT", "Records found in the sources"),
    Column("rows_out", "BIGINT", "Rows published"),
    Column("decisions_run_id", "VARCHAR", "Earlier run of the same date whose decisions stand"),
    Column("stale_because", "VARCHAR", "Why a rerun would give something else, if it would"),
)

TASK_RUNS = _ops(
    "task_runs",
    "One row per attempt at a step of a run",
    ("task_run_no",),
    Column("task_run_no", "BIGINT", "Number of the attempt, the step's fencing token", False),
    Column("run_id", "VARCHAR", "Run; empty while the run is not yet frozen (landing)"),
    Column("attempt_id", "VARCHAR", "Attempt of the run: the scheduler's run id", False),
    Column("task_id", "VARCHAR", "Step", False),
    Column("state", "VARCHAR", "running, success, unchanged or failed", False),
    Column("started_at", "TIMESTAMP", "Start", False),
    Column("ended_at", "TIMESTAMP", "End"),
    Column("duration_s", "DOUBLE", "Wall time", unit="s"),
    Column("cpu_s", "DOUBLE", "CPU time of the step and its children", unit="s"),
    Column("peak_rss_mb", "DOUBLE", "Peak memory of the process and its children", unit="MiB"),
    Column("rows_in", "BIGINT", "Rows read"),
    Column("rows_written", "BIGINT", "Rows written"),
    Column("rows_quarantined", "BIGINT", "Rows set aside with a reason"),
    Column("rows_touched", "BIGINT", "Rows deleted, inserted or written on the way, if counted"),
    Column("message", "VARCHAR", "One line on what was done or why it failed"),
)

DQ_RESULTS = _ops(
    "dq_results",
    "One row per expectation checked in a run",
    ("run_id", "suite", "expectation", "table_name", "column_name"),
    RUN_ID,
    Column("suite", "VARCHAR", "Gate (layer) or 'dbt'", False),
    Column("expectation", "VARCHAR", "Name of the expectation or dbt test", False),
    Column("table_name", "VARCHAR", "schema.table", False),
    Column("column_name", "VARCHAR", "Column, or empty for the whole table", False),
    Column("is_success", "BOOLEAN", "Whether it holds", False),
    Column("severity", "VARCHAR", "critical stops the run, warning is recorded", False),
    Column("n_rows", "BIGINT", "Rows checked"),
    Column("n_unexpected", "BIGINT", "Rows that do not fit"),
    Column("observed_value", "DOUBLE", "Observed aggregate; numbers only, never a row's value"),
    Column("threshold", "VARCHAR", "What was expected"),
    Column("treatment", "VARCHAR", "What happens to the rows that do not fit"),
    Column("why", "VARCHAR", "Why this is expected"),
)

DQ_FAILED_ROWS = _ops(
    "dq_failed_rows",
    "One row per row that does not fit an expectation: its key, never its values",
    ("run_id", "expectation", "table_name", "column_name", "row_key"),
    RUN_ID,
    Column("expectation", "VARCHAR", "Name of the expectation", False),
    Column("table_name", "VARCHAR", "schema.table", False),
    Column("column_name", "VARCHAR", "Column, or empty", False),
    Column("row_key", "VARCHAR", "Key of the row (record id or token)", False),
)

QUARANTINE = _ops(
    "quarantine",
    "One row per source record that could not become a row",
    ("quarantine_id",),
    Column("quarantine_id", "VARCHAR", "Digest of file, record and reason", False),
    Column("source_system", "VARCHAR", "Source system", False),
    Column("entity", "VARCHAR", "Source table or canonical entity", False),
    Column("source_record_id", "VARCHAR", "Record number in its file", False),
    Column("batch_id", "VARCHAR", "Batch, where the file was landed"),
    Column("source_file_sha256", "VARCHAR", "Digest of the file"),
    Column("byte_offset", "BIGINT", "Where the record starts in the file", unit="byte"),
    Column("byte_length", "BIGINT", "Length of the record", unit="byte"),
    Column("stage", "VARCHAR", "file, landing or staging", False),
    Column("reason", "VARCHAR", "Reason code", False),
    Column("column_name", "VARCHAR", "Column that does not fit"),
    Column("payload_ref", "VARCHAR", "Where the vault keeps the raw bytes"),
    Column("first_seen_at", "TIMESTAMP", "When it was first set aside", False),
    Column("released_at", "TIMESTAMP", "When a replay took it up again"),
)

LINEAGE_EDGES = _ops(
    "lineage_edges",
    "One row per table (or column) that feeds another",
    ("run_id", "from_table", "from_column", "to_table", "to_column"),
    RUN_ID,
    Column("from_table", "VARCHAR", "schema.table read", False),
    Column("from_column", "VARCHAR", "Column read, or empty for the whole table", False),
    Column("to_table", "VARCHAR", "schema.table written", False),
    Column("to_column", "VARCHAR", "Column written, or empty for the whole table", False),
    Column("transform", "VARCHAR", "What lies between: dbt model or Python step", False),
)

TABLE_HASHES = _ops(
    "table_hashes",
    "One row per table and partition: the run that wrote it and its content hash",
    ("run_id", "table_name", "partition_key"),
    RUN_ID,
    Column("table_name", "VARCHAR", "schema.table", False),
    Column("partition_key", "VARCHAR", "as_of_date of the partition, or empty", False),
    Column("row_count", "BIGINT", "Rows", False),
    Column("content_hash", "VARCHAR", "sha256 over key-ordered typed text of all columns", False),
)

PIPELINE_COVERAGE = _ops(
    "pipeline_coverage",
    "One row per capability and run: whether the sources can feed it",
    ("run_id", "capability"),
    RUN_ID,
    Column("capability", "VARCHAR", "Capability", False),
    Column("entity", "VARCHAR", "Canonical entities it needs", False),
    Column("status", "VARCHAR", "on or off", False),
    Column("reason", "VARCHAR", "Why it is off, or what feeds it", False),
)

SCHEMA_CHANGES = _ops(
    "schema_changes",
    "One row per change in a source table's columns",
    ("source_system", "table_name", "column_name", "change", "detected_at"),
    Column("source_system", "VARCHAR", "Source system", False),
    Column("table_name", "VARCHAR", "Source table", False),
    Column("column_name", "VARCHAR", "Column", False),
    Column("change", "VARCHAR", "added, removed or retyped", False),
    Column("detail", "VARCHAR", "Types before and after"),
    Column("detected_at", "TIMESTAMP", "When", False),
)

WATERMARKS = _ops(
    "watermarks",
    "One row per source table: how far it has been loaded",
    ("source_system", "entity"),
    Column("source_system", "VARCHAR", "Source system", False),
    Column("entity", "VARCHAR", "Source table", False),
    Column(
        "high_watermark",
        "VARCHAR",
        "Highest landing sequence; with a cursor, its highest value",
        False,
    ),
    Column("loaded_at", "TIMESTAMP", "When it was loaded", False),
)

AUDIT_LOG = _ops(
    "audit_log",
    "One row per audited act; each row carries the hash of the row before it",
    ("seq",),
    Column("seq", "BIGINT", "Position in the chain, from 1", False),
    Column("at", "TIMESTAMP", "When", False),
    Column("actor", "VARCHAR", "Account that acted", False),
    Column("role", "VARCHAR", "Role it acted in", False),
    Column("action", "VARCHAR", "What was done", False),
    Column("object", "VARCHAR", "To what", False),
    Column("detail", "VARCHAR", "Details as JSON, without personal data", False),
    Column("prev_hash", "VARCHAR", "Hash of the row before", False),
    Column("hash", "VARCHAR", "sha256 over prev_hash and this row", False),
)

BATCHES = _ops(
    "batches",
    "One row per landed batch: its file, place in the landing order and counts",
    ("batch_id",),
    Column("batch_id", "VARCHAR", "Keyed digest of the batch", False),
    Column("landing_sequence", "BIGINT", "Place in the landing order, from 1", False),
    Column("profile", "VARCHAR", "Profile it was landed for", False),
    Column("source_system", "VARCHAR", "Source system", False),
    Column("table_name", "VARCHAR", "Source table", False),
    Column("source_file_sha256", "VARCHAR", "Digest of the file", False),
    Column("columns", "VARCHAR", "The file's columns and types, as JSON", False),
    Column("n_records", "BIGINT", "Records found", False),
    Column("n_loaded", "BIGINT", "Records landed", False),
    Column("n_quarantined", "BIGINT", "Records set aside", False),
    Column("n_blank", "BIGINT", "Blank records", False),
    Column("n_erased", "BIGINT", "Records left out or taken out because a person was erased"),
    Column("landed_at", "TIMESTAMP", "When its bytes were first landed", False),
    Column(
        "first_landing_sequence",
        "BIGINT",
        "Place at which its bytes were first landed: of two versions of a record, the later counts",
    ),
    Column("delivery_no", "BIGINT", "1; more where a full table came back to what it once was"),
    Column("completes_batch_id", "VARCHAR", "Batch whose quarantined records it holds"),
)

PUBLICATIONS = _ops(
    "publications",
    "One row per published version of the warehouse",
    ("version",),
    Column("version", "BIGINT", "Version number, from 1", False),
    RUN_ID,
    Column("file_name", "VARCHAR", "Served file", False),
    Column("published_at", "TIMESTAMP", "When", False),
)

TABLE_BUILDS = _ops(
    "table_builds",
    "One row per table a run built: how, and how many rows it touched",
    ("run_id", "table_name"),
    RUN_ID,
    Column("table_name", "VARCHAR", "schema.table", False),
    Column("strategy", "VARCHAR", "rebuilt, changed batches or changed keys", False),
    Column("rows_deleted", "BIGINT", "Rows taken out of the table that stood", False),
    Column("rows_inserted", "BIGINT", "Rows put in", False),
    Column("rows_touched", "BIGINT", "Both together", False),
    Column("duration_s", "DOUBLE", "Time in the model", unit="s"),
)

MODEL_ARTIFACTS = _ops(
    "model_artifacts",
    "One row per trained model that runs may use",
    ("model_kind", "profile", "model_version"),
    Column("model_kind", "VARCHAR", "What it is for: identity, learning", False),
    Column("profile", "VARCHAR", "Profile it was trained for", False),
    Column("model_version", "VARCHAR", "Digest of what it learned", False),
    Column("artifact_path", "VARCHAR", "File below the home", False),
    Column("artifact_sha256", "VARCHAR", "Digest of the file", False),
    Column("status", "VARCHAR", "proposed or accepted; of several the last accepted holds", False),
    Column("decided_by", "VARCHAR", "Who accepted it, or the rule that did"),
    Column("trained_by_run", "VARCHAR", "Run it was trained on"),
    Column("created_at", "TIMESTAMP", "When it was trained", False),
    Column("accepted_at", "TIMESTAMP", "When it was accepted"),
)

MODEL_MONITORING = _ops(
    "model_monitoring",
    "One row per run and model of customers it used: whether it still fits",
    ("run_id", "model_version"),
    RUN_ID,
    Column("model_version", "VARCHAR", "Model in ml.models", False),
    Column("target", "VARCHAR", "What it predicts", False),
    Column("day", "DATE", "As-of date of the run", False),
    Column("psi", "DOUBLE", "Largest population stability index of its features; above .25: drift"),
    Column("psi_feature", "VARCHAR", "The feature that has it"),
    Column("share_missing", "DOUBLE", "Values missing in what it read", unit="share"),
    Column("n_scored", "BIGINT", "Customers it answered for", unit="customers"),
    Column("n_recent", "BIGINT", "Cases whose answer came after it was trained", unit="cases"),
    Column("ece", "DOUBLE", "Calibration error by these; NULL with fewer than 100"),
    Column("auc_recent", "DOUBLE", "Area under the ROC curve by these"),
    Column("trained", "VARCHAR", "Why it, or a challenger, was learned in this run"),
)

IDENTITY_DECISION_LOG = _ops(
    "identity_decision_log",
    "One row per decision of a person about two records, as it was given",
    ("decision_no",),
    Column("decision_no", "BIGINT", "Number of the decision; of one pair the last holds", False),
    Column("profile", "VARCHAR", "Profile the records belong to", False),
    Column("record_l", "VARCHAR", "First record, source_system:source_record_id", False),
    Column("record_r", "VARCHAR", "Second record", False),
    Column("decision", "VARCHAR", "same or different", False),
    Column("decided_by", "VARCHAR", "Account that decided", False),
    Column("reason", "VARCHAR", "Why, in that person's words, without personal data"),
    Column("decided_at", "TIMESTAMP", "When", False),
)

ERASURE_REQUESTS = _ops(
    "erasure_requests",
    "One row per person erased from the home",
    ("request_id",),
    Column("request_id", "VARCHAR", "Identifier of the request", False),
    Column(
        "subject_hash",
        "VARCHAR",
        "Keyed digest of the customer: whose it was, nobody can tell",
        False,
    ),
    Column("requested_at", "TIMESTAMP", "When it was asked for and carried out", False),
    Column("status", "VARCHAR", "erased, or verified once nothing was found any more", False),
    Column("verified_at", "TIMESTAMP", "When every file was searched and nothing was found"),
    Column("bytes_verified", "BIGINT", "Bytes searched, as decoded", unit="bytes"),
)

ERASURE_LOG = _ops(
    "erasure_log",
    "One row per erasure and place that held something of the person",
    ("request_id", "table_name"),
    Column("request_id", "VARCHAR", "Identifier of the request", False),
    Column("table_name", "VARCHAR", "schema.table, landing.<source>.<table>, or vault", False),
    Column("rows_deleted", "BIGINT", "Rows deleted, in all versions that were kept", False),
    Column("rows_pseudonymised", "BIGINT", "Rows left without the reference to the person", False),
)

OUTBOX_MESSAGES = _ops(
    "outbox_messages",
    "One row per message that was to leave the house, with what became of it",
    ("idempotency_key",),
    Column("idempotency_key", "VARCHAR", "The same key is never sent twice", False),
    Column("strategy_action_id", "VARCHAR", "Action in strategy.actions", False),
    Column("campaign_id", "VARCHAR", "Campaign in strategy.campaigns", False),
    Column("channel", "VARCHAR", "By which channel", False),
    Column("content_id", "VARCHAR", "With which content", False),
    Column("adapter", "VARCHAR", "smtp, webhook or file", False),
    Column("handed_as", "VARCHAR", "File that carries it; NULL for single messages"),
    Column(
        "state",
        "VARCHAR",
        "pending, sending, sent, failed, or in_doubt: perhaps sent, never sent again by itself",
        False,
    ),
    Column("attempts", "BIGINT", "Times it was claimed to be handed over", False),
    Column("reason", "VARCHAR", "Why it failed, waits or is in doubt; never an address"),
    Column("settled_by", "VARCHAR", "Account or event that settled a doubt"),
    Column("queued_at", "TIMESTAMP", "When it was put in", False),
    Column("handed_at", "TIMESTAMP", "When it was handed over last; NULL if never"),
    Column("changed_at", "TIMESTAMP", "When its state changed last", False),
)

TABLES = (
    RUNS,
    TASK_RUNS,
    DQ_RESULTS,
    DQ_FAILED_ROWS,
    QUARANTINE,
    LINEAGE_EDGES,
    TABLE_HASHES,
    PIPELINE_COVERAGE,
    SCHEMA_CHANGES,
    WATERMARKS,
    AUDIT_LOG,
    BATCHES,
    PUBLICATIONS,
    TABLE_BUILDS,
    MODEL_ARTIFACTS,
    MODEL_MONITORING,
    IDENTITY_DECISION_LOG,
    ERASURE_REQUESTS,
    ERASURE_LOG,
    OUTBOX_MESSAGES,
)
