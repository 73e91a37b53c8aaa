"""A text model as arrays: the same after a file, refused when changed, and never pickled."""

from __future__ import annotations

import io
import pickle

import numpy as np
import pytest
from scipy.special import softmax

from crm_tasks.errors import RunStateError
from crm_tasks.text.model import Head, TextModel, calibrated
from crm_tasks.text.terms import terms

VOCABULARY = np.array(["w:late", "w:good", "好"])
HEAD = Head(
    np.array(["bad", "fine"]),
    np.array([[2, -2], [-2, 2], [-1, 1]], dtype=np.float32),
    np.array([0.1, -0.1]),
    temperature=2.0,
)
MODEL = TextModel(VOCABULARY, np.ones(3), {"mood": HEAD}, {"kind": "by hand"})


def test_probabilities_are_those_worked_out_by_hand():
    (row,) = MODEL.probabilities(["late"])["mood"]
    assert row == pytest.approx(softmax(2.0 * np.array([2.1, -2.1])), abs=1e-6)
    assert MODEL.probabilities(["好"])["mood"].argmax() == 1


def test_texts_without_a_known_term_get_the_offsets():
    (row,) = MODEL.probabilities(["zzz"])["mood"]
    assert row == pytest.approx(calibrated(np.array([[0.1, -0.1]]), 2.0)[0])
    assert MODEL.probabilities([])["mood"].shape == (0, 2)


def test_a_file_gives_the_same_model():
    again = TextModel.from_bytes(MODEL.to_bytes(), MODEL.version)
    assert again.version == MODEL.version
    texts = ["late good", "好 late"]
    assert np.array_equal(again.probabilities(texts)["mood"], MODEL.probabilities(texts)["mood"])


def test_changed_arrays_are_refused():
    other = TextModel(VOCABULARY, np.full(3, 2.0), {"mood": HEAD}, {"kind": "by hand"})
    assert other.version != MODEL.version
    with pytest.raises(RunStateError, match="restore it from a backup"):
        TextModel.from_bytes(other.to_bytes(), MODEL.version)


def test_nothing_is_unpickled():
    sink = io.BytesIO()
    np.savez(sink, told=np.array([{"a": 1}], dtype=object))
    for content in (sink.getvalue(), pickle.dumps({"told": 1}), b"", b"PK"):
        with pytest.raises(RunStateError, match="cannot be read"):
            TextModel.from_bytes(content)


def test_terms_of_masked_data_and_long_numbers_tell_nothing():
    assert set(terms("[phone] [name]")) == set()
    assert terms("order 123456") == terms("order 987654321")
    assert terms("NOT good!") == terms("not good！")
