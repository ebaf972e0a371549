"""Pictures on the page without a browser: what is shown for what is given, and for what the frame on one sends."""

import csv
import json
import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.model.prediction import Prediction, Verdict
from mnist_core.preprocessing.pictures import Region
from tests.support.drawing import blank_paper, number_on_paper, seven_and_zero_on_paper, seven_on_paper
from tests.support.paging import html, press, words
from tests.support.places import APP
from ui.draw.picture_table import Row, line, rows_to_csv
from ui.inputs.crop_box import Moved, frame_around, read_moved
from ui.inputs.given_picture import TOO_LARGE

TIMEOUT = 60  # seconds
PNG = "image/png"
SEVEN = ("seven.png", seven_on_paper(), PNG)
BOTH = ("both.png", seven_and_zero_on_paper(), PNG)
BLANK = ("blank.png", blank_paper(), PNG)
LETTER = ("letter.pdf", b"%PDF-1.7 Dear Sir or Madam", "application/pdf")
UNREADABLE = [
    (LETTER, "This is a PDF"),
    (("film.mov", b"\0\0\0\x14ftypqt  ", TOO_LARGE), "This is a video"),
    (("scan.png", b"\x89PNG\r\n\x1a\n", TOO_LARGE), "The file is larger than 20 MB"),
    (("empty.png", b"", PNG), "The file is empty"),
    (BLANK, "Nothing stands out"),
]
SIZE = (480, 300)
NUMBER = ("number.png", number_on_paper("42"), PNG)
RIGHT_HALF, LEFT_HALF = Region(250, 20, 470, 280), Region(10, 20, 240, 280)


def give(*files, at=None):
    """Give files at once, in place of those that were given before."""
    if at is None:
        at = AppTest.from_file(APP, default_timeout=TIMEOUT).run()
        at.segmented_control(key="way").set_value("Use a picture").run()
    at.file_uploader[0].set_value(list(files)).run()
    assert not at.exception
    return at


def large_figure(at):
    return re.search(r'data-testid="answer"[^>]*>([^<]*)<', html(at))[1]


def frame(at):
    """What the browser is told of the picture and the frame on it; None where there is no picture."""
    shown = [each.proto.json for each in at.get("bidi_component") if "crop_box" in each.proto.component_name]
    return json.loads(shown[0]) if shown else None


def send(at, crop, **changes):
    """Do what the page does when the browser says where the frame is."""
    (picture,) = at.session_state["_pictures"].values()
    picture.obey({"version": picture.version, "serial": 7, "crop": crop} | changes)
    at.run()
    assert not at.exception
    return at


def test_what_cannot_be_read_is_said_and_the_answer_before_is_gone():
    at = give(SEVEN)
    for file, sentence in UNREADABLE:
        assert large_figure(at) == "7"
        give(file, at=at)
        assert [sentence in warning.value for warning in at.warning] == [True]
        assert large_figure(at) == "?"
        assert "Choose a picture of one digit" in html(at)
        give(SEVEN, at=at)


def test_a_picture_in_which_nothing_is_found_is_shown_with_a_frame_to_be_moved():
    at = give(BLANK)
    assert frame(at)["size"] == [240, 300]
    assert frame(at)["crop"] == [30, 37, 210, 263]
    assert "Drag the frame to the digit." in words(at)
    assert frame(give(LETTER, at=at)) is None


def test_the_frame_is_where_the_digit_was_found():
    left, top, right, bottom = frame(give(SEVEN))["crop"]
    assert left < 90
    assert top < 70
    assert right > 310
    assert bottom > 440
    assert frame_around(Region(10, 20, 30, 60), (100, 64)) == (2, 12, 38, 64)


