#!/usr/bin/env bash
# ncnn 1.0.20261020 keeps the weights of a dense layer, not those of a convolution, in half precision on a processor
# with AVX and F16C, unless told otherwise. Tried on 2026-11-29 on x86-64.
#
# One would guess: a network whose file holds 32-bit weights is computed with them where the processor computes in 32
# bits, all layers alike, as by other runtimes; smaller numbers are for those who ask for them.
# What happens: `Net.opt.use_fp16_storage` is true from the beginning. InnerProduct rounds its weights to 16 bits as it
# is loaded: 2048.75 counts as 2048, 1e-8 as 0, and 70000 as infinity, without a word. The same weights in a Convolution
# count as they are. With the option off, before the network is loaded, both do. So a classifier's last layer, whose
# weights one may have folded a scale into, answers otherwise than where it was exported.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ncnn==1.0.20261020 numpy==2.4.6

cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import struct
from pathlib import Path

import ncnn
import numpy as np

LAYERS = {
    "InnerProduct": "InnerProduct layer 1 1 data out 0=1 1=0 2=1",
    "Convolution": "Convolution layer 1 1 data out 0=1 1=1 5=0 6=1",
}
ONE = np.ones((1, 1, 1), np.float32)  # kept here: a Mat does not copy it


def weight_in_use(layer: str, weight: float, half: bool | None = None) -> float:
    """Answer to an input of 1 of a network of one weight, which is that weight."""
    Path("net.param").write_text(f"7767517\n2 2\nInput data 0 1 data\n{LAYERS[layer]}\n")
    Path("net.bin").write_bytes(struct.pack("<If", 0, weight))  # 0: what follows are 32-bit numbers
    net = ncnn.Net()
    if half is not None:
        net.opt.use_fp16_storage = half
    net.load_param("net.param")
    net.load_model("net.bin")
    extractor = net.create_extractor()
    extractor.input("data", ncnn.Mat(ONE))
    return float(np.array(extractor.extract("out")[1]).ravel()[0])


weights = (2048.75, 1e-8, 70000.0)
exact = [float(np.float32(weight)) for weight in weights]
for layer in LAYERS:
    for half in (None, False):
        found = [weight_in_use(layer, weight, half) for weight in weights]
        print(f"{layer}, use_fp16_storage {'as it is' if half is None else half}: {found}")
        expected = [2048.0, 0.0, float("inf")] if layer == "InnerProduct" and half is None else exact
        assert found == expected, f"expected {expected}"
PY
# InnerProduct, use_fp16_storage as it is: [2048.0, 0.0, inf]
# InnerProduct, use_fp16_storage False: [2048.75, 9.99999993922529e-09, 70000.0]
# Convolution, use_fp16_storage as it is: [2048.75, 9.99999993922529e-09, 70000.0]
# Convolution, use_fp16_storage False: [2048.75, 9.99999993922529e-09, 70000.0]
