"""Where a web source is, how politely it is read, and which requests make one table."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from crm_tasks.errors import listed
from crm_tasks.profiles.base import Name, SecretName, Strict

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$")]
PathText = Annotated[str, Field(pattern=r"^/([^\x00-\x20\x7f?#\\/][^\x00-\x20\x7f?#\\]{0,1000})?$")]
Parameters = dict[
    Annotated[str, Field(pattern=r"^[^\x00-\x20\x7f&=#]{1,100}$")],
    Annotated[str, Field(max_length=1000)],
]


class Credentials(Strict):
    """A header that lets in: its value is a setting that the profile names."""

    header: HeaderName = "Authorization"
    prefix: Annotated[str, Field(pattern=r"^[ -~]{0,32}$")] = "Bearer "
    secret: SecretName = Field(description="Setting that holds the token: CRM_SECRET_...")


class Web(Strict):
    """One web server: nothing is fetched from any other host."""

    url: Annotated[
        str, Field(description="Scheme and host, and a path that all requests begin with")
    ]
    credentials: Credentials | None = None
    robots: Literal["honour", "agreed"] = Field(
        "honour",
        description="agreed: the operator granted this use (needs credentials); robots.txt is not "
        "asked",
    )
    requests_per_second: Annotated[float, Field(gt=0, le=100)] = 1.0
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    pages_at_most: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    megabytes_at_most: Annotated[int, Field(ge=1, le=100_000)] = 500
    minutes_at_most: Annotated[int, Field(ge=1, le=1440)] = 60

    @model_validator(mode="after")
    def _url_is_a_web_address(self) -> Self:
        try:
            parts = urlsplit(self.url)
            is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
            has_more = bool(parts.query or parts.fragment or parts.username or parts.password)
            _ = parts.port
        except ValueError:
            is_address, has_more = False, False
        if not is_address or any(ord(sign) <= ord(" ") for sign in self.url):
            raise ValueError("url: expected http://host/ or https://host/")
        if has_more:
            raise ValueError(
                "url: only scheme, host, port and path; parameters belong to the request, "
                "credentials into a setting CRM_SECRET_..."
            )
        if self.robots == "agreed" and self.credentials is None:
            raise ValueError("robots: 'agreed' needs credentials: who agreed gave some")
        return self


class Paging(Strict):
    """How one page leads to the next; without it, a request is one page.

    ``link_header``: the ``rel="next"`` of the Link header. ``next_link``: an address in the page,
    at a path of keys (JSON) or a CSS selector (HTML). ``token``: a value at a path of keys, sent
    back as ``parameter``. ``page_number`` and ``offset``: counted by us, to the first page that
    holds no record.
    """

    by: Literal["link_header", "next_link", "token", "page_number", "offset"]
    at: str | None = Field(None, description="Where the page keeps the next address or token")
    parameter: Annotated[str, Field(pattern=r"^[^\x00-\x20\x7f&=#]{1,100}$")] | None = Field(
        None, description="Parameter that carries token, page number or offset"
    )
    first: Annotated[int, Field(ge=0)] = Field(1, description="Number of the first page")

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        needs = {
            "link_header": (),
            "next_link": ("at",),
            "token": ("at", "parameter"),
            "page_number": ("parameter",),
            "offset": ("parameter",),
        }[self.by]
        missing = [name for name in needs if not getattr(self, name)]
        if missing:
            raise ValueError(f"paging by {self.by} needs {listed(missing)}")
        return self


class Request(Strict):
    """The requests whose answers make one table.

    ``each`` repeats the request: ``path: /accounts/{account}/posts`` with
    ``each: {account: [a, b]}`` asks once per account; the column ``request.account`` says which.
    """

    path: PathText
    parameters: Parameters = Field(default_factory=dict)
    each: dict[Name, tuple[Annotated[str, Field(pattern=r"^[^\x00-\x20/?#\\]{1,200}$")], ...]] = (
        Field(default_factory=dict)
    )
    paging: Paging | None = None

    @model_validator(mode="after")
    def _placeholders_are_given(self) -> Self:
        if set(PLACEHOLDER.findall(self.path)) != set(self.each):
            raise ValueError("path and each: the same names, in the path as {name}")
        if any(not values for values in self.each.values()):
            raise ValueError("each: a name without values")
        return self
