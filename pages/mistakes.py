"""The Mistakes page: which test digits, characters or pictures does a model get wrong?"""

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.alphabets import DIGITS, noun_of
from mnist_core.data.data_sets import MNIST
from mnist_core.data.digits import Digits
from mnist_core.errors import ModelError
from mnist_core.evaluation.filters import COMPARING, OVER_TIME, Choice, Order, Which, answers_to_csv, choose
from mnist_core.evaluation.learnt import NEVER, Learnt
from mnist_core.evaluation.metrics import compare, reliability, score_by_digit
from mnist_core.evaluation.test_sets import choose_test_set
from mnist_core.rights import Right
from mnist_core.settings import read_settings
from mnist_core.store.snapshots import has_snapshots
from mnist_core.training import final_evaluation
from mnist_core.training.moments import answer_over_time
from ui import frame
from ui.mistakes.digit_drawer import DIGIT, ask_for, show_one_digit
from ui.mistakes.embedding_map import show_map
from ui.mistakes.gallery import gallery_as_png, show_gallery, tiles_of
from ui.mistakes.reliability import show_reliability
from ui.query_params import follow_former, number_in_address, numbers, oddities_in_address, one_of
from ui.services import answering, catalogue, moments, test_digits, training_runs
from ui.services.catalogue import EvaluatedModel
from ui.text import describe_choice, describe_comparison, format_exact_percent, format_interval, percent, verbatim
from ui.widgets.confusion_matrix import Cell, show_confusion, show_score_table, show_scores, worst_cells
from ui.widgets.fetch_mnist import offer_to_fetch
from ui.widgets.key_figures import show_figures
from ui.widgets.progress import offer_work

ANY = "any"
MAX_SHOWN = 300  # digits in the gallery at once
WORST, WORST_OF_MANY = 5, 15  # cells of the matrix that have a button: of one that is seen whole, and of a larger one
PERCENTS = (0, 100)
FORMER_ORDERS = {  # as older links call them
    "surest first": Order.SUREST,
    "least sure first": Order.LEAST_SURE,
    "closest call first": Order.MARGIN,
}
SCORES, CLASSES, CONFIDENCE, MAP = "Digit by digit", "Class by class", "Confidence", "Map"


def main() -> None:
    """Show the page."""
    heading = st.empty()
    follow_former("order", FORMER_ORDERS)
    strange = oddities_in_address(possible_values())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = frame.pick_model()
        heading.title(f"Which test {noun_of(classes_of(name))}s does it get wrong?")
        if name is None:
            return
        others = find_comparable(name)
        second = st.selectbox(
            "Compare with", others, None, placeholder="none", key="beside", bind="query-params", width=260
        )
    if strange:
        st.warning(strange)
    if training_runs.is_unfinished(name):
        st.info(
            f"It has not been evaluated: a network is evaluated on the test {noun_of(classes_of(name))}s once, when "
            "its training is over."
        )
        return
    evaluated = read_evaluated_or_offer(name)
    beside = read_evaluated_or_offer(second) if evaluated and second else None
    if evaluated is None:
        return
    show_numbers(evaluated)
    if beside and not evaluated.is_comparable(beside):
        beside = None
    if beside:
        comparison = compare(evaluated.answers, beside.answers)
        st.markdown(describe_comparison(name, beside.name, comparison, noun_of(evaluated.classes)))
    explore(evaluated, beside)
    show_more(evaluated)
    frame.mention_damaged()


def possible_values() -> dict[str, Callable[[list[str]], bool]]:
    """Return for each part of the address what tells whether it can be."""
    names = catalogue.read().names
    name = st.query_params.get("model") or frame.picked_model() or catalogue.find_best()
    classes, evaluation = classes_of(name), catalogue.read_evaluation(name) if name in names else None
    others = {*find_comparable(name)} - {st.query_params.get("model")}
    compares = st.query_params.get("beside") in others
    which = {each for each in Which if compares or each not in COMPARING}
    if evaluation and evaluation.test_set != MNIST.key:
        which.remove(Which.DISPUTED)
    return {
        "model": one_of({*names, *training_runs.list_answering()}),
        "beside": one_of({*others, "no other"}),  # as older links say
        "show": one_of({say_which(each, classes) for each in which}),
        "true": one_of((any_of(classes), *classes)),
        "read": one_of((any_of(classes), *classes)),
        "order": one_of({say_order(order, classes) for order in Order}),
        "sure": numbers(*PERCENTS, count=2),
        "more": one_of((SCORES, CLASSES, CONFIDENCE, MAP)),
        DIGIT: one_of({str(index) for index in range(evaluation.seen if evaluation else MNIST.counts["test"])}),
    }


