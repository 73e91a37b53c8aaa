"""The ledger: what was tried, what stands, and who may still write.

Every attempt at a step takes a fencing token (its ``task_run_no``). Whatever an attempt makes
visible, it makes visible inside :meth:`Ledger.fenced`, which holds the store's write lock and
refuses an attempt that a newer one has overtaken; so a process that wakes up late cannot publish.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from crm_tasks.contracts import Table, ops
from crm_tasks.errors import RunStateError, StaleAttempt
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.ops_store import OpsStore, insert_rows

if TYPE_CHECKING:
    import datetime as dt
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from crm_tasks.contracts.frames import StepReport

#: What freezing a published run again must not take from it.
KEPT_OF_PUBLISHED = ("state", "ended_at", "rows_out", "stale_because")
#: Batches with their place among versions: that of the batch they complete, if they do.
BATCHES = """
select
    batches.*,
    coalesce(
        whole.first_landing_sequence, whole.landing_sequence,
        batches.first_landing_sequence, batches.landing_sequence
    ) as place
from batches
left join batches as whole on batches.completes_batch_id = whole.batch_id
"""


@dataclass(frozen=True)
class Claim:
    """One attempt at one step: its token decides whether it may still write."""

    token: int
    attempt_id: str
    step: str
    run_id: str | None


@dataclass(frozen=True)
class RunIdentity:
    """Everything that decides what a run computes; its digest is the run id."""

    run_id: str
    profile: str
    as_of_date: dt.date
    predecessor_run_id: str | None
    code_version: str
    git_sha: str | None
    config_hash: str
    input_hash: str
    is_dry_run: bool
    decisions_run_id: str | None = None


@dataclass(frozen=True)
class Usage:
    """What a step cost: wall and CPU seconds, peak memory in MiB."""

    duration_s: float
    cpu_s: float
    peak_rss_mb: float


class Ledger:
    """Run state of one home, kept in its ops store."""

    def __init__(self, file: Path) -> None:
        self.store = OpsStore(file)

    # Attempts and claims

    def open_attempt(self, attempt_id: str, profile: str) -> None:
        """Note an attempt of a run; repeating it changes nothing."""
        with self.store.transaction() as connection:
            connection.execute(
                "insert or ignore into attempts (attempt_id, profile) values (?, ?)",
                (attempt_id, profile),
            )

    def run_of_attempt(self, attempt_id: str) -> dict[str, Any] | None:
        """Return the run an attempt was frozen to, or None before that."""
        found = self.store.rows(
            "select runs.* from attempts join runs using (run_id) where attempt_id = ?",
            (attempt_id,),
        )
        return found[0] if found else None

    def claim(self, attempt_id: str, step: str, run_id: str | None) -> Claim:
        """Take the next fencing token for a step; earlier holders of it become stale.

        One that still runs, or was killed before it could say how it ended, counts as failed.
        """
        with self.store.transaction() as connection:
            query = "select coalesce(max(task_run_no), 0) + 1 from task_runs"
            token = int(connection.execute(query).fetchone()[0])
            connection.execute(
                "update task_runs set state = 'failed', ended_at = ?, message = ? "
                "where task_id = ? and state = 'running'",
                (utc_now().isoformat(sep=" "), f"overtaken by attempt {token}", step),
            )
            row = {
                "task_run_no": token,
                "run_id": run_id,
                "attempt_id": attempt_id,
                "task_id": step,
                "state": "running",
                "started_at": utc_now(),
            }
            insert_rows(connection, ops.TASK_RUNS, [row])
        return Claim(token, attempt_id, step, run_id)

    @contextmanager
    def fenced(self, claim: Claim) -> Iterator[sqlite3.Connection]:
        """Open the transaction in which a claim's result becomes visible.

        Raises
        ------
        StaleAttempt
            A newer attempt has claimed the same step.
        """
        with self.store.transaction() as connection:
            newest = connection.execute(
                "select max(task_run_no) from task_runs where task_id = ?", (claim.step,)
            ).fetchone()[0]
            if newest != claim.token:
                raise StaleAttempt(
                    f"step {claim.step}: attempt {claim.token} was overtaken by attempt {newest}; "
                    "nothing of this attempt was kept"
                )
            yield connection

    def finish(self, claim: Claim, state: str, report: StepReport, usage: Usage) -> None:
        """Record how an attempt ended; a stale attempt's row stays as its successor left it."""
        with self.store.transaction() as connection:
            connection.execute(
                "update task_runs set state = ?, ended_at = ?, rows_in = ?, rows_written = ?, "
                "rows_quarantined = ?, rows_touched = ?, message = ?, "
                "duration_s = ?, cpu_s = ?, peak_rss_mb = ?, "
                "run_id = coalesce(run_id, (select run_id from attempts where attempt_id = ?)) "
                "where task_run_no = ? and state = 'running'",
                (
                    state,
                    utc_now().isoformat(sep=" "),
                    report.rows_in,
                    report.rows_written,
                    report.rows_quarantined,
                    report.rows_touched,
                    report.message,
                    *asdict(usage).values(),
                    claim.attempt_id,
                    claim.token,
                ),
            )

    def report_of(self, run_id: str, step: str) -> dict[str, Any] | None:
        """Return the latest successful attempt of a step in a run, or None."""
        found = self.store.rows(
            "select * from task_runs where run_id = ? and task_id = ? and state = 'success' "
            "order by task_run_no desc limit 1",
            (run_id, step),
        )
        return found[0] if found else None

    # Runs

    def freeze(
        self, claim: Claim, identity: RunIdentity, batches: Sequence[str], more: Mapping[str, Any]
    ) -> None:
        """Fix what the attempt computes: from here on every retry is the same run."""
        now = utc_now()
        with self.fenced(claim) as connection:
            known = connection.execute(
                "select * from runs where run_id = ?", (identity.run_id,)
            ).fetchone()
            row = {**asdict(identity), **more, "state": "running", "started_at": now}
            if known is not None:
                row["started_at"] = known["started_at"]
                if known["state"] == "published":
                    row.update({name: known[name] for name in KEPT_OF_PUBLISHED})
            insert_rows(connection, ops.RUNS, [row])
            connection.executemany(
                "insert or ignore into run_batches (run_id, batch_id) values (?, ?)",
                [(identity.run_id, batch) for batch in batches],
            )
            connection.execute(
                "update attempts set run_id = ?, frozen_at = ? where attempt_id = ?",
                (identity.run_id, now.isoformat(sep=" "), claim.attempt_id),
            )

    def find_run(self, run_id: str) -> dict[str, Any]:
        """Return a run's row.

        Raises
        ------
        RunStateError
            No such run.
        """
        found = self.store.rows("select * from runs where run_id = ?", (run_id,))
        if not found:
            raise RunStateError(f"no run {run_id!r}; `crm runs` lists them")
        return found[0]

    def find_run_like(self, name: str) -> dict[str, Any]:
        """Return the run whose id begins with ``name``; ``last`` is the latest one started.

        Raises
        ------
        RunStateError
            No run, or more than one, fits.
        """
        runs = self.store.rows("select * from runs order by started_at desc")
        fitting = runs[:1] if name == "last" else [r for r in runs if r["run_id"].startswith(name)]
        if len(fitting) != 1:
            found = f"{len(fitting)} runs begin with {name!r}" if fitting else f"no run {name!r}"
            raise RunStateError(f"{found}; `crm runs` lists them")
        return fitting[0]

    def fail_run(self, run_id: str, step: str, message: str) -> None:
        """Mark a run as failed; a run that was published before stays published."""
        with self.store.transaction() as connection:
            connection.execute(
                "update runs set state = 'failed', failed_step = ?, message = ?, ended_at = ? "
                "where run_id = ? and state <> 'published'",
                (step, message, utc_now().isoformat(sep=" "), run_id),
            )

    def predecessor(self, profile: str, as_of: dt.date) -> str | None:
        """Return the latest published run of a profile with a smaller as-of date."""
        found = self.store.rows(
            "select run_id from runs where profile = ? and as_of_date < ? and state = 'published' "
            "order by as_of_date desc, ended_at desc, run_id limit 1",
            (profile, as_of.isoformat()),
        )
        return str(found[0]["run_id"]) if found else None

    # Layers of the working file

    def begin_layer(self, claim: Claim, layer: str) -> None:
        """Note that a run starts to overwrite a layer of the working file."""
        self._set_layer(claim, layer, "writing")

    def complete_layer(self, claim: Claim, layer: str) -> None:
        """Note that a layer of the working file now holds this run's tables."""
        self._set_layer(claim, layer, "complete")

    def _set_layer(self, claim: Claim, layer: str, state: str) -> None:
        with self.fenced(claim) as connection:
            connection.execute(
                "insert or replace into layers (layer, run_id, state) values (?, ?, ?)",
                (layer, claim.run_id, state),
            )

    def layer_is_complete(self, layer: str, run_id: str) -> bool:
        """Return whether a layer of the working file holds exactly this run's tables."""
        found = self.store.rows(
            "select 1 from layers where layer = ? and run_id = ? and state = 'complete'",
            (layer, run_id),
        )
        return bool(found)

    def run_of_layer(self, layer: str) -> dict[str, Any] | None:
        """Return the run whose tables a layer of the working file holds whole, or None."""
        found = self.store.rows(
            "select runs.* from layers join runs using (run_id) "
            "where layer = ? and layers.state = 'complete'",
            (layer,),
        )
        return found[0] if found else None

    # Rows of ops tables

    def record(self, claim: Claim, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows of an ops table, replacing those with equal keys."""
        with self.fenced(claim) as connection:
            insert_rows(connection, table, rows)

    def record_dq_results(self, claim: Claim, rows: pa.Table) -> None:
        """Write the results of expectations; checking again replaces what was found before."""
        self.record(claim, ops.DQ_RESULTS, rows.to_pylist())

    def record_dq_failed_rows(self, claim: Claim, rows: pa.Table) -> None:
        """Write the keys of rows that do not fit, once each."""
        self.record(claim, ops.DQ_FAILED_ROWS, rows.to_pylist())

    def batches_of_run(self, run_id: str) -> list[dict[str, Any]]:
        """Return the landed batches a run reads, in landing order."""
        return self.store.rows(
            f"{BATCHES} where batches.batch_id in "
            "(select batch_id from run_batches where run_id = ?) order by batches.landing_sequence",
            (run_id,),
        )

    def batches_of_profile(self, profile: str) -> list[dict[str, Any]]:
        """Return the landed batches a run of the profile reads, in landing order.

        A file landed again because the profile now says something else about its columns counts
        once, as it was landed last.
        """
        return self.store.rows(
            f"{BATCHES} where batches.profile = ? and batches.landing_sequence in "
            "(select max(landing_sequence) from batches group by profile, source_system, "
            "table_name, source_file_sha256, coalesce(delivery_no, 1)) "
            "order by batches.landing_sequence",
            (profile,),
        )
