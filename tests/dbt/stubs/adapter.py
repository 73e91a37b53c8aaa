"""Stands in for dbt's ``adapter`` in templates.

A dispatched macro becomes a call of the function ``portable_<name>``: whoever reads the rendered
SQL sees that the engine's own words are out of the model's hands.
"""

from collections.abc import Callable


def dispatch(name: str, package: str) -> Callable[..., str]:  # noqa: ARG001
    """Return a function that writes the call instead of any engine's spelling."""

    def call(*arguments: object) -> str:
        if name == "cast_if_possible":
            return f"cast({arguments[0]} as {arguments[1]})"
        written = f"portable_{name}({', '.join(str(argument) for argument in arguments)})"
        if name == "json_elements":
            _, columns, array = arguments
            return f"select {', '.join(columns)}, element, place from portable_{name}({array})"
        return f"select date_day from {written}" if name == "days_from_to" else written

    return call
