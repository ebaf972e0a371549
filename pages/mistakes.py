"""The Mistakes page: which test digits does a model get wrong?"""

from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.data.label_errors import DISPUTED_TEST_LABELS
from mnist_core.data.mnist import COUNTS, Digits
from mnist_core.errors import ModelError
from mnist_core.evaluation.filters import COMPARING, OVER_TIME, Choice, Order, Which, answers_to_csv, choose
from mnist_core.evaluation.learnt import NEVER, Learnt
from mnist_core.evaluation.metrics import compare, reliability, score_by_digit
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
from ui.services import catalogue, mnist_digits, moments, training_runs
from ui.services.catalogue import EvaluatedModel
from ui.text import describe_choice, describe_comparison, format_exact_percent, format_interval, percent, verbatim
from ui.widgets.confusion_matrix import Cell, show_confusion, show_scores, worst_cells
from ui.widgets.fetch_mnist import offer_to_fetch
from ui.widgets.key_figures import show_figures
from ui.widgets.progress import offer_work

ANY = "any"
DIGITS = (ANY, *map(str, range(10)))
MAX_SHOWN = 300  # digits in the gallery at once
WORST = 5  # cells of the matrix that have a button
PERCENTS = (0, 100)
FORMER_ORDERS = {  # as older links call them
    "surest first": Order.SUREST,
    "least sure first": Order.LEAST_SURE,
    "closest call first": Order.MARGIN,
}
VIEWS = SCORES, CONFIDENCE, MAP = "Digit by digit", "Confidence", "Map"


def main() -> None:
    """Show the page."""
    st.title("Which test digits does it get wrong?")
    follow_former("order", FORMER_ORDERS)
    strange = oddities_in_address(possible_values())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = frame.pick_model()
        if name is None:
            return
        others = [card.name for card in catalogue.read().cards if card.name != name]
        second = st.selectbox(
            "Compare with", others, None, placeholder="none", key="beside", bind="query-params", width=260
        )
    if strange:
        st.warning(strange)
    if training_runs.is_unfinished(name):
        st.info("It has not been evaluated: a network is evaluated on the test digits once, when its training is over.")
        return
    evaluated = read_evaluated_or_offer(name)
    beside = read_evaluated_or_offer(second) if evaluated and second else None
    if evaluated is None:
        return
    show_numbers(evaluated)
    if beside:
        st.markdown(describe_comparison(name, beside.name, compare(evaluated.answers, beside.answers)))
    explore(evaluated, beside)
    show_more(evaluated)
    frame.mention_damaged()


def possible_values() -> dict[str, Callable[[list[str]], bool]]:
    """Return for each part of the address what tells whether it can be."""
    names = catalogue.read().names
    others = {*names} - {st.query_params.get("model")}
    compares = st.query_params.get("beside") in others
    return {
        "model": one_of({*names, *training_runs.list_answering()}),
        "beside": one_of({*others, "no other"}),  # as older links say
        "show": one_of({which for which in Which if compares or which not in COMPARING}),
        "true": one_of(DIGITS),
        "read": one_of(DIGITS),
        "order": one_of(set(Order)),
        "sure": numbers(*PERCENTS, count=2),
        "more": one_of(VIEWS),
        DIGIT: one_of({str(index) for index in range(COUNTS["test"])}),
    }


def read_evaluated_or_offer(name: str) -> EvaluatedModel | None:
    """Return a model's answers to the test digits, or offer to get them."""
    try:
        return catalogue.read_evaluated(name)
    except ModelError as error:
        offer_to_evaluate(name, verbatim(error))
        return None


# ---------------------------------------------------------------------------------------------------- the numbers


def show_numbers(evaluated: EvaluatedModel) -> None:
    """Show how good the model is, in one row."""
    evaluation = evaluated.evaluation
    show_figures(
        {
            "Test accuracy": format_exact_percent(evaluation.accuracy),
            "95 % interval": format_interval(evaluation),
            "Misread": f"{evaluation.seen - evaluation.correct:,} of {evaluation.seen:,}",
            f"Accuracy without {len(DISPUTED_TEST_LABELS)} disputed labels": format_exact_percent(
                evaluation.without_disputed.accuracy
            ),
            "Calibration error": format_exact_percent(evaluation.calibration_error),
        }
    )


