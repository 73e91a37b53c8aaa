"""Fetch from one web server, politely and within limits; from any other, nothing."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from crm_tasks.connectors.patience import Patience, tell
from crm_tasks.connectors.web.html_tables import PAGE_BYTES_AT_MOST
from crm_tasks.errors import CrmError, LandingRefused, SettingsError, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import SecretStr

    from crm_tasks.profiles.web import Web

AGAIN = {408, 425, 429, 500, 502, 503, 504}
REFUSES_US = {401, 403, 407}
REDIRECTS = {301, 302, 303, 307, 308}
REDIRECTS_AT_MOST = 5


@dataclass(frozen=True)
class Page:
    """One answer: where it came from in the end, when, and what it holds."""

    url: httpx.URL
    status: int
    headers: httpx.Headers
    body: bytes = field(repr=False)
    fetched_at: dt.datetime


class AskAgain(SourceUnavailable):
    """The server wants to be asked again, not before ``after_s`` seconds."""

    def __init__(self, message: str, after_s: float = 0.0) -> None:
        super().__init__(message)
        self.after_s = after_s


@dataclass(frozen=True)
class Times:
    """What fetching knows of time: the wall clock, a stopwatch, and how to wait."""

    now: Callable[[], dt.datetime]
    stopwatch: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Fetcher:
    """One server, asked one thing after the other.

    Parameters
    ----------
    secret : SecretStr, optional
        What the credentials' header carries; it goes to this server alone and into no message.
    """

    def __init__(
        self,
        source_system: str,
        web: Web,
        user_agent: str,
        times: Times,
        *,
        secret: SecretStr | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.web, self.times, self.patience = web, times, patience or Patience()
        self.origin = httpx.URL(web.url)
        self.where = f"source {source_system}: {self.origin.scheme}://{self.origin.netloc.decode()}"
        headers = {"User-Agent": user_agent}
        if web.credentials is not None and secret is not None:
            headers[web.credentials.header] = web.credentials.prefix + secret.get_secret_value()
        self._client = httpx.Client(headers=headers, timeout=web.timeout_seconds)
        self.delay_s = 1.0 / web.requests_per_second
        self._ends_at = times.stopwatch() + 60.0 * web.minutes_at_most
        self._next_at = times.stopwatch()
        self._n_bytes = 0

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, url: httpx.URL, allowed: frozenset[int] = frozenset()) -> Page:
        """Return the answer to one request, asked again while the server is unavailable.

        ``allowed`` are statuses that are an answer too.

        Raises
        ------
        SourceUnavailable
            No answer, or only "later", after the last attempt.
        SettingsError
            The server refuses us.
        LandingRefused
            ``E_HTTP``: another answer than the page; ``E_REDIRECT``, ``E_SIZE``, ``E_TIME``.
        """
        retrying = Retrying(
            stop=stop_after_attempt(self.patience.attempts),
            wait=self._wait,
            retry=retry_if_exception_type(SourceUnavailable),
            sleep=self.times.sleep,
            before_sleep=tell,
            reraise=True,
        )
        page: Page = retrying(self._follow, url, allowed)
        return page

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.after_s if isinstance(error, AskAgain) else 0.0
        wait = max(asked, self.patience.wait(state))
        if self.times.stopwatch() + wait > self._ends_at:
            raise SourceUnavailable(
                f"{self.where} wants to be asked again in {wait:.0f} s, after the time limit"
            ) from None
        return wait

    def _follow(self, url: httpx.URL, allowed: frozenset[int]) -> Page:
        for _ in range(REDIRECTS_AT_MOST + 1):
            page = self._once(url)
            if page.status not in REDIRECTS or "location" not in page.headers:
                return self._judged(page, allowed)
            url = self.same_origin(page.url, page.headers["location"], "E_REDIRECT")
        raise LandingRefused(f"E_REDIRECT: {self.where} redirects over and over")

    def same_origin(self, base: httpx.URL, link: str, reason: str) -> httpx.URL:
        """Return a link as an address of this server.

        Raises
        ------
        LandingRefused
            ``reason``: it leads to another host, port or scheme.
        """
        try:
            target = base.join(link)
        except httpx.InvalidURL:
            raise LandingRefused(f"{reason}: {self.where} leads to what is no address") from None
        ours = (self.origin.scheme, self.origin.host, self.origin.port)
        if (target.scheme, target.host, target.port) != ours:
            raise LandingRefused(f"{reason}: {self.where} leads to another host; nothing was asked")
        return target

    def _once(self, url: httpx.URL) -> Page:
        self._take_turn()
        try:
            with self._client.stream("GET", url) as response:
                body = self._body(response)
        except httpx.TransportError as error:
            raise SourceUnavailable(
                f"{self.where} does not answer ({type(error).__name__})"
            ) from None
        except httpx.DecodingError:
            raise LandingRefused(f"E_TYPE: {self.where} sends what does not unpack") from None
        return Page(url, response.status_code, response.headers, body, self.times.now())

    def _body(self, response: httpx.Response) -> bytes:
        parts: list[bytes] = []
        n_bytes = 0
        for part in response.iter_bytes():
            n_bytes += len(part)
            self._n_bytes += len(part)
            if n_bytes > PAGE_BYTES_AT_MOST or self._n_bytes > self.web.megabytes_at_most << 20:
                raise LandingRefused(f"E_SIZE: {self.where} sends more than the limits allow")
            self._refuse_late()
            parts.append(part)
        return b"".join(parts)

    def _take_turn(self) -> None:
        wait = self._next_at - self.times.stopwatch()
        if wait > 0:
            self.times.sleep(wait)
        self._refuse_late()
        self._next_at = self.times.stopwatch() + self.delay_s

    def _refuse_late(self) -> None:
        if self.times.stopwatch() > self._ends_at:
            raise LandingRefused(
                f"E_TIME: {self.where} was not read within {self.web.minutes_at_most} minutes"
            )

    def _judged(self, page: Page, allowed: frozenset[int]) -> Page:
        if page.status == httpx.codes.OK or page.status in allowed:
            return page
        error: CrmError
        if page.status in AGAIN:
            raise AskAgain(f"{self.where} answers {page.status}", self._retry_after(page))
        if page.status in REFUSES_US:
            error = SettingsError(
                f"{self.where} refuses us ({page.status}): look at the credentials' setting"
            )
        else:
            error = LandingRefused(f"E_HTTP: {self.where} answers {page.status} to {page.url.path}")
        raise error

    def _retry_after(self, page: Page) -> float:
        """Return the seconds of a Retry-After header, given as such or as a date."""
        text = page.headers.get("retry-after", "").strip()
        if text.isdecimal():
            return float(text)
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return 0.0
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=dt.UTC)
        now = page.fetched_at.replace(tzinfo=dt.UTC)
        return max(0.0, (moment - now).total_seconds())
