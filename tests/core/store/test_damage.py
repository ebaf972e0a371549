"""Random damage to a model's files and to zips: what is damaged is refused in a sentence, or makes no difference."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from mnist_core.errors import MnistExplorerError, ModelError
from mnist_core.store.maps import load_map, save_map
from mnist_core.store.models import load_answers, load_evaluation, load_model
from mnist_core.store.over_time import load_over_time
from mnist_core.store.runs import finished_run
from mnist_core.store.snapshots import read_snapshots
from mnist_core.store.zip_archive import open_archive, zip_model

pytestmark = pytest.mark.chaos

SPARE = {  # a model answers without
    *("history.jsonl", "evaluation.json", "probabilities.safetensors", "map.safetensors"),
    *("snapshots.safetensors", "validation_over_time.safetensors"),
}


def flip(content: bytes, generator: np.random.Generator) -> bytes:
    """Turn one bit over."""
    damaged = bytearray(content)
    damaged[generator.integers(len(damaged))] ^= 1 << int(generator.integers(8))
    return bytes(damaged)


def mutate(content: bytes, generator: np.random.Generator) -> bytes:
    """Do to a file what a bad disk or a careless program does: bits, bytes, a lost or a doubled piece, an early end."""
    start, length = int(generator.integers(len(content))), int(generator.integers(1, 64))
    piece = content[start : start + length]
    return {
        0: lambda: flip(content, generator),
        1: lambda: content[:start] + generator.bytes(len(piece)) + content[start + len(piece) :],
        2: lambda: content[:start] + content[start + length :],
        3: lambda: content[:start] + piece + content[start:],
        4: lambda: content[:start],
    }[int(generator.integers(5))]()


def same_weights(first, second) -> bool:
    return all(a.equal(b) for a, b in zip(first.network.parameters(), second.network.parameters(), strict=True))


def test_no_flipped_bit_gives_other_weights_or_an_error_without_words(shelf: Path, is_long):
    save_map(np.zeros((10_000, 2), np.float32), load_model("classic", shelf).card, shelf)
    sound, generator = load_model("classic", shelf), np.random.default_rng(15)
    evaluation, refused = load_evaluation("classic", shelf), 0
    files = sorted(path for path in (shelf / "classic").iterdir() if path.is_file())
    assert {path.name for path in files} == SPARE | {"card.json", "weights.safetensors"}
    for turn in range(4000 if is_long else 60):
        path = files[turn % len(files)]
        content = path.read_bytes()
        path.write_bytes(flip(content, generator))
        try:
            loaded = load_model("classic", shelf)
            assert path.name in SPARE | {"card.json"}
            assert same_weights(loaded, sound)
            finished_run(loaded.card, shelf).history()
            assert load_evaluation("classic", shelf) == evaluation or path.name == "evaluation.json"
            load_answers("classic", shelf)
            load_map(loaded.card, 10_000, shelf)
            load_over_time("validation", loaded.card, shelf)
            read_snapshots(
                shelf / "classic", {name: each.numpy() for name, each in loaded.network.state_dict().items()}
            )
        except MnistExplorerError:
            refused += 1
        path.write_bytes(content)
    assert refused > 10
    assert same_weights(load_model("classic", shelf), sound)


def test_no_mutated_zip_gives_anything_but_the_model_that_was_packed(tmp_path: Path, is_long):
    shutil.copytree(Path(__file__).parents[3] / "models" / "classic", tmp_path / "classic")
    packed, generator, refused = zip_model("classic", tmp_path), np.random.default_rng(16), 0
    sound = open_archive(packed)
    for _ in range(2500 if is_long else 40):
        try:
            found = open_archive(mutate(packed, generator))
            assert found.card == sound.card  # the damage was in a time, say
            assert dict(found.files) == dict(sound.files)
        except ModelError:
            refused += 1
    assert refused > 10
