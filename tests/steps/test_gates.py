from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from crm_tasks.errors import GateFailed
from crm_tasks.quality.outcomes import ExpectationOutcome
from crm_tasks.quality.suites import LAYERS
from crm_tasks.steps import gates
from crm_tasks.steps.registry import STEPS

if TYPE_CHECKING:
    from crm_tasks.quality.suites import RunFacts

CLAIM = object()


@dataclass
class Notes:
    """A ledger that remembers what it was told, in order."""

    told: list[tuple[str, Any, pa.Table]] = field(default_factory=list)

    def record_dq_results(self, claim: Any, rows: pa.Table) -> None:
        self.told.append(("results", claim, rows))

    def record_dq_failed_rows(self, claim: Any, rows: pa.Table) -> None:
        self.told.append(("keys", claim, rows))


def outcome(name: str, severity: str, is_success: bool) -> ExpectationOutcome:
    return ExpectationOutcome(
        suite="core",
        expectation=name,
        table_name="core.fct_orders",
        column_name="net_amount",
        is_success=is_success,
        severity=severity,
        n_rows=10,
        n_unexpected=0 if is_success else 2,
        observed_value=1.0,
        threshold="below a million",
        treatment="the row stays",
        why="a slipped decimal point",
        failed_keys=() if is_success else ("shop:1", "shop:2"),
    )


@pytest.fixture
def run() -> Any:
    contact = SimpleNamespace(channels=("mail",))
    profile = SimpleNamespace(
        time_zone="Asia/Shanghai", contact=contact, entities_fed=frozenset({"orders"})
    )
    return SimpleNamespace(
        as_of=dt.date(2024, 7, 1),
        profile=profile,
        run_id="r1",
        claim=CLAIM,
        ledger=Notes(),
        read=len,
    )


def found(monkeypatch: pytest.MonkeyPatch, *outcomes: ExpectationOutcome) -> list[tuple[str, Any]]:
    """Make the check find these outcomes; return what it is called with."""
    calls: list[tuple[str, Any]] = []

    def check(layer: str, read: Any, facts: RunFacts) -> list[ExpectationOutcome]:
        assert callable(read)
        calls.append((layer, facts))
        return list(outcomes)

    monkeypatch.setattr(gates, "check_gate", check)
    monkeypatch.setattr(gates, "delivery_outcomes", lambda _: [])
    return calls


def test_landing_is_checked_without_what_deletes_and_with_what_was_delivered(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[pa.Table] = []

    def check(_: str, read: Any, __: RunFacts) -> list[ExpectationOutcome]:
        seen.append(read("staging.stg_orders", ("status",)))
        return []

    rows = pa.table({"status": ["a", "b", "c"], "reject_reason": [None, "DELETED", "E_TYPE_x"]})
    run.read = lambda _, columns: rows.select(list(columns))
    monkeypatch.setattr(gates, "check_gate", check)
    monkeypatch.setattr(gates, "delivery_outcomes", lambda _: [outcome("small", "critical", False)])
    with pytest.raises(GateFailed, match="small on"):
        gates.gate_landing(run)
    assert [table.to_pydict() for table in seen] == [{"status": ["a", "c"]}]


def test_warnings_are_recorded_and_the_run_goes_on(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(monkeypatch, outcome("fits", "critical", True), outcome("odd", "warning", False))
    report = gates.gate_core(run)
    assert report.figures == {"checked": 2, "warnings": 1}
    (_, claim, results), (_, _, keys) = run.ledger.told
    assert claim is CLAIM
    assert results.column("expectation").to_pylist() == ["fits", "odd"]
    assert keys.column("row_key").to_pylist() == ["shop:1", "shop:2"]


def test_a_critical_failure_is_recorded_before_it_stops_the_run(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(monkeypatch, outcome("broken", "critical", False))
    with pytest.raises(GateFailed, match=r"broken on core\.fct_orders\.net_amount: 2 of 10 rows"):
        gates.gate_core(run)
    assert [kind for kind, _, _ in run.ledger.told] == ["results", "keys"]


def test_expectations_know_the_date_zone_channels_and_entities_of_the_run(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = found(monkeypatch)
    gates.gate_landing(run)
    ((layer, facts),) = calls
    assert layer == "landing"
    assert facts.as_of_at == dt.datetime.fromisoformat("2024-06-30T16:00")
    assert facts.channels == ("mail",)
    assert facts.entities_fed == {"orders"}


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_with_expectations_has_a_gate_that_checks_it(
    layer: str, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = found(monkeypatch)
    step = next(step for step in STEPS if step.name == f"gate_{layer}")
    step.load()(run)
    assert [name for name, _ in calls] == [layer]
