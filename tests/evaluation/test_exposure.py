"""Exposure on a graph one can do by hand: a - b (1), b - c (3), d alone."""

from __future__ import annotations

import numpy as np

from crm_tasks.evaluation.exposure import CLASSES, Company, exposure_class

A, B, C, D = range(4)
TIES = Company.of(np.array([A, B]), np.array([B, C]), np.array([1.0, 3.0]), 4)


def test_the_share_is_by_strength_and_nobody_has_no_company():
    marked = np.array([True, False, True, False])
    assert TIES.share(marked).tolist() == [0.0, 1.0, 0.0, 0.0]
    assert TIES.share(np.array([True, False, False, False])).tolist() == [0.0, 0.25, 0.0, 0.0]


def test_ties_between_clusters_are_cut():
    assert TIES.cut_share(np.array([0, 0, 1, 1])) == 0.75
    assert TIES.cut_share(np.zeros(4)) == 0.0
    nobody = Company.of(np.empty(0, int), np.empty(0, int), np.empty(0), 4)
    assert nobody.cut_share(np.arange(4)) == 0.0


def test_every_class_is_met():
    treated = np.array([False, False, True, True])
    found = exposure_class(treated, np.array([0.0, 0.1, 0.0, 1.0]))
    assert tuple(found) == CLASSES
