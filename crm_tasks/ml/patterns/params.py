"""What counts as a pattern, and how much work finding it may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PatternParams:
    """Limits of the search for rules.

    Parameters
    ----------
    window_days : int
        Orders of so many days before the as-of date count.
    max_basket_items : int
        A basket of more different products is dropped and counted as dropped: pairs grow with the
        square of its size and a restaurant's or reseller's order says little about households.
    min_baskets, min_share : int, float
        A set is frequent in at least so many baskets and so large a share of them.
    min_share_followed : float
        The same share for sequences, which have many more pairs to count.
    max_length : int
        Items of the longest set counted.
    max_rows : int
        Rows one counting statement may join; where it would be more, only sets twice as frequent
        are counted, twice again until it fits. Counts stay exact.
    max_triples : int
        With more frequent sets of three, no longer ones are counted: they would be everything.
    max_q : float
        Largest q-value of a rule that is published.
    max_rules : int
        Rules published per table, the surest first.
    max_steps, max_gap_days : int
        Within how many further orders, and days, the next item has to follow.
    max_prefix : int
        Items of the longest prefix of a sequence.
    """

    window_days: int = 730
    max_basket_items: int = 100
    min_baskets: int = 10
    min_share: float = 0.0005
    min_share_followed: float = 0.002
    max_length: int = 5
    max_rows: int = 20_000_000
    max_triples: int = 2_000
    max_q: float = 0.05
    max_rules: int = 50_000
    max_steps: int = 3
    max_gap_days: int = 365
    max_prefix: int = 3

    def least(self, n: int, share: float) -> int:
        """Return in how many of ``n`` baskets a set has to be.

        >>> PatternParams().least(155_848, 0.0005), PatternParams().least(30, 0.0005)
        (78, 10)
        """
        return max(self.min_baskets, -int(-n * share // 1))
