"""A text classifier as arrays: TF-IDF weights, linear decisions, one temperature per head.

No pickle: a model is a ZIP of plain arrays (NumPy's format, ``allow_pickle=False``) and its
version is the digest of their contents, compared when it is read.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from crm_tasks.errors import RunStateError
from crm_tasks.text.terms import terms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Texts = npt.NDArray[np.str_]

FORMAT = 1
#: The questions a model answers.
INTENT, SENTIMENT = "intent", "sentiment"
TEXTS_AT_ONCE = 5_000
DECIMALS = 6
VERSION_LENGTH = 12


@dataclass(frozen=True)
class Head:
    """One question a model answers: its classes, linear decisions and calibration.

    Parameters
    ----------
    classes : array of str
        In order; a column of ``weights`` each.
    weights, offsets : arrays
        Decision of a class: terms times weights, plus offset.
    temperature : float
        Probabilities are softmax(decision * temperature), fitted out of fold.
    abstain_below : float
        A most probable class with less is not named.
    """

    classes: Texts
    weights: npt.NDArray[np.float32] = field(repr=False)
    offsets: Floats = field(repr=False)
    temperature: float = 1.0
    abstain_below: float = 0.0

    def decide(self, matrix: Any) -> Floats:
        """Return the decision value of each class for rows of term weights."""
        return np.asarray(matrix @ self.weights, dtype=np.float64) + self.offsets

    def probabilities(self, matrix: Any) -> Floats:
        """Return calibrated probabilities, rounded to 1e-6."""
        return calibrated(self.decide(matrix), self.temperature)


@dataclass(frozen=True)
class TextModel:
    """Vocabulary with weights, and a head per question (``intent``, ``sentiment``).

    Parameters
    ----------
    vocabulary : array of str
        Terms in the order of the columns.
    idf : array
        Inverse document frequency of each.
    told : mapping
        What is known of its making: data, judgement out of fold, dates.
    """

    vocabulary: Texts = field(repr=False)
    idf: Floats = field(repr=False)
    heads: Mapping[str, Head]
    told: Mapping[str, Any]

    @cached_property
    def version(self) -> str:
        """Digest of all arrays and of what is told."""
        digest = sha256()
        for name, array in sorted(self._arrays().items()):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:VERSION_LENGTH]

    @cached_property
    def _vectorizer(self) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer

        known = {term: at for at, term in enumerate(self.vocabulary.tolist())}
        made = new_vectorizer(vocabulary=known)
        assert isinstance(made, TfidfVectorizer)  # noqa: S101 (tells the type checker)
        made.idf_ = self.idf
        return made

    def matrix(self, texts: Sequence[str]) -> Any:
        """Return the term weights of texts, one row each."""
        return self._vectorizer.transform(texts)

    def probabilities(self, texts: Sequence[str]) -> dict[str, Floats]:
        """Return, by head, the probabilities of each class for each text; memory is bounded."""
        parts = [
            self.matrix(texts[at : at + TEXTS_AT_ONCE])
            for at in range(0, len(texts), TEXTS_AT_ONCE)
        ]
        return {
            name: np.vstack(
                [np.empty((0, len(head.classes))), *(head.probabilities(part) for part in parts)]
            )
            for name, head in self.heads.items()
        }

    def to_bytes(self) -> bytes:
        """Return the model as a file."""
        sink = io.BytesIO()
        np.savez_compressed(sink, allow_pickle=False, **self._arrays())
        return sink.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes, version: str | None = None) -> TextModel:
        """Return the model a file holds.

        Raises
        ------
        RunStateError
            It is none, of another format, or its contents have another version than the one named.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                model = cls._of({name: arrays[name] for name in arrays.files})
        except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
            raise RunStateError(
                f"a text model cannot be read ({type(error).__name__}): train another one with "
                "`crm text train`"
            ) from None
        if version is not None and model.version != version:
            raise RunStateError(
                f"text model {version}: its contents are those of {model.version}; restore it from "
                "a backup, or train another one"
            )
        return model

    def _arrays(self) -> dict[str, Any]:
        heads = {name: [head.temperature, head.abstain_below] for name, head in self.heads.items()}
        told = json.dumps({"format": FORMAT, "heads": heads, "told": self.told}, sort_keys=True)
        arrays: dict[str, Any] = {
            "told": np.array(told), "vocabulary": self.vocabulary, "idf": self.idf,
        }  # fmt: skip
        for name, head in self.heads.items():
            arrays |= {f"{name}.classes": head.classes, f"{name}.weights": head.weights}
            arrays[f"{name}.offsets"] = head.offsets
        return arrays

    @classmethod
    def _of(cls, arrays: Mapping[str, Any]) -> TextModel:
        told = json.loads(str(arrays["told"]))
        if told["format"] != FORMAT:
            raise ValueError("another format")
        heads = {
            name: Head(
                arrays[f"{name}.classes"], arrays[f"{name}.weights"], arrays[f"{name}.offsets"],
                *numbers,
            )
            for name, numbers in told["heads"].items()
        }  # fmt: skip
        return cls(arrays["vocabulary"], arrays["idf"], heads, told["told"])


def told_of(content: bytes) -> dict[str, Any]:
    """Return what a model's file tells of its making, without reading its weights."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        told: dict[str, Any] = json.loads(str(arrays["told"]))["told"]
    return told


def new_vectorizer(**more: Any) -> Any:
    """Return the TF-IDF of our terms: sublinear counts, rows of length 1."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer=terms, sublinear_tf=True, dtype=np.float32, norm="l2", **more)


def calibrated(decisions: Floats, temperature: float) -> Floats:
    """Return softmax(decisions * temperature), rounded to 1e-6.

    >>> calibrated(np.array([[0.0, 0.0]]), 3.0).tolist()
    [[0.5, 0.5]]
    """
    from scipy.special import softmax

    return np.asarray(np.round(softmax(decisions * temperature, axis=1), DECIMALS))
