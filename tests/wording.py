"""What no text may say while nothing was drawn at random."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CAUSAL = re.compile(
    r"\b(caus\w*|effect\w*|impact\w*|because|due to|thanks to|leads? to|led to|results? in|uplift"
    r"|lift\w*|drives?|drove|makes? them|will buy|would have|increas\w*|boost\w*|incremental)\b"
    r"|导致|因果|促使|效果|影响|提升|因为|由于",
    re.IGNORECASE,
)


def assert_says_nothing_causal(texts: Iterable[str]) -> None:
    """Fail for the first text that claims what brings about what."""
    texts = list(texts)
    assert texts
    claims = [text for text in texts if CAUSAL.search(text)]
    assert claims == []
