"""EMNIST's files, made here in its format: transposed images, letters that count from 1, packed or not."""

import gzip
import hashlib
import io
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from torchvision import datasets

from mnist_core.alphabets import CHARACTERS
from mnist_core.data import fetching
from mnist_core.data.data_sets import EMNIST, EMNIST_PARTS, EMNIST_ZIP, DataSet, IdxFile
from mnist_core.data.digits import Digits
from mnist_core.data.emnist import load_emnist, read_emnist_files
from mnist_core.data.loading import fetched_share, find_faults, is_here, list_candidates, load
from mnist_core.errors import DataError, MissingData
from tests.support.mirrors import always, give, mirror

LETTERS = EMNIST_PARTS["letters"]


def images_file(images: np.ndarray) -> bytes:
    """The bytes of a file of these upright images, written as NIST writes them."""
    header = b"\x00\x00\x08\x03" + b"".join(int(side).to_bytes(4, "big") for side in images.shape)
    return header + images.transpose(0, 2, 1).tobytes()


def labels_file(labels: np.ndarray) -> bytes:
    return b"\x00\x00\x08\x01" + len(labels).to_bytes(4, "big") + labels.astype(np.uint8).tobytes()


def made(count: int, classes: int) -> Digits:
    """Images that differ from their transposes, whose top row says which they are, with every class in turn."""
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 0, 20] = 255
    images[np.arange(count), 1, np.arange(count) % 28] = np.arange(count) % 251
    return Digits(images, np.arange(count) % classes)


def small(data_set: DataSet) -> DataSet:
    """The same part of EMNIST, of which a hundred or so were published."""
    counts = {"train": 140, "test": 70}
    files = [
        IdxFile(file.name, (count, *file.shape[1:])) for split, count in counts.items() for file in data_set.of(split)
    ]
    return replace(data_set, files=tuple(files))


def contents(data_set: DataSet) -> dict[str, bytes]:
    """The files of a data set, made: name → bytes."""
    found = {}
    for split, count in data_set.counts.items():
        digits = made(count, len(data_set.classes))
        images, labels = data_set.of(split)
        found[images.name] = images_file(digits.images)
        found[labels.name] = labels_file(digits.labels + data_set.first_label)
    return found


@pytest.fixture
def raw(tmp_path):
    folder = tmp_path / "EMNIST" / "raw"
    folder.mkdir(parents=True)
    return folder


def write(raw: Path, data_set: DataSet, pack: bool = False) -> None:
    for name, content in contents(data_set).items():
        if pack:
            (raw / f"{name}.gz").write_bytes(gzip.compress(content, 1))
        else:
            (raw / name).write_bytes(content)


def test_the_parts_have_the_counts_and_the_classes_that_were_published():
    totals = {part: sum(each.counts.values()) for part, each in EMNIST_PARTS.items()}
    assert totals == {  # on NIST's page of the data set
        "byclass": 814_255,
        "bymerge": 814_255,
        "balanced": 131_600,
        "letters": 145_600,
        "digits": 280_000,
        "mnist": 70_000,
    }
    assert [len(each.classes) for each in EMNIST_PARTS.values()] == [62, 47, 47, 26, 10, 10]
    assert EMNIST is EMNIST_PARTS["balanced"]
    assert EMNIST.classes == CHARACTERS
    assert EMNIST.counts == {"train": 112_800, "test": 18_800}
    assert set(EMNIST_PARTS) == set(datasets.EMNIST.splits)
    for part, theirs in datasets.EMNIST.classes_split_dict.items():
        ours = list(EMNIST_PARTS[part].classes)
        assert ours == ([each.upper() for each in theirs[1:]] if part == "letters" else theirs)
    assert [each.first_label for each in EMNIST_PARTS.values()] == [0, 0, 0, 1, 0, 0]
    assert EMNIST.of("test")[0].size == 16 + 18_800 * 784


@pytest.mark.parametrize("part", EMNIST_PARTS)
@pytest.mark.parametrize("pack", [False, True], ids=["unpacked", "packed"])
def test_each_part_is_read_upright_and_from_0(raw, part, pack):
    data_set = small(EMNIST_PARTS[part])
    write(raw, data_set, pack)
    assert is_here(data_set, raw.parent.parent)
    assert fetched_share(data_set, raw) == 1
    assert find_faults(data_set, raw) == []
    for split in ("train", "test"):
        found, expected = load(data_set, split, raw, fetch=False), made(data_set.counts[split], len(data_set.classes))
        assert np.array_equal(found.images, expected.images)
        assert np.array_equal(found.labels, expected.labels)
        assert (found.images.dtype, found.labels.dtype) == (np.uint8, np.int64)
        assert found.images.flags.c_contiguous
        theirs = datasets.EMNIST(raw.parent.parent, split=part, train=split == "train")  # as the files have them
        assert np.array_equal(theirs.data.numpy().transpose(0, 2, 1), found.images)
        assert np.array_equal(theirs.targets.numpy(), found.labels + (part == "letters"))


