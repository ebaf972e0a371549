"""Where does an exported model run, and how far are its answers from torch's?

    python benchmarks/onnx_runtimes.py [--only "tract 0.23.9"]

Each runtime is installed in a temporary folder, the version that stands here, and answers 1,000 MNIST test digits with
each shipped model: 1,000 at once and one alone. The greatest difference from torch's probabilities is told.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from mnist_core import alphabets
from mnist_core.data.mnist import load_mnist
from mnist_core.model.prediction import probabilities
from mnist_core.store.models import list_models, load_model
from mnist_core.store.onnx_export import to_onnx

DIGITS = 1000

# How each makes a function of a file: it stands in a process that knows nothing of ours.
ONNXRUNTIME = """
import onnxruntime
def load(path):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda digits: session.run(None, {"digits": digits})[0]
"""
OPENCV = """
import cv2
def load(path):
    network = cv2.dnn.readNetFromONNX(path)
    def answer(digits):
        network.setInput(digits)
        return network.forward()
    return answer
"""
OPENVINO = """
import openvino
def load(path):
    model = openvino.Core().compile_model(path, "CPU", {SETTINGS})
    return lambda digits: model(digits)[0]
"""
TRACT = """
import tract
def load(path):
    model = tract.onnx().load(path).into_model().into_runnable()
    return lambda digits: model.run([digits])[0].to_numpy()
"""
IREE = """
import subprocess
import iree.compiler
import iree.runtime
def load(path):
    importer = [sys.executable, "-m", "iree.compiler.tools.import_onnx", path, "-o", path + ".mlir"]
    subprocess.run(importer, check=True)
    native = ["--iree-llvmcpu-target-cpu=host"]
    program = iree.compiler.compile_file(path + ".mlir", target_backends=["llvm-cpu"], extra_args=native)
    module = iree.runtime.load_vm_flatbuffer(program, driver="local-task")
    return lambda digits: module["main_graph"](digits).to_host()
"""
ONNX2PYTORCH = """
import onnx, torch
from onnx2pytorch import ConvertModel
def load(path):
    network = ConvertModel(onnx.load(path), experimental=True).eval()
    return lambda digits: network(torch.from_numpy(digits)).detach().numpy()
"""
ONNX2TORCH = """
import torch
from onnx2torch import convert
def load(path):
    network = convert(path).eval()
    return lambda digits: network(torch.from_numpy(digits)).detach().numpy()
"""
PROBE = """
import sys
import numpy as np
{load}
digits = np.load("digits.npy")
for name in sys.argv[1:]:
    right = np.load(name + ".npy")
    answer = load(name + ".onnx")
    many, one = np.asarray(answer(digits)), np.asarray(answer(digits[:1]))
    assert many.shape == right.shape and one.shape == (1, 10)
    others = (many.argmax(1) != right.argmax(1)).sum()
    print(f"{{name}} {{max(np.abs(many - right).max(), np.abs(one - right[:1]).max()):.1e}}, {{others}} other answers")
"""
WEB = """
const fs = require("fs"), ort = require("onnxruntime-web");
const numbers = (file, kind) => new kind(fs.readFileSync(file).buffer.slice(128));  // behind NumPy's header
(async () => {
  for (const name of process.argv.slice(2)) {
    const session = await ort.InferenceSession.create(fs.readFileSync(name + ".onnx"));
    const digits = new ort.Tensor("uint8", numbers("digits.npy", Uint8Array), [DIGITS, 28, 28]);
    const given = (await session.run({ digits })).probabilities.data, right = numbers(name + ".npy", Float64Array);
    console.log(name, given.reduce((most, p, i) => Math.max(most, Math.abs(p - right[i])), 0).toExponential(1));
  }
})();
"""
PYTHON = {  # name → what pip installs, what it runs
    **{
        f"onnxruntime {version}": ([f"onnxruntime=={version}", numpy], ONNXRUNTIME)
        for version, numpy in (("1.15.1", "numpy<2"), ("1.17.3", "numpy<2"), ("1.18.1", "numpy<2"), ("1.32.0", "numpy"))
    },
    **{
        f"OpenCV {version}": ([f"opencv-python-headless=={version}", "numpy<3"], OPENCV)
        for version in ("4.10.0.84", "4.11.0.86", "4.14.0.94", "5.0.0.93")
    },
    "OpenVINO 2026.4.1": (["openvino==2026.4.1"], OPENVINO.replace("SETTINGS", "")),
    "OpenVINO 2026.4.1, f32": (
        ["openvino==2026.4.1"],
        OPENVINO.replace("SETTINGS", '"INFERENCE_PRECISION_HINT": "f32"'),
    ),
    "tract 0.23.9": (["tract==0.23.9"], TRACT),
    "IREE 3.13.0": (["iree-base-compiler==3.13.0", "iree-base-runtime==3.13.0", "onnx==1.23.2"], IREE),
    "onnx2pytorch 0.6.0": (["--no-deps", "onnx2pytorch==0.6.0", "tqdm"], ONNX2PYTORCH),  # torch is here
    "onnx2torch 1.5.15": (["--no-deps", "onnx2torch==1.5.15"], ONNX2TORCH),
}
ONNXRUNTIME_WEB = "onnxruntime-web 1.30.0"


def main(arguments: Sequence[str] | None = None) -> None:
    """Try each runtime, and print what it gives."""
    names = [*PYTHON, ONNXRUNTIME_WEB]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=names, metavar="NAME", help=", ".join(names))
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        models = export(Path(folder))
        for name in [options.only] if options.only else names:
            print(f"{name}: {'; '.join(try_runtime(name, models, Path(folder)))}", flush=True)


def export(folder: Path) -> list[str]:
    """Write the digits, each model and what torch answers into a folder; returns the models' names."""
    digits = load_mnist("test")[:DIGITS]
    np.save(folder / "digits.npy", digits.images)
    names = [card.name for card in list_models(classes=alphabets.DIGITS)]
    for name in names:
        model = load_model(name)
        (folder / f"{name}.onnx").write_bytes(to_onnx(model))
        np.save(folder / f"{name}.npy", probabilities(model, digits.pixels).astype(np.float64))
    return names


def try_runtime(name: str, models: Sequence[str], folder: Path) -> list[str]:
    """Install a runtime and let it answer: a line for each model, or the last words of what went wrong."""
    with tempfile.TemporaryDirectory() as place:
        if name == ONNXRUNTIME_WEB:
            package = name.replace(" ", "@")
            install = ["npm", "install", "--silent", "--prefix", place, package]
            run = ["node", "-e", WEB.replace("DIGITS", str(DIGITS)), "digits", *models]
            environment = {"NODE_PATH": str(Path(place) / "node_modules")}
        else:
            packages, load = PYTHON[name]
            install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", place, *packages]
            run = [sys.executable, "-c", PROBE.format(load=load), *models]
            environment = {"PYTHONPATH": place}
        subprocess.run(install, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        given = subprocess.run(
            run, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False
        )
        lines = given.stdout.strip().splitlines()
        return lines if not given.returncode else [*lines, "cannot", *given.stderr.strip().splitlines()[-1:]]


if __name__ == "__main__":
    main()
