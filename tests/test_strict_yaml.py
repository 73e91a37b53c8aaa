"""What is common to profiles and expectation files; each has its own tests of what it may say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from pydantic import BaseModel, ConfigDict, field_validator

from crm_tasks.errors import ContractError
from crm_tasks.strict_yaml import load_strict

if TYPE_CHECKING:
    from pathlib import Path


class Wheel(BaseModel):
    model_config = ConfigDict(extra="forbid")

    inches: int

    @field_validator("inches")
    @classmethod
    def _is_small(cls, value: int) -> int:
        if value > 30:
            raise ValueError("no wheel is that large")
        return value


class Sledge(BaseModel):
    model_config = ConfigDict(extra="forbid")

    runners: int
    wood: str


class Toy(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    moves_on: Literal["nothing"] | Wheel | Sledge = "nothing"
    parts: dict[str, Wheel] = {}


def read(tmp_path: Path, text: str) -> Toy:
    path = tmp_path / "toy.yml"
    path.write_text(text)
    return load_strict(path, Toy, ContractError)


def message(tmp_path: Path, text: str) -> str:
    with pytest.raises(ContractError) as error:
        read(tmp_path, text)
    return str(error.value).removeprefix(f"{tmp_path / 'toy.yml'}, ")


def test_what_is_right_is_read(tmp_path: Path) -> None:
    toy = read(tmp_path, "name: cart\nmoves_on: {inches: 3}\n")
    assert toy == Toy(name="cart", moves_on=Wheel(inches=3))


def test_a_key_is_text_and_of_words_only_true_and_false_are_not(tmp_path: Path) -> None:
    """YAML 1.1 would take the names of these columns for false, true, a number and nothing."""
    parts = ", ".join(f"{name}: {{inches: 1}}" for name in ("no", "on", "2024", "null"))
    toy = read(tmp_path, f"name: no\nparts: {{{parts}}}\n")
    assert toy.name == "no"
    assert [*toy.parts] == ["no", "on", "2024", "null"]
    assert message(tmp_path, "name: true\n") == "line 1: name: expected text"
    assert read(tmp_path, "name: truely").name == "truely"


def test_of_several_shapes_the_one_that_was_meant_is_explained(tmp_path: Path) -> None:
    told = message(tmp_path, "name: sledge\nmoves_on:\n  runners: 2\n  wod: ash\n")
    assert told == "line 4: unknown key 'moves_on.wod'; did you mean 'wood'?"


def test_a_key_below_a_name_of_ones_own_choice_is_found(tmp_path: Path) -> None:
    told = message(tmp_path, "name: cart\nparts:\n  front:\n    inchs: 3\n")
    assert told == "line 4: unknown key 'parts.front.inchs'; did you mean 'inches'?"


def test_a_mistyped_key_is_told_before_the_key_that_is_missing_for_it(tmp_path: Path) -> None:
    assert message(tmp_path, "nme: cart\n") == "line 1: unknown key 'nme'; did you mean 'name'?"


def test_a_models_own_words_are_kept(tmp_path: Path) -> None:
    told = message(tmp_path, "name: cart\nparts:\n  front: {inches: 31}\n")
    assert told == "line 3: parts.front.inches: no wheel is that large"


def test_a_word_where_keys_may_stand_is_told_both(tmp_path: Path) -> None:
    told = message(tmp_path, "name: cart\nmoves_on: air\n")
    assert told == "line 2: moves_on: Input should be 'nothing', or keys with values"


def test_a_file_that_is_not_there_is_an_error_of_the_callers_kind(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="cannot be read"):
        load_strict(tmp_path / "none.yml", Toy, ContractError)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeffname: cart\n").name == "cart"