def offer_to_evaluate(name: str, reason: str) -> None:
    """Offer to evaluate a model that has no evaluation, or a damaged one."""
    if not mnist_digits.are_here():
        offer_to_fetch(f"{reason} To evaluate it, the MNIST digits are needed")
        return
    st.info(f"{reason} Evaluating it anew takes a few seconds.")
    offer_work(
        "Evaluate it on the 10,000 test digits",
        "Evaluating",
        lambda: final_evaluation.evaluate_again(name, read_settings().models_dir),
        right=Right.EVALUATE,
        icon=":material/grading:",
        key=f"evaluate {name}",
    )


# ------------------------------------------------------------------------------------- the matrix and the gallery


def explore(evaluated: EvaluatedModel, beside: EvaluatedModel | None) -> None:
    """Show the confusion matrix, and beside it the digits that are chosen."""
    counting, looking = st.columns([4.4, 5.6], gap="large")
    with looking:
        choice = choose_filter(beside is not None)
    with counting:
        in_percent = st.segmented_control(
            "Cells",
            ["Digits", "Percent of the row"],
            default="Digits",
            required=True,
            key="cells",
            label_visibility="collapsed",
        )
        show_confusion(
            evaluated.answers.confusion,
            in_percent=in_percent != "Digits",
            chosen=(choice.label, choice.given) if choice.label is not None and choice.given is not None else None,
            key="confusion",
            on_choose=choose_cell,
        )
        st.caption("Teal: read correctly. Orange: misread. Press a cell to see its digits. Most frequent mistakes:")
        with st.container(horizontal=True, gap="xsmall"):
            for label, given in worst_cells(evaluated.answers.confusion, WORST):
                st.button(
                    f"{label} → {given}", on_click=choose_cell, args=((label, given),), key=f"cell {label} {given}"
                )
    with looking:
        show_chosen(evaluated, beside, choice)


def choose_filter(can_compare: bool) -> Choice:
    """Show what decides which digits are shown, and in which order; all of it is in the address."""
    which = [each for each in Which if can_compare or each not in COMPARING]
    with st.container(horizontal=True, gap="small"):
        show = st.selectbox("Show", which, key="show", bind="query-params", width=190)
        label = st.selectbox("True digit", DIGITS, key="true", bind="query-params", width=90)
        given = st.selectbox("Read as", DIGITS, key="read", bind="query-params", width=90)
        order = st.selectbox("Order", [*Order], key="order", bind="query-params", width=190)
        sure = st.slider("Confidence", *PERCENTS, PERCENTS, format="%d %%", key="sure", bind="query-params", width=190)
    return Choice(
        Which(show),
        None if label == ANY else int(label),
        None if given == ANY else int(given),
        (min(sure) / 100, max(sure) / 100),  # an address can have them the wrong way round
        Order(order),
    )


def choose_cell(cell: Cell) -> None:
    """Show the digits of a cell; pressed once more, those of all cells again."""
    label, given = map(str, cell)
    if (st.session_state["true"], st.session_state["read"]) == (label, given):
        label = given = ANY
    st.session_state["true"], st.session_state["read"] = label, given
    if label == given != ANY:
        st.session_state["show"] = Which.ALL
    elif st.session_state["show"] not in COMPARING:
        st.session_state["show"] = Which.MISTAKES


