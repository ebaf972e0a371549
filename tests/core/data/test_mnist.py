import gzip
import shutil
from http.client import IncompleteRead
from urllib.error import URLError

import numpy as np
import pytest
from torchvision.datasets import MNIST
from torchvision.datasets import utils as fetching

from mnist_core.data.label_errors import DISPUTED_TEST_LABELS, DISPUTED_VOTES
from mnist_core.data.mnist import (
    ARCHIVES,
    COUNTS,
    FILES,
    SIZES,
    Digits,
    fetched_share,
    find_data_dir,
    load_mnist,
    mnist_is_here,
    split_training,
)
from mnist_core.errors import DataError, MissingData


@pytest.fixture
def archives(tmp_path):
    """A data folder with copies of the four archives and nothing else."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, _ in MNIST.resources:
        source = find_data_dir() / "MNIST" / "raw" / name
        if not source.is_file():
            pytest.skip("needs the archives of MNIST beside the unpacked files")
        shutil.copy(source, raw)
    return tmp_path


@pytest.fixture
def no_network(monkeypatch):
    """Count the addresses that are asked for, and answer none."""
    asked = []

    def refuse(url, *_, **__):
        asked.append(url)
        raise URLError("no network here")

    monkeypatch.setattr(fetching, "_get_redirect_url", refuse)
    return asked


def test_the_digits_are_those_that_torchvision_reads(mnist_train, mnist_test):
    for digits, is_train in ((mnist_train, True), (mnist_test, False)):
        theirs = MNIST(find_data_dir(), train=is_train)
        assert np.array_equal(digits.images, theirs.data.numpy())
        assert np.array_equal(digits.labels, theirs.targets.numpy())


def test_the_splits_have_the_counts_that_were_published(mnist_train, mnist_test):
    assert mnist_train.images.shape == (60_000, 28, 28)
    assert mnist_test.images.shape == (10_000, 28, 28)
    assert mnist_train.images.dtype == mnist_test.images.dtype == np.uint8
    # Counts per digit, as on the data set's own page.
    assert np.bincount(mnist_train.labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(mnist_test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_the_first_training_digits_are_5_0_4_1_9_2(mnist_train):
    assert mnist_train.labels[:6].tolist() == [5, 0, 4, 1, 9, 2]


def test_archives_are_unpacked_without_a_network(archives, no_network):
    assert len(load_mnist("test", archives, fetch=False)) == COUNTS["test"]
    assert no_network == []


@pytest.mark.parametrize("harm", ["truncated", "one bit", "empty", "reversed labels"])
def test_a_damaged_file_is_unpacked_again(archives, no_network, harm):
    good = load_mnist("test", archives, fetch=False)
    images, labels = (archives / "MNIST" / "raw" / name for name in FILES["test"])
    content = images.read_bytes()
    if harm == "truncated":
        images.write_bytes(content[:-1000])
    elif harm == "one bit":
        images.write_bytes(content[:5000] + bytes([content[5000] ^ 1]) + content[5001:])
    elif harm == "empty":
        labels.write_bytes(b"")
    else:
        known = labels.read_bytes()
        labels.write_bytes(known[:8] + known[:7:-1])
    again = load_mnist("test", archives, fetch=False)
    assert np.array_equal(again.images, good.images)
    assert np.array_equal(again.labels, good.labels)
    assert no_network == []


def test_a_damaged_archive_is_refused_offline(archives):
    archive = archives / "MNIST" / "raw" / "t10k-images-idx3-ubyte.gz"
    archive.write_bytes(archive.read_bytes()[:1000])
    with pytest.raises(MissingData, match="or damaged"):
        load_mnist("test", archives, fetch=False)


def test_foreign_digits_in_a_well_formed_file_are_never_used(archives, no_network):
    """Noise with MNIST's own header, in an archive of MNIST's name: only a checksum can tell."""
    load_mnist("test", archives, fetch=False)
    raw = archives / "MNIST" / "raw"
    noise = bytes.fromhex("00000803000027100000001c0000001c") + bytes(10_000 * 28 * 28)
    (raw / "t10k-images-idx3-ubyte").write_bytes(noise)
    (raw / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(noise, 1))
    with pytest.raises(DataError, match="could not be fetched"):
        load_mnist("test", archives)
    assert any("t10k-images" in address for address in no_network)


def test_without_files_and_network_every_mirror_is_tried_and_one_sentence_says_so(tmp_path, no_network):
    with pytest.raises(DataError, match="could not be fetched") as caught:
        load_mnist("train", tmp_path)
    assert len(no_network) == len(MNIST.mirrors) >= 2
    assert "put the four .gz files into" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("failure", [ConnectionResetError("reset"), IncompleteRead(b""), TimeoutError("slow")])
def test_a_broken_connection_moves_on_to_the_next_mirror(archives, monkeypatch, failure):
    """torchvision itself catches none of these."""
    wanted = archives / "MNIST" / "raw" / "t10k-images-idx3-ubyte.gz"
    kept = wanted.read_bytes()
    wanted.unlink()
    asked = []

    def serve(url, *_, **__):
        asked.append(url)
        if url.startswith(("https://ossci", "http://ossci")):
            raise failure
        wanted.write_bytes(kept)

    monkeypatch.setattr(fetching, "_get_redirect_url", lambda url, **_: url)
    monkeypatch.setattr(fetching, "_urlretrieve", serve)
    assert len(load_mnist("test", archives)) == COUNTS["test"]
    assert not asked[-1].startswith(("https://ossci", "http://ossci"))


def test_missing_files_are_not_fetched_unasked(tmp_path, no_network):
    with pytest.raises(MissingData, match="--fetch-only"):
        load_mnist("test", tmp_path, fetch=False)
    assert no_network == []


def test_the_digits_are_here_packed_or_unpacked(archives):
    raw = archives / "MNIST" / "raw"
    packed = {path.name.removesuffix(".gz"): path.stat().st_size for path in raw.glob("*.gz")}
    assert packed == ARCHIVES
    assert mnist_is_here(archives)
    load_mnist("test", archives, fetch=False)
    assert {name: (raw / name).stat().st_size for name in SIZES} == SIZES
    for archive in raw.glob("*.gz"):
        archive.unlink()
    assert mnist_is_here(archives)
    (raw / "t10k-labels-idx1-ubyte").write_bytes(b"")
    assert not mnist_is_here(archives)
    (raw / "t10k-labels-idx1-ubyte").unlink()
    assert not mnist_is_here(archives)


def test_half_an_archive_is_half_of_its_share_and_not_the_digits(archives):
    raw = archives / "MNIST" / "raw"
    assert fetched_share(archives) == 1.0
    images = raw / "train-images-idx3-ubyte.gz"
    images.write_bytes(images.read_bytes()[: 9_912_422 // 2])
    assert not mnist_is_here(archives)
    assert fetched_share(archives) == pytest.approx((11_594_722 - 4_956_211) / 11_594_722)
    (raw / "t10k-labels-idx1-ubyte.gz").write_bytes(bytes(20_000_000))  # too much of one is no more than all of it
    assert fetched_share(archives) < 0.6


def test_nothing_is_here_of_a_folder_that_is_not(tmp_path):
    assert not mnist_is_here(tmp_path / "nowhere")
    assert fetched_share(tmp_path / "nowhere") == 0.0


def test_the_environment_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_DATA", str(tmp_path / "elsewhere"))
    assert find_data_dir() == tmp_path / "elsewhere"
    assert find_data_dir(tmp_path) == tmp_path


def test_an_unknown_split_is_a_mistake_of_the_program():
    with pytest.raises(ValueError, match="expected one of train, test"):
        load_mnist("validation")


def test_the_last_digits_are_held_out():
    digits = Digits(np.zeros((10, 28, 28), np.uint8), np.arange(10))
    training, validation_size = split_training(digits, 3)
    assert training.labels.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert validation_size.labels.tolist() == [7, 8, 9]
    training, validation_size = split_training(digits, 0)
    assert (len(training), len(validation_size)) == (10, 0)
    with pytest.raises(ValueError, match="expected to leave some"):
        split_training(digits, 10)


def test_five_people_read_each_disputed_digit_and_most_did_not_see_its_label(mnist_test):
    for index, votes in DISPUTED_VOTES.items():
        assert votes.label == mnist_test.labels[index]
        assert votes.guess != votes.label
        assert votes.for_label + votes.for_guess + votes.for_neither == 5
        assert votes.for_label < 3


def test_the_disputed_digits_are_those_that_were_published():
    published = (947, 1621, 1901, 2130, 2462, 2597, 2654, 3520, 3558, 5937, 6651, 6783, 8527, 9679, 9729)
    assert published == DISPUTED_TEST_LABELS
    clearest = [index for index, votes in DISPUTED_VOTES.items() if votes.for_guess == 5]
    assert clearest == [947, 6651]
