"""Run `python -m crm_tasks ...` and kill it with SIGKILL at a named call: the child of the tests.

The point is `module:name:when:nth`, such as `crm_tasks.warehouse.tables:reveal:before:1`: the nth
call of that function, just before it begins or just after it returned. The product itself has no
hooks; this child replaces the function where its caller looks it up.
"""

from __future__ import annotations

import os
import signal
import sys
from functools import wraps
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def arm(point: str) -> None:
    """Replace the function a point names by one that kills this process there."""
    module, name, when, nth = point.split(":")
    *holders, last = name.split(".")
    holder: Any = import_module(module)
    if holders:
        holder = attrgetter(".".join(holders))(holder)
    setattr(holder, last, deadly(getattr(holder, last), when, int(nth)))


def deadly(function: Callable[..., Any], when: str, nth: int) -> Callable[..., Any]:
    """Return the function with a death at its nth call."""
    calls = 0

    @wraps(function)
    def called(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*arguments, **named)
        if calls == nth and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return called


if __name__ == "__main__":
    from crm_tasks.__main__ import main

    arm(sys.argv.pop(1))
    main()
