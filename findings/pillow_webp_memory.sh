#!/usr/bin/env bash
# Pillow 13.0.0 holds 16 bytes a pixel while it opens a WebP, four times what a PNG takes. Linux. Tried on 2026-11-27.
#
# One would guess: about 4 bytes a pixel for the picture, as with a PNG, and at most as many again for the decoder.
# What happens: every WebP, also a still one without transparency, goes through libwebp's decoder of animations, which keeps
# two canvases in RGBA; Pillow copies what it gives into bytes, and those into the picture. So 12 million pixels, a usual
# photo, take nearly 200 MB, and a limit of memory that was found with PNG does not hold.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0

for kind in PNG WEBP; do
  "$folder/venv/bin/python" - "$folder/picture" $kind <<'PY'
import sys

from PIL import Image

Image.effect_noise((4000, 3000), 20).convert("RGB").save(sys.argv[1], sys.argv[2])
PY
  "$folder/venv/bin/python" - "$folder/picture" $kind <<'PY'
import re
import sys
from pathlib import Path

from PIL import Image


def kilobytes(entry):
    return int(re.search(rf"{entry}:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])


Image.init()
before = kilobytes("VmRSS")
with Image.open(sys.argv[1], formats=[sys.argv[2]]) as image:
    image.load()
held = (kilobytes("VmHWM") - before) * 1024 / (4000 * 3000)
print(f"{sys.argv[2]}, {image.mode}: {held:.1f} bytes a pixel")
assert (held < 6) if sys.argv[2] == "PNG" else (held > 12), "it holds another amount now"
PY
done