def classes_of(name: str | None) -> tuple[str, ...]:
    """Return the classes of a model, or of an unfinished run; the digits where there is neither."""
    return answering.list_alphabets().get(name or "", DIGITS)


def find_comparable(name: str | None) -> list[str]:
    """Return the other models that tell the same classes apart, but those evaluated on another test set."""
    classes, found = classes_of(name), catalogue.read()
    mine = catalogue.read_evaluation(name) if name and found.find(name) else None
    comparable = []
    for card in found.cards:
        evaluation = catalogue.read_evaluation(card.name)
        is_apart = mine and evaluation and mine.test_set != evaluation.test_set
        if card.name != name and card.classes == classes and not is_apart:
            comparable.append(card.name)
    return comparable


def any_of(classes: tuple[str, ...]) -> str:
    """Return the choice of all classes; no class has a space at its end."""
    return ANY if ANY not in classes else f"{ANY} "


def say_which(which: str, classes: tuple[str, ...]) -> str:
    """Call a choice of digits by what there is."""
    return f"all {noun_of(classes)}s" if which == Which.ALL else which


def say_order(order: str, classes: tuple[str, ...]) -> str:
    """Call an order by what there is."""
    return "by true class" if order == Order.DIGIT and classes != DIGITS else order


def read_evaluated_or_offer(name: str) -> EvaluatedModel | None:
    """Return a model's answers to its test set, or offer to get them."""
    try:
        return catalogue.read_evaluated(name)
    except ModelError as error:
        offer_to_evaluate(name, verbatim(error))
        return None


# ---------------------------------------------------------------------------------------------------- the numbers


def show_numbers(evaluated: EvaluatedModel) -> None:
    """Show how good the model is, in one row."""
    evaluation = evaluated.evaluation
    figures = {
        "Test accuracy": format_exact_percent(evaluation.accuracy),
        "95 % interval": format_interval(evaluation),
        "Misread": f"{evaluation.seen - evaluation.correct:,} of {evaluation.seen:,}",
    }
    if evaluated.disputed:
        without = format_exact_percent(evaluation.without_disputed.accuracy)
        figures[f"Accuracy without {len(evaluated.disputed)} disputed labels"] = without
    show_figures(figures | {"Calibration error": format_exact_percent(evaluation.calibration_error)})
    if evaluated.classes != DIGITS:
        st.caption(f"Evaluated on {evaluation.seen:,} {verbatim(evaluated.test_set.title)}.")


def offer_to_evaluate(name: str, reason: str) -> None:
    """Offer to evaluate a model that has no evaluation, or a damaged one, or one on something else."""
    card = catalogue.read().find(name)
    test_set = choose_test_set(card.recipe) if card else None
    if card is None or test_set is None or not test_set.has(card.classes):
        st.info(f"{reason} There is no test set of its classes.")
        return
    if test_set.data_set and not test_digits.are_here(test_set):
        things = verbatim(test_set.data_set.things)
        offer_to_fetch(f"{reason} To evaluate it, the {things} are needed", test_set.data_set)
        return
    st.info(f"{reason} Evaluating it anew takes a few seconds.")
    what = f"{test_set.count(card.classes):,} {verbatim(test_set.title)}"
    if card.classes == DIGITS:
        what = "the 10,000 test digits"
    offer_work(
        f"Evaluate it on {what}",
        "Evaluating",
        lambda: final_evaluation.evaluate_again(name, read_settings().models_dir),
        right=Right.EVALUATE,
        icon=":material/grading:",
        key=f"evaluate {name}",
    )


# ------------------------------------------------------------------------------------- the matrix and the gallery


def explore(evaluated: EvaluatedModel, beside: EvaluatedModel | None) -> None:
    """Show the confusion matrix, and beside it the digits that are chosen."""
    classes, noun = evaluated.classes, noun_of(evaluated.classes)
    counts = f"{noun.capitalize()}s"
    counting, looking = st.columns([4.4, 5.6], gap="large")
    with looking:
        choice = choose_filter(evaluated, can_compare=beside is not None)
    with counting:
        in_percent = st.segmented_control(
            "Cells",
            [counts, "Percent of the row"],
            default=counts,
            required=True,
            key="cells",
            label_visibility="collapsed",
        )
        show_confusion(
            evaluated.answers.confusion,
            in_percent=in_percent != counts,
            chosen=(choice.label, choice.given) if choice.label is not None and choice.given is not None else None,
            key="confusion",
            on_choose=partial(choose_cell, classes),
            classes=classes,
        )
        st.caption(f"Teal: read correctly. Orange: misread. Press a cell to see its {noun}s. Most frequent mistakes:")
        show_worst(evaluated)
    with looking:
        show_chosen(evaluated, beside, choice)


