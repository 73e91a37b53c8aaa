"""Compiled kernels: for what no kept library computes as fast, and nothing else.

A kernel is a plain function of arrays, compiled by Numba on first use and kept on disk beside the
module (or in the user's cache where that folder cannot be written). Numba renews what it kept when
the file of the kernel changes, and only then: so a kernel calls no kernel of another file. Without
fast-math the machine code sums in the order that is written, hence the same figures every time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

Kernel = TypeVar("Kernel", bound="Callable[..., object]")


def compiled(function: Kernel) -> Kernel:
    """Return the function compiled for one thread, without the interpreter's lock.

    >>> @compiled
    ... def doubled(x: float) -> float:
    ...     return 2.0 * x
    >>> doubled(1.5)
    3.0
    """
    compile_kernel = numba.njit(cache=_is_in_a_file(function), nogil=True)
    return cast("Kernel", compile_kernel(function))


def _is_in_a_file(function: Callable[..., object]) -> bool:
    """Return whether there is a file to keep the compiled form beside."""
    return not function.__code__.co_filename.startswith("<")
