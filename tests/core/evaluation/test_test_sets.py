"""What models are evaluated by."""

import numpy as np

from mnist_core.alphabets import CHARACTERS, DIGITS, SIGNS
from mnist_core.evaluation.test_sets import TEST_SETS, WRITTEN_TEST, find_test_set
from mnist_core.model.prediction import probabilities
from mnist_core.store.models import load_answers, load_evaluation, load_model


def test_the_characters_are_still_written_as_the_shipped_model_was_evaluated_by():
    """Where this fails because they are written otherwise: raise `EDITION`, and evaluate the shipped model again."""
    characters, answers = WRITTEN_TEST.load(CHARACTERS), load_answers("characters")
    assert np.array_equal(characters.labels, answers.labels)
    again = probabilities(load_model("characters"), characters.pixels[:500])
    given = answers.probabilities[:500]
    assert (again.argmax(1) == given.argmax(1)).mean() > 0.99
    assert np.abs(again - given).mean() < 0.001  # an image may differ a little from processor to processor


def test_a_test_set_is_found_by_its_key_and_no_earlier_edition_is():
    assert {key: find_test_set(key) for key in TEST_SETS} == TEST_SETS
    assert find_test_set(load_evaluation("characters").test_set) is WRITTEN_TEST
    assert find_test_set("written-0") is None


def test_what_our_program_writes_is_as_many_of_each_class():
    signs = WRITTEN_TEST.load(SIGNS)
    assert len(signs) == WRITTEN_TEST.count(SIGNS)
    assert set(np.bincount(signs.labels).tolist()) == {WRITTEN_TEST.count(DIGITS) // 10}
