"""What texts speak of: topics by week, themes of complaints, and what has come up lately."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from crm_tasks.text.needs import DECIMALS, q_values, wilson
from crm_tasks.text.terms import terms

if TYPE_CHECKING:
    import datetime as dt

WEEKS = 26
RECENT_DAYS, BEFORE_DAYS = 14, 90
TEXTS_AT_LEAST, TERMS_AT_MOST = 5, 20_000
Q_AT_MOST, RATIO_AT_LEAST = 0.05, 2.0
LISTED_AT_MOST = 50
HAN_TERM = 2
DIMENSIONS = {"segment": "segment_id", "category": "category", "product": "product_id"}
#: Chinese runs that begin or end with one of these are pieces of a sentence, not things.
PARTICLES = frozenset("的了是在我你他她它们这那也都就很吗呢吧啊和与着把被让还又")


def topic_trends(said: pd.DataFrame, as_of: dt.date) -> pa.Table:
    """Return, per week and topic, the texts about it, their share and how they sound.

    Parameters
    ----------
    said : DataFrame
        What customers wrote: ``text_id``, ``customer_id``, ``topic``, ``said_at``, ``sentiment``,
        ``is_bad`` (a complaint or a low score), ``masked_text``.
    """
    told = said[said.topic.notna()]
    told = told[told.said_at >= pd.Timestamp(as_of) - pd.Timedelta(weeks=WEEKS)]
    week = told.said_at.dt.to_period("W-SUN").dt.start_time.dt.date
    told = told.assign(week_start=week)
    found = (
        told.groupby(["week_start", "topic"])
        .agg(n_texts=("topic", "size"), n_bad=("is_bad", "sum"), sentiment=("sentiment", "mean"))
        .reset_index()
    )
    found["n_all"] = found.groupby("week_start").n_texts.transform("sum")
    found["share"] = (found.n_texts / found.n_all).round(DECIMALS)
    found["ci_low"], found["ci_high"] = wilson(found.n_texts, found.n_all)
    found["sentiment"] = found.sentiment.round(DECIMALS)
    return _table(found, as_of)


def complaint_themes(said: pd.DataFrame, as_of: dt.date) -> pa.Table:
    """Return, per segment, category and product, which share of the texts complains of what.

    ``said`` has ``segment_id``, ``category`` and ``product_id`` beside the columns of
    :func:`topic_trends`. A product of whom few have written is left out.
    """
    told = said[said.said_at >= pd.Timestamp(as_of) - pd.Timedelta(days=365)]
    parts = []
    for dimension, column in DIMENSIONS.items():
        known = told[told[column].notna()]
        n_all = known.groupby(column).size().rename("n_texts")
        if dimension == "product":
            n_all = n_all[n_all >= TEXTS_AT_LEAST]
            known = known[known[column].isin(n_all.index)]
        bad = known[known.is_bad & known.topic.notna()]
        found = bad.groupby([column, "topic"]).size().rename("n_complaints").reset_index()
        found = found.join(n_all, on=column).rename(columns={column: "value"})
        parts.append(found.assign(dimension=dimension))
    found = pd.concat(parts).reset_index(drop=True)
    found["share"] = (found.n_complaints / found.n_texts).round(DECIMALS)
    found["ci_low"], found["ci_high"] = wilson(found.n_complaints, found.n_texts)
    return _table(found, as_of)


def emerging_topics(said: pd.DataFrame, as_of: dt.date) -> pa.Table:
    """Return terms that more customers use lately than before, the surest first.

    Customers are counted, not texts: one who writes ten letters is one. A term is an alert if its
    share has at least doubled and the one-sided hypergeometric test holds after Benjamini-Hochberg
    over all terms looked at.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    now = pd.Timestamp(as_of)
    told = said[said.said_at >= now - pd.Timedelta(days=RECENT_DAYS + BEFORE_DAYS)]
    told = told[told.customer_id.notna()].sort_values("text_id")
    is_recent = told.said_at >= now - pd.Timedelta(days=RECENT_DAYS)
    who = told.customer_id + np.where(is_recent, "|1", "|0")
    books = told.assign(who=who).groupby("who", sort=True).masked_text.agg("\n".join)
    recent = books.index.str.endswith("|1")
    n_recent, n_before = int(recent.sum()), int((~recent).sum())
    if n_recent < TEXTS_AT_LEAST or n_before < TEXTS_AT_LEAST:
        return pa.table({})
    counter = CountVectorizer(
        analyzer=_words, binary=True, min_df=TEXTS_AT_LEAST, max_features=TERMS_AT_MOST
    )
    try:
        matrix = counter.fit_transform(books.to_numpy(object))
    except ValueError:  # no term is used by enough customers
        return pa.table({})
    lately = np.asarray(matrix[recent].sum(axis=0)).ravel()
    before = np.asarray(matrix[~recent].sum(axis=0)).ravel()
    found = pd.DataFrame({
        "term": counter.get_feature_names_out(), "n_recent": lately, "n_before": before,
        "n_recent_all": n_recent, "n_before_all": n_before,
    })  # fmt: skip
    return _judged(found, as_of)


def _judged(found: pd.DataFrame, as_of: dt.date) -> pa.Table:
    from scipy.stats import hypergeom

    n_recent, n_before = found.n_recent_all, found.n_before_all
    p_value = hypergeom.sf(
        found.n_recent - 1, n_recent + n_before, found.n_recent + found.n_before, n_recent
    )
    found["share_recent"] = (found.n_recent / n_recent).round(DECIMALS)
    found["share_before"] = (found.n_before / n_before).round(DECIMALS)
    found["ci_low"], found["ci_high"] = wilson(found.n_recent, n_recent)
    found["q_value"] = np.round(q_values(p_value), DECIMALS)
    has_doubled = found.share_recent >= RATIO_AT_LEAST * found.share_before
    found["is_alert"] = has_doubled & (found.q_value <= Q_AT_MOST)
    found = found[has_doubled & (found.n_recent > 0)]
    found = found.sort_values(["q_value", "n_recent", "term"], ascending=[True, False, True])
    found = found.head(LISTED_AT_MOST).reset_index(drop=True)
    return _table(found.assign(rank=np.arange(1, len(found) + 1)), as_of)


def _words(text: str) -> list[str]:
    """Return what may be a thing: words, pairs of words, runs of two or three Chinese characters.

    Words of spaCy's stop lists are none, nor are runs that begin or end with a particle.
    """
    english, chinese = _stop_words()
    found = [term for line in text.split("\n") for term in terms(line)]
    words = [term[2:] for term in found if term.startswith("w:") and "#" not in term]
    kept = [word for word in words if not english.intersection(word.split(" "))]
    runs = (term for term in found if len(term) >= HAN_TERM and term[0] > "\u33ff")
    kept += [r for r in runs if r not in chinese and not PARTICLES.intersection(r[0] + r[-1])]
    return kept


@cache
def _stop_words() -> tuple[frozenset[str], frozenset[str]]:
    from spacy.lang.en.stop_words import STOP_WORDS as ENGLISH
    from spacy.lang.zh.stop_words import STOP_WORDS as CHINESE

    return frozenset(ENGLISH), frozenset(CHINESE)


def _table(rows: pd.DataFrame, as_of: dt.date) -> pa.Table:
    return pa.Table.from_pandas(rows.assign(as_of_date=as_of), preserve_index=False)
