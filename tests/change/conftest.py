"""What the tests of change over time share: builds without checks, which take most of the time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from crm_tasks.quality.gate import check_gate
from crm_tasks.steps import gates, models
from crm_tasks.warehouse.dbt import DbtCall, build

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crm_tasks.quality.outcomes import ExpectationOutcome


class WithoutTests(DbtCall):
    """A call of dbt that builds models and leaves out data tests."""

    def arguments(self, verb: str, *arguments: str) -> list[str]:
        left_out = ("--exclude-resource-type", "test") if verb == "build" else ()
        return super().arguments(verb, *left_out, *arguments)


class Checks:
    """Whether data tests and gates run; what takes the place of what runs them."""

    def __init__(self) -> None:
        self.checks = True

    def build(
        self,
        call: DbtCall,
        select: Sequence[str],
        exclude: Sequence[str] = (),
        *,
        is_full: bool = True,
    ) -> None:
        """Build the selected models, as ``warehouse.dbt.build`` does."""
        build(call if self.checks else WithoutTests(**vars(call)), select, exclude, is_full=is_full)

    def check_gate(self, *asked: Any) -> list[ExpectationOutcome]:
        """Check a gate, or pass it by."""
        return check_gate(*asked) if self.checks else []


@pytest.fixture(scope="session")
def checking() -> Iterator[Checks]:
    """Let the steps that run in this process leave out checks when told so."""
    checks = Checks()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "build", checks.build)
        patch.setattr(gates, "check_gate", checks.check_gate)
        yield checks
