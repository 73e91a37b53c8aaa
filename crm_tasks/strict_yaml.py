"""Read a YAML file somebody wrote: strictly, and with one clear message when it is wrong.

Refused are aliases (a few lines of them expand to gigabytes), keys that stand twice (one of the
two would be lost in silence), tags that construct objects, and whatever the model does not know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from crm_tasks.errors import CrmError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails

BYTES_AT_MOST = 1_000_000
TEXT, BOOLEAN = "tag:yaml.org,2002:str", "tag:yaml.org,2002:bool"

_PLAIN_WORDS = {
    "missing": "this key is required",
    "model_type": "expected keys with values",
    "dict_type": "expected keys with values",
    "tuple_type": "expected a list",
    "string_type": "expected text",
}

Model = TypeVar("Model", bound=BaseModel)


def load_strict(path: Path, model: type[Model], error: type[CrmError]) -> Model:
    """Return the file's content as a model.

    Parameters
    ----------
    path : Path
        The YAML file.
    model : type of pydantic.BaseModel
        What it must say; forbids unknown keys.
    error : type of CrmError
        What is raised: its message names file, line and, for an unknown key, the nearest known.
    """
    root, declared = _read(path, error)
    try:
        return model.model_validate(declared)
    except ValidationError as problem:
        raise error(f"{path}, {_told(_first(_findings(root, problem)), model)}") from None


def problems_of(path: Path, model: type[BaseModel], error: type[CrmError]) -> list[str]:
    """Return everything that is wrong with a file, a line each in the file's order; none if valid.

    What only the whole can tell (a name that stands twice) is told once its parts are right.

    Raises
    ------
    CrmError
        Of the given type: the file cannot be read as YAML at all.
    """
    root, declared = _read(path, error)
    try:
        model.model_validate(declared)
    except ValidationError as problem:
        found = _of_likeliest_shapes(_findings(root, problem))
        ordered = sorted(found, key=lambda finding: finding.line)
        return list(dict.fromkeys(_told(finding, model) for finding in ordered))
    return []


def line_of(path: Path, keys: Sequence[str], error: type[CrmError]) -> int:
    """Return the line, from 1, on which the text under these keys begins.

    Raises
    ------
    CrmError
        Of the given type: the file cannot be read as YAML.
    KeyError
        No text stands there.
    """
    node = _compose(path, error)
    for key in keys:
        under = node.value if isinstance(node, yaml.MappingNode) else []
        node = {name.value: value for name, value in under}[key]
    # A block begins below its bar.
    is_block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
    return int(node.start_mark.line) + (2 if is_block else 1) if node else 1


def _read(path: Path, error: type[CrmError]) -> tuple[yaml.Node | None, Any]:
    root = _compose(path, error)
    try:
        return root, _StrictLoader("").construct_document(root) if root else None
    except yaml.YAMLError as problem:
        raise error(f"{path}, {_first_line(problem)}") from None


def _compose(path: Path, error: type[CrmError]) -> yaml.Node | None:
    """Return the syntax tree, which knows the line of everything."""
    try:
        if path.stat().st_size > BYTES_AT_MOST:
            raise error(f"{path}: larger than {BYTES_AT_MOST} bytes; such a file is small")
        text = path.read_text(encoding="utf-8")
        return yaml.compose(text, Loader=_StrictLoader)
    except UnicodeDecodeError as problem:
        raise error(f"{path}: not UTF-8 at byte {problem.start}") from None
    except yaml.YAMLError as problem:
        raise error(f"{path}, {_first_line(problem)}") from None
    except RecursionError:
        raise error(f"{path}: nested too deeply") from None
    except OSError as problem:
        raise error(f"{path}: cannot be read ({problem.strerror})") from None


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader that also refuses aliases, doubled keys and scalars of impossible value.

    A key is text as it stands, and of words only true and false are no text (YAML 1.2): columns
    may be named no, on or 2024.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012 (as the base class has it)
        first: [(tag, pattern) for tag, pattern in known if tag != BOOLEAN]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise _problem("aliases are not allowed", self.get_event().start_mark)  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _problem("a key must be a word", key.start_mark)
            if key.value in seen:
                raise _problem(f"key {key.value!r} stands twice", key.start_mark)
            seen.add(key.value)
            key.tag = TEXT
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, OverflowError):  # 2018-02-30, or a number of thousands of digits
            raise _problem("no such date or number", node.start_mark) from None


_StrictLoader.add_implicit_resolver(
    BOOLEAN, re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def _problem(text: str, mark: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=text, problem_mark=mark)


def _first_line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not valid YAML"
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else str(problem)


# --- from a validation error to the line at fault -------------------------------------------------


@dataclass(frozen=True)
class _Finding:
    """One complaint of pydantic, found again in the file."""

    line: int
    path: tuple[str, ...]
    branch: tuple[str, ...]
    type: str
    message: str
    is_beside_the_point: bool


def _findings(root: yaml.Node | None, problem: ValidationError) -> list[_Finding]:
    details = problem.errors(include_input=False, include_url=False, include_context=False)
    # pydantic counts the valid items of a list only: beside an invalid one "too short" misleads.
    findings = [_find(root, detail) for detail in details if detail["type"] != "too_short"]
    return findings or [_find(root, detail) for detail in details]


def _first(findings: list[_Finding]) -> _Finding:
    """Return the complaint that says best what is wrong."""
    of_branch = _counted(findings)
    # A value that may be one of several shapes is complained about once per shape: the shape with
    # the fewest complaints is the one that was meant.
    return min(
        findings,
        key=lambda f: (
            f.is_beside_the_point,
            of_branch[f.branch] if f.branch else 0,
            f.type != "extra_forbidden",  # a mistyped key explains the missing one
            f.line,
        ),
    )


def _of_likeliest_shapes(findings: list[_Finding]) -> list[_Finding]:
    """Return the complaints without those about shapes that were not meant."""
    of_branch = _counted(findings)
    meant: dict[tuple[str, ...], tuple[str, ...]] = {}
    for f in sorted(findings, key=lambda f: (f.is_beside_the_point, of_branch[f.branch])):
        meant.setdefault(f.branch[:-1], f.branch)
    return [f for f in findings if not f.branch or meant[f.branch[:-1]] == f.branch]


def _counted(findings: list[_Finding]) -> dict[tuple[str, ...], int]:
    return {f.branch: sum(g.branch == f.branch for g in findings) for f in findings}


def _told(finding: _Finding, model: type[BaseModel]) -> str:
    """Return a complaint with its line and, for an unknown key, the nearest known."""
    dotted = ".".join(finding.path) or "the file"
    if finding.type == "extra_forbidden":
        hint = nearest(finding.path[-1], _valid_keys(model, finding.path[:-1]))
        return f"line {finding.line}: unknown key {dotted!r}{hint}"
    return f"line {finding.line}: {dotted}: {finding.message}"


def _find(root: yaml.Node | None, detail: ErrorDetails) -> _Finding:
    """Walk the location through the file; parts that are not in it name a shape, not a key."""
    node, line = root, root.start_mark.line if root else 0
    path: list[str] = []
    branch: list[str] = []
    location = detail["loc"]
    for position, part in enumerate(location):
        step = _step(node, part)
        is_absent_key = position == len(location) - 1 and detail["type"] == "missing"
        if step is not None:
            line, node = step
            path.append(str(part))
        elif is_absent_key:
            path.append(str(part))
        else:
            branch += [*path, str(part)]
    message = _PLAIN_WORDS.get(detail["type"], detail["msg"].removeprefix("Value error, "))
    if detail["type"] == "literal_error" and branch[-1:] == [str(location[-1])]:
        message += ", or keys with values"  # the other shapes that may stand here
    return _Finding(
        line=line + 1,
        path=tuple(path),
        branch=tuple(branch),
        type=detail["type"],
        message=message,
        is_beside_the_point=bool(branch) and _is_other_shape(node, detail["type"]),
    )


def _step(node: yaml.Node | None, part: int | str) -> tuple[int, yaml.Node] | None:
    """Return line and node of a key or an index below ``node``, if it is there."""
    if isinstance(node, yaml.MappingNode):
        pairs = ((k.start_mark.line, v) for k, v in node.value if k.value == str(part))
        return next(pairs, None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line, node.value[part]
    return None


def _is_other_shape(node: yaml.Node | None, kind: str) -> bool:
    """Return whether a complaint is only that a mapping is no word, or a word no mapping."""
    expects_mapping = kind in ("model_type", "dict_type", "model_attributes_type")
    return expects_mapping != isinstance(node, yaml.MappingNode) and kind.endswith(
        ("_type", "literal_error")
    )


def _valid_keys(model: type[BaseModel], path: Sequence[str]) -> Iterator[str]:
    """Yield the keys allowed at a place in the file, of every shape allowed there."""
    models = {model}
    for part in path:
        fields: Mapping[str, Any] = {
            name: field for m in models for name, field in m.model_fields.items()
        }
        if part in fields:
            models = set(_models_in(fields[part].annotation)) or models
    for found in models:
        yield from found.model_fields


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument)
