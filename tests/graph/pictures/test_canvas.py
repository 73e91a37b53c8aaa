"""What any picture keeps to: its bytes, its font, its colours."""

from __future__ import annotations

import re

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from crm_tasks.graph.params import house_layers
from crm_tasks.graph.pictures.canvas import (
    COLOURS,
    OTHER_COLOUR,
    SHAPES,
    MissingGlyph,
    Sheet,
    refuse_missing_glyphs,
    shorter,
)
from crm_tasks.graph.pictures.wording import LAYERS, TEXTS, layer_name, say

#: Machado, Oliveira, Fernandes 2009, full dichromacy, on linear RGB.
VISIONS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


@pytest.mark.parametrize("form", ["svg", "png"])
def test_the_same_picture_is_the_same_bytes_without_a_date(form):
    one, other = (Sheet("关系 title", "how").file(form) for _ in range(2))
    assert one == other
    assert not re.search(rb"<dc:date>|20[0-9]{2}-[0-9]{2}-[0-9]{2}", one if form == "svg" else b"")
    assert b"Matplotlib v" not in one


def test_letters_of_an_svg_are_outlines_that_need_no_font():
    file = Sheet("关系", "how").file("svg")
    assert b"<text" not in file
    assert b"font-family" not in file


def test_a_sign_the_font_lacks_is_an_error_that_does_not_quote_the_label():
    refuse_missing_glyphs(["客户 é Ω\n", "ordinary"])
    with pytest.raises(MissingGlyph, match=r"U\+1F600") as told:
        Sheet("secret \N{GRINNING FACE}", "how").file("svg")
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("vision", VISIONS)
def test_colours_are_told_apart_with_any_colour_vision(vision):
    seen = [lab(np.array(VISIONS[vision]) @ linear(colour)) for colour in COLOURS]
    apart = [np.linalg.norm(a - b) for place, a in enumerate(seen) for b in seen[place + 1 :]]
    assert min(apart) > 10  # a just noticeable difference is about 2.3
    assert len(set(SHAPES)) == len(SHAPES) == len(COLOURS)
    assert OTHER_COLOUR not in COLOURS


def linear(colour: str) -> np.ndarray:
    value = np.array(to_rgb(colour))
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    white = np.array([0.9505, 1.0, 1.089])
    scaled = np.array(to_xyz) @ np.clip(rgb, 0, 1) / white
    f = np.where(scaled > (6 / 29) ** 3, np.cbrt(scaled), scaled / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_every_layer_between_people_has_a_name_in_both_languages():
    named = {"purchase", "combined", *LAYERS}
    assert set(house_layers()) <= named
    assert layer_name("trust", "zh") == "信任"
    assert layer_name("plays_golf_with", "en") == "plays golf with"


def test_every_text_has_both_languages_with_the_same_gaps():
    for english, chinese in TEXTS.values():
        gaps = [sorted(re.findall(r"{(\w+)}", text)) for text in (english, chinese)]
        assert gaps[0] == gaps[1]
        refuse_missing_glyphs([english, chinese])
    assert say("inside", "zh", share=20) == "20% 的联系在社群内部"


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [("tea", 3, "tea"), ("teas", 3, "te…"), ("咖啡与茶", 8, "咖啡与茶"), ("咖啡与茶", 6, "咖啡…")],
)
def test_a_text_is_cut_to_its_width(text, width, cut):
    assert shorter(text, width) == cut
