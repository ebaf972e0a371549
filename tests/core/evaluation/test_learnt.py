"""When digits were learnt, and which were forgotten again."""

import numpy as np

from mnist_core.evaluation.filters import Choice, Order, Which, choose
from mnist_core.evaluation.learnt import NEVER, when_learnt
from mnist_core.evaluation.metrics import Answers

STEPS = (0, 1, 10, 100)
LABELS = np.array([3, 3, 3, 3, 3])
ANSWERS = np.array(  # a column a digit
    [
        [3, 1, 3, 3, 1],
        [3, 3, 1, 1, 1],
        [3, 3, 3, 3, 1],
        [3, 3, 3, 1, 3],
    ],
    np.uint8,
)


def test_a_digit_is_learnt_when_it_was_read_correctly_from_then_on():
    learnt = when_learnt(ANSWERS, STEPS, LABELS)
    assert learnt.step.tolist() == [0, 1, 10, NEVER, 100]
    assert learnt.forgotten.tolist() == [0, 0, 1, 2, 0]


def test_of_one_moment_nothing_is_forgotten():
    learnt = when_learnt(ANSWERS[-1:], STEPS[-1:], LABELS)
    assert learnt.step.tolist() == [100, 100, 100, NEVER, 100]
    assert learnt.forgotten.tolist() == [0] * 5


def test_digits_are_put_in_the_order_in_which_they_were_learnt_or_forgotten():
    shares = np.full((5, 10), 0.05)
    shares[np.arange(5), ANSWERS[-1]] = 0.55
    answers, learnt = Answers(shares, LABELS), when_learnt(ANSWERS, STEPS, LABELS)

    def order(by, known=learnt, which=Which.ALL):
        return choose(answers, Choice(which, order=by), learnt=known).tolist()

    assert order(Order.LEARNT) == [4, 2, 1, 0, 3]
    assert order(Order.FORGOTTEN) == [3, 2, 0, 1, 4]
    assert order(Order.FORGOTTEN, which=Which.MISTAKES) == [3]
    assert order(Order.LEARNT, known=None) == [0, 1, 2, 3, 4]
