"""The Mistakes page: which test digits does a model get wrong?"""

from collections.abc import Collection, Sequence

import streamlit as st

from mnist_core import jobs
from mnist_core.data import COUNTS, DISPUTED_TEST_LABELS
from mnist_core.errors import MnistExplorerError, ModelError
from mnist_core.evaluation import compare, reliability, score_by_digit
from mnist_core.selection import COMPARING, Choice, Order, Which, answers_to_csv, choose
from ui import frame, loaders
from ui.address import number_in_address, oddities_in_address
from ui.confusion import Cell, show_confusion, show_scores, worst_cells
from ui.digit_map import show_map
from ui.fetching import offer_to_fetch
from ui.figures import show_figures
from ui.gallery import gallery_as_png, show_gallery, tiles_of
from ui.loaders import Judged
from ui.one_digit import DIGIT, ask_for, show_one_digit
from ui.reliability import show_reliability
from ui.words import choice_in_words, comparison_in_words, exact_percent, interval_in_words

ANY = "any"
DIGITS = (ANY, *map(str, range(10)))
NO_OTHER = "no other"
MOST = 300  # digits in the gallery at once
WORST = 5  # cells of the matrix that have a button
PERCENTS = (0, 100)
VIEWS = SCORES, CONFIDENCE, MAP = "Digit by digit", "Confidence", "Map"


def main() -> None:
    """Show the page."""
    st.title("Which test digits does it get wrong?")
    strange = oddities_in_address(possible_values())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = frame.pick_model()
        if name is None:
            return
        others = [card.name for card in loaders.shelf().cards if card.name != name]
        second = st.selectbox("Beside it", [NO_OTHER, *others], key="beside", bind="query-params", width=260)
    if strange:
        st.warning(strange)
    if name.endswith(loaders.UNFINISHED):
        st.info("It has not been judged: a network is judged on the test digits once, when its training is over.")
        return
    judged = judged_or_offer(name)
    beside = judged_or_offer(second) if judged and second != NO_OTHER else None
    if judged is None:
        return
    show_numbers(judged)
    if beside:
        st.markdown(comparison_in_words(name, second, compare(judged.answers, beside.answers)))
    explore(judged, beside)
    show_more(judged)
    frame.mention_damaged()


def possible_values() -> dict[str, Collection[str]]:
    """Return what each part of the address may be."""
    names = [card.name for card in loaders.shelf().cards]
    return {
        "model": {*names, *loaders.learners()},
        "beside": {NO_OTHER, *names},
        "show": set(Which),
        "true": DIGITS,
        "read": DIGITS,
        "order": set(Order),
        "sure": {str(percent) for percent in range(PERCENTS[1] + 1)},
        "more": VIEWS,
        DIGIT: {str(index) for index in range(COUNTS["test"])},
    }


def judged_or_offer(name: str) -> Judged | None:
    """Return a model's answers to the test digits, or offer to get them."""
    try:
        return loaders.judged(name)
    except ModelError as error:
        offer_to_judge(name, str(error))
        return None


# ---------------------------------------------------------------------------------------------------- the numbers


def show_numbers(judged: Judged) -> None:
    """Show how good the model is, in one row."""
    evaluation = judged.evaluation
    show_figures(
        {
            "Test accuracy": exact_percent(evaluation.accuracy),
            "95 % interval": interval_in_words(evaluation),
            "Misread": f"{evaluation.seen - evaluation.correct:,} of {evaluation.seen:,}",
            f"Without {len(DISPUTED_TEST_LABELS)} wrong labels": exact_percent(evaluation.without_disputed.accuracy),
            "Calibration error": exact_percent(evaluation.calibration_error),
        }
    )


def offer_to_judge(name: str, reason: str) -> None:
    """Offer to judge a model that has no judgement, or a damaged one."""
    if not loaders.data_is_here():
        offer_to_fetch(f"{reason} To judge it, the MNIST digits are needed, and they are not on this machine yet.")
        return
    st.info(f"{reason} That takes a few seconds.")
    if st.button("Judge it on the 10,000 test digits", type="primary", icon=":material/grading:"):
        bar = st.progress(0.0, "Judging")
        try:
            for share in jobs.judge(name, loaders.MODELS_DIR):
                bar.progress(share, f"Judging: {share:.0%}")
        except (MnistExplorerError, OSError) as error:
            bar.empty()
            st.error(str(error))
            return
        st.rerun()


# ------------------------------------------------------------------------------------- the matrix and the gallery


def explore(judged: Judged, beside: Judged | None) -> None:
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
            judged.answers.confusion,
            in_percent=in_percent != "Digits",
            chosen=(choice.label, choice.given) if None not in (choice.label, choice.given) else None,
            key="confusion",
            on_choose=choose_cell,
        )
        st.caption("Press a cell to see its digits. Most often it reads")
        with st.container(horizontal=True, gap="xsmall"):
            for label, given in worst_cells(judged.answers.confusion, WORST):
                st.button(
                    f"{label} → {given}", on_click=choose_cell, args=((label, given),), key=f"cell {label} {given}"
                )
    with looking:
        show_chosen(judged, beside, choice)


