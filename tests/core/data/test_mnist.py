import gzip
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from torchvision.datasets import MNIST

from mnist_core.data import fetching
from mnist_core.data.label_errors import DISPUTED_TEST_LABELS, DISPUTED_VOTES
from mnist_core.data.mnist import (
    ARCHIVES,
    COUNTS,
    FILES,
    SIZES,
    Digits,
    fetched_share,
    find_data_dir,
    find_faults,
    find_obstacle,
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


def unpack(folder: Path) -> None:
    """Unpack every archive in a folder, in its place."""
    for archive in folder.glob("*.gz"):
        archive.with_suffix("").write_bytes(gzip.decompress(archive.read_bytes()))
        archive.unlink()


def everything(folder: Path) -> dict[str, bytes]:
    """Every file in a folder, with what is in it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def no_network(monkeypatch):
    """Count the addresses that are asked for, and answer none."""
    asked = []

    def refuse(address, *_):
        asked.append(address)
        raise DataError("cannot be reached")

    monkeypatch.setattr(fetching, "receive", refuse)
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


def packed_anew(raw: Path) -> None:
    for archive in raw.glob("*.gz"):
        archive.write_bytes(gzip.compress(gzip.decompress(archive.read_bytes()), 1))


def named_with_a_dot(raw: Path) -> None:
    for archive in raw.glob("*.gz"):
        archive.rename(raw / archive.name.replace("-idx", ".idx"))


def named_with_a_dot_and_unpacked(raw: Path) -> None:
    named_with_a_dot(raw)
    unpack(raw)


def unpacked_by_a_browser(raw: Path) -> None:
    """The names of archives, and what was in them."""
    for archive in raw.glob("*.gz"):
        archive.write_bytes(gzip.decompress(archive.read_bytes()))


@pytest.mark.parametrize(
    ("wrap", "where"),
    [
        (unpack, "MNIST/raw as the folder"),
        (packed_anew, "MNIST/raw"),
        (packed_anew, "flat"),
        (named_with_a_dot, "MNIST/raw"),
        (named_with_a_dot_and_unpacked, "flat"),
        (unpacked_by_a_browser, "MNIST/raw"),
    ],
)
def test_the_digits_are_taken_in_any_wrapping(archives, no_network, mnist_test, wrap: Callable[[Path], None], where):
    raw = archives / "MNIST" / "raw"
    wrap(raw)
    lying = everything(raw)
    folder = raw if where == "MNIST/raw as the folder" else archives
    if where == "flat":
        for file in raw.iterdir():
            file.rename(archives / file.name)
        shutil.rmtree(archives / "MNIST")
    assert mnist_is_here(folder)
    assert find_faults(folder) == []
    found = load_mnist("test", folder, fetch=False)
    assert np.array_equal(found.images, mnist_test.images)
    assert np.array_equal(found.labels, mnist_test.labels)
    assert no_network == []
    after = everything(archives if where == "flat" else raw)
    assert lying.items() <= after.items()  # untouched, with the unpacked ones beside them
    assert set(after) <= set(SIZES) | set(lying)


def test_a_folder_that_cannot_be_written_to_will_do(archives, monkeypatch, mnist_train):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("mnist_core.data.idx_files.write_atomically", refuse)
    before = everything(archives)
    assert np.array_equal(load_mnist("train", archives, fetch=False).images, mnist_train.images)
    assert everything(archives) == before


def test_what_is_packed_is_unpacked_beside_itself_once(archives):
    load_mnist("test", archives, fetch=False)
    images = archives / "MNIST" / "raw" / "t10k-images-idx3-ubyte"
    made = images.stat().st_mtime_ns
    (archives / "MNIST" / "raw" / "t10k-images-idx3-ubyte.gz").unlink()
    load_mnist("test", archives, fetch=False)
    assert images.stat().st_mtime_ns == made


def wrong(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda raw: (raw / name).write_bytes(content) and None


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (wrong("t10k-labels-idx1-ubyte.gz", b""), "t10k-labels-idx1-ubyte.gz has 0 bytes, expected 10,008"),
        (
            wrong("t10k-labels-idx1-ubyte.gz", b"<html>Not found</html>"),
            "t10k-labels-idx1-ubyte.gz has 22 bytes, expected 10,008, or fewer as a .gz",
        ),
        (
            wrong("t10k-labels-idx1-ubyte.gz", gzip.compress(bytes(10_007))),
            "t10k-labels-idx1-ubyte.gz is cut off or another file: it would unpack to 10,007 bytes, expected 10,008",
        ),
        (
            wrong("t10k-labels-idx1-ubyte.gz", gzip.compress(bytes(10_008))),
            "t10k-labels-idx1-ubyte.gz has the right size but other bytes: it is damaged, or of another data set such",
        ),
        (
            wrong("t10k-labels-idx1-ubyte.gz", gzip.compress(bytes(10_008))[:20] + (10_008).to_bytes(4, "little")),
            "t10k-labels-idx1-ubyte.gz is damaged and cannot be unpacked",
        ),
        (lambda raw: (raw / "t10k-labels-idx1-ubyte.gz").unlink(), "missing: t10k-labels-idx1-ubyte"),
    ],
    ids=["empty", "a page", "another size", "other bytes", "damaged", "missing"],
)
def test_what_is_wrong_is_named_and_never_touched(archives, no_network, harm, said):
    harm(archives / "MNIST" / "raw")
    before = everything(archives)
    with pytest.raises(MissingData) as caught:
        load_mnist("test", archives, fetch=False)
    assert said in str(caught.value)
    assert "train-" not in str(caught.value).partition("Run ")[0]  # what is whole is not named
    with pytest.raises(DataError, match="could not be fetched") as caught:
        load_mnist("test", archives)
    assert said in str(caught.value)
    assert no_network
    after = everything(archives)
    assert before.items() <= after.items()
    assert mnist_is_here(archives) == ("other bytes" in said or "cannot be unpacked" in said)


def test_a_folder_in_the_place_of_a_file_is_named(archives):
    labels = archives / "MNIST" / "raw" / "t10k-labels-idx1-ubyte.gz"
    labels.unlink()
    labels.mkdir()
    assert not mnist_is_here(archives)
    assert find_faults(archives) == ["MNIST/raw/t10k-labels-idx1-ubyte.gz is no file"]


def test_a_pipe_in_the_place_of_a_file_is_named_and_not_waited_for(archives):
    images = archives / "MNIST" / "raw" / "train-images-idx3-ubyte.gz"
    images.unlink()
    os.mkfifo(images)
    assert not mnist_is_here(archives)
    with pytest.raises(MissingData, match=r"MNIST/raw/train-images-idx3-ubyte\.gz is no file\. Run"):
        load_mnist("train", archives, fetch=False)


CLOSED = (
    "The data folder may not be written to, so nothing can be fetched into it. "
    "Mend that, or choose another folder (`MNIST_DATA`)."
)


@pytest.fixture
def nobody():
    """A data folder of somebody's who is not root, and so may not do everything; the test is that person."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))  # the other folders of a test are root's alone
    user = os.geteuid()
    raw = folder / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    if user == 0:
        for each in (folder, *folder.rglob("*")):
            os.chown(each, 65534, -1)
        os.seteuid(65534)
    try:
        yield raw.parent.parent
    finally:
        for place in (raw.parent.parent, raw.parent, raw):
            with suppress(FileNotFoundError):
                place.chmod(0o755)
        os.seteuid(user)
        shutil.rmtree(folder)


def test_files_that_may_not_be_read_are_said_to_be_that_and_not_missing(nobody):
    raw = nobody / "MNIST" / "raw"
    for name in SIZES:
        (raw / name).touch()
        os.truncate(raw / name, SIZES[name])
        (raw / name).chmod(0)
    faults = [f"MNIST/raw/{name} may not be read" for name in SIZES]
    assert find_faults(nobody) == faults
    assert not mnist_is_here(nobody)
    assert find_obstacle(nobody) is None
    with pytest.raises(MissingData, match=r"are not all there, not all readable, or damaged: MNIST/raw/train-images"):
        load_mnist("test", nobody, fetch=False)


def test_folders_that_may_not_be_opened_are_said_to_be_that_once(nobody):
    raw = nobody / "MNIST" / "raw"
    raw.chmod(0)
    assert find_faults(nobody) == ["MNIST/raw may not be read"]
    assert find_obstacle(nobody) == CLOSED
    nobody.chmod(0)
    assert find_faults(nobody) == ["the data folder may not be read"]
    assert not mnist_is_here(nobody)


@pytest.mark.parametrize("closed", ["data", "data/MNIST", "data/MNIST/raw"])
def test_a_folder_that_may_not_be_written_to_is_in_the_way_of_a_fetch(nobody, no_network, closed):
    place = nobody.parent / closed
    for inside in place.iterdir():
        shutil.rmtree(inside)
    place.chmod(0o555)
    assert find_obstacle(nobody) == CLOSED
    assert find_faults(nobody) == []
    with pytest.raises(DataError) as caught:
        load_mnist("test", nobody)
    assert str(caught.value) == CLOSED
    assert no_network == []


def test_a_file_in_the_place_of_the_data_folder_is_in_the_way_of_a_fetch(tmp_path, no_network):
    (tmp_path / "data").write_text("in the way")
    assert find_obstacle(tmp_path / "data").startswith("The data folder is none")
    with pytest.raises(DataError, match=r"^The data folder is none, for a file has its place"):
        load_mnist("test", tmp_path / "data")
    assert no_network == []


@pytest.mark.usefixtures("no_network")
def test_no_sentence_names_the_place_of_the_data_folder(archives):
    """It is a visitor's to read."""
    raw = archives / "MNIST" / "raw"
    (raw / "t10k-labels-idx1-ubyte.gz").write_bytes(b"half")
    (raw / "train-labels-idx1-ubyte").mkdir()
    with pytest.raises(MissingData) as missing:
        load_mnist("test", archives, fetch=False)
    with pytest.raises(DataError) as unfetched:
        load_mnist("test", archives)
    for said in (str(missing.value), str(unfetched.value), *find_faults(archives)):
        assert str(archives) not in said


def test_no_more_is_unpacked_than_mnist_has(archives, monkeypatch):
    """The size that an archive gives is right; what it would unpack to is a thousand times that."""
    archive = archives / "MNIST" / "raw" / "t10k-labels-idx1-ubyte.gz"
    bomb = bytearray(gzip.compress(bytes(10_000_000), 9))
    bomb[-4:] = (10_008).to_bytes(4, "little")
    archive.write_bytes(bomb)
    unpacked = []
    read = gzip.GzipFile.read

    def counted(file, size=-1):
        content = read(file, size)
        if file.name == str(archive):
            unpacked.append(len(content))
        return content

    monkeypatch.setattr(gzip.GzipFile, "read", counted)
    with pytest.raises(MissingData, match=r"t10k-labels-idx1-ubyte\.gz has the right size but other bytes"):
        load_mnist("test", archives, fetch=False)
    assert set(unpacked) == {10_009}
    archive.write_bytes(gzip.compress(os.urandom(30_000)))  # larger than anything that could hold 10,008 bytes
    assert not mnist_is_here(archives)


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


@pytest.mark.parametrize("lying", [b"half", bytes(10_008)], ids=["half of it", "another data set"])
def test_what_is_fetched_lies_beside_what_is_wrong(archives, monkeypatch, lying):
    raw = archives / "MNIST" / "raw"
    kept = (raw / "t10k-labels-idx1-ubyte.gz").read_bytes()
    (raw / "t10k-labels-idx1-ubyte.gz").write_bytes(kept[:1000])
    (raw / "t10k-labels-idx1-ubyte").write_bytes(lying)
    before = everything(raw)
    monkeypatch.setattr(fetching, "receive", lambda *_: iter([kept]))
    assert len(load_mnist("test", archives)) == COUNTS["test"]
    assert before.items() <= everything(raw).items()
    assert gzip.decompress(kept) == (raw / "t10k-labels.idx1-ubyte").read_bytes()
    assert mnist_is_here(archives)
    (raw / "t10k-labels.idx1-ubyte").write_bytes(b"this name is taken, too")
    with pytest.raises(
        DataError, match=r"other files have the names t10k-labels-idx1-ubyte and t10k-labels\.idx1-ubyte"
    ):
        load_mnist("test", archives)


def test_a_fetch_that_was_killed_is_taken_up_and_leaves_nothing(archives, monkeypatch):
    raw = archives / "MNIST" / "raw"
    kept = (raw / "t10k-labels-idx1-ubyte.gz").read_bytes()
    (raw / "t10k-labels-idx1-ubyte.gz").unlink()
    half = archives / "MNIST" / ".fetched" / "t10k-labels-idx1-ubyte.gz"
    half.parent.mkdir()
    half.write_bytes(kept[:1000])
    monkeypatch.setattr(fetching, "receive", lambda *_: iter([kept]))
    assert len(load_mnist("test", archives)) == COUNTS["test"]
    assert not half.parent.exists()


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
    load_mnist("train", archives, fetch=False)
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
    (archives / "MNIST" / ".fetched").mkdir()
    (archives / "MNIST" / ".fetched" / images.name).write_bytes(images.read_bytes()[: 9_912_422 // 2])
    images.unlink()
    assert not mnist_is_here(archives)
    assert fetched_share(archives) == pytest.approx((11_594_722 - 4_956_211) / 11_594_722)
    (raw / "t10k-labels-idx1-ubyte.gz").write_bytes(bytes(20_000_000))  # too much of one is no more than all of it
    assert fetched_share(archives) < 0.6


def test_nothing_is_here_of_a_folder_that_is_not(tmp_path):
    assert not mnist_is_here(tmp_path / "nowhere")
    assert find_faults(tmp_path / "nowhere") == []
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
