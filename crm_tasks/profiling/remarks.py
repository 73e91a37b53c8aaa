"""The sentences of a proposal, in English and Chinese, from ``remarks.yml``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from crm_tasks.profiling.decisions import Remark
from crm_tasks.profiling.words import read_words

SENTENCES = Path(__file__).with_suffix(".yml")


def remark(name: str, /, **values: object) -> Remark:
    """Return a sentence in both languages, its gaps filled; a value of the data fits into none.

    >>> remark("by_mark").en
    'its byte order mark says so'
    """
    sentence = sentences()[name]
    return Remark(sentence["en"].format(**values), sentence["zh"].format(**values))


@lru_cache(maxsize=1)
def sentences() -> dict[str, dict[str, str]]:
    """Return all sentences by their key."""
    return read_words(SENTENCES)
