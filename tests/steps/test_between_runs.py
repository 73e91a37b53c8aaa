"""What people do between runs stands on the last run, and leaves a row of what it cost."""

from __future__ import annotations

import pytest

from crm_tasks.errors import RunStateError
from crm_tasks.settings import load_settings
from crm_tasks.steps.between_runs import opened_latest_run
from crm_tasks.warehouse.ledger import Ledger


@pytest.fixture
def settings(copied, company):
    return load_settings(home=copied.root, profile=str(company.profile))


def told_of(home, step):
    rows = Ledger(home.ops_file).store.rows("select * from task_runs order by started_at")
    return [row["state"] for row in rows if row["task_id"] == step]


def test_the_last_run_is_opened_and_the_work_has_its_row(settings, copied):
    with opened_latest_run(settings, "look", "core") as run:
        assert run.read("core.dim_customers", ("customer_id",)).num_rows > 0
    assert told_of(copied, "look") == ["success"]


def test_work_that_fails_is_told_as_failed(settings, copied):
    with pytest.raises(ZeroDivisionError), opened_latest_run(settings, "look", "core"):
        _ = 1 / 0
    assert told_of(copied, "look") == ["failed"]


def test_a_layer_that_no_run_has_built_is_refused(settings):
    with (
        pytest.raises(RunStateError, match=r"`crm run` first"),
        opened_latest_run(settings, "look", "nothing"),
    ):
        pass