def show_chosen(evaluated: EvaluatedModel, beside: EvaluatedModel | None, choice: Choice) -> None:
    """Show the chosen digits, or what there is without the images; open the one that the address asks for."""
    answers = evaluated.answers
    learnt = find_learnt(evaluated) if choice.order in OVER_TIME else None
    second = beside.answers if beside else None
    chosen = choose(answers, choice, disputed=DISPUTED_TEST_LABELS, second=second, learnt=learnt)
    words = describe_choice(choice, len(chosen))
    st.markdown(f"**{words}**" + (f" Here are the first {MAX_SHOWN}." if len(chosen) > MAX_SHOWN else ""))
    digits = mnist_digits.find("test")
    if digits is None:
        show_list(evaluated, chosen)
    elif len(chosen):
        shown = chosen[:MAX_SHOWN]
        details = [say_when_learnt(learnt, choice.order, index) for index in shown] if learnt else None
        tiles = tiles_of(answers, shown, details)
        show_gallery(tiles, digits.images[shown], name=words, key="gallery", on_choose=ask_for)
    offer_files(evaluated, chosen, words, digits)
    index = number_in_address(DIGIT, len(answers))
    if index is not None:
        show_one_digit(evaluated, index, chosen.tolist())
    if digits is None:
        offer_to_fetch("To see the digits themselves, the MNIST digits are needed")


def find_learnt(evaluated: EvaluatedModel) -> Learnt | None:
    """Return when each digit was learnt, or say why that is not known, and offer to find it out."""
    learnt = moments.read_learnt(evaluated)
    if learnt:
        return learnt
    models_dir = read_settings().models_dir
    if not has_snapshots(models_dir / evaluated.name):
        st.info("When it learnt each digit is not known: its training kept no snapshots.")
    elif not mnist_digits.are_here():
        st.info("To find out when it learnt each digit, the MNIST digits are needed; they can be fetched below.")
    else:
        st.info("When it learnt each digit is found out once, and then kept beside the model.")
        offer_work(
            "Find it out",
            "Reading the test digits at each moment of its training",
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
    answers, name = evaluated.answers, f"{evaluated.name}-{len(chosen)}-digits"
    with st.container(horizontal=True):
        st.download_button(
            "List as CSV",
            lambda: answers_to_csv(answers, chosen, DISPUTED_TEST_LABELS),
            f"{name}.csv",
            "text/csv",
            on_click="ignore",  # a run of the page would make each file's address anew, under the next press
            icon=":material/download:",
        )
        if digits is not None and len(chosen):
            shown = chosen[:MAX_SHOWN]
            st.download_button(
                "Gallery as PNG",
                lambda: gallery_as_png(tiles_of(answers, shown), digits.images[shown], f"{evaluated.name}: {title}"),
                f"{name}.png",
                "image/png",
                on_click="ignore",
                icon=":material/image:",
            )


def show_list(evaluated: EvaluatedModel, chosen: NDArray[np.integer]) -> None:
    """Show the chosen digits as a table, where there are no images."""
    answers = evaluated.answers
    rows = {
        "Index": chosen,
        "True digit": answers.labels[chosen],
        "Read as": answers.given[chosen],
        "Confidence": [percent(share) for share in answers.confidences[chosen]],
    }
    st.dataframe(rows, hide_index=True, height=400, alt="The chosen digits")


# ------------------------------------------------------------------------------------------------------- and more


def show_more(evaluated: EvaluatedModel) -> None:
    """Show one of the further views; the others cost nothing until they are asked for."""
    view = st.segmented_control("More about it", VIEWS, default=SCORES, required=True, key="more", bind="query-params")
    if view == SCORES:
        show_scores(score_by_digit(evaluated.answers.confusion), key="scores")
        st.caption(
            "*Precision*: how many of the digits read as a 4 are one. *Recall*: how many of the 4s are read as one. "
            "*F1* is their harmonic mean. Note: the axis does not start at 0."
        )
    elif view == CONFIDENCE:
        show_reliability(reliability(evaluated.answers.confidences, evaluated.answers.right), key="reliability")
        st.caption(
            "Teal bars: of the digits answered with about this confidence, how many were read correctly. Orange marks: "
            "their average confidence; a mark above its bar means overconfident. Grey bars: how many digits there are. "
            "The *calibration error* is the average distance between bar and mark, weighted by the number of digits."
        )
    else:
        show_map(evaluated)


frame.require()
main()
