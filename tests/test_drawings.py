import gzip
import json

import numpy as np
import pytest

from benchmarks.drawings import FULL, Drawn, evaluate, read_digits, read_drawings
from benchmarks.figures import drawings_read
from mnist_core.model.prediction import Verdict, predict
from mnist_core.store.drawings import NO_DIGIT, keep_pixels, keep_strokes
from mnist_core.store.models import load_model
from mnist_core.synthetic.generate import UNSEEN, choose_styles, draw, synthetic_digits

ROW = {
    "source": "pens",
    "model": "quick",
    "reading": FULL,
    "score": {"correct": 95, "seen": 100, "accuracy": 0.95, "interval": [0.9, 0.98]},
    "by_digit": [0.95] * 10,
    "refused": 0.01,
}


def test_of_whose_hand_a_digit_is_is_read_where_the_file_says_so(tmp_path):
    lines = [
        {"label": 3, "writer": "ann", "strokes": [[[0, 0], [1, 1]]]},
        {"label": "7", "strokes": [[[0, 0], [5, 5]]]},
        {"label": "A", "writer": "ann", "strokes": [[[0, 0], [2, 2]]]},
        {"label": "O", "writer": "ann", "strokes": [[[0, 0], [3, 3]]]},  # could be a zero
    ]
    file = tmp_path / "pens.jsonl.gz"
    file.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    digits, letters = read_drawings(file)
    assert digits == [Drawn(3, [[[0, 0], [1, 1]]], "ann"), Drawn(7, [[[0, 0], [5, 5]]], None)]
    assert letters == [[[[0, 0], [2, 2]]]]


def test_what_the_mine_page_gives_away_is_read(tmp_path):
    seven = keep_strokes([[(60, 60), (200, 60), (120, 230)]], 18, "7")
    scribble = keep_strokes([[(0, 0), (9, 9), (0, 9)]], 18, NO_DIGIT)
    picture = keep_pixels(np.eye(28, dtype=np.float32), "1")
    file = tmp_path / "my-drawings.jsonl"
    file.write_bytes(b"".join(each.to_line() for each in (seven, scribble, picture)))
    digits, others = read_drawings(file)
    assert digits == [Drawn(7, [[[60, 60], [200, 60], [120, 230]]], None)]
    assert others == [[[[0, 0], [9, 9], [0, 9]]]]
    (row, *_) = read_digits("mine", digits, [load_model("classic")])
    assert row.by_digit[:7] == (0,) * 7  # of which there are none


def test_a_digit_that_is_sure_and_wrong_counts_apart_and_so_does_each_writer():
    model = load_model("quick")
    digits = synthetic_digits(300, UNSEEN)
    labels = digits.labels.copy()
    labels[:30] = (labels[:30] + 1) % 10  # what is read well is wrong now
    writers = ["bad" if index < 30 else "good" for index in range(300)]
    row = evaluate("pens", model, FULL, type(digits)(digits.images, labels), writers)
    answers = [predict(model, image) for image in digits.pixels]
    wrong = [answer.digit != label for answer, label in zip(answers, labels, strict=True)]
    sure = [answer.verdict is Verdict.SURE for answer in answers]
    assert row.sure_and_wrong == pytest.approx(np.mean(np.logical_and(wrong, sure)))
    assert row.sure_and_wrong > 0.05
    assert row.by_writer == (1 - np.mean(wrong[:30]), 1 - np.mean(wrong[30:]))
    assert evaluate("pens", model, FULL, digits).by_writer is None
    assert evaluate("pens", model, "plain", digits).sure_and_wrong is None


def test_writers_are_left_out_where_not_all_are_known():
    generator = np.random.default_rng(0)
    drawn = [Drawn(style.digit, draw(style, generator), None) for style in choose_styles(20, 0)]
    rows = list(read_digits("pens", [drawn[0]._replace(writer="ann"), *drawn[1:]], [load_model("quick")]))
    assert [row.by_writer for row in rows] == [None, None, None]
    rows = list(read_digits("pens", [each._replace(writer="ann") for each in drawn], [load_model("quick")]))
    assert [row.by_writer for row in rows if row.reading == FULL] == [(rows[-1].score.accuracy,)]


def test_a_table_says_how_the_writers_are_read_who_are_read_worst():
    (line,) = drawings_read([ROW | {"sure_and_wrong": 0.004, "by_writer": [0.8, *[0.9] * 9, 1.0]}]).splitlines()[2:]
    assert line == "| pens | 100 | quick | full | 95.00% (90.0% to 98.0%) | 0.40% | 1.00% | 80.0 %, 90.0 % |"


def test_a_result_from_before_writers_were_told_apart_is_still_shown():
    (line,) = drawings_read([ROW]).splitlines()[2:]
    assert line == "| pens | 100 | quick | full | 95.00% (90.0% to 98.0%) |  | 1.00% |  |"