def test_the_files_may_lie_as_the_zip_unpacks(raw):
    data_set = small(EMNIST)
    (raw / "gzip").mkdir()
    write(raw / "gzip", data_set, pack=True)
    assert len(load(data_set, "test", raw.parent.parent, fetch=False)) == 70
    assert {path.parent for path in list_candidates(EMNIST, raw.parent.parent)} == {raw, raw / "gzip"}


@pytest.mark.parametrize("pack", [False, True], ids=["unpacked", "packed"])
def test_two_files_of_any_count_are_read(tmp_path, pack):
    digits, wrap = made(5, 26), gzip.compress if pack else bytes
    images, labels = tmp_path / "some-images", tmp_path / "some-labels"
    images.write_bytes(wrap(images_file(digits.images)))
    labels.write_bytes(wrap(labels_file(digits.labels + 1)))
    found = read_emnist_files(images, labels, "letters")
    assert np.array_equal(found.images, digits.images)
    assert found.labels.tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match=r"^part: found 'words', expected one of byclass, bymerge, balanced"):
        read_emnist_files(images, labels, "words")
    with pytest.raises(ValueError, match=r"^part: found 'words'"):
        load_emnist("test", tmp_path, part="words")


GOOD = images_file(made(5, 26).images)
PACKED = gzip.compress(GOOD, 1)
FIVE_LABELS = labels_file(np.arange(1, 6))
HUGE = b"\x00\x00\x08\x03" + b"\xff" * 4 + GOOD[8:]
IMAGE_DAMAGES = {
    "empty": (b"", "holds no images: it begins with nothing, expected 00000803"),
    "a page": (b"<html>Not found</html>", "holds no images: it begins with 3c68746d, expected 00000803"),
    "labels": (FIVE_LABELS, "holds labels where images are expected: are the two files swapped?"),
    "little-endian": (b"\x03\x08\x00\x00" + GOOD[4:], "holds no images: it begins with 03080000"),
    "header": (GOOD[:10], "is cut off within its header: has 10 bytes, expected 16"),
    "cut off": (GOOD[:-1], "is cut off or damaged: it has 3,935 bytes, by its header it should 3,936"),
    "too long": (GOOD + b"1", "is cut off or damaged: it has 3,937 bytes, by its header it should 3,936"),
    "other sides": (
        images_file(np.zeros((2, 32, 30), np.uint8)),
        "holds images of 32 × 30 pixels, expected 28 × 28",
    ),
    "forged": (HUGE, "announces 4,294,967,295 images, expected 1 to 697,932"),
    "none": (images_file(np.zeros((0, 28, 28), np.uint8)), "announces 0 images, expected 1 to 697,932"),
    "packed, cut off": (PACKED[:-9], "is cut off or damaged: it would unpack to"),
    "packed, forged": (gzip.compress(HUGE), "announces 4,294,967,295 images"),
    "packed, broken": (PACKED[:10] + bytes(20) + PACKED[30:], "is damaged and cannot be unpacked"),
    "packed, another end": (
        PACKED[:-8] + bytes(4) + PACKED[-4:],
        "is damaged and cannot be unpacked",  # its checksum is wrong
    ),
}
LABEL_DAMAGES = {
    "images": (GOOD, "holds images where labels are expected: are the two files swapped?"),
    "0 in the letters": (
        labels_file(np.arange(5)),
        "holds the label 0, expected 1 to 26: it is damaged, or not of EMNIST Letters",
    ),
    "too large": (labels_file(np.array([1, 2, 3, 4, 27])), "holds the label 27, expected 1 to 26"),
    "cut off": (FIVE_LABELS[:-2], "is cut off or damaged: it has 11 bytes, by its header it should 13"),
    "fewer": (labels_file(np.arange(1, 5)), "holds 5 images, but"),
}


