"""A model as a program that needs nothing of ours, nor torch, nor Python: ONNX.

    digits         (N, 28, 28) uint8, ink 255 on 0; digits and characters fitted and centred as MNIST's are
    probabilities  (N, K) float32, each row sums to 1

All that is the same for every digit is inside: the scaling to 0…1, the network, the temperature, the softmax. What the
program belongs to stands in its notes (`metadata_props`): the model's name, the names of its K classes as a list in
JSON, the SHA-256 of its weights, and from where on to believe it.

    python -m mnist_core.export quick quick.onnx
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING

from mnist_core.alphabets import noun_of
from mnist_core.data.mnist import SIDE
from mnist_core.errors import ExportError, ModelError
from mnist_core.files import reason, write_atomically
from mnist_core.machine import let_threads_sleep
from mnist_core.model.prediction import SURE
from mnist_core.rights import Right, require
from mnist_core.settings import PROJECT_ROOT, read_settings
from mnist_core.store.models import find_models_dir, load_model

if TYPE_CHECKING:  # a page that offers the program need not wait for torch
    from onnx import ModelProto
    from torch import nn

    from mnist_core.model.card import Card
    from mnist_core.model.inference import Model

OPSET, IR_VERSION = 18, 8  # of 2022: what torch would write by itself, onnxruntime before 1.18 refuses
LIMIT = 170.0  # seconds; it takes about five, and a browser waits 180 for a download that is made


def to_onnx(model: Model) -> bytes:
    """Return a model as an ONNX model, the same bytes for the same model.

    Nothing else may use torch in this process meanwhile: while torch traces one network, what another thread asks of
    any network is traced as well, and fails. A server asks `export_model`.
    """
    import torch

    exported = torch.onnx.export(
        _whole_program(model),
        (torch.zeros(2, SIDE, SIDE, dtype=torch.uint8),),  # by one, torch may silently write a program for one alone
        input_names=["digits"],
        output_names=["probabilities"],
        dynamic_shapes=({0: torch.export.Dim("N")},),
        opset_version=OPSET,
        verbose=False,
    )
    if exported is None:
        raise ExportError(f"torch could not export {model.card.name!r}.")
    program = exported.model_proto
    _suit_more_runtimes(program)
    _write_notes(program, model.card)
    content: bytes = program.SerializeToString(deterministic=True)
    return content


def describe_program(classes: Sequence[str]) -> str:
    """Say what a program does, what it takes and what it gives."""
    noun = noun_of(classes)
    reads = "Tells pictures apart" if noun == "picture" else f"Reads handwritten {noun}s"
    fitted = "" if noun == "picture" else ", fitted into 20 × 20 pixels and centred by mass as MNIST's are"
    return (
        f"{reads}. In: digits, uint8 (N, 28, 28), ink 255 on 0{fitted}. "
        f"Out: probabilities, float32 (N, {len(classes)})."
    )


def export_model(name: str, models_dir: Path | str | None = None) -> bytes:
    """Return a model as an ONNX model, made in a process of its own; raises `NotAllowed` and `ModelError`."""
    require(Right.EXPORT)
    with _temporary_folder(name) as folder:
        file = Path(folder) / "program.onnx"
        models = str(find_models_dir(models_dir).resolve())
        try:
            made = subprocess.run(
                [sys.executable, "-m", "mnist_core.export", name, str(file), "--models-dir", models],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                cwd=PROJECT_ROOT,
                timeout=LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ExportError(f"The program of {name!r} was not made within {LIMIT:.0f} s. Try again.") from error
        if made.returncode:
            last_words = made.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise ExportError("".join(last_words) or f"The program of {name!r} could not be made.")
        return file.read_bytes()


@contextmanager
def _temporary_folder(name: str) -> Iterator[str]:
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            yield folder
    except OSError as error:
        raise ExportError(f"The program of {name!r} could not be made: {reason(error)}.") from error


def _whole_program(model: Model) -> nn.Module:
    """Return the network with what stands before and behind it."""
    import torch
    from torch import Tensor, nn

    class Program(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            # With its channels last, torch would export it for one digit alone.
            self.network = deepcopy(model.network).to(memory_format=torch.contiguous_format)

        def forward(self, digits: Tensor) -> Tensor:
            pixels = digits.reshape(-1, 1, SIDE, SIDE).to(torch.float32) / 255  # OpenCV 4 fails after an `unsqueeze`
            logits: Tensor = self.network(pixels)
            return (logits / model.card.temperature).softmax(1)

    return Program().eval()


def _suit_more_runtimes(program: ModelProto) -> None:
    """Claim no newer format than is used, and drop what allows sides of length zero: onnx2torch cannot read that."""
    program.ir_version = IR_VERSION
    for step in program.graph.node:
        if step.op_type == "Reshape":
            del step.attribute[:]


def _write_notes(program: ModelProto, card: Card) -> None:
    """Say in a program what it is, and take out where on this machine it was made, which torch notes at each step."""
    graph = program.graph
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del part.metadata_props[:]
    del program.metadata_props[:]
    program.doc_string = describe_program(card.classes)
    notes = {
        "model": card.name,
        "classes": json.dumps(card.classes),
        "weights_sha256": card.weights_sha256,
        "sure_from": str(SURE),
        "no_digit_where_the_two_best_have_less_than": str(card.top_two_threshold),
    }
    for key, value in notes.items():
        program.metadata_props.add(key=key, value=value)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the program of a model to a file."""
    let_threads_sleep()  # but at no low priority, for somebody waits for it
    parser = argparse.ArgumentParser(prog="export", description="Write a model as an ONNX model.")
    parser.add_argument("name", help="of the model")
    parser.add_argument("file", type=Path, help="to write, such as quick.onnx")
    parser.add_argument("--models-dir", type=Path, default=read_settings().models_dir, metavar="DIR")
    options = parser.parse_args(arguments)
    try:
        write_atomically(options.file, to_onnx(load_model(options.name, options.models_dir)))
    except ModelError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{options.file} cannot be written: {error.strerror or error}.")


if __name__ == "__main__":
    main()