def show_worst(evaluated: EvaluatedModel) -> None:
    """Show the fullest cells of misread digits as buttons, the fullest first; of many classes, with their counts."""
    classes, confusion = evaluated.classes, evaluated.answers.confusion
    is_whole = classes == DIGITS
    with st.container(horizontal=True, gap="xsmall"):
        for label, given in worst_cells(confusion, WORST if is_whole else WORST_OF_MANY):
            count = "" if is_whole else f" ({confusion[label, given]:,})"
            st.button(
                f"{verbatim(classes[label])} → {verbatim(classes[given])}{count}",
                on_click=choose_cell,
                args=(classes, (label, given)),
                key=f"cell {label} {given}",
            )


def choose_filter(evaluated: EvaluatedModel, *, can_compare: bool) -> Choice:
    """Show what decides which digits are shown, and in which order; all of it is in the address."""
    classes = evaluated.classes
    which = [each for each in Which if can_compare or each not in COMPARING]
    if not evaluated.disputed:
        which.remove(Which.DISPUTED)
    options, true = (any_of(classes), *classes), "True digit" if classes == DIGITS else "True class"
    width = 90 if max(map(len, classes)) == 1 else 140
    with st.container(horizontal=True, gap="small"):
        show = st.selectbox(
            "Show", which, format_func=partial(say_which, classes=classes), key="show", width=190, bind="query-params"
        )
        label = st.selectbox(true, options, key="true", width=width, bind="query-params")
        given = st.selectbox("Read as", options, key="read", width=width, bind="query-params")
        order = st.selectbox(
            "Order",
            [*Order],
            format_func=partial(say_order, classes=classes),
            key="order",
            width=190,
            bind="query-params",
        )
        sure = st.slider("Confidence", *PERCENTS, PERCENTS, format="%d %%", key="sure", bind="query-params", width=190)
    return Choice(
        Which(show),
        classes.index(label) if label in classes else None,
        classes.index(given) if given in classes else None,
        (min(sure) / 100, max(sure) / 100),  # an address can have them the wrong way round
        Order(order),
    )


def choose_cell(classes: tuple[str, ...], cell: Cell) -> None:
    """Show the digits of a cell; pressed once more, those of all cells again."""
    label, given = (classes[place] for place in cell)
    if (st.session_state["true"], st.session_state["read"]) == (label, given):
        label = given = any_of(classes)
    st.session_state["true"], st.session_state["read"] = label, given
    if label == given != any_of(classes):
        st.session_state["show"] = Which.ALL
    elif st.session_state["show"] not in COMPARING:
        st.session_state["show"] = Which.MISTAKES


def show_chosen(evaluated: EvaluatedModel, beside: EvaluatedModel | None, choice: Choice) -> None:
    """Show the chosen digits, or what there is without the images; open the one that the address asks for."""
    answers = evaluated.answers
    learnt = find_learnt(evaluated) if choice.order in OVER_TIME else None
    second = beside.answers if beside else None
    chosen = choose(answers, choice, disputed=evaluated.disputed, second=second, learnt=learnt)
    words = describe_choice(choice, len(chosen), evaluated.classes)
    st.markdown(f"**{verbatim(words)}**" + (f" Here are the first {MAX_SHOWN}." if len(chosen) > MAX_SHOWN else ""))
    digits = test_digits.find_for(evaluated)
    if digits is None:
        show_list(evaluated, chosen)
    elif len(chosen):
        shown = chosen[:MAX_SHOWN]
        details = [say_when_learnt(learnt, choice.order, index) for index in shown] if learnt else None
        tiles = tiles_of(evaluated, shown, details)
        show_gallery(tiles, digits.images[shown], name=words, key="gallery", on_choose=ask_for)
    offer_files(evaluated, chosen, words, digits)
    index = number_in_address(DIGIT, len(answers))
    if index is not None:
        show_one_digit(evaluated, index, chosen.tolist())
    if digits is None:
        offer_images(evaluated)


def offer_images(evaluated: EvaluatedModel) -> None:
    """Offer to get the images that are not here; where others are here, to evaluate the model on these."""
    data_set, noun = evaluated.test_set.data_set, noun_of(evaluated.classes)
    if data_set and test_digits.find(evaluated.test_set, evaluated.classes) is None:
        offer_to_fetch(f"To see the {noun}s themselves, the {verbatim(data_set.things)} are needed", data_set)
        return
    reason = f"The {verbatim(evaluated.test_set.title)} are others now than those that it was evaluated on."
    offer_to_evaluate(evaluated.name, reason)


