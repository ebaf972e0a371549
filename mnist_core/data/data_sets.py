"""The published data sets: the files of each, what is in them, and the classes that their labels count.

Every image has 28 × 28 pixels of one byte, ink 255 on 0. A file is known by the SHA-256 of its unpacked bytes; where
none was published, as of EMNIST, by its header, its size and its labels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase

from mnist_core.alphabets import CHARACTERS, CLOTHES, DIGITS, noun_of
from mnist_core.data.digits import SIDE, Split

IDX_UINT8 = bytes((0, 0, 8))  # how a file of bytes begins; the number of its dimensions follows


@dataclass(frozen=True, slots=True)
class IdxFile:
    """A file of images `(N, 28, 28)` or of labels `(N,)`, uint8, in the format idx."""

    name: str  # unpacked
    shape: tuple[int, ...]
    sha256: str | None = None  # of the unpacked bytes
    archive: int = 0  # bytes of the .gz as published; 0 where it is published in a zip alone

    @property
    def size(self) -> int:
        """The bytes of the unpacked file, its header among them."""
        return header_size(self.shape[1:]) + math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set as it was published; `files` are those of the training images and labels, then of the test ones."""

    name: str  # as people say it
    key: str  # as commands take it
    folder: str  # beside others in the data folder; torchvision's class has the same name
    classes: tuple[str, ...]  # in the order of the labels
    files: tuple[IdxFile, ...]
    first_label: int = 0  # as the files count; what is loaded counts from 0
    is_transposed: bool = False  # rows and columns, in the files; what is loaded is upright
    may_lie_flat: bool = False  # in the data folder itself, too
    zip_size: int = 0  # bytes of the one zip in which all files are published; 0 where each has its .gz
    test_labels_sha256: str | None = None  # of one byte a label

    @property
    def counts(self) -> dict[Split, int]:
        """How many images each split has."""
        return {"train": self.of("train")[0].shape[0], "test": self.of("test")[0].shape[0]}

    @property
    def things(self) -> str:
        """What its images are called: "MNIST digits"."""
        return f"{self.name} {noun_of(self.classes)}s"

    @property
    def download_size(self) -> int:
        """The bytes to be received where nothing is here."""
        return self.zip_size or sum(file.archive for file in self.files)

    @property
    def room(self) -> int:
        """The bytes that a fetch may need: all files, and the largest archive while it arrives."""
        return sum(file.size for file in self.files) + (self.zip_size or max(file.archive for file in self.files))

    def of(self, split: Split) -> tuple[IdxFile, IdxFile]:
        """Return the files of the images and of the labels of a split."""
        images, labels = self.files[:2] if split == "train" else self.files[-2:]
        return images, labels


def header_size(sides: tuple[int, ...]) -> int:
    """Return the bytes before the first image of those sides, or before the first label where there are none."""
    return 8 + 4 * len(sides)


def _of_mnist_size(sha256: tuple[str, ...], archives: tuple[int, ...]) -> tuple[IdxFile, ...]:
    """Return four files of the names and sizes that MNIST has, and that others took over from it."""
    shapes: dict[str, tuple[int, ...]] = {
        "train-images-idx3-ubyte": (60_000, SIDE, SIDE),
        "train-labels-idx1-ubyte": (60_000,),
        "t10k-images-idx3-ubyte": (10_000, SIDE, SIDE),
        "t10k-labels-idx1-ubyte": (10_000,),
    }
    every = zip(shapes.items(), sha256, archives, strict=True)
    return tuple(IdxFile(name, shape, known, archive) for (name, shape), known, archive in every)


MNIST = DataSet(
    "MNIST",
    "mnist",
    "MNIST",
    DIGITS,
    _of_mnist_size(
        (  # as LeCun, Cortes and Burges published them
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
        (9_912_422, 28_881, 1_648_877, 4_542),
    ),
    may_lie_flat=True,
    test_labels_sha256="ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
)

FASHION = DataSet(
    "Fashion-MNIST",
    "fashion",
    "FashionMNIST",
    CLOTHES,
    _of_mnist_size(
        (  # as Xiao, Rasul and Vollgraf published them
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
        (26_421_880, 29_515, 4_422_102, 5_148),
    ),
    test_labels_sha256="3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9",
)

EMNIST_ZIP = 561_753_746  # bytes of NIST's gzip.zip, by TensorFlow Datasets; torchvision has its MD5

# Cohen, Afshar, Tapson and van Schaik 2017. Part: classes in the order of the labels, the first label, how many images
# to learn from and to be evaluated by. Of the letters the paper counts 103,600, NIST's page 145,600.
_EMNIST: dict[str, tuple[str, tuple[str, ...], int, int, int]] = {
    "byclass": ("ByClass", (*DIGITS, *ascii_uppercase, *ascii_lowercase), 0, 697_932, 116_323),
    "bymerge": ("ByMerge", CHARACTERS, 0, 697_932, 116_323),
    "balanced": ("Balanced", CHARACTERS, 0, 112_800, 18_800),
    "letters": ("Letters", tuple(ascii_uppercase), 1, 124_800, 20_800),
    "digits": ("Digits", DIGITS, 0, 240_000, 40_000),
    "mnist": ("MNIST", DIGITS, 0, 60_000, 10_000),
}


def _part_of_emnist(part: str) -> DataSet:
    title, classes, first_label, train, test = _EMNIST[part]
    files = []
    for split, count in (("train", train), ("test", test)):
        files.append(IdxFile(f"emnist-{part}-{split}-images-idx3-ubyte", (count, SIDE, SIDE)))
        files.append(IdxFile(f"emnist-{part}-{split}-labels-idx1-ubyte", (count,)))
    return DataSet(
        f"EMNIST {title}",
        "emnist" if part == "balanced" else f"emnist-{part}",
        "EMNIST",
        classes,
        tuple(files),
        first_label,
        is_transposed=True,
        zip_size=EMNIST_ZIP,
    )


EMNIST_PARTS = {part: _part_of_emnist(part) for part in _EMNIST}
EMNIST = EMNIST_PARTS["balanced"]
DATA_SETS = {data_set.key: data_set for data_set in (MNIST, FASHION, EMNIST)}


def find_data_set(key: str) -> DataSet:
    """Return the data set of that key, the parts of EMNIST beside Balanced among them; raises `ValueError`."""
    every = DATA_SETS | {data_set.key: data_set for data_set in EMNIST_PARTS.values()}
    if key not in every:
        raise ValueError(f"data set: found {key!r}, expected one of {', '.join(every)}")
    return every[key]
