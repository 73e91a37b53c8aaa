# ruff: noqa: RUF001 (Chinese text has its own punctuation)
"""What a figure may be read as, in English and Chinese: a label stands beside each."""

from __future__ import annotations

#: Estimator: what its figure is.
ESTIMATORS = {
    "exposure_regression": (
        "Randomised: own treatment and treated neighbours told apart",
        "随机化：区分客户自身的处理与其相邻客户的处理",
    ),
    "design_contrast": (
        "Randomised: groups compared as they were drawn, no tie needed; too small by what is cut",
        "随机化：按抽签分组直接比较，不依赖关系数据；被切断的关系使其偏小",
    ),
    "unit_difference": (
        "Randomised, yet blind to neighbours: misses what flows along ties; for comparison only",
        "随机化，但忽略相邻客户：遗漏沿关系传播的部分，仅供对照",
    ),
    "adjusted_association": (
        "Observational: targets were chosen; association only, adjusted for what was bought before",
        "观察性数据：目标客户为人工挑选；已按此前购买情况调整，仅表示相关",
    ),
}
STRANGERS = (
    "Randomised: difference between the arms; no ties known, so neighbours are taken as strangers",
    "随机化：各组之间的差异；没有关系数据，客户之间视为互不影响",
)
RUNNING = (
    "; still running, the interval holds at every look",
    "；仍在进行，区间在任何时点查看均有效",
)


def labels(estimator: str, *, is_final: bool, has_ties: bool) -> tuple[str, str]:
    """Return the label of a figure in English and Chinese.

    >>> labels("exposure_regression", is_final=True, has_ties=False)[0][:10]
    'Randomised'
    """
    english, chinese = ESTIMATORS[estimator]
    if estimator == "exposure_regression" and not has_ties:
        english, chinese = STRANGERS
    if is_final or estimator == "adjusted_association":
        return english, chinese
    return english + RUNNING[0], chinese + RUNNING[1]
