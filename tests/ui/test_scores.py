"""What the Mine page says of how every model reads a person's drawings."""

from mnist_core.alphabets import DIGITS
from ui.mine.scores import Standing, describe_lead, scores_table


def standing(name, correct, of=30, others=()):
    return Standing(name, DIGITS, tuple(place < correct for place in range(of)), others)


def test_models_that_so_few_drawings_do_not_tell_apart_are_not_ranked():
    # Five digits that one model alone misreads: p = 2 / 2**5 = 0.0625.
    assert describe_lead([standing("a", 25), standing("b", 30)]) == "30 digits are too few to tell the models apart."
    assert describe_lead([standing("a", 1, 1), standing("b", 0, 1)]) == "1 digit is too few to tell the models apart."
    assert describe_lead([standing("a", 30)]) == ""
    assert describe_lead([standing("a", 0, 0, (True,)), standing("b", 0, 0, (False,))]) == ""


def test_a_model_is_better_than_those_that_misread_six_more():
    # p = 2 / 2**6 = 0.03125
    assert describe_lead([standing("a", 24), standing("b", 30)]) == (
        "**b** reads your hand better than a (McNemar's test, p < 0.05)."
    )
    assert describe_lead([standing("a", 24), standing("b", 29), standing("c", 30), standing("d", 20)]) == (
        "**c** reads your hand better than a and d (McNemar's test, p < 0.05); whether better than b, these digits do "
        "not tell."
    )


def test_what_each_model_misreads_counts_and_not_how_many_it_reads_alone():
    first = Standing("a", DIGITS, (True,) * 20 + (False,) * 10, ())
    second = Standing("b", DIGITS, (False,) * 9 + (True,) * 20 + (False,), ())  # nine each that the other one misreads
    assert "too few" in describe_lead([first, second])


def test_the_table_begins_with_the_model_that_reads_most_and_shows_no_best_where_none_reads_any():
    table = scores_table([standing("<a>", 20), standing("b", 30, others=(True, False))], "<a>")
    assert table.index(">b<") < table.index("&lt;a&gt;")
    assert '<td class="number share best">30</td><td class="number">89 to 100 %</td><td class="number">1</td>' in table
    assert '<td class="number share">20</td><td class="number">49 to 81 %</td>' in table
    assert 'share best">' not in scores_table([standing("a", 0)], "a")
