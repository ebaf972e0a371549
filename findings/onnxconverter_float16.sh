#!/usr/bin/env bash
# onnxconverter-common 1.16.0 makes a model with a Cast in it one that does not load. Tried on 2026-11-27.
#
# One would guess: convert_float_to_float16 with keep_io_types=True turns any valid float32 model into one that loads and
# answers as before, within float16's three digits; it was made for that.
# What happens: it declares what a Cast to float gives as float16, but the Cast goes on giving float32. No error comes
# from the converter; onnxruntime refuses what it wrote. So no model can be converted that takes uint8 and casts it first.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  onnxconverter-common==1.16.0 onnx==1.23.2 onnxruntime==1.32.0

"$folder/venv/bin/python" - <<'PY'
import warnings

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxconverter_common import float16

graph = helper.make_graph(
    [helper.make_node("Cast", ["x"], ["f"], to=TensorProto.FLOAT), helper.make_node("Div", ["f", "most"], ["y"])],
    "pixels",
    [helper.make_tensor_value_info("x", TensorProto.UINT8, [3])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [3])],
    [numpy_helper.from_array(np.float32(255), "most")],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
onnx.checker.check_model(model, full_check=True)
x = np.array([0, 51, 255], np.uint8)


def run(program):
    session = onnxruntime.InferenceSession(program.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0].tolist()


print("before:", run(model))
with warnings.catch_warnings():
    warnings.simplefilter("error")  # it gives none
    converted = float16.convert_float_to_float16(model, keep_io_types=True)
try:
    answer = run(converted)
except Exception as error:
    print("after:", str(error).splitlines()[0])
    assert "Type (tensor(float16)) of output arg" in str(error), "it is refused for another reason now"
else:
    raise SystemExit(f"the converted model loads now, and answers {answer}")
PY
