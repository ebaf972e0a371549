"""The colours: what is written in them can be read, and what is drawn in them can be seen, in light and in dark."""

import re
import tomllib
from itertools import product

import numpy as np
import pytest

from tests.support.places import PROJECT
from ui.draw.robustness_maps import colour_scale
from ui.inside.smallest_change import _difference_colours
from ui.theme import DARK, LIGHT, contrast, ink_on, mix
from ui.widgets.confusion_matrix import _shades
from ui.widgets.tiles import PAPER

CONFIG = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text())["theme"]
PALETTES = pytest.mark.parametrize(
    ("palette", "config"), [(LIGHT, CONFIG["light"]), (DARK, CONFIG["dark"])], ids=["light", "dark"]
)
NEAR_BLACK = "#" + f"{PAPER:02x}" * 3
WRITTEN, DRAWN = 4.5, 3.0  # the least contrasts of WCAG AA


def test_contrast_is_that_of_the_standard():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # W3C's own example of just too little
    assert contrast("#ffffff", "#2dd4bf") == pytest.approx(1.86, abs=0.005)  # as axe-core has measured it
    assert mix("#000000", "#ffffff", 0.2) == "#333333"


@PALETTES
def test_the_colours_are_those_of_streamlits_theme(palette, config):
    assert palette.answer == config["primaryColor"]
    assert palette.text == config["textColor"]
    assert palette.ground == config["backgroundColor"]


@PALETTES
def test_what_is_written_can_be_read(palette, config):
    grounds = palette.ground, config["secondaryBackgroundColor"]
    for colour, ground in product((palette.text, palette.faint, palette.answer, palette.wrong), grounds):
        assert contrast(colour, ground) >= WRITTEN, (colour, ground)
    for ground in grounds:  # a caption, and what is said within a widget
        assert contrast(mix(ground, palette.text, 0.6), ground) >= WRITTEN
        assert contrast(palette.series[2], ground) >= WRITTEN  # the keywords of code
    for share in (0.1, 0.2):  # a chosen segment, and under the pointer
        assert contrast(palette.answer, mix(palette.ground, palette.answer, share)) >= WRITTEN
    assert contrast(palette.on_answer, palette.answer) >= WRITTEN  # primary buttons and chips


@PALETTES
def test_what_is_drawn_can_be_seen(palette, config):  # noqa: ARG001
    for colour in (palette.answer, palette.wrong, palette.other, *palette.series, *palette.digits):
        assert contrast(colour, palette.ground) >= DRAWN, colour
    for colour in (palette.answer, palette.wrong):  # as frames and cursors on pictures
        assert contrast(colour, NEAR_BLACK) >= DRAWN, colour
    ground, _, added, taken = _difference_colours(palette)
    assert min(contrast(added, ground), contrast(taken, ground)) >= DRAWN


def test_pictures_are_the_same_in_both_themes_and_can_be_seen():
    assert contrast(DARK.answer, NEAR_BLACK) >= DRAWN
    assert contrast(DARK.wrong, NEAR_BLACK) >= DRAWN
    assert contrast(LIGHT.answer, "#ffffff") >= DRAWN  # the keyboard's place on ink


@PALETTES
def test_every_figure_of_the_confusion_matrix_can_be_read_on_its_cell(palette, config):  # noqa: ARG001
    for count in range(1, 1200):
        confusion = np.full((10, 10), count)
        confusion[0, 0] = 1200
        for tint in (palette.answer, palette.wrong):
            shade = _shades([(confusion, tint)], palette.ground)[99]
            assert contrast(ink_on(shade), shade) >= WRITTEN, (count, shade)


@PALETTES
def test_another_answer_can_be_read_on_a_robustness_map(palette, config):  # noqa: ARG001
    (_, least), (sure, most), *_ = colour_scale(palette)
    assert sure > 0.5  # where another digit is answered, the drawing's own has less
    for share in np.linspace(0, 1, 21):
        assert contrast(palette.text, mix(least, most, share)) >= WRITTEN


def test_sections_are_of_the_second_level():
    """Each page has a title; a section right below it that is of the third would be a leap."""
    for path in [*PROJECT.glob("pages/*.py"), *PROJECT.glob("ui/**/*.py")]:
        assert not re.search(r"st\.subheader\(|<h3", path.read_text()), path.name
