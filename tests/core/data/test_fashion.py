"""Fashion-MNIST: the same names and sizes of files as MNIST's, and never taken for it."""

import gzip
import hashlib
import shutil

import numpy as np
import pytest
from torchvision import datasets
from torchvision.datasets import FashionMNIST

from mnist_core.alphabets import CLOTHES, DIGITS
from mnist_core.data import fetching
from mnist_core.data.data_sets import DATA_SETS, EMNIST, FASHION, MNIST, find_data_set
from mnist_core.data.loading import (
    fetched_share,
    find_data_dir,
    find_faults,
    find_obstacle,
    is_here,
    list_candidates,
    load,
)
from mnist_core.data.mnist import load_mnist, mnist_is_here
from mnist_core.errors import DataError, MissingData


@pytest.fixture
def archives(tmp_path):
    """A data folder with copies of the four archives of Fashion-MNIST and nothing else."""
    source, raw = find_data_dir() / "FashionMNIST" / "raw", tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for file in FASHION.files:
        if not (source / f"{file.name}.gz").is_file():
            pytest.skip("needs the archives of Fashion-MNIST")
        shutil.copy(source / f"{file.name}.gz", raw)
    return tmp_path


def test_data_sets_are_found_by_their_keys():
    assert DATA_SETS == {"mnist": MNIST, "fashion": FASHION, "emnist": EMNIST}
    assert [find_data_set(key) for key in DATA_SETS] == [MNIST, FASHION, EMNIST]
    assert find_data_set("emnist-letters").name == "EMNIST Letters"
    with pytest.raises(ValueError, match=r"found 'cifar', expected one of mnist, fashion, emnist, emnist-byclass"):
        find_data_set("cifar")
    assert [len({MNIST, FASHION, EMNIST}), MNIST.classes, FASHION.classes] == [3, DIGITS, CLOTHES]
    assert [each.things for each in DATA_SETS.values()] == [
        "MNIST digits",
        "Fashion-MNIST pictures",
        "EMNIST Balanced characters",
    ]


def test_the_pictures_are_those_that_torchvision_reads(archives):
    splits = {is_train: load(FASHION, "train" if is_train else "test", archives, fetch=False) for is_train in (1, 0)}
    for is_train, found in splits.items():
        theirs = FashionMNIST(archives, train=bool(is_train))  # of the files that were unpacked here
        assert np.array_equal(found.images, theirs.data.numpy())
        assert np.array_equal(found.labels, theirs.targets.numpy())
        assert list(FASHION.classes) == theirs.classes
        assert np.bincount(found.labels).tolist() == [len(found) // 10] * 10
    assert {split: len(splits[split == "train"]) for split in ("train", "test")} == FASHION.counts
    labels = splits[0].labels.astype(np.uint8).tobytes()
    assert hashlib.sha256(labels).hexdigest() == FASHION.test_labels_sha256


def test_the_archives_are_those_that_were_published(archives):
    for name, md5 in FashionMNIST.resources:
        content = (archives / "FashionMNIST" / "raw" / name).read_bytes()
        assert hashlib.md5(content).hexdigest() == md5
        assert {file.archive for file in FASHION.files if f"{file.name}.gz" == name} == {len(content)}


def test_they_are_here_in_their_own_folder_alone(archives):
    raw = archives / "FashionMNIST" / "raw"
    assert is_here(FASHION, archives)
    assert is_here(FASHION, raw)  # the folder itself, as MNIST's
    assert find_faults(FASHION, archives) == []
    assert fetched_share(FASHION, archives) == 1
    assert not mnist_is_here(archives)
    for file in raw.iterdir():
        file.rename(archives / file.name)
    assert not is_here(FASHION, archives)
    assert archives not in {path.parent for path in list_candidates(FASHION, archives)}
    assert archives in {path.parent for path in list_candidates(MNIST, archives)}
    assert find_obstacle(FASHION, archives) is None


def test_files_of_one_in_the_folder_of_the_other_are_said_to_be_that(archives):
    published = find_data_dir() / "MNIST" / "raw"
    name = "t10k-labels-idx1-ubyte.gz"
    if not (published / name).is_file():
        pytest.skip("needs the archives of MNIST")
    assert [each for each, _ in FashionMNIST.resources] == [each for each, _ in datasets.MNIST.resources]
    mine, theirs = archives / "FashionMNIST" / "raw" / name, archives / "MNIST" / "raw" / name
    theirs.parent.mkdir(parents=True)
    mine.rename(theirs)
    shutil.copy(published / name, mine)
    before = mine.read_bytes(), theirs.read_bytes()
    with pytest.raises(MissingData) as caught:
        load(FASHION, "test", archives, fetch=False)
    assert str(caught.value) == (
        "The Fashion-MNIST pictures in the data folder are not all there, not all readable, or damaged: "
        f"FashionMNIST/raw/{name} is a file of MNIST, expected that of Fashion-MNIST, which has the same name and "
        "size: it belongs into MNIST/raw. Run `python train.py --fetch-only --data fashion` once to fetch them "
        "(30 MB), or put the four .gz files into FashionMNIST/raw in the data folder (`MNIST_DATA`, else data/); "
        "unpacked ones will do."
    )
    with pytest.raises(MissingData) as caught:
        load_mnist("test", archives, fetch=False)
    assert (
        f"MNIST/raw/{name} is a file of Fashion-MNIST, expected that of MNIST, which has the same name and size: "
        "it belongs into FashionMNIST/raw"
    ) in str(caught.value)
    assert (mine.read_bytes(), theirs.read_bytes()) == before


def test_of_other_bytes_it_is_said_that_they_are_wrong(archives):
    labels = archives / "FashionMNIST" / "raw" / "t10k-labels-idx1-ubyte.gz"
    labels.write_bytes(gzip.compress(bytes(10_008)))
    assert find_faults(FASHION, archives) == [
        "FashionMNIST/raw/t10k-labels-idx1-ubyte.gz has the right size but other bytes: it is damaged, or of another "
        "data set such as KMNIST"
    ]


def test_they_are_fetched_from_their_own_mirrors(archives, monkeypatch):
    raw = archives / "FashionMNIST" / "raw"
    labels = raw / "t10k-labels-idx1-ubyte.gz"
    kept, asked = labels.read_bytes(), []
    labels.unlink()

    def receive(address, size, _):
        asked.append((address, size))
        return iter([kept])

    monkeypatch.setattr(fetching, "receive", receive)
    assert len(load(FASHION, "test", archives)) == 10_000
    assert asked == [(f"{FashionMNIST.mirrors[0]}{labels.name}", 5_148)]
    assert (raw / "t10k-labels-idx1-ubyte").is_file()


def test_a_fetch_that_fails_says_of_what(tmp_path, monkeypatch):
    def refuse(*_):
        raise DataError("cannot be reached")

    monkeypatch.setattr(fetching, "receive", refuse)
    with pytest.raises(DataError, match=r"^The Fashion-MNIST pictures could not be fetched\. Tried for train-images"):
        load(FASHION, "train", tmp_path)
