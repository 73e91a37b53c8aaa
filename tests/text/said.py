"""A few hundred texts whose needs, topics and terms are known."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

AS_OF = dt.date(2024, 7, 1)


def letters(n=600, seed=4, months=12):
    """Return letters: refund rises month by month, price does not; customers of one segment."""
    rng = np.random.default_rng(seed)
    day = rng.integers(1, 30 * months, n)
    said = pd.Timestamp(AS_OF) - pd.to_timedelta(day, unit="D")
    is_refund = rng.random(n) < 0.05 + 0.5 * (1 - day / (30 * months))
    need = np.where(is_refund, "refund", np.where(rng.random(n) < 0.3, "lower_price", None))
    customer = np.array([f"c{number}" for number in rng.integers(0, 150, n)])
    frame = pd.DataFrame({"text_id": [f"t{k:04d}" for k in range(n)], "customer_id": customer})
    frame["need"], frame["said_at"] = need, said
    frame["segment_id"] = np.where(frame.customer_id.str[-1] < "5", "rfm:low", "rfm:high")
    frame["topic"] = np.where(is_refund, "returns", "price")
    frame["category"] = np.where(rng.random(n) < 0.5, "tea", None)
    frame["product_id"] = np.where(np.arange(n) % 100 == 0, "rare", "p1")
    frame.loc[
        frame.category.isna() | (np.arange(n) >= 400) & (frame.product_id == "rare"), "product_id"
    ] = None
    frame["is_bad"] = is_refund
    frame["sentiment"] = np.where(is_refund, -0.5, 0.25)
    frame["masked_text"] = np.where(is_refund, "please refund me", "what does it cost")
    return frame
