"""Every number the choices depend on."""

from __future__ import annotations

from dataclasses import dataclass, field

from crm_tasks.ml.judgement import JudgementParams


@dataclass(frozen=True)
class ChoiceParams:
    """Parameters; made without arguments, the house's own.

    Attributes
    ----------
    horizon_days, history_days : int
        The next order counts if it comes within the horizon; tastes are those of the history.
    categories_at_most : int
        Main categories told apart, the most frequent ones.
    first : int
        A category is hit if it is among so many named first.
    linear_cases_at_most, kernel_cases_at_most : int
        Cases a linear and a kernel machine learn from (a kernel machine takes their square), those
        with the lowest digests.
    sample_at_most : int
        Customers learned from and judged by, a sample by digest; all are scored.
    message_origins, message_days : int
        Origins of the needs' panel and the days after each in which a message counts.
    """

    horizon_days: int = 60
    history_days: int = 60
    categories_at_most: int = 30
    first: int = 3
    linear_cases_at_most: int = 2_500
    kernel_cases_at_most: int = 1_000
    sample_at_most: int = 20_000
    message_origins: int = 6
    message_days: int = 30
    seed: int = 1
    judgement: JudgementParams = field(
        default_factory=lambda: JudgementParams(resamples=200, origins_at_most=2)
    )