@pytest.mark.parametrize("damage", IMAGE_DAMAGES)
def test_damaged_images_are_refused(tmp_path, damage):
    content, said = IMAGE_DAMAGES[damage]
    (tmp_path / "images").write_bytes(content)
    (tmp_path / "labels").write_bytes(FIVE_LABELS)
    with pytest.raises(DataError) as caught:
        read_emnist_files(tmp_path / "images", tmp_path / "labels", "letters")
    assert str(caught.value).startswith(f"images {said}")
    assert str(caught.value).endswith(
        "Give the images and the labels of one split of EMNIST Letters, as NIST has them."
    )


@pytest.mark.parametrize("damage", LABEL_DAMAGES)
def test_damaged_labels_are_refused(tmp_path, damage):
    content, said = LABEL_DAMAGES[damage]
    (tmp_path / "images").write_bytes(GOOD)
    (tmp_path / "labels").write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_emnist_files(tmp_path / "images", tmp_path / "labels", "letters")
    assert str(caught.value).startswith(f"{'images' if damage == 'fewer' else 'labels'} {said}")


def test_what_is_no_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"^images cannot be read: No such file or directory\. Give the images"):
        read_emnist_files(tmp_path / "images", tmp_path / "labels", "letters")
    (tmp_path / "images").mkdir()
    with pytest.raises(DataError, match=r"^images is no file\. Give"):
        read_emnist_files(tmp_path / "images", tmp_path / "labels", "letters")


def test_no_header_and_no_archive_takes_more_memory_than_the_file_may_have(tmp_path):
    bomb = bytearray(gzip.compress(GOOD[:16] + bytes(300_000_000), 9))
    bomb[-4:] = len(GOOD).to_bytes(4, "little")
    most = b"\x00\x00\x08\x03" + (697_932).to_bytes(4, "big") + GOOD[8:]  # as many as may be
    lying = gzip.compress(most)[:-4] + (16 + 697_932 * 784).to_bytes(4, "little")
    forged = {"bomb": bytes(bomb), "forged": HUGE, "packed": gzip.compress(HUGE), "most": most, "lying": lying}
    for name, content in forged.items():
        (tmp_path / name).write_bytes(content)
        tracemalloc.start()
        try:
            with pytest.raises(DataError):
                read_emnist_files(tmp_path / name, tmp_path / "labels", "letters")
            assert tracemalloc.get_traced_memory()[1] < 5_000_000, name
        finally:
            tracemalloc.stop()


def swap(raw: Path, images: str, labels: str) -> None:
    (raw / images).rename(raw / "kept")
    (raw / labels).rename(raw / images)
    (raw / "kept").rename(raw / labels)


IMAGES, LABELS = (file.name for file in LETTERS.of("test"))
FOLDER_DAMAGES = {
    "swapped": (
        lambda raw: swap(raw, IMAGES, LABELS),
        f"EMNIST/raw/{IMAGES} holds labels where images are expected: are the two files swapped?; "
        f"EMNIST/raw/{LABELS} holds images where labels are expected: are the two files swapped?",
    ),
    "of the other split": (
        lambda raw: (raw / IMAGES).write_bytes((raw / IMAGES.replace("test", "train")).read_bytes()),
        f"EMNIST/raw/{IMAGES} holds 140 images, expected 70: it is another file, of another part or split",
    ),
    "from 0": (
        lambda raw: (raw / LABELS).write_bytes(labels_file(made(70, 26).labels)),
        f"EMNIST/raw/{LABELS} holds the label 0, expected 1 to 26: it is damaged, or not of EMNIST Letters",
    ),
    "of fewer classes": (
        lambda raw: (raw / LABELS).write_bytes(labels_file(made(70, 10).labels + 1)),
        f"EMNIST/raw/{LABELS} holds 10 different labels, expected 26: it is damaged, or not of EMNIST Letters",
    ),
    "cut off": (
        lambda raw: (raw / IMAGES).write_bytes((raw / IMAGES).read_bytes()[:-784]),
        f"EMNIST/raw/{IMAGES} is cut off or damaged: it has 54,112 bytes, by its header it should 54,896",
    ),
    "missing": (lambda raw: (raw / LABELS).unlink(), f"missing: {LABELS}"),
}