def choose_filter(can_compare: bool) -> Choice:
    """Show what decides which digits are shown, and in which order; all of it is in the address."""
    which = [each for each in Which if can_compare or each not in COMPARING]
    with st.container(horizontal=True, gap="small"):
        show = st.selectbox("Show", which, key="show", bind="query-params", width=190)
        label = st.selectbox("True digit", DIGITS, key="true", bind="query-params", width=90)
        given = st.selectbox("Read as", DIGITS, key="read", bind="query-params", width=90)
        order = st.selectbox("Order", list(Order), key="order", bind="query-params", width=190)
        sure = st.slider("How sure", *PERCENTS, PERCENTS, format="%d %%", key="sure", bind="query-params", width=190)
    return Choice(
        Which(show),
        None if label == ANY else int(label),
        None if given == ANY else int(given),
        (sure[0] / 100, sure[1] / 100),
        Order(order),
    )


def choose_cell(cell: Cell) -> None:
    """Show the digits of a cell; pressed once more, those of all cells again."""
    label, given = map(str, cell)
    if (st.session_state["true"], st.session_state["read"]) == (label, given):
        label = given = ANY
    st.session_state["true"], st.session_state["read"] = label, given
    st.session_state["show"] = Which.ALL if label == given != ANY else Which.MISTAKES


def show_chosen(judged: Judged, beside: Judged | None, choice: Choice) -> None:
    """Show the chosen digits, or what there is without the images; open the one that the address asks for."""
    answers = judged.answers
    chosen = choose(answers, choice, disputed=DISPUTED_TEST_LABELS, second=beside.answers if beside else None)
    shown = chosen[:MOST]
    words = choice_in_words(choice, len(chosen))
    st.markdown(f"**{words}**" + (f" Here are the first {MOST}." if len(chosen) > MOST else ""))
    digits = loaders.digits("test")
    if len(chosen) and digits is None:
        show_list(judged, chosen)
    elif len(chosen):
        tiles = tiles_of(answers, shown)
        images = digits.images[shown]
        show_gallery(tiles, images, name=words, key="gallery", on_choose=ask_for)
    with st.container(horizontal=True):
        file = f"{judged.name}-{len(chosen)}-digits"
        st.download_button(
            "List as CSV",
            lambda: answers_to_csv(answers, chosen, DISPUTED_TEST_LABELS),
            f"{file}.csv",
            "text/csv",
            icon=":material/download:",
        )
        if len(chosen) and digits is not None:
            title = f"{judged.name}: {words}"
            st.download_button(
                "Gallery as PNG",
                lambda: gallery_as_png(tiles, images, title),
                f"{file}.png",
                "image/png",
                icon=":material/image:",
            )
    index = number_in_address(DIGIT, len(answers.labels))
    if index is not None:
        show_one_digit(judged, index, [int(each) for each in chosen])
    if digits is None:
        offer_to_fetch("To see the digits themselves, the MNIST digits are needed; they are not on this machine yet.")


def show_list(judged: Judged, chosen: Sequence[int]) -> None:
    """Show the chosen digits as a table, where there are no images."""
    answers = judged.answers
    rows = {
        "Index": chosen,
        "True digit": answers.labels[chosen],
        "Read as": answers.given[chosen],
        "How sure": answers.confidences[chosen] * 100,
    }
    st.dataframe(
        rows,
        hide_index=True,
        height=400,
        alt="The chosen digits",
        column_config={"How sure": st.column_config.NumberColumn(format="%.1f %%")},
    )


# ------------------------------------------------------------------------------------------------------- and more


def show_more(judged: Judged) -> None:
    """Show one of the further views; the others cost nothing until they are asked for."""
    view = st.segmented_control("More about it", VIEWS, default=SCORES, required=True, key="more", bind="query-params")
    if view == SCORES:
        show_scores(score_by_digit(judged.answers.confusion), key="scores")
        st.caption(
            "*Precision*: how many of the digits read as a 4 are one. *Recall*: how many of the 4s are read as one. "
            "*F1* is their harmonic mean. Mind the axis: it begins just below the lowest bar."
        )
    elif view == CONFIDENCE:
        show_reliability(reliability(judged.answers.confidences, judged.answers.right), key="reliability")
        st.caption(
            "Each bar holds the digits that were answered with about that confidence; where it ends below the dotted "
            "line, the network was surer than it should have been. The *calibration error* is the mean distance from "
            "the line, weighted by the digits below."
        )
    else:
        show_map(judged)


frame.require()
main()
