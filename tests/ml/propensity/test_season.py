"""A season that all customers share is learned as of a day, and changes nothing where unknown."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from crm_tasks.ml.artifacts import Artifact
from crm_tasks.ml.judgement import calibration_error
from crm_tasks.ml.propensity.calendar import Calendar, learn_calendar
from crm_tasks.ml.propensity.candidates import RecencyTable
from crm_tasks.ml.propensity.challenge import duel
from crm_tasks.ml.propensity.contributions import SEASON, contributions
from crm_tasks.ml.propensity.learning import learn_target
from crm_tasks.ml.propensity.panel import Panel
from crm_tasks.ml.propensity.params import Target
from crm_tasks.ml.propensity.predict import Day, predict
from crm_tasks.ml.propensity.season import Seasonal, Timed, in_season, seasonal_of
from crm_tasks.ml.propensity.standing import CARRIED, Standing, champion_of, rows_of
from crm_tasks.ml.propensity.wording import NAMES
from crm_tasks.ml.value.histories import PurchaseDays
from tests.ml.propensity.small import AS_OF, FIRST, LATER, seasonal_world

BUY, CHURN = Target("buy", 90), Target("churn", 90, 90)
TEST_ORIGIN = LATER - dt.timedelta(days=90)
#: No trend, one wave, weeks all alike: a day of spring counts e times a day between the seasons.
SPRING = Calendar(FIRST, (0.0, 1.0, *([0.0] * 9)))
LINE = np.linspace(-3, 3, 13)


@pytest.fixture(scope="module")
def seasonal_day(facts_of, params):
    chosen = replace(params, targets=(BUY, CHURN), reasons_for=(BUY.name, CHURN.name))
    return Day(facts_of(seasonal_world()), LATER, "code", chosen)


@pytest.fixture(scope="module")
def outcomes(seasonal_day):
    day = seasonal_day
    return {
        target.name: learn_target(target, day.panels, day.first_day, day.about, day.params)
        for target in day.params.targets
    }


@pytest.fixture(scope="module")
def brought(seasonal_day):
    return predict(seasonal_day, {})


@pytest.mark.parametrize("target", [BUY, CHURN], ids=lambda target: target.name)
def test_a_planted_season_is_foretold_out_of_time(seasonal_day, outcomes, target):
    """The test lies in the strong months, of which training has seen one window in four."""
    made = outcomes[target.name].judged_model
    test = seasonal_day.panels.of(target, (TEST_ORIGIN,))
    plain = calibration_error(test.labels, made.model.probabilities(test.matrix))
    told = calibration_error(test.labels, made.on(TEST_ORIGIN).probabilities(test.matrix))
    assert made.season.power(TEST_ORIGIN) > 1.2
    assert plain > 0.05
    assert told < 0.6 * plain
    (card,) = [card for card in outcomes[target.name].cards if card.status == "champion"]
    assert card.figures["ece"].value == pytest.approx(told, abs=1e-6)


def test_a_card_says_how_much_of_the_season_was_added(outcomes):
    for outcome in outcomes.values():
        (card,) = [card for card in outcome.cards if card.status == "champion"]
        assert card.hyperparameters["season_strength"] == outcome.judged_model.season.strength
        assert outcome.model.season.strength == outcome.judged_model.season.strength


def test_where_too_little_is_known_nothing_changes(day, predicted):
    assert day.panels.calendar(AS_OF) is None
    assert len(predicted.artifacts) > 0
    assert [a for a in predicted.artifacts.values() if "season" in a.told] == []
    settings = predicted.rows("ml.models").column("hyperparameters").to_pylist()
    assert [one for one in settings if "season_strength" in json.loads(one)] == []
    assert SEASON not in predicted.rows("ml.prediction_reasons").column("feature").to_pylist()
    model = RecencyTable(np.empty(0), np.array([0.3]))
    assert Seasonal(model).on(AS_OF) is model
    assert Seasonal(model).artifact().digest == model.artifact().digest


def test_a_calendar_is_of_what_was_known_on_its_day(seasonal_day):
    whole = seasonal_day.panels._purchase_days
    known = whole.day < (TEST_ORIGIN - whole.first_day).days
    cut = PurchaseDays(whole.ids, whole.customer[known], whole.day[known], whole.amount[known],
                       whole.first_day)  # fmt: skip
    assert learn_calendar(cut, TEST_ORIGIN) == learn_calendar(whole, TEST_ORIGIN)
    assert learn_calendar(whole, LATER) != learn_calendar(whole, TEST_ORIGIN)
    assert learn_calendar(whole, FIRST + dt.timedelta(days=500)) is None
    assert learn_calendar(whole, FIRST - dt.timedelta(days=5)) is None


def test_the_parts_still_add_up_and_the_season_is_one_in_words(brought):
    reasons = brought.rows("ml.prediction_reasons").to_pandas()
    given = brought.rows("ml.predictions").to_pandas().set_index("prediction_id")
    summed = reasons.groupby("prediction_id")["contribution"].sum()
    assert len(summed) == len(given) > 1_000
    assert (summed - given["log_odds"]).abs().max() < 1e-6
    seasons = reasons[reasons["feature"] == SEASON]
    assert len(seasons) > 100
    # It takes no place of a customer's own reasons: it stands behind them.
    last = reasons.groupby("prediction_id")["rank"].max()
    assert (seasons.set_index("prediction_id")["rank"] == last[seasons["prediction_id"]] - 1).all()
    for kind, sign, english, chinese in (
        ("buy", 1, "speaks for an order", "更可能下单"),
        ("churn", -1, "speaks for staying", "倾向留下"),
    ):
        told = seasons[seasons["prediction_id"].str.contains(kind)]
        assert (sign * told["contribution"] > 0).all()  # January counts for more than a usual day
        assert set(told["text_en"]) == {f"the time of year: {english}"}
        assert told["text_zh"].str.fullmatch(f"时节.{chinese}").all()


@pytest.mark.parametrize("is_of_leaving", [True, False])
def test_no_purchase_is_taken_to_the_power_of_the_window(is_of_leaving):
    yes = expit(LINE)
    model = RecencyTable(np.arange(12.0), yes)
    matrix = np.zeros((13, len(NAMES)))
    matrix[:, NAMES.index("recency_days")] = np.arange(13)
    expected = yes**1.5 if is_of_leaving else 1 - (1 - yes) ** 1.5
    timed = Timed(model, 1.5, is_of_leaving)
    assert timed.probabilities(matrix) == pytest.approx(expected, rel=1e-12)
    assert timed.log_odds(matrix) == pytest.approx(logit(expected), rel=1e-9)
    found = contributions(timed, matrix)
    assert found.names == ("recency_days", SEASON)
    gap = found.start + found.parts.sum(axis=1) - timed.log_odds(matrix)
    assert np.abs(gap).max() < 1e-12


def test_a_model_read_back_answers_the_same_on_every_day(seasonal_day, outcomes):
    winter, summer = LATER, LATER + dt.timedelta(days=150)
    matrix = seasonal_day.scored.matrix
    for outcome in outcomes.values():
        artifact = outcome.model.artifact()
        again = seasonal_of(Artifact.from_bytes(artifact.to_bytes(), artifact.digest))
        told = [again.on(day).probabilities(matrix) for day in (winter, summer)]
        for day, answers in zip((winter, summer), told, strict=True):
            assert answers.tolist() == outcome.model.on(day).probabilities(matrix).tolist()
        assert np.abs(told[0] - told[1]).max() > 0.01


def test_a_model_of_an_earlier_release_knows_of_no_season(outcomes):
    artifact = outcomes[BUY.name].model.artifact()
    told = {name: value for name, value in artifact.told.items() if name != "season"}
    former = seasonal_of(replace(artifact, told=told))
    assert former.season is None
    assert former.on(LATER) is former.model


def test_a_model_in_force_tells_the_season_of_the_day_it_is_asked(seasonal_day, brought):
    tomorrow = LATER + dt.timedelta(days=60)
    tables = {name: brought.rows(name) for name in CARRIED}
    row = champion_of(BUY, tables["ml.models"])
    artifact = brought.artifacts[row["model_version"]]
    model = seasonal_of(artifact)
    former = Standing(row["model_version"], model, artifact.told["reference"],
                      row["trained_as_of"], rows_of(BUY, tables, tomorrow))  # fmt: skip
    calm = replace(seasonal_day.params, targets=(BUY,), psi_limit=1e9)
    later = Day(seasonal_day.facts, tomorrow, "code", calm)
    found = predict(later, {BUY.name: former})
    assert found.artifacts == {}
    given = found.rows("ml.predictions").column("log_odds").to_numpy()
    expected = Timed(model.model, model.season.power(tomorrow), is_of_leaving=False)
    assert given == pytest.approx(expected.log_odds(later.scored.matrix), abs=1e-8)
    assert model.season.power(tomorrow) != pytest.approx(model.season.power(LATER), rel=0.01)


def test_in_a_duel_both_models_are_asked_in_their_season(seasonal_day, outcomes):
    outcome = outcomes[BUY.name]
    twin = Standing("former", outcome.judged_model, {}, TEST_ORIGIN, {})
    fought = duel(outcome, twin, seasonal_day.panels, LATER, seasonal_day.params)
    assert [row["diff"] for row in fought.rows] == [0.0]


def windows(is_seasonal, n=4_000):
    """Return a panel of four windows of equal customers; of a season they buy by the calendar."""
    rng = np.random.default_rng(2)
    origins = [FIRST + dt.timedelta(days=90 * k) for k in range(4)]
    times = np.array([SPRING.time_in(one, 90) for one in origins])
    power = np.repeat(times / times.mean(), n) if is_seasonal else np.ones(4 * n)
    labels = (rng.random(4 * n) < 1 - 0.6**power).astype(np.int64)
    matrix = np.zeros((4 * n, len(NAMES)))
    return Panel(np.tile(np.arange(n), 4), matrix, labels, dict.fromkeys(origins, n))


def test_the_season_is_added_where_features_do_not_tell_it_and_not_where_nobody_follows_it():
    panel = windows(is_seasonal=True)
    made = in_season(RecencyTable.fit(panel), SPRING, BUY, panel)
    assert made.season.strength >= 0.9
    assert np.mean([made.season.power(one) for one in panel.n_cases]) == pytest.approx(1, abs=0.02)
    level = windows(is_seasonal=False)
    assert in_season(RecencyTable.fit(level), SPRING, BUY, level).season is None
