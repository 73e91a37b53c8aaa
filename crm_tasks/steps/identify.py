"""What a run is: the digest of everything that decides its result, fixed once after landing."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import subprocess
from typing import TYPE_CHECKING, Any

from crm_tasks.errors import RunStateError, SettingsError
from crm_tasks.settings import PROJECT
from crm_tasks.warehouse.audit import append_audit
from crm_tasks.warehouse.decisions import decisions_of
from crm_tasks.warehouse.history import decided_run
from crm_tasks.warehouse.last_event import day_after_last_event
from crm_tasks.warehouse.ledger import Claim, Ledger, RunIdentity
from crm_tasks.warehouse.models import accepted_model, proposed_models

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from crm_tasks.profiles import Profile
    from crm_tasks.steps.attempt import Attempt
    from crm_tasks.warehouse.home import Home

#: What the result depends on besides data and profile; documentation and tests are not among it.
CODE = ("crm_tasks/**/*.py", "dbt_project/**/*.sql", "dbt_project/**/*.yml",
        "dbt_project/**/*.csv", "expectations/**/*.yml", "requirements.lock")  # fmt: skip
RUN_ID_LENGTH = 20


def identify_run(
    attempt: Attempt, profile: Profile, home: Home, ledger: Ledger, claim: Claim
) -> None:
    """Resolve the as-of date, name the run and freeze it in the ledger."""
    batches = ledger.batches_of_profile(profile.profile)
    as_of = resolve_as_of(attempt, profile, home, ledger)
    identity = _identity(attempt, profile, as_of, [b["batch_id"] for b in batches], ledger)
    more = {
        "dag_id": attempt.dag_id or "none",
        "dag_run_id": attempt.attempt_id,
        "logical_date": in_utc(attempt.logical_date),
        "data_interval_start": in_utc(attempt.data_interval_start),
        "data_interval_end": in_utc(attempt.data_interval_end),
        "rows_in": sum(batch["n_records"] for batch in batches),
    }
    ledger.freeze(claim, identity, [b["batch_id"] for b in batches], more)
    detail = {"profile": profile.profile, "as_of": as_of.isoformat(), "batches": len(batches)}
    append_audit(ledger, "run.opened", identity.run_id, detail)


def in_utc(moment: str | None) -> dt.datetime | None:
    """Return a scheduler's ISO moment in UTC without zone, as every ``_at`` column holds it.

    >>> in_utc("2026-11-22T03:00:00+02:00")
    datetime.datetime(2026, 11, 22, 1, 0)
    """
    if moment is None:
        return None
    parsed = dt.datetime.fromisoformat(moment)
    return parsed.astimezone(dt.UTC).replace(tzinfo=None) if parsed.tzinfo else parsed


def resolve_as_of(attempt: Attempt, profile: Profile, home: Home, ledger: Ledger) -> dt.date:
    """Return the date to compute for: asked, else the profile's, the interval's, the data's.

    Raises
    ------
    SettingsError
        The date asked for is not an ISO date.
    RunStateError
        Nobody names a date and the data have no event to count from.
    """
    if attempt.as_of is not None:
        try:
            return dt.date.fromisoformat(attempt.as_of)
        except ValueError:
            raise SettingsError(f"as-of {attempt.as_of!r}: expected a date, YYYY-MM-DD") from None
    known = profile.default_as_of or attempt.interval_end_date(profile.time_zone)
    found = known or day_after_last_event(home, profile, ledger)
    if found is None:
        raise RunStateError("no as-of date: the data have no event; give one with --as-of")
    return found


def _identity(
    attempt: Attempt, profile: Profile, as_of: dt.date, batches: list[str], ledger: Ledger
) -> RunIdentity:
    predecessor = ledger.predecessor(profile.profile, as_of)
    is_dry_run = attempt.is_dry_run or profile.dry_run_only
    input_hash = hashlib.sha256(json.dumps(sorted(batches)).encode()).hexdigest()
    code = code_version(PROJECT)
    decides: list[object] = [
        profile.digest, as_of.isoformat(), input_hash, predecessor, code, is_dry_run
    ]  # fmt: skip
    run_id = _digest(decides)
    people = what_people_decided(ledger, profile.profile, run_id)
    if people:
        decides = [*decides, people]
        run_id = _digest(decides)
    text_model = accepted_model(ledger, profile.profile, "text")
    if text_model is not None and text_model["trained_by_run"] != run_id:
        decides = [*decides, ["text", text_model["model_version"]]]
        run_id = _digest(decides)
    proposed = proposed_models(ledger, profile.profile, "text")
    if proposed:  # how they were judged stands in the run's registry
        decides = [*decides, ["text proposed", proposed]]
        run_id = _digest(decides)
    decisions = decided_run(ledger, profile.profile, as_of)
    if decisions == run_id:
        decisions = None  # it is that run, and does again what it did
    elif decisions is not None:
        run_id = _digest([*decides, decisions])
    return RunIdentity(
        run_id=run_id,
        profile=profile.profile,
        as_of_date=as_of,
        predecessor_run_id=predecessor,
        code_version=code,
        git_sha=_git_sha(PROJECT),
        config_hash=profile.digest,
        input_hash=input_hash,
        is_dry_run=is_dry_run,
        decisions_run_id=decisions,
    )


def _digest(decides: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(decides).encode()).hexdigest()[:RUN_ID_LENGTH]


def what_people_decided(ledger: Ledger, profile: str, run_id: str) -> list[Any]:
    """Return what a run is told beside data and code: decisions, and the identity model in force.

    The run that trained a profile's first model is still the same run when it is done again.
    """
    told: list[Any] = [
        [row["record_l"], row["record_r"], row["decision"]] for row in decisions_of(ledger, profile)
    ]
    model = accepted_model(ledger, profile, "identity")
    if model is not None and model["trained_by_run"] != run_id:
        told.append(model["model_version"])
    return told


def code_version(project: Path) -> str:
    """Return the digest of all code, SQL, expectations and pins that a result depends on."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in CODE for path in project.glob(pattern)}):
        digest.update(str(path.relative_to(project)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:RUN_ID_LENGTH]


def _git_sha(project: Path) -> str | None:
    command = ["git", "-C", str(project), "rev-parse", "HEAD"]  # for people; nothing depends on it
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError:
        return None
    return found.stdout.strip() if found.returncode == 0 else None