def find_learnt(evaluated: EvaluatedModel) -> Learnt | None:
    """Return when each digit was learnt, or say why that is not known, and offer to find it out."""
    learnt = moments.read_learnt(evaluated)
    if learnt:
        return learnt
    models_dir, test_set, noun = read_settings().models_dir, evaluated.test_set, noun_of(evaluated.classes)
    if not has_snapshots(models_dir / evaluated.name):
        st.info(f"When it learnt each {noun} is not known: its training kept no snapshots.")
    elif test_set.data_set and not test_digits.are_here(test_set):
        things = verbatim(test_set.data_set.things)
        st.info(f"To find out when it learnt each {noun}, the {things} are needed; they can be fetched below.")
    else:
        st.info(f"When it learnt each {noun} is found out once, and then kept beside the model.")
        offer_work(
            "Find it out",
            f"Reading the test {noun}s at each moment of its training",
            lambda: answer_over_time(evaluated.name, "test", models_dir),
            right=Right.EVALUATE,
            icon=":material/history:",
            key=f"learnt {evaluated.name}",
        )
    return None


def say_when_learnt(learnt: Learnt, order: Order, index: int) -> str:
    """Say on a tile what it is ordered by."""
    step, times = int(learnt.step[index]), int(learnt.forgotten[index])
    if order is Order.FORGOTTEN:
        return f"forgotten {times} ×" if times else "never forgotten"
    return "never learnt" if step == NEVER else f"since step {step:,}"


def offer_files(evaluated: EvaluatedModel, chosen: NDArray[np.integer], title: str, digits: Digits | None) -> None:
    """Offer the list of the chosen digits, and where there are images, the gallery as a picture."""
    answers, name = evaluated.answers, f"{evaluated.name}-{len(chosen)}-{noun_of(evaluated.classes)}s"
    with st.container(horizontal=True):
        st.download_button(
            "List as CSV",
            lambda: answers_to_csv(answers, chosen, evaluated.disputed, evaluated.classes),
            f"{name}.csv",
            "text/csv",
            on_click="ignore",  # a run of the page would make each file's address anew, under the next press
            icon=":material/download:",
        )
        if digits is not None and len(chosen):
            shown = chosen[:MAX_SHOWN]
            st.download_button(
                "Gallery as PNG",
                lambda: gallery_as_png(tiles_of(evaluated, shown), digits.images[shown], f"{evaluated.name}: {title}"),
                f"{name}.png",
                "image/png",
                on_click="ignore",
                icon=":material/image:",
            )


def show_list(evaluated: EvaluatedModel, chosen: NDArray[np.integer]) -> None:
    """Show the chosen digits as a table, where there are no images."""
    answers, classes = evaluated.answers, evaluated.classes
    labels, given = answers.labels[chosen], answers.given[chosen]
    is_digits = classes == DIGITS
    rows = {
        "Index": chosen,
        "True digit" if is_digits else "True class": labels if is_digits else [classes[label] for label in labels],
        "Read as": given if is_digits else [classes[answer] for answer in given],
        "Confidence": [percent(share) for share in answers.confidences[chosen]],
    }
    st.dataframe(rows, hide_index=True, height=400, alt=f"The chosen {noun_of(classes)}s")


# ------------------------------------------------------------------------------------------------------- and more


def show_more(evaluated: EvaluatedModel) -> None:
    """Show one of the further views; the others cost nothing until they are asked for."""
    is_digits, noun = evaluated.classes == DIGITS, noun_of(evaluated.classes)
    scores, other = (SCORES, CLASSES) if is_digits else (CLASSES, SCORES)
    follow_former("more", {other: scores})
    if st.session_state.get("more") == other:
        st.session_state["more"] = scores
    views = (scores, CONFIDENCE, MAP)
    view = st.segmented_control("More about it", views, default=scores, required=True, key="more", bind="query-params")
    if view == CLASSES:
        confusion = evaluated.answers.confusion
        show_score_table(score_by_digit(confusion), confusion, evaluated.classes)
        st.caption(
            f"The worst first. *Precision*: how many of the {noun}s read as this class are of it. *Recall*: how many "
            "of this class are read as it. *F1* is their harmonic mean."
        )
    elif view == SCORES:
        show_scores(score_by_digit(evaluated.answers.confusion), key="scores")
        st.caption(
            "*Precision*: how many of the digits read as a 4 are one. *Recall*: how many of the 4s are read as one. "
            "*F1* is their harmonic mean. Note: the axis does not start at 0."
        )
    elif view == CONFIDENCE:
        bins = reliability(evaluated.answers.confidences, evaluated.answers.right)
        show_reliability(bins, key="reliability", noun=noun)
        st.caption(
            f"Teal bars: of the {noun}s answered with about this confidence, how many were read correctly. Orange "
            "marks: their average confidence; a mark above its bar means overconfident. Grey bars: how many "
            f"{noun}s there are. The *calibration error* is the average distance between bar and mark, weighted by the "
            f"number of {noun}s."
        )
    else:
        show_map(evaluated)


frame.require()
main()