def test_where_the_frame_is_moved_to_is_read_and_it_can_be_found_again():
    at = give(BOTH)
    found = frame(at)
    assert [button.label for button in at.button if "again" in button.label] == []
    assert frame(send(at, list(RIGHT_HALF), version="of another picture")) == found | {"heard": 7}
    send(at, list(RIGHT_HALF))
    assert large_figure(at) == "0"
    assert frame(at) | {"heard": 0} == found | {"crop": list(RIGHT_HALF)}
    assert frame(at)["heard"] == 7
    send(at, list(LEFT_HALF))
    assert large_figure(at) == "7"
    press(at, "Find it again")
    assert frame(at)["crop"] == found["crop"]
    assert frame(at)["version"] != found["version"]
    send(at, list(RIGHT_HALF))
    send(at, None)
    assert frame(at)["crop"] == found["crop"]


def test_a_frame_around_nothing_gets_a_sentence_and_stays():
    at = send(give(BOTH), [200, 260, 280, 300])
    assert "Nothing stands out" in at.warning[0].value
    assert large_figure(at) == "?"
    assert frame(at)["crop"] == [200, 260, 280, 300]
    assert large_figure(send(at, list(RIGHT_HALF))) == "0"
    assert not at.warning


@pytest.mark.parametrize(
    "sent",
    [
        *(None, 7, "moved", [], {}, {"crop": [0, 0, 9, 9]}, {"version": "v", "serial": 1}),
        *({"version": "v", "serial": serial, "crop": None} for serial in (-1, 2**60, "1", None, 1.5, [])),
        {"version": ["v"], "serial": 1, "crop": None},
        *(
            {"version": "v", "serial": 1, "crop": crop}
            for crop in (
                *(7, "1234", [], [1, 2, 3], [1, 2, 3, 4, 5], [1, 2, 30, "40"], [1, 2, 30, None], {"left": 1}),
                *([0, 0, float("nan"), 50], [0, 0, float("inf"), 50], [0, 0, 10**400, 50], [[0], 0, 50, 50]),
                *([50, 50, 20, 90], [50, 50, 90, 20], [50, 50, 52, 90], [900, 0, 990, 50], [-90, 0, -10, 50]),
            )
        ),
    ],
)
def test_what_is_no_frame_is_left_unread(sent):
    assert read_moved(sent, SIZE) is None


def test_a_frame_is_cut_at_the_edges_of_the_picture_and_to_whole_pixels():
    moved = read_moved({"version": "v", "serial": 1, "crop": [-50, 10.4, 1e300, 299.6]}, SIZE)
    assert moved == Moved(Region(0, 10, 480, 300), "v", 1)
    assert read_moved({"version": "v", "serial": 1, "crop": [0, 0, 3, 3]}, (3, 3)).crop == (0, 0, 3, 3)


def test_why_a_picture_gets_its_answer_is_shown_step_by_step():
    at = give(SEVEN)
    at.segmented_control(key="closer").set_value("Why this answer").run()
    assert not at.exception
    steps = ["Picture resized", "Picture", "Darkness", "Ink", "Digit"]
    assert re.findall(r'font-weight:600;line-height:1.3">([^<]+)<', html(at)) == steps
    assert [each for each in steps if f'alt="{each}: ' in html(at)] == steps
    assert "Finding the ink" in words(at)
    assert 'alt="Picture: The frame is around the ink"' in html(at)
    assert 'alt="Picture: The part read, and its ink"' in html(send(at, [60, 20, 340, 480]))


# ------------------------------------------------------------------------------------------------- several


def table(at):
    """The rows of the table: what stands in their cells."""
    found = re.search(r'<table class="pictures".*?</table>', html(at))
    rows = re.findall("<tr>(.*?)</tr>", found[0])[1:] if found else []
    return [[re.sub("<[^>]+>", "", cell) for cell in re.findall("<td.*?</td>", row)] for row in rows]