@pytest.mark.parametrize("damage", FOLDER_DAMAGES)
def test_damaged_files_in_the_data_folder_are_named_and_never_used(raw, damage):
    harm, said = FOLDER_DAMAGES[damage]
    data_set = small(LETTERS)
    write(raw, data_set)
    harm(raw)
    with pytest.raises(MissingData) as caught:
        load(data_set, "test", raw.parent.parent, fetch=False)
    assert str(caught.value) == (
        "The EMNIST Letters characters in the data folder are not all there, not all readable, or damaged: "
        f"{said}. Run `python train.py --fetch-only --data emnist-letters` once to fetch them (561 MB), or put the "
        "four .gz files, emnist-letters-… of NIST's gzip.zip, into EMNIST/raw in the data folder (`MNIST_DATA`, else "
        "data/); unpacked ones will do."
    )
    assert len(load(data_set, "train", raw, fetch=False)) == 140


def test_the_labels_of_bymerge_are_not_taken_for_those_of_byclass(raw):
    """The two parts have the same counts."""
    data_set = small(EMNIST_PARTS["byclass"])
    write(raw, data_set)
    (raw / data_set.of("test")[1].name).write_bytes(labels_file(made(70, 47).labels))
    (fault,) = find_faults(data_set, raw)
    assert fault.endswith("holds 47 different labels, expected 62: it is damaged, or not of EMNIST ByClass")


@pytest.fixture
def zipped(monkeypatch):
    """A zip of two small parts as NIST packs them, and the data set that says its size."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for part in ("letters", "digits"):
            for name, each in contents(small(EMNIST_PARTS[part])).items():
                archive.writestr(f"gzip/{name}.gz", gzip.compress(each, 1))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(datasets.EMNIST, "md5", hashlib.md5(content.getvalue()).hexdigest())
    return content.getvalue()


def test_the_part_that_is_asked_for_is_fetched_and_kept(raw, zipped, monkeypatch):
    data_set = replace(small(LETTERS), zip_size=len(zipped))
    with mirror(always(give(zipped))) as source:
        monkeypatch.setattr(datasets.EMNIST, "url", f"{source.address}EMNIST/gzip.zip")
        assert not is_here(data_set, raw)
        assert fetched_share(data_set, raw) == 0
        assert np.array_equal(load(data_set, "test", raw).images, made(70, 26).images)
        assert len(load(data_set, "train", raw)) == 140
        assert source.asked == ["/EMNIST/gzip.zip"]
    assert {path.name for path in raw.iterdir()} == {file.name for file in data_set.files}
    assert {path.name for path in raw.parent.iterdir()} <= {"raw", ".lock"}


def test_half_of_the_zip_is_half_of_its_share(raw, zipped):
    data_set = replace(small(LETTERS), zip_size=len(zipped))
    (raw.parent / ".fetched").mkdir()
    (raw.parent / ".fetched" / "gzip.zip").write_bytes(zipped[: len(zipped) // 2])
    assert fetched_share(data_set, raw) == pytest.approx(0.5, abs=0.001)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda content: content[:-1] + b"?", "127.0.0.1 sent a file that is not the one published"),
        (lambda content: content[:1000], "127.0.0.1 broke off after 1,000 of"),
    ],
    ids=["other bytes", "half of it"],
)
def test_another_zip_is_refused_and_not_left(raw, zipped, monkeypatch, harm, said):
    data_set = replace(small(LETTERS), zip_size=len(zipped))
    with mirror(always(give(harm(zipped)))) as source:
        monkeypatch.setattr(datasets.EMNIST, "url", f"{source.address}gzip.zip")
        with pytest.raises(DataError) as caught:
            load(data_set, "test", raw)
    assert str(caught.value).startswith(
        f"The EMNIST Letters characters could not be fetched. Tried for gzip.zip: {said}"
    )
    assert "emnist-letters-… of NIST's gzip.zip" in str(caught.value)
    assert [*raw.rglob("*")] == []
    assert not (raw.parent / ".fetched").exists()


def test_a_zip_without_the_part_says_so(raw, zipped, monkeypatch):
    data_set = replace(small(EMNIST), zip_size=len(zipped))
    monkeypatch.setattr(fetching, "receive", lambda *_: iter([zipped]))
    with pytest.raises(DataError, match=r"There is no emnist-balanced-train-images-idx3-ubyte\.gz in gzip\.zip\."):
        load(data_set, "test", raw)


def test_without_room_for_it_nothing_is_asked_for(raw, monkeypatch):
    asked = []
    monkeypatch.setattr(fetching, "receive", lambda *rest: asked.append(rest))
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda _: type("", (), {"free": 600_000_000}))
    with pytest.raises(DataError, match=r"to fetch the EMNIST Balanced characters, 665 MB must be free there"):
        load_emnist("test", raw)
    assert asked == []
    assert EMNIST.room == EMNIST_ZIP + sum(file.size for file in EMNIST.files)
