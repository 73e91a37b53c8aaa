"""Fitted models as bytes without pickle, and the digest of what they learned.

An artifact is a skops archive; types outside the allow-list are refused before anything of it is
made. Its bytes differ per write (they hold times), so models are compared by
:func:`parameters_digest`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_tasks.errors import RunStateError, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Types beyond those skops itself trusts that our models are made of.
ALLOWED = frozenset(
    {
        "numpy.dtype",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.tree._tree.Tree",
    }
)
#: What a model keeps of its fitting that no prediction depends on.
NOT_LEARNED = frozenset(
    {
        "_feature_subsample_rng",
        "_optimizer",
        "_random_state",
        "_scorer",
        "n_jobs",
        "verbose",
    }
)


@dataclass(frozen=True, eq=False)
class Artifact:
    """A fitted model with all that is needed to use it: features in their order, and more.

    Attributes
    ----------
    estimator : object
        Of scikit-learn, or None where the parameters are plain data.
    features : tuple of str
        Columns it reads, in their order.
    told : dict
        Plain data beside it: calibration, reference distributions, classes.
    """

    estimator: Any
    features: tuple[str, ...]
    told: dict[str, Any]

    @property
    def digest(self) -> str:
        """Digest of what was learned: the same for the same arrays and settings."""
        told = json.loads(self._told)  # as it will be read back: a number is a number
        return parameters_digest([self.estimator, list(self.features), told])

    @property
    def _told(self) -> str:
        return json.dumps(self.told, sort_keys=True)

    def to_bytes(self) -> bytes:
        """Return the skops archive."""
        import skops.io

        content = {
            "estimator": self.estimator, "features": list(self.features), "told": self._told,
        }  # fmt: skip
        return bytes(skops.io.dumps(content))

    @classmethod
    def from_bytes(cls, content: bytes, digest: str | None = None) -> Artifact:
        """Return the artifact.

        Raises
        ------
        RunStateError
            It names a type outside the allow-list, or is not the model of that digest.
        """
        import skops.io

        strange = sorted(set(skops.io.get_untrusted_types(data=content)) - ALLOWED)
        if strange:
            raise RunStateError(
                f"a model artifact is made of {listed(strange)}, which this version of Guanxi does "
                "not load; train it again"
            )
        found = skops.io.loads(content, trusted=sorted(ALLOWED))
        made = cls(found["estimator"], tuple(found["features"]), json.loads(found["told"]))
        if digest is not None and made.digest != digest:
            raise RunStateError(
                f"a model artifact holds parameters {made.digest[:12]}, registered are "
                f"{digest[:12]}; restore it from a backup, or train it again"
            )
        return made


def parameters_digest(parameters: Any) -> str:
    """Return the SHA-256 of parameters: arrays in their order, settings by name.

    >>> one, other = {"b": 1, "a": np.arange(3)}, {"a": np.arange(3), "b": 1}
    >>> parameters_digest(one) == parameters_digest(other)
    True
    >>> parameters_digest({"a": np.arange(4)}) == parameters_digest({"a": np.arange(3)})
    False
    """
    digest = hashlib.sha256()
    for piece in _pieces(parameters):
        digest.update(len(piece).to_bytes(8, "big"))
        digest.update(piece)
    return digest.hexdigest()


def _pieces(value: Any) -> Iterator[bytes]:
    if isinstance(value, np.ndarray):
        yield from _array_pieces(value)
    elif value is None or isinstance(value, str | bool | int | float | np.generic):
        yield f"{type(value).__name__}:{value!r}".encode()
    elif isinstance(value, dict):
        for name in sorted(value, key=str):
            if name not in NOT_LEARNED:
                yield str(name).encode()
                yield from _pieces(value[name])
    elif isinstance(value, list | tuple):
        yield f"{len(value)} items".encode()
        for item in value:
            yield from _pieces(item)
    else:
        yield type(value).__qualname__.encode()
        state = value.__getstate__() if hasattr(value, "__getstate__") else None
        yield from _pieces(state if isinstance(state, dict) else None)


def _array_pieces(array: np.ndarray[Any, Any]) -> Iterator[bytes]:
    yield f"{array.shape}".encode()
    if array.dtype.names:
        # Field by field: the bytes between aligned fields are nobody's.
        for name in array.dtype.names:
            yield name.encode()
            yield from _array_pieces(array[name])
    elif array.dtype == object:
        yield from _pieces(array.tolist())
    else:
        yield array.dtype.str.encode()
        yield np.ascontiguousarray(array).tobytes()
