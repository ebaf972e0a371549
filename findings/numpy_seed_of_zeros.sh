#!/usr/bin/env bash
# numpy 2.4.6 draws the same random numbers for the seeds 5, [5, 0] and [5, 0, 0, 0]. Tried on 2026-11-28.
#
# One would guess: default_rng([seed, epoch]) and default_rng([seed, worker, epoch]) are streams of their own for every
# list of integers, and none of them is that of default_rng(seed).
# What happens: a list of fewer than four words of 32 bits is filled up with zeros, so that what stands at its end as a
# zero, the first epoch of the first worker, adds nothing; a longer list with the same zeros is another seed again. An
# integer beyond 32 bits takes two words: [5, 2**32] is [5, 0, 1]. Where the zero stands first, [0, 5], nothing of this.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6

"$folder/venv/bin/python" - <<'PY'
import numpy as np

seeds = (5, [5, 0], [5, 0, 0, 0], [5, 0, 0, 0, 0], [5, 1], [0, 5], [0, 5, 0], [5, 2**32], [5, 0, 1])
drawn = {str(seed): tuple(np.random.default_rng(seed).integers(1000, size=5).tolist()) for seed in seeds}
for seed, numbers in drawn.items():
    print(f"default_rng({seed}): {numbers}")
assert drawn["5"] == drawn["[5, 0]"] == drawn["[5, 0, 0, 0]"] == (670, 805, 22, 807, 468), "trailing zeros count now"
assert drawn["[0, 5]"] == drawn["[0, 5, 0]"], "trailing zeros count now"
assert drawn["[5, 4294967296]"] == drawn["[5, 0, 1]"], "an integer is one word now"
assert len(set(drawn.values())) == 5, "other seeds are the same now"
PY
