"""Train a digit classifier: flags → recipe → training → a model folder.

python train.py --recipe classic --name classic
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mnist_core.data import find_data_dir, load_mnist
from mnist_core.errors import BadName, MnistExplorerError, RecipeError
from mnist_core.recipe import PRESETS, Recipe, expected, preset
from mnist_core.registry import MODELS_DIR, check_name, new_model_folder, write_json, write_whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code: 0 done, 1 could not be done, 2 wrong flags, 130 interrupted."""
    parser = make_parser()
    options = vars(parser.parse_args(arguments))
    dials = {dial.name: options[dial.name] for dial in fields(Recipe) if options[dial.name] is not None}
    try:
        recipe = preset(options["recipe"], **dials)
        name = check_name(options["name"] or options["recipe"])
    except RecipeError as error:
        parser.error(f"argument --{error.field.replace('_', '-')}: {error.problem}")
    except BadName as error:
        parser.error(f"argument --name: {error}")
    try:
        if options["fetch_only"]:
            fetch(options["data_dir"])
        else:
            train(recipe, options["recipe"], name, options["models_dir"], options["data_dir"])
    except MnistExplorerError as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"train.py: the model cannot be written: {error}. Nothing was changed.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ntrain.py: interrupted; nothing was written.", file=sys.stderr)
        return 130
    return 0


def make_parser() -> argparse.ArgumentParser:
    """Describe the flags; those of the recipe come from its dials."""
    parser = argparse.ArgumentParser(
        description="Train a digit classifier on MNIST, judge it once on the 10,000 test digits and save it.",
        epilog="A model that has the name already is replaced, once the new one is complete.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--recipe",
        default="classic",
        choices=list(PRESETS),
        metavar="NAME",
        help=f"preset to start from: {_presets()}",
    )
    parser.add_argument("--name", metavar="MODEL_NAME", help="name of the model (default: that of the recipe)")
    dials = parser.add_argument_group("recipe", "each changes one dial of the preset")
    for dial in fields(Recipe):
        dials.add_argument(
            f"--{dial.name.replace('_', '-')}",
            type=_reader(type(dial.default), dial.metadata),
            metavar={int: "N", float: "X"}.get(type(dial.default), "NAME"),
            help=f"{dial.metadata['help']}: {expected(type(dial.default), dial.metadata)} (classic: {dial.default})",
        )
    places = parser.add_argument_group("places")
    places.add_argument("--models-dir", type=Path, default=MODELS_DIR, metavar="DIR", help="default: models/")
    places.add_argument("--data-dir", type=Path, metavar="DIR", help="default: MNIST_DATA, else data/")
    places.add_argument("--fetch-only", action="store_true", help="fetch the digits (11 MB) and stop")
    return parser


def fetch(data_dir: Path | None) -> None:
    """Make sure that the digits are on this machine."""
    load_mnist("train", data_dir)
    load_mnist("test", data_dir)
    print(f"The MNIST digits are in {find_data_dir(data_dir)}.")


def train(recipe: Recipe, preset_name: str, name: str, models_dir: Path, data_dir: Path | None) -> None:
    """Train, judge and save one model, telling how it goes."""
    import torch
    from safetensors.torch import save

    from mnist_core.cards import Card, processor_name
    from mnist_core.data import DISPUTED_TEST_LABELS, checksum, split_training
    from mnist_core.evaluation import evaluate
    from mnist_core.networks import Model, build_network, count_parameters
    from mnist_core.prediction import probabilities
    from mnist_core.training import entry_to_json, fit

    with new_model_folder(name, models_dir) as folder:
        digits = load_mnist("train", data_dir)
        training, held_out = split_training(digits, recipe.held_out)
        network = build_network(recipe.network, recipe.seed)
        print(f"{name}: {len(training):,} digits, {recipe.epochs} epochs, {count_parameters(network):,} parameters")

        start = time.perf_counter()
        with (folder / "history.jsonl").open("w") as history:
            for entry in fit(recipe, network, training, held_out if len(held_out) else None):
                history.write(json.dumps(entry_to_json(entry)) + "\n")
                history.flush()
                print(describe(entry), flush=True)
        seconds = time.perf_counter() - start

        weights = save(network.state_dict())
        card = Card(
            name=name,
            preset=preset_name,
            recipe=recipe,
            parameters=count_parameters(network),
            trained_on=len(training),
            data_sha256=checksum(digits),
            weights_sha256=sha256(weights).hexdigest(),
            temperature=1.0,
            seconds=round(seconds, 3),
            device=f"cpu: {processor_name()}",
            threads=torch.get_num_threads(),
            versions={"python": platform.python_version()}
            | {package: version(package) for package in ("torch", "numpy", "safetensors")},
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        write_whole(folder / "weights.safetensors", weights)
        write_whole(folder / "card.json", card.to_json().encode())

        test = load_mnist("test", data_dir)
        answers = torch.from_numpy(probabilities(Model(network, card), test.pixels)).float()
        judgement = evaluate(answers.numpy(), test.labels, DISPUTED_TEST_LABELS)
        write_whole(folder / "probabilities.safetensors", save({"test": answers}))
        write_json(folder / "evaluation.json", judgement.to_json())
    low, high = judgement.interval
    print(
        f"test accuracy {judgement.accuracy:.2%} ({low:.2%} to {high:.2%}), "
        f"{judgement.seen - judgement.correct} of {judgement.seen:,} wrong; saved in {models_dir / name}"
    )


def describe(entry: Any) -> str:
    """Say one entry of the history in a line."""
    from mnist_core.training import Step

    if isinstance(entry, Step):
        left = entry.seconds / entry.step * (entry.steps - entry.step)
        return f"  step {entry.step:>6,} of {entry.steps:,}  loss {entry.loss:.4f}  {left:4.0f} s left"
    line = f"epoch {entry.epoch} of {entry.epochs}  training accuracy {entry.training_accuracy:.2%}"
    if entry.validation_accuracy is not None:
        line += f"  validation accuracy {entry.validation_accuracy:.2%}  loss {entry.validation_loss:.4f}"
    return f"{line}  {entry.seconds:.1f} s"


def _presets() -> str:
    return "; ".join(f"{name}: {(recipe.__doc__ or '').splitlines()[0]}" for name, recipe in PRESETS.items()).replace(
        "%", "%%"
    )


def _reader(kind: type, metadata: Any) -> Any:
    def read(text: str) -> Any:
        try:
            return kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"found {text!r}, expected {expected(kind, metadata)}") from None

    return read


if __name__ == "__main__":
    sys.exit(main())
