"""Judgement: whether a method may answer, found out of time against the naive one.

The one module for all targets: splits in time with a gap, metrics with bootstrap intervals,
calibration, the refusal of columns that know the future, and the rule that makes a champion.
"""

from crm_tasks.ml.judgement.calibration import Calibrator, calibration_error, reliability
from crm_tasks.ml.judgement.canary import refuse_future, refuse_oracles
from crm_tasks.ml.judgement.measures import HitRate, Mean, Measure, RocArea, log_losses
from crm_tasks.ml.judgement.params import JudgementParams
from crm_tasks.ml.judgement.splits import TimeSplit, TooLittle, split_in_time
from crm_tasks.ml.judgement.verdicts import (
    Interval,
    Judgement,
    comparison_table,
    judge,
    judge_metrics,
    not_judged,
    verdict,
)

__all__ = [
    "Calibrator",
    "HitRate",
    "Interval",
    "Judgement",
    "JudgementParams",
    "Mean",
    "Measure",
    "RocArea",
    "TimeSplit",
    "TooLittle",
    "calibration_error",
    "comparison_table",
    "judge",
    "judge_metrics",
    "log_losses",
    "not_judged",
    "refuse_future",
    "refuse_oracles",
    "reliability",
    "split_in_time",
    "verdict",
]
