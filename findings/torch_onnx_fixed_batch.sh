#!/usr/bin/env bash
# torch 2.15.0 writes an ONNX program for a batch of one where a batch of any size was asked for. Tried on 2026-11-28.
#
# One would guess: torch.onnx.export with dynamic_shapes={0: Dim("N")} gives a program for N of any size, or fails, as
# torch.export.export does with the same module, example and shapes ("Constraints violated (N)").
# What happens: for this module and an example of one, it says nothing, raises nothing, warns of nothing, and what it
# writes takes one alone. With an example of two, nothing else changed, N stays free.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  torch==2.15.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0

"$folder/venv/bin/python" - <<'PY'
import warnings

import numpy as np
import onnxruntime
import torch


class ThreeViews(torch.nn.Module):
    """Multiplies every picture by each of three matrices: (N, 4, 4) → (3, N, 4, 4)."""

    def __init__(self):
        super().__init__()
        self.register_buffer("matrices", torch.rand(3, 1, 4, 4))

    def forward(self, pictures):
        return pictures @ self.matrices


shapes = ({0: torch.export.Dim("N")},)
try:
    torch.export.export(ThreeViews().eval(), (torch.rand(1, 4, 4),), dynamic_shapes=shapes)
except Exception as error:
    print("torch.export, example of 1:", type(error).__name__, str(error).split("!")[0])
    assert "Constraints violated (N)" in str(error), "it fails for another reason now"
else:
    raise SystemExit("torch.export takes an example of one now")

found = {}
for count in (1, 2):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        example = (torch.rand(count, 4, 4),)
        program = torch.onnx.export(ThreeViews().eval(), example, dynamic_shapes=shapes, verbose=False)
    size = program.model_proto.graph.input[0].type.tensor_type.shape.dim[0]
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString(), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    try:
        answer = session.run(None, {name: np.zeros((5, 4, 4), np.float32)})[0].shape
    except Exception as error:
        answer = "refused: " + ("Got: 5 Expected: 1" if "Got: 5 Expected: 1" in str(error) else str(error))
    found[count] = (size.dim_param or size.dim_value, answer)
    print(f"torch.onnx.export, example of {count}: N is {found[count][0]!r}; five pictures: {answer}")
assert found == {1: (1, "refused: Got: 5 Expected: 1"), 2: ("N", (3, 5, 4, 4))}, "it does something else now"
PY
