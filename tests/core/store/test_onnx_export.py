"""Models as ONNX programs, run by another implementation than torch."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest

from mnist_core.alphabets import CHARACTERS, CLOTHES, noun_of
from mnist_core.data.mnist import Digits
from mnist_core.errors import ExportError
from mnist_core.model.inference import Model
from mnist_core.model.networks import build_network
from mnist_core.model.prediction import probabilities
from mnist_core.store import onnx_export
from mnist_core.store.models import list_models, load_model
from mnist_core.store.onnx_export import describe_program, export_model, to_onnx
from mnist_core.synthetic.generate import synthetic_digits
from tests.support.places import PROJECT

NAMES = [card.name for card in list_models(PROJECT / "models")]


@pytest.fixture(scope="module")
def programs() -> dict[str, bytes]:
    """The program of every shipped model."""
    return {name: to_onnx(load_model(name)) for name in NAMES}


def answers(program: bytes, images) -> np.ndarray:
    session = onnxruntime.InferenceSession(program, providers=["CPUExecutionProvider"])
    (given,) = session.run(["probabilities"], {"digits": images})
    assert given.dtype == np.float32
    return given


def assert_answers_as_torch_does(name: str, program: bytes, digits: Digits) -> None:
    expected = probabilities(load_model(name), digits.pixels)
    assert np.abs(answers(program, digits.images) - expected).max() < 1e-5
    assert np.abs(answers(program, digits.images[:1]) - expected[:1]).max() < 1e-5
    assert answers(program, digits.images[:0]).shape == (0, len(load_model(name).card.classes))


def test_there_are_shipped_models():
    assert {"classic", "quick", "mlp-plus", "accurate", "characters"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_program_answers_to_real_digits_as_torch_does(name, programs, mnist_test):
    assert_answers_as_torch_does(name, programs[name], mnist_test[:1000])


@pytest.mark.parametrize("name", NAMES)
def test_a_program_answers_to_synthetic_digits_as_torch_does(name, programs):
    assert_answers_as_torch_does(name, programs[name], synthetic_digits(200, seed=8))


@pytest.mark.parametrize("name", NAMES)
def test_a_program_says_what_it_takes_and_what_it_belongs_to(name, programs):
    program = onnx.load_from_string(programs[name])
    onnx.checker.check_model(program, full_check=True)
    (digits,), (shares,) = program.graph.input, program.graph.output
    assert (digits.name, digits.type.tensor_type.elem_type) == ("digits", onnx.TensorProto.UINT8)
    assert [side.dim_param or side.dim_value for side in digits.type.tensor_type.shape.dim] == ["N", 28, 28]
    classes = load_model(name).card.classes
    assert [side.dim_param or side.dim_value for side in shares.type.tensor_type.shape.dim] == ["N", len(classes)]
    notes = {note.key: note.value for note in program.metadata_props}
    assert notes["model"] == name
    assert notes["weights_sha256"] == load_model(name).card.weights_sha256
    assert json.loads(notes["classes"]) == list(classes)
    assert program.doc_string == (
        f"Reads handwritten {noun_of(classes)}s. In: digits, uint8 (N, 28, 28), ink 255 on 0, fitted into 20 × 20 "
        f"pixels and centred by mass as MNIST's are. Out: probabilities, float32 (N, {len(classes)})."
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_program_asks_for_no_more_than_a_runtime_of_2022_has(name, programs):
    """With IR version 10, onnxruntime before 1.18 refuses it; with `allowzero`, onnx2torch; `Unsqueeze`, OpenCV 4."""
    program = onnx.load_from_string(programs[name])
    assert program.ir_version == 8
    assert [(each.domain, each.version) for each in program.opset_import] == [("", 18)]
    assert [step.op_type for step in program.graph.node][:3] == ["Reshape", "Cast", "Div"]
    assert not any(step.attribute for step in program.graph.node if step.op_type == "Reshape")
    for shape in (step.input[1] for step in program.graph.node if step.op_type == "Reshape"):
        (sides,) = (onnx.numpy_helper.to_array(each) for each in program.graph.initializer if each.name == shape)
        assert 0 not in sides  # so that nothing is lost with `allowzero`


@pytest.mark.parametrize("name", NAMES)
def test_a_program_does_not_say_where_it_was_made(name, programs):
    assert str(PROJECT).encode() not in programs[name]
    assert b".py" not in programs[name]


def test_the_same_model_gives_the_same_program(programs):
    assert to_onnx(load_model("quick")) == programs["quick"]


def test_a_process_of_its_own_gives_the_same_program(programs):
    assert export_model("quick") == programs["quick"]


def test_a_model_that_is_not_there_is_refused_by_name(shelf):
    with pytest.raises(ExportError, match=r"There is no model called 'none'. Available: classic\."):
        export_model("none", shelf)


def test_the_command_says_nothing_and_writes_the_program(shelf, tmp_path):
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "mnist_core.store.onnx_export",
        "classic",
        str(tmp_path / "classic.onnx"),
    ]
    said = subprocess.run(
        [*command, "--models-dir", str(shelf)], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    assert answers((tmp_path / "classic.onnx").read_bytes(), np.zeros((3, 28, 28), np.uint8)).shape == (3, 10)


def test_somebody_waits_for_it_so_it_does_not_let_others_go_first(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "setpriority", lambda *_: pytest.fail("it took a low priority"))
    monkeypatch.setattr(onnx_export, "to_onnx", lambda _: b"made")
    onnx_export.main(["classic", str(tmp_path / "classic.onnx")])
    assert (tmp_path / "classic.onnx").read_bytes() == b"made"


def test_a_place_that_cannot_be_written_to_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(onnx_export, "to_onnx", lambda _: b"")
    with pytest.raises(SystemExit, match=r"classic\.onnx cannot be written: No such file or directory\."):
        onnx_export.main(["classic", str(tmp_path / "gone" / "classic.onnx")])


@pytest.mark.parametrize("classes", [CHARACTERS, CLOTHES, ("<b>", '"ja", "nein"', "日本")], ids=len)
def test_a_program_names_its_classes(classes):
    card = replace(load_model("quick").card, classes=classes)
    model = Model(build_network("quick", 3, 0.0, len(classes)).eval(), card)
    session = onnxruntime.InferenceSession(to_onnx(model), providers=["CPUExecutionProvider"])
    assert session.get_outputs()[0].shape == ["N", len(classes)]
    names = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
    digits = synthetic_digits(30, seed=8)
    (given,) = session.run(None, {"digits": digits.images})
    expected = probabilities(model, digits.pixels).argmax(1)
    assert [names[answer] for answer in given.argmax(1)] == [classes[answer] for answer in expected]


def test_a_program_of_pictures_does_not_ask_for_them_to_be_fitted():
    assert describe_program(CLOTHES) == (
        "Tells pictures apart. In: digits, uint8 (N, 28, 28), ink 255 on 0. Out: probabilities, float32 (N, 10)."
    )
    assert describe_program(CHARACTERS).startswith("Reads handwritten characters. ")
