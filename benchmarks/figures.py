"""The figures in the READMEs, written from the benchmarks' results and the shipped models' cards and evaluations.

    python -m benchmarks.figures [--check]

Reads benchmarks/results/ and models/, and writes README.md and benchmarks/README.md in place. With --check it writes
nothing, names the blocks that drift from what was saved, and exits with 1. A block lies between two comments, which
GitHub does not show: on lines of their own around a table, or within a line around a few words, but never first on it,
for example `<!-- figures: sooner -->…<!-- /figures -->`. All other text is left as it is.

The benchmarks print their tables with the functions that are here.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import ndiff
from math import inf
from typing import Any

import numpy as np

from mnist_core.alphabets import DIGITS
from mnist_core.recipe import PRESETS
from mnist_core.settings import PROJECT_ROOT
from mnist_core.store.models import list_models, load_evaluation

DOCUMENTS = (PROJECT_ROOT / "README.md", PROJECT_ROOT / "benchmarks" / "README.md")
RESULTS = PROJECT_ROOT / "benchmarks" / "results"
MODELS = PROJECT_ROOT / "models"
START, END = "<!-- figures: ", "<!-- /figures -->"
BLOCK = re.compile(rf"(?P<start>{START}(?P<name>.+?) -->\n?)(?P<text>(?:(?!<!--).)*?)(?P<end>\n?{END})", re.DOTALL)

USUAL_MARK, EXAMPLE_MARK = 0.983, 0.99  # of the test digits: what the usual way and PyTorch's example are timed to

Row = Mapping[str, Any]  # as a benchmark saved it
Rows = Sequence[Row]

OPENED = {
    "cold": "cold: new server, empty cache",
    "reload": "reloaded",
    "from Draw": "from the Draw page, from the click on",
}
ONCE = "looking through 60,000 digits, once"
LOOKS = {
    "activations, saliency and neighbours": "**activations, saliency and neighbours**",
    ONCE: "looking through the training digits, once",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the READMEs, or check them; returns 1 where the check finds a block that drifts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; name what drifts and exit with 1")
    options = parser.parse_args(arguments)

    figures = render_figures()
    if not options.check:
        for document in DOCUMENTS:
            document.write_text(fill(document.read_text(), figures))
        return 0
    drifts = [
        f"{document.relative_to(PROJECT_ROOT)}: {drift}"
        for document in DOCUMENTS
        for drift in find_drifts(document.read_text(), figures)
    ]
    print("\n".join(drifts) or "All figures are those that were saved.")
    return 1 if drifts else 0


def fill(text: str, figures: Mapping[str, str]) -> str:
    """Return a document with every block written anew; raises `ValueError` for a comment that begins or ends none."""
    blocks = [block["name"] for block in BLOCK.finditer(text)]
    if unknown := [name for name in blocks if name not in figures]:
        raise ValueError(f"there are no figures {unknown}; available: {', '.join(figures)}")
    if not len(blocks) == text.count(START) == text.count(END):
        raise ValueError(f"{text.count(START)} blocks begin, {text.count(END)} end and {len(blocks)} do both")
    return BLOCK.sub(lambda block: block["start"] + figures[block["name"]] + block["end"], text)


def find_drifts(text: str, figures: Mapping[str, str]) -> Iterator[str]:
    """Say of each block that is not what was saved which lines differ: - written, + saved."""
    for written, saved in zip(BLOCK.finditer(text), BLOCK.finditer(fill(text, figures)), strict=True):
        if written["text"] != saved["text"]:
            lines = ndiff(written["text"].splitlines(), saved["text"].splitlines())
            yield "\n  ".join([f"'{written['name']}' drifts", *(line for line in lines if line[0] in "-+")])


def render_figures() -> dict[str, str]:
    """Render every block from what is saved: its name → Markdown."""
    saved = {file.stem: json.loads(file.read_text()) for file in sorted(RESULTS.glob("*.json"))}
    drawings, photos, training = saved["drawings"], saved["photos"]["rows"], saved["training"]
    # Beside the shipped models others may lie that were trained here.
    cards = {card.name: card for card in list_models(MODELS, DIGITS) if card.name in PRESETS}
    models = sorted(cards, key=lambda name: load_evaluation(name, MODELS).accuracy)  # the best one last
    return {
        "conditions": measured_on(saved.values()),
        "read": what_is_read(drawings["rows"], drawings["others"], models),
        **{f"parameters of {name}": f"{card.parameters:,}" for name, card in cards.items()},
        "drawings": drawings_read(drawings["rows"]),
        "each digit": each_digit(drawings["rows"]),
        "letters and scribbles": letters_and_scribbles(drawings["others"]),
        "characters": characters_read(saved["characters"]["rows"]),
        "characters in short": characters_in_short(saved["characters"]["rows"]),
        "none of the characters": none_of_the_characters(saved["characters"]["others"]),
        "styles": styles(drawings["styles"]),
        "numbers": number_lines(saved["number_lines"]["rows"]),
        "photos": photos_read(photos, saved["photos"]["kinds"], models),
        "photos known": photos_known(photos, models[-1]),
        "teaching": teaching(saved["teaching"]["rows"]),
        "snapshots": snapshots(saved["snapshots"]["rows"]),
        "training": training_compared(training),
        "usual way": usual_way(training),
        "example": example(training),
        "sooner": median_and_range(times_sooner(training, "usual", USUAL_MARK)),
        "sooner by the processor": by_processor(training),
        "sooner than the example": median_and_range(times_sooner(training, "example", EXAMPLE_MARK)),
        "command": command(training["commands"]),
        "epochs": epochs_compared(training["epochs_of_classic"]),
        "inside": inside(saved["inside"]["rows"], models),
        "latency": latency(saved["latency"]["rows"]),
        "while training": while_training(saved["latency_while_training"]["rounds"]),
        "strokes": strokes(saved["strokes"]["rows"]),
        "stroke alone": stroke_alone(saved["strokes"]["rows"]),
        **{name: compared(found["rows"]) for name, found in saved.items() if name.startswith("report_")},
        "gallery": gallery(saved["gallery"]["rows"]),
        "counterfactual": counterfactual(saved["counterfactual"]["rows"]),
        "limits": limits(saved["limits"]["rows"]),
        "mutated pictures": mutated_pictures(saved["mutated_pictures"]["rows"]),
    }


# --------------------------------------------------------------------------------------------------------- drawings


def what_is_read(rows: Rows, others: Rows, models: Iterable[str]) -> str:
    """Return what each model reads of pen strokes and of MNIST, and how many letters it calls sure."""
    read = {(row["source"], row["model"], row["reading"]): row["score"] for row in rows}
    sure = {row["model"]: row["sure"] for row in others if row["source"] == "uji_letters"}
    plain = read["pendigits_tra", "classic", "plain"]
    lines = [
        f"| | real pen digits read, of {plain['seen']:,} | letters called sure, of {sure['classic']['seen']:,} "
        "| MNIST test digits read |",
        "|---|---:|---:|---:|",
        "| the original network, canvas shrunk to 28 × 28 pixels, as most demos do "
        f"| {percent(plain['accuracy'], 1)} | | |",
    ]
    for name in models:
        label = f"`{name}`" + ": the original network, drawings fitted and centred" * (name == "classic")
        pen, test = read["pendigits_tra", name, "full"], read["MNIST test", name, "full"]
        lines.append(
            f"| {label} | {percent(pen['accuracy'], 1)} | {percent(sure[name]['accuracy'])} "
            f"| {percent(test['accuracy'], 2)} |"
        )
    return "\n".join(lines)


def drawings_read(rows: Rows) -> str:
    """Return how many digits are read, percent with the 95 % interval, misread though sure, and refused.

    Of the writers, where they are known, the worst one and the one whom a tenth are below; older results have neither.
    """
    lines = [
        "| source | digits | model | reading | read correctly | sure and wrong | called not a digit "
        "| worst writer, 10th percentile |",
        "|---|---:|---|---|---:|---:|---:|---:|",
    ]
    for row in rows:
        wrong, refusal = (
            "" if row.get(share) is None else f"{row[share]:.2%}" for share in ("sure_and_wrong", "refused")
        )
        writers = row.get("by_writer")
        worst = f"{percent(min(writers), 1)}, {percent(float(np.quantile(writers, 0.1)), 1)}" if writers else ""
        lines.append(
            f"| {row['source']} | {row['score']['seen']:,} | {row['model']} | {row['reading']} "
            f"| {with_interval(row['score'])} | {wrong} | {refusal} | {worst} |"
        )
    return "\n".join(lines)


def each_digit(rows: Rows) -> str:
    """Return the percentage of each digit that is read, in full."""
    lines = ["| source | model |" + "".join(f" {digit} |" for digit in range(10)), "|---|---|" + "---:|" * 10]
    lines += [
        f"| {row['source']} | {row['model']} | " + " | ".join(f"{100 * each:.1f}" for each in row["by_digit"]) + " |"
        for row in rows
        if row["reading"] == "full"
    ]
    return "\n".join(lines)


def letters_and_scribbles(rows: Rows) -> str:
    """Return how much of what is no digit is answered surely, percent with the 95 % interval, and how much refused."""
    lines = [
        "| not digits | number | model | called sure | 90 % or more | called not a digit |",
        "|---|---:|---|---:|---:|---:|",
    ]
    lines += [
        f"| {row['source']} | {row['sure']['seen']:,} | {row['model']} | {with_interval(row['sure'])} "
        f"| {row['confident']:.1%} | {row['refused']:.1%} |"
        for row in rows
    ]
    return "\n".join(lines)


def characters_read(rows: Rows) -> str:
    """Return how many characters are read, percent with the 95 % interval; twins, as O and 0, count as one."""
    lines = [
        "| characters | number | model | read, twins as one | in the best two | the very class | sure | sure and wrong "
        "| refused | read least |",
        "|---|---:|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    lines += [
        f"| {row['source']} | {row['score']['seen']:,} | {row['model']} | {with_interval(row['score'])} "
        f"| {row['best_two']:.1%} | {row['strict']:.1%} | {row['sure']:.1%} | {row['sure_and_wrong']:.1%} "
        f"| {row['refused']:.1%} | {', '.join(f'{name} {accuracy:.0%}' for name, accuracy in row['worst'])} |"
        for row in rows
    ]
    return "\n".join(lines)


def characters_in_short(rows: Rows) -> str:
    """Return how many characters are read, of people's letters, of their digits, and of MNIST's."""
    names = {"uji_letters": "people's letters", "ujipenchars": "their digits", "MNIST test": "MNIST test digits"}
    lines = ["| among all 47 classes | number | read | in the best two |", "|---|---:|---:|---:|"]
    lines += [
        f"| {names[row['source']]} | {row['score']['seen']:,} | {percent(row['score']['accuracy'], 1)} "
        f"| {percent(row['best_two'], 1)} |"
        for row in rows
    ]
    return "\n".join(lines)


def none_of_the_characters(rows: Rows) -> str:
    """Return what is said to signs, other scripts, scribbles and textures, percent with the 95 % interval."""
    lines = ["| model | number | called sure | called not a character |", "|---|---:|---:|---:|"]
    lines += [
        f"| {row['model']} | {row['sure']['seen']:,} | {with_interval(row['sure'])} | {row['refused']:.1%} |"
        for row in rows
    ]
    return "\n".join(lines)


def styles(rows: Rows) -> str:
    """Return how many unseen synthetic digits are read, and the hardest style."""
    lines = ["| model | synthetic digits | read correctly | hardest style | |", "|---|---:|---:|---|---:|"]
    lines += [
        f"| {row['model']} | {row['score']['seen']:,} | {with_interval(row['score'])} | {row['style']} "
        f"| {row['accuracy']:.1%} |"
        for row in rows
    ]
    return "\n".join(lines)


def number_lines(rows: Rows) -> str:
    """Return how many numbers are read whole, percent with the 95 % interval, and how often the digits are counted."""
    lines = [
        "| source | digits | numbers | model | read whole | digits counted right | ms: median, 95 % |",
        "|---|---:|---:|---|---:|---:|---:|",
    ]
    for row in rows:
        median, late = row["milliseconds"]
        lines.append(
            f"| {row['source']} | {row['length']} | {row['read']['seen']:,} | {row['model']} "
            f"| {with_interval(row['read'])} | {percent(row['counted']['accuracy'], 2)} | {median:.1f}, {late:.1f} |"
        )
    return "\n".join(lines)


# ----------------------------------------------------------------------------------------------------------- photos


def photos_read(rows: Rows, kinds: Mapping[str, str], models: Sequence[str]) -> str:
    """Return how many photos of each kind are read, by each model, and how often the best one is sure and wrong."""
    *others, best = models
    found = {(row["kind"], row["model"]): row for row in rows}
    lines = [
        f"| photo | `{best}` | sure and wrong | " + " | ".join(f"`{name}`" for name in reversed(others)) + " | ms |",
        "|---|" + "---:|" * (len(models) + 2),
    ]
    for kind, description in kinds.items():
        first = found[kind, best]
        cells = [percent(found[kind, name]["score"]["accuracy"], 1) for name in (best, *reversed(others))]
        cells.insert(1, str(first["sure_and_wrong"] or ""))
        lines.append(f"| {kind}: {description} | {' | '.join(cells)} | {first['milliseconds'][0]:.0f} |")
    return "\n".join(lines)


def photos_known(rows: Rows, best: str) -> str:
    """Say how well a share of so few photos is known: that of the best model on white paper."""
    score = next(row for row in rows if row["kind"] == "paper" and row["model"] == best)["score"]
    low, high = score["interval"]
    share = percent(score["accuracy"])
    return f"{score['seen']} photos a share of {share} is known to between {100 * low:.0f} and {percent(high)}"


# --------------------------------------------------------------------------------------------------------- training


def teaching(rows: Rows) -> str:
    """Render what teaching 30 drawings changed, on average over the writers, and for how many of them."""
    lines = [
        "| Model | Writers | Wrong of the writer's other digits | better, same, worse | Wrong of other writers' "
        "| Wrong of MNIST's test digits | Letters called sure |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for model in dict.fromkeys(row["model"] for row in rows):
        ours = [row for row in rows if row["model"] == model]
        before, after = ([row[when]["rest"] for row in ours] for when in ("before", "after"))
        fell = 1 - sum(after) / sum(before)
        better = sum(now < then for then, now in zip(before, after, strict=True))
        worse = sum(now > then for then, now in zip(before, after, strict=True))
        means = {
            what: " → ".join(f"{np.mean([row[when][what] for row in ours]):.2%}" for when in ("before", "after"))
            for what in ("rest", "others", "mnist", "letters")
        }
        lines.append(
            f"| `{model}` | {len(ours)} | {means['rest']}, {fell:.0%} fewer "
            f"| {better}, {len(ours) - better - worse}, {worse} "
            f"| {means['others']} | {means['mnist']} | {means['letters']} |"
        )
    return "\n".join(lines)


def snapshots(rows: Rows) -> str:
    """Render what a training's snapshots cost, and how near they are to the network as it was."""
    lines = [
        "| Recipe | Moments | Directions | Bytes | Of the training's time | Same answer, at the worst moment "
        "| Validation accuracy off by, at most |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| `{row['recipe']}` | {row['moments']} | {row['rank']} | {row['size']:,} | {row['cost']:.1%} "
        f"| {row['same_answer']:.1%}, {row['same_answer_worst']:.1%} "
        f"| {row['accuracy_off']:.2%}, {row['accuracy_off_worst']:.2%} |"
        for row in rows
    ]
    return "\n".join(lines)


