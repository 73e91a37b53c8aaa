"""What a server's robots.txt lets us fetch, and how slowly (RFC 9309)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from protego import Protego

from crm_tasks.errors import LandingRefused

if TYPE_CHECKING:
    import httpx

    from crm_tasks.connectors.web.fetching import Fetcher

#: What a crawler must be ready to read of it.
ROBOTS_BYTES = 512 << 10
CLIENT_ERRORS = frozenset(range(400, 500)) - {408, 425, 429}


@dataclass(frozen=True)
class Robots:
    """The rules for one user agent."""

    rules: Protego
    agent: str
    where: str

    def refuse_forbidden(self, url: httpx.URL) -> None:
        """Raise if the server asks us not to fetch an address.

        Raises
        ------
        LandingRefused
            ``E_ROBOTS``
        """
        if not self.rules.can_fetch(str(url), self.agent):
            raise LandingRefused(
                f"E_ROBOTS: {self.where}: robots.txt keeps {self.agent} from {url.path}"
            )

    @property
    def delay_s(self) -> float:
        """Seconds the server wants between two requests."""
        asked = self.rules.crawl_delay(self.agent)
        rate = self.rules.request_rate(self.agent)
        per_request = rate.seconds / rate.requests if rate and rate.requests else 0.0
        return max(float(asked or 0.0), per_request)


def ask_robots(fetcher: Fetcher, user_agent: str) -> Robots:
    """Return the rules of a server; one without robots.txt has none.

    Raises
    ------
    SourceUnavailable
        The server cannot say: then nothing may be fetched.
    """
    url = fetcher.same_origin(fetcher.origin, "/robots.txt", "E_ROBOTS")
    page = fetcher.get(url, CLIENT_ERRORS)
    text = (
        page.body[:ROBOTS_BYTES].decode("utf-8", "replace")
        if page.status not in CLIENT_ERRORS
        else ""
    )
    return Robots(Protego.parse(text), user_agent.partition("/")[0].split()[0], fetcher.where)
