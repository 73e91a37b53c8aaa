"""How long a source that fails is asked again before the step gives up."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from crm_tasks.errors import SourceUnavailable

if TYPE_CHECKING:
    from tenacity import RetryCallState

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Patience:
    """Attempts at one thing, and the waits between: random, doubling, capped."""

    attempts: int = 4
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0

    def wait(self, state: RetryCallState) -> float:
        """Return how long to wait before the next attempt."""
        return wait_random_exponential(self.first_wait_s, self.longest_wait_s)(state)

    def retrying(self) -> Retrying:
        """Return what repeats a block while the source is unavailable, and then lets it raise."""
        return Retrying(
            stop=stop_after_attempt(self.attempts),
            wait=self.wait,
            retry=retry_if_exception_type(SourceUnavailable),
            before_sleep=tell,
            reraise=True,
        )


def tell(state: RetryCallState) -> None:
    """Log why the next attempt is made, and when."""
    error = state.outcome.exception() if state.outcome else None
    wait = state.next_action.sleep if state.next_action else 0.0
    log.warning("attempt %s: %s; again in %.0f s", state.attempt_number, error, wait)
