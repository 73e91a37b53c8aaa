"""A small world, learned once for all tests of the folder."""

from __future__ import annotations

import pytest

from crm_tasks.ml.judgement import JudgementParams
from crm_tasks.ml.propensity.facts import Facts
from crm_tasks.ml.propensity.params import PropensityParams, Target
from crm_tasks.ml.propensity.predict import Day, predict
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.scratch import scratch as lend_scratch
from tests.ml.propensity.small import AS_OF, world

PARAMS = PropensityParams(
    targets=(Target("churn", 30, 60), Target("buy", 7)), history_days=60, trees=20,
    leaf_at_least=20, driver_resamples=40, reasons_for=("churn:30d", "buy:7d"),
    judgement=JudgementParams(resamples=100),
)  # fmt: skip


@pytest.fixture(scope="session")
def params():
    return PARAMS


@pytest.fixture(scope="session")
def facts_of(tmp_path_factory):
    """Return a function that prepares frames in a private engine, kept for the session."""
    lent = []

    def prepare(frames, time_zone="UTC"):
        home = Home(tmp_path_factory.mktemp("engine"))
        lent.append(lend_scratch(home, "1GB", frames))
        return Facts(lent[-1].__enter__(), time_zone)

    yield prepare
    for one in lent:
        one.__exit__(None, None, None)


@pytest.fixture(scope="session")
def day(facts_of, params):
    return Day(facts_of(world()), AS_OF, "code", params)


@pytest.fixture(scope="session")
def predicted(day):
    return predict(day, {})
