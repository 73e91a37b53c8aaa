"""Read a profile file: one clear message with file, line and nearest key when it is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from crm_tasks.errors import ProfileError, nearest
from crm_tasks.profiles.model import Profile

BUNDLED = Path(__file__).parent
BYTES_AT_MOST = 1_000_000


def bundled_profiles() -> tuple[str, ...]:
    """Return the names of the profiles that come with the package."""
    return tuple(sorted(path.stem for path in BUNDLED.glob("*.yml")))


def profile_path(name_or_file: str) -> Path:
    """Return the file of a bundled profile's name, or of a path given as such.

    Raises
    ------
    ProfileError
        Neither a bundled name nor an existing file.
    """
    bundled = BUNDLED / f"{name_or_file}.yml"
    if "/" not in name_or_file and bundled.is_file():
        return bundled
    path = Path(name_or_file).expanduser()
    if path.is_file():
        return path.resolve()
    hint = nearest(name_or_file, bundled_profiles())
    known = ", ".join(bundled_profiles())
    raise ProfileError(f"no profile {name_or_file!r}: neither a file nor one of [{known}]{hint}")


def load_profile(name_or_file: str) -> Profile:
    """Return the profile of a bundled name or a YAML file.

    Raises
    ------
    ProfileError
        The file is not strict YAML (duplicate keys and aliases are refused) or says something a
        profile cannot say; the message names file, line and the nearest valid key.
    """
    path = profile_path(name_or_file)
    if path.stat().st_size > BYTES_AT_MOST:
        raise ProfileError(f"{path}: larger than {BYTES_AT_MOST} bytes; a profile is a small file")
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=_StrictLoader)
        declared = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)  # noqa: S506
    except UnicodeDecodeError as error:
        raise ProfileError(f"{path}: not UTF-8 at byte {error.start}") from None
    except yaml.YAMLError as error:
        raise ProfileError(f"{path}: {_first_line(error)}") from None
    try:
        return Profile.model_validate(declared)
    except ValidationError as error:
        raise ProfileError(_explain(path, root, error)) from None


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader that refuses aliases (expansion bombs) and duplicate keys (silent loss)."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(problem="aliases are not allowed", problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                problem = f"key {key.value!r} stands twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _first_line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "not valid YAML"
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else problem


def _explain(path: Path, root: yaml.Node, error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    location = [part for part in first["loc"] if not _is_union_tag(part)]
    line = _line_of(root, location)
    dotted = ".".join(str(part) for part in location) or "the profile"
    if first["type"] == "extra_forbidden":
        hint = nearest(str(location[-1]), _valid_keys(location))
        return f"{path}, line {line}: unknown key {dotted!r}{hint}"
    message = first["msg"].removeprefix("Value error, ")
    return f"{path}, line {line}: {dotted}: {message}"


def _is_union_tag(part: int | str) -> bool:
    tags = {"str", "Constant", "Concat", "Membership", "IdentifyingColumn", "literal['plain']"}
    return isinstance(part, str) and part in tags


def _line_of(root: yaml.Node, location: list[int | str]) -> int:
    """Return the line of the deepest node on the way that exists."""
    node, line = root, root.start_mark.line if root else 0
    for part in location:
        found = None
        if isinstance(node, yaml.MappingNode):
            pairs = ((key, value) for key, value in node.value if key.value == str(part))
            key, found = next(pairs, (None, None))
            line = key.start_mark.line if key is not None else line
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = node.value[part]
            line = found.start_mark.line
        if found is None:
            break
        node = found
    return line + 1


def _valid_keys(location: list[int | str]) -> tuple[str, ...]:
    """Return the keys allowed where the unknown key stands."""
    model: type[BaseModel] = Profile
    for part in location[:-1]:
        if isinstance(part, str) and part in model.model_fields:
            inner = _model_in(model.model_fields[part].annotation)
            model = inner or model
    return tuple(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found:
            return found
    return None