def training_compared(found: Row) -> str:
    """Return after how long each way of training has passed a mark: the median over the seeds, and the range."""
    names = {
        "usual": "`classic`, the usual way",
        "example": "the network of PyTorch's example, as there",
        "quick": "`quick`",
    }
    lines = [
        f"| seeds of each: {len(found['quick'])} | seconds of training to {percent(USUAL_MARK, 1)} "
        f"| to {percent(EXAMPLE_MARK)} | in all | test accuracy then |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, what in names.items():
        to_marks = [_to_pass(found[name], mark) for mark in (USUAL_MARK, EXAMPLE_MARK)]
        in_all = ["", ""]
        if name == "quick":
            last = [run[-1] for run in found[name]]
            in_all = [
                median_and_range((each["seconds"] for each in last), digits=2),
                spread((100 * each["accuracy"] for each in last), unit=" %"),
            ]
        lines.append(f"| {what} | {' | '.join([*to_marks, *in_all])} |")
    return "\n".join(lines)


def _to_pass(runs: Sequence[Rows], mark: float) -> str:
    """Say after how many seconds trainings have passed a mark; nothing where they end before it."""
    times = [seconds_to_pass(run, mark) for run in runs]
    if inf in times:
        return ""
    return median_and_range(times, digits=2 if np.median(times) < 10 else 1)


def usual_way(found: Row) -> str:
    """Say how long the usual way needs for what `quick` passes after how long."""
    usual, quick = (np.median([seconds_to_pass(run, USUAL_MARK) for run in found[name]]) for name in ("usual", "quick"))
    return f"{usual:.0f} s for the {percent(USUAL_MARK, 1)} that `quick` passes after {quick:.1f} s"


def example(found: Row) -> str:
    """Say how long PyTorch's example needs for what `quick` passes after how long."""
    theirs, quick = (
        np.median([seconds_to_pass(run, EXAMPLE_MARK) for run in found[name]]) for name in ("example", "quick")
    )
    return f"{theirs:.0f} s for the {percent(EXAMPLE_MARK)} that `quick` passes after {quick:.1f} s"


def command(rows: Rows) -> str:
    """Say how long `train.py --recipe quick` trains, and takes from start to end."""
    training, wall = ([row[what] for row in rows] for what in ("seconds", "wall"))
    return (
        f"trains for {np.mean(training):.2f} ± {np.std(training, ddof=1):.2f} s; from its start to the evaluated model "
        f"it takes {np.mean(wall):.1f} ± {np.std(wall, ddof=1):.1f} s"
    )


def epochs_compared(pairs: Rows) -> str:
    """Say how long an epoch of `classic` takes, the usual way and ours, and the ratio."""
    usual, ours = ([pair[what] for pair in pairs] for what in ("usual", "ours"))
    ratios = spread(pair["usual"] / pair["ours"] for pair in pairs)
    return (
        f"{min(usual):.1f} to {max(usual):.1f} s against {min(ours):.1f} to {max(ours):.1f} s, "
        f"a ratio of {ratios} in {len(pairs)} rounds"
    )


def by_processor(found: Row) -> str:
    """Say how many times less of the processors' time `quick` takes, which other work beside it hardly changes."""
    usual, theirs = (
        median_and_range(times_sooner(found, name, mark, "processor"))
        for name, mark in (("usual", USUAL_MARK), ("example", EXAMPLE_MARK))
    )
    return f"{usual} and {theirs} times"


def seconds_to_pass(run: Rows, mark: float, of: str = "seconds") -> float:
    """Return after how long a training is past an accuracy; `inf` where it ends before."""
    return next((point[of] for point in run if point["accuracy"] >= mark), inf)


def times_sooner(found: Row, than: str, mark: float, of: str = "seconds") -> list[float]:
    """Return how many times sooner `quick` passes a mark than another, by seed.

    Where the other never does, it counts as if it had at its end.
    """
    return [
        min(seconds_to_pass(other, mark, of), other[-1][of]) / seconds_to_pass(quick, mark, of)
        for other, quick in zip(found[than], found["quick"], strict=True)
    ]


# ------------------------------------------------------------------------------------------------------------ times


def inside(rows: Rows, models: Sequence[str]) -> str:
    """Return the milliseconds that each look inside takes: median, and 5 to 95 % in brackets."""
    found = {(row["look"], row["model"]): row for row in rows}
    lines = [
        "| median, and 5 to 95 % in brackets | " + " | ".join(f"`{name}`" for name in models) + " |",
        "|---|" + "---:|" * len(models),
    ]
    for look in dict.fromkeys(row["look"] for row in rows):
        cells = [found[look, name] for name in models]
        times = [f"{cell['median']:.1f} ms ({cell['low']:.1f} to {cell['high']:.1f})" for cell in cells]
        if look == ONCE:
            times = [f"{cell['median'] / 1000:.1f} s" for cell in cells]
        lines.append(f"| {LOOKS.get(look, look)} | {' | '.join(times)} |")
    return "\n".join(lines)


def latency(rows: Rows) -> str:
    """Return the milliseconds from strokes to probabilities."""
    lines = [
        "| model | points | preprocessing, median | network, median | together, median | together, 95 % |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        times = (row[what] for what in ("preprocessing_median", "network_median", "together_median", "together_95th"))
        lines.append(f"| {row['model']} | {row['points']:,} | " + " | ".join(f"{time:.2f} ms" for time in times) + " |")
    return "\n".join(lines)


def limits(rows: Rows) -> str:
    """Return what the upper end of each setting costs others."""
    lines = [
        "| what a visitor does | takes | others wait at most (usually) | memory meanwhile | kept |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {row['setting']} | {row['seconds']:.2f} s | {row['longest_wait']:.2f} s ({row['usual_wait']:.2f}) "
        f"| {max(0, row['peak']):.0f} MB | {max(0, row['kept']):.0f} MB |"
        for row in rows
    ]
    return "\n".join(lines)


def mutated_pictures(rows: Rows) -> str:
    """Return what came of the mutated picture files of each format."""
    lines = [
        "| format | variants | mutated files | read | refused | other errors | crashes | slowest | most memory |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {row['format']} | {row['variants']} | {row['files']:,} | {row['read']:,} | {row['refused']:,} "
        f"| {row['errors']} | {row['ended']} | {row['slowest']:.2f} s | {row['peak']:.0f} MB |"
        for row in rows
    ]
    return "\n".join(lines)


def while_training(rounds: Rows) -> str:
    """Return the milliseconds without and with a training beside it, in turn."""
    lines = [
        "| round | alone, median | 95 % | while training, median | 95 % | ratio of the 95 % |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rounds:
        times = " | ".join(f"{time:.2f} ms" for time in (*row["alone"], *row["training"]))
        lines.append(f"| {row['round']} | {times} | {row['ratio_95th']:.2f} |")
    return "\n".join(lines)


def compared(rows: Rows) -> str:
    """Return what `report.py` measured: median, and 5 to 95 % in brackets; and the ratio within each round."""
    apps = list(dict.fromkeys(row["app"] for row in rows))
    lines = [
        f"| median, and 5 to 95 % in brackets | {' | '.join(apps)} |" + " ratio |" * (len(apps) - 1),
        "|---|" + "---:|" * (2 * len(apps) - 1),
    ]
    for what in dict.fromkeys(row["what"] for row in rows):
        found = [row for row in rows if row["what"] == what]
        cells = [_spread_of_all([row for row in found if row["app"] == app]) for app in apps]
        cells += [_ratios(found, apps[0], app) for app in apps[1:]]
        lines.append(f"| {what} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _spread_of_all(rows: Rows) -> str:
    values = [value for row in rows for value in row["values"]]
    if not values:
        return "none"
    if rows[0]["unit"] == "count":
        return f"{sum(values):.0f} in {len(values)}"
    digits, unit = {"ms": (0, " ms"), "MB": (2, " MB")}.get(rows[0]["unit"], (2, f" {rows[0]['unit']}".rstrip()))
    low, median, high = (f"{each:.{digits}f}" for each in np.percentile(values, (5, 50, 95)))
    return f"{median}{unit} ({low} to {high}; n = {len(values)})"


def _ratios(rows: Rows, before: str, now: str) -> str:
    counted = [row for row in rows if row["values"] and row["unit"] != "count"]
    medians = {(row["round"], row["app"]): np.median(row["values"]) for row in counted}
    pairs = [
        (medians[number, before], medians[number, now])
        for number, app in medians
        if app == now and (number, before) in medians
    ]
    ratios = [new / old for old, new in pairs if old]
    return f"{np.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})" if ratios else ""


def strokes(rows: Rows) -> str:
    """Return what a stroke costs the server, and how long many visitors wait for the end of theirs."""
    crowds = [key for key in rows[0] if key.startswith("of_")]
    together = [f"{crowd.removeprefix('of_')} visitors, {share}" for crowd in crowds for share in ("median", "95 %")]
    lines = [
        f"| | processor a stroke | messages | {' | '.join(together)} | errors |",
        "|---|---:|---:|" + "---:|" * len(together) + "---:|",
    ]
    for name in dict.fromkeys(row["app"] for row in rows):
        found = [row for row in rows if row["app"] == name]
        waits = [
            f"{np.median(times):.0f} ms ({min(times):.0f} to {max(times):.0f})"
            for crowd in crowds
            for times in ([row[crowd][share] for row in found] for share in ("p50_ms", "p95_ms"))
        ]
        spent = spread((row["processor_ms"] for row in found), unit=" ms", digits=1)
        errors = sum(row["errors"] + sum(row[crowd]["errors"] for crowd in crowds) for row in found)
        lines.append(f"| {name} | {spent} | {found[-1]['messages']} | {' | '.join(waits)} | {errors} |")
    return "\n".join(lines)


def stroke_alone(rows: Rows) -> str:
    """Say how long one visitor waits for a stroke."""
    waits = {name: [row["wait_ms"] for row in rows if row["app"] == name] for name in ("before", "now")}
    return " and ".join(f"{np.median(times):.0f} ms {name}" for name, times in waits.items())


def gallery(rows: Rows) -> str:
    """Return the seconds until the gallery is there."""
    lines = ["| opened | median | least to most |", "|---|---:|---:|"]
    lines += [
        f"| {OPENED[row['opened']]} | {row['median_s']:.2f} s | {row['least_s']:.2f} to {row['most_s']:.2f} s |"
        for row in rows
    ]
    return "\n".join(lines)


def counterfactual(rows: Rows) -> str:
    """Return how often an answer flips, how long the search takes, and how large the changes are."""
    lines = [
        "| method | model | flipped | median | longest | L2 | ink added | taken away | held | transfer |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {row['method']} | {row['model']} | {row['flipped']} of {row['digits']} | {row['seconds_median']:.2f} s "
        f"| {row['seconds_most']:.2f} s | {row['distance']:.2f} | {row['added']:.1f} | {row['taken']:.1f} "
        f"| {percent(row['held'])} | {percent(row['transfer'])} |"
        for row in rows
    ]
    return "\n".join(lines)


# ------------------------------------------------------------------------------------------------------------ words


def measured_on(saved: Iterable[Row]) -> str:
    """Say on what machine and with which versions; results that differ in it are told apart."""
    machines = (each["conditions"] for each in saved)
    return " or ".join(
        dict.fromkeys(
            f"{each['cores']} cores of an {each['processor']}, Python {each['versions']['python']}, "
            f"torch {each['versions']['torch']}"
            for each in machines
        )
    )


def percent(share: float, digits: int = 0) -> str:
    """Say a share of 0…1 in percent."""
    return f"{100 * share:.{digits}f} %"


def with_interval(score: Row) -> str:
    """Say an accuracy in percent with its 95 % interval."""
    low, high = score["interval"]
    return f"{score['accuracy']:.2%} ({low:.1%} to {high:.1%})"


def spread(values: Iterable[float], unit: str = "", digits: int = 2) -> str:
    """Say the mean, the standard deviation and the range; of a single value, only that."""
    array = np.array(list(values))
    if len(array) == 1:
        return f"{array[0]:.{digits}f}{unit}"
    mean, deviation, least, most = (
        f"{each:.{digits}f}" for each in (array.mean(), array.std(ddof=1), array.min(), array.max())
    )
    return f"{mean} ± {deviation}{unit} ({least} to {most})"


def median_and_range(values: Iterable[float], digits: int = 0) -> str:
    """Say the median and the range; of a single value, only that."""
    array = np.array(list(values))
    if len(array) == 1:
        return f"{array[0]:.{digits}f}"
    median, least, most = (f"{each:.{digits}f}" for each in (np.median(array), array.min(), array.max()))
    return f"{median} ({least} to {most})"


if __name__ == "__main__":
    sys.exit(main())
