#!/usr/bin/env bash
# OpenVINO 2026.4.1 cuts floats to whole numbers where a model takes uint8. Tried on 2026-11-27.
#
# One would guess: a float32 array for an input that is declared uint8 is refused, as onnxruntime refuses it ("Unexpected
# input data type"), so whoever passes ink as 0…1 instead of 0…255 is told.
# What happens: each number is cut to the whole number below it, without an error or a warning; ink of 0…1 is nearly all
# gone, and the model answers as to an empty picture.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openvino==2026.4.1 onnx==1.23.2 onnxruntime==1.32.0

"$folder/venv/bin/python" - <<'PY'
from io import BytesIO

import numpy as np
import onnxruntime
import openvino
from onnx import TensorProto, helper

graph = helper.make_graph(
    [helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT)],
    "to float",
    [helper.make_tensor_value_info("x", TensorProto.UINT8, [4])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4])],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8).SerializeToString()
ink = np.array([0.2, 0.9, 1.0, 2.7], np.float32)

try:
    onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, {"x": ink})
except Exception as error:
    print("onnxruntime:", str(error).splitlines()[0])
else:
    raise SystemExit("onnxruntime takes floats for uint8 now")
core = openvino.Core()
seen = core.compile_model(core.read_model(BytesIO(model)), "CPU")(ink)[0]
print("OpenVINO:", ink.tolist(), "→", seen.tolist())
assert seen.tolist() == [0.0, 0.0, 1.0, 2.0], "OpenVINO no longer cuts them"
PY