def test_several_pictures_are_read_into_a_table_and_one_of_them_is_looked_at():
    at = give(BOTH, SEVEN, LETTER)
    assert [row[1].partition("This")[0] for row in table(at)] == ["1. both.png", "2. seven.png", "3. letter.pdf"]
    assert table(at)[1][2] == "7"
    assert "This is a PDF" in table(at)[2][1]
    assert at.selectbox(key="chosen_picture").options == ["1. both.png", "2. seven.png", "3. letter.pdf"]
    assert frame(at)["size"] == [480, 300]
    at.selectbox(key="chosen_picture").select_index(1).run()
    assert large_figure(at) == "7"
    assert frame(at)["size"] == [400, 500]
    at.selectbox(key="chosen_picture").select_index(2).run()
    assert large_figure(at) == "?"
    assert "This is a PDF" in at.warning[0].value
    assert frame(at) is None
    give(SEVEN, at=at)
    assert table(at) == []
    assert large_figure(at) == "7"


def test_of_several_pictures_only_the_one_that_is_looked_at_keeps_how_it_was_read():
    at = give(BOTH, SEVEN, SEVEN)
    at.selectbox(key="chosen_picture").select_index(1).run()
    kept = [picture.stages is not None for picture in at.session_state["_pictures"].values()]
    assert kept == [False, True, False]
    assert at.session_state["picture"][0].getvalue() == b""


def test_a_frame_that_was_moved_stays_while_another_picture_is_looked_at():
    at = give(BOTH, SEVEN)
    picture, _ = at.session_state["_pictures"].values()
    picture.obey({"version": picture.version, "serial": 7, "crop": list(RIGHT_HALF)})
    at.run()
    assert table(at)[0][2] == "0"
    at.selectbox(key="chosen_picture").select_index(1).run()
    at.selectbox(key="chosen_picture").select_index(0).run()
    assert frame(at)["crop"] == list(RIGHT_HALF)
    assert large_figure(at) == "0"


A_7 = Prediction(np.array([0.01] * 7 + [0.91] + [0.01] * 2), Verdict.UNSURE)
NAMES = ["seven.png", "=1+1.png", "+1.png", "-1.png", "@x.png", "\tx.png", 'a "b", c.png']


def test_the_csv_has_all_figures_and_no_formula():
    rows = [
        *(Row(name, np.zeros((28, 28), np.float32), A_7) for name in NAMES),
        Row("=x.pdf", None, None, "No, picture."),
    ]
    head, *lines = csv.reader(rows_to_csv(rows).splitlines())
    assert head == ["file", "answer", "confidence", "verdict", *(f"p{digit}" for digit in range(10))]
    assert lines[0] == ["seven.png", "7", "0.91", "unsure", *["0.01"] * 7, "0.91", *["0.01"] * 2]
    names = ["seven.png", "'=1+1.png", "'+1.png", "'-1.png", "'@x.png", "'\tx.png", 'a "b", c.png', "'=x.pdf"]
    assert [line[0] for line in lines] == names
    assert lines[-1][1:] == ["", "", "No, picture.", *[""] * 10]


def test_a_files_name_is_shown_as_it_is():
    name = "<img src=http://example.com/x.png> **7**"
    shown = line(1, Row(name, None, None, "<b>"))
    assert "&lt;img src=http://example.com/x.png&gt; **7**" in shown
    assert "&lt;b&gt;" in shown


def test_a_number_in_a_picture_is_read_and_each_of_its_digits_can_be_looked_at():
    at = give(NUMBER)
    assert large_figure(at) == "42"
    left, top, right, bottom = frame(at)["crop"]
    assert left < 60
    assert right > 250
    assert bottom - top < 200
    at.segmented_control(key="digit_of_number").set_value(1).run()
    at.segmented_control(key="closer").set_value("Why this answer").run()
    assert not at.exception
    assert large_figure(at) == "42"
    assert re.search(r"is it taken for a digit, \*\*2\*\*\.", words(at))


def test_a_number_among_several_pictures_is_one_in_the_table_too():
    at = give(SEVEN, NUMBER, BLANK)
    table = html(at)
    assert re.findall(r'<td class="digit"[^>]*>([^<]*)<', table) == ["7", "42"]
    assert table.count("The digit of picture 2") == 2
    at.selectbox(key="chosen_picture").select_index(1).run()
    assert large_figure(at) == "42"
    assert re.findall(r'<td class="digit"[^>]*>([^<]*)<', html(at)) == ["7", "42"]
