"""Models as zip files: there and back, and everything else that somebody may give in their place."""

import json
import shutil
import stat
import struct
import zipfile
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from mnist_core.alphabets import CHARACTERS
from mnist_core.errors import BadArchive, BadName, DamagedModel, ModelError, ModelNotFound
from mnist_core.evaluation.test_sets import EMNIST_TEST
from mnist_core.model.card import card_from_json
from mnist_core.model.prediction import probabilities
from mnist_core.store import zip_archive
from mnist_core.store.layout import MAX_ZIPPED
from mnist_core.store.models import list_models, load_answers, load_evaluation, load_model
from mnist_core.store.zip_archive import MAX_ZIP_BYTES, add_archive, open_archive, zip_model
from mnist_core.synthetic.generate import synthetic_digits
from tests.support.alphabets import pretend_evaluation, save_model
from tests.support.models import add_zipped_model, list_damaged_models
from tests.support.places import PROJECT

NAMES = [card.name for card in list_models(PROJECT / "models")]
MODELS = PROJECT / "models"
Member = tuple[str | zipfile.ZipInfo, bytes]


@pytest.fixture
def shelf(tmp_path) -> Path:
    """A models folder with one model, a hidden folder and a damaged one."""
    folder = tmp_path / "models"
    shutil.copytree(MODELS / "classic", folder / "classic")
    (folder / ".runs").mkdir()
    (folder / "broken").mkdir()
    return folder


def everything(folder: Path) -> dict[str, bytes | None]:
    """Every path in a folder, hidden ones too, with what is in it."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def files(name: str = "quick") -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (MODELS / name).iterdir()}


def zipped(members: list[Member], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", method) as file:
        for name, value in members:
            file.writestr(name, value, method)
    return content.getvalue()


def in_folder(contents: dict[str, bytes], folder: str = "quick/") -> bytes:
    return zipped([(folder + name, content) for name, content in contents.items()])


def with_weights(weights: bytes, contents: dict[str, bytes] | None = None) -> dict[str, bytes]:
    """The files of `quick` with other weights, which its card says are its own."""
    contents = files() if contents is None else contents
    card = card_from_json(contents["card.json"].decode())
    card = replace(card, weights_sha256=sha256(weights).hexdigest())
    return contents | {"weights.safetensors": weights, "card.json": card.to_json().encode()}


def changed(**changes) -> dict[str, bytes]:
    """The files of `quick` with these entries of its card changed."""
    card = json.loads(files()["card.json"]) | changes
    return files() | {"card.json": json.dumps(card).encode()}


def changed_weights(**changes: torch.Tensor) -> dict[str, bytes]:
    weights = load(files()["weights.safetensors"])
    return with_weights(save(weights | {name.replace("__", "."): value for name, value in changes.items()}))


def refusal(content: bytes, shelf: Path, kind: type[ModelError] = ModelError) -> str:
    """Why a zip is refused; nothing may have been written, or be left."""
    before = everything(shelf.parent)
    with pytest.raises(kind) as caught:
        add_zipped_model(content, shelf)
    assert everything(shelf.parent) == before
    sentence = str(caught.value)
    assert sentence.endswith(".")
    return sentence


# ---------------------------------------------------------------------------------------------- there and back


@pytest.mark.parametrize("name", NAMES)
def test_a_model_comes_back_bit_for_bit_and_answers_the_same(name, tmp_path):
    card = add_zipped_model(zip_model(name, MODELS), tmp_path / "models")
    assert files(name) == {path.name: path.read_bytes() for path in (tmp_path / "models" / name).iterdir()}
    assert card == load_model(name, MODELS).card
    digits = synthetic_digits(20, seed=4).pixels
    ours, theirs = (probabilities(load_model(name, folder), digits) for folder in (MODELS, tmp_path / "models"))
    assert np.array_equal(ours, theirs)
    assert load_evaluation(name, tmp_path / "models") == load_evaluation(name, MODELS)
    assert len(load_answers(name, tmp_path / "models")) == (3_290 if name == "characters" else 10_000)
    assert [path.name for path in tmp_path.rglob("*") if path.name.startswith(".")] == []


def test_the_same_model_gives_the_same_zip_which_any_program_opens(tmp_path):
    content = zip_model("quick", MODELS)
    assert content == zip_model("quick", MODELS)
    with zipfile.ZipFile(BytesIO(content)) as file:
        assert file.testzip() is None
        assert sorted(file.namelist()) == sorted(f"quick/{name}" for name in files())
        file.extractall(tmp_path)
    assert load_model("quick", tmp_path).card.name == "quick"


def test_what_lies_beside_the_known_files_is_not_packed(shelf):
    (shelf / "classic" / "secret.txt").write_text("mine")
    with zipfile.ZipFile(BytesIO(zip_model("classic", shelf))) as file:
        assert "classic/secret.txt" not in file.namelist()


def test_a_damaged_or_missing_model_is_not_packed(shelf):
    (shelf / "classic" / "weights.safetensors").write_bytes(b"damaged")
    with pytest.raises(DamagedModel):
        zip_model("classic", shelf)
    with pytest.raises(ModelNotFound):
        zip_model("quick", shelf)
    with pytest.raises(BadName):
        zip_model("../models/classic", shelf)


def test_a_model_can_be_given_another_name(shelf):
    card = add_zipped_model(zip_model("quick", MODELS), shelf, "quick-of-a-friend")
    assert card.name == load_model("quick-of-a-friend", shelf).card.name == "quick-of-a-friend"
    assert card == replace(load_model("quick", MODELS).card, name="quick-of-a-friend")


def test_a_zip_may_have_no_folder_or_one_of_another_name_or_say_that_it_has_one(tmp_path):
    for number, content in enumerate(
        [
            in_folder(files(), ""),
            in_folder(files(), "Downloads (2)/"),
            zipped([("quick/", b""), *((f"quick/{name}", content) for name, content in files().items())]),
        ]
    ):
        assert add_zipped_model(content, tmp_path / str(number)).name == "quick"


def test_a_model_that_was_not_judged_is_taken(shelf):
    needed = {name: content for name, content in files().items() if name in ("card.json", "weights.safetensors")}
    assert open_archive(in_folder(needed)).evaluation is None
    add_zipped_model(in_folder(needed), shelf)
    assert "quick" in [card.name for card in list_models(shelf)]


def test_what_is_in_a_zip_is_known_before_it_is_kept(shelf):
    before = everything(shelf)
    found = open_archive(zip_model("quick", MODELS))
    assert found.card == load_model("quick", MODELS).card
    assert found.evaluation == load_evaluation("quick", MODELS)
    assert everything(shelf) == before


# --------------------------------------------------------------------------------------------------- its name


def test_an_empty_name_is_no_wish_for_the_name_of_the_card(shelf):
    with pytest.raises(BadName, match="'' cannot be a model's name"):
        add_zipped_model(zip_model("quick", MODELS), shelf, "")


def test_a_name_in_use_is_refused_with_a_free_one(shelf):
    sentence = refusal(zip_model("classic", MODELS), shelf, BadName)
    assert sentence == (
        "There is a training or a model called 'classic' already. Add it under another name, such as 'classic-2'."
    )


@pytest.mark.parametrize("name", ["broken", "half"])
def test_the_name_of_a_damaged_model_or_of_a_training_is_in_use(name, shelf):
    (shelf / ".runs" / "half").mkdir()
    with pytest.raises(BadName, match="already"):
        add_zipped_model(zip_model("quick", MODELS), shelf, name)


@pytest.mark.parametrize("name", ["../out", "/etc", "a/b", ".hidden", "", "Ä", "a" * 65])
def test_a_name_that_no_model_may_have_is_refused_in_the_card(name, shelf):
    assert "cannot be a model's name" in refusal(in_folder(changed(name=name)), shelf, BadName)


def test_of_two_that_take_one_name_at_once_one_is_refused(shelf, monkeypatch):
    found = open_archive(zip_model("quick", MODELS))
    monkeypatch.setattr(zip_archive, "is_in_use", lambda *_: False)  # as both find it
    add_archive(found, shelf)
    before = everything(shelf)
    with pytest.raises(BadName, match="already"):
        add_archive(found, shelf)
    assert everything(shelf) == before


# ---------------------------------------------------------------------------------------------- hostile zips


def mac_zip(name: str = "quick") -> list[Member]:
    """A model's folder as the Finder zips it: beside each file, in a second tree, one with its attributes."""
    notes = b"\0\5\x16\7" + bytes(159)
    tree = [(f"{name}/", b""), *((f"{name}/{file}", content) for file, content in files(name).items())]
    beside = [(f"__MACOSX/{name}/._{file}", notes) for file in files(name)]
    return [*tree, (f"{name}/.DS_Store", bytes(6148)), ("__MACOSX/", b""), (f"__MACOSX/._{name}", notes), *beside]


def test_what_a_file_manager_adds_is_left_out(shelf):
    content = zipped([*mac_zip(), ("quick/desktop.ini", b"[.ShellClassInfo]"), ("quick/Thumbs.db", bytes(9000))])
    add_zipped_model(content, shelf)
    assert files() == {path.name: path.read_bytes() for path in (shelf / "quick").iterdir()}
    flat = zipped([*files().items(), (".DS_Store", bytes(6148)), ("__MACOSX/._card.json", b"")])
    assert open_archive(flat).files.keys() == files().keys()


def test_what_a_file_manager_adds_is_not_unpacked():
    """Its bytes are damaged: whoever unpacked it would find out."""
    content = zipped([*mac_zip(), ("quick/Thumbs.db", b"thumbs" * 100)], zipfile.ZIP_STORED)
    assert content.count(b"thumbs" * 100) == 1
    open_archive(content.replace(b"thumbs" * 100, b"THUMBS" * 100))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("__MACOSX/quick/card.json", b"{}", "is no file of a model"),
        ("__MACOSX/model.py", b"", "is no file of a model"),
        ("__MACOSX/quick/deep/._card.json", b"", "outside its folder"),
        ("__MACOSX/../.DS_Store", b"", "outside its folder"),
        ("__MACOSX/__MACOSX/quick/._card.json", b"", "outside its folder"),
        ("quick/deep/.DS_Store", b"", "outside its folder"),
        ("/.DS_Store", b"", "outside its folder"),
        ("quick/._card.json", bytes(1_000_001), "would unpack to 1,000,001 bytes; it has 1,000,000 at most."),
    ],
)
def test_a_file_managers_names_open_no_other_way_in(path, value, said, shelf):
    assert said in refusal(zipped([*mac_zip(), (path, value)]), shelf, BadArchive)


def test_a_link_or_a_strange_packing_is_refused_under_a_file_managers_name_too(shelf):
    about = zipfile.ZipInfo("quick/.DS_Store")
    about.external_attr = (stat.S_IFLNK | 0o777) << 16
    rest = [(f"quick/{name}", content) for name, content in files().items()]
    assert "is a link or a device" in refusal(zipped([*rest, (about, b"/etc/passwd")]), shelf, BadArchive)
    packed = BytesIO(zipped(rest))
    with zipfile.ZipFile(packed, "a") as file:
        file.writestr("quick/Thumbs.db", b"x" * 1000, zipfile.ZIP_LZMA)
    assert "packed in an unusual way" in refusal(packed.getvalue(), shelf, BadArchive)


def test_a_file_managers_files_count_as_members(shelf):
    content = zipped([*mac_zip(), *((f"quick/._{number}", b"") for number in range(10))])
    assert "files; a model has 8 at most" in refusal(content, shelf, BadArchive)


@pytest.mark.parametrize(
    "path",
    [
        *("../card.json", "quick/../card.json", "quick/../../card.json", "/card.json", "/tmp/card.json", "./card.json"),
        *("..\\card.json", "C:\\card.json", "C:card.json", "quick/deep/card.json", "quick//card.json", "//card.json"),
        "card.json\0.pkl",
    ],
)
def test_a_path_outside_the_folder_is_refused(path, shelf):
    about = zipfile.ZipInfo("placeholder")
    about.filename = path
    sentence = refusal(zipped([*((f"quick/{n}", c) for n, c in files().items()), (about, b"{}")]), shelf)
    assert "outside its folder" in sentence


@pytest.mark.parametrize(
    "path",
    ["quick/weights.pt", "quick/data.pkl", "quick/model.py", "quick/.DS_Store.py", "quick/Card.json", "quick/run.json"],
)
def test_a_file_that_no_model_holds_is_refused_by_name(path, shelf):
    sentence = refusal(in_folder(files() | {path.removeprefix("quick/"): b"x"}), shelf, BadArchive)
    assert sentence.startswith(f"The zip holds {path!r}, which is no file of a model; those are card.json, weights")


def test_a_pickle_is_refused_and_never_opened(shelf, tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "sprung",))

    torch.save({"answer.weight": Trap()}, tmp_path / "weights.pt")
    content = (tmp_path / "weights.pt").read_bytes()
    assert "is no file of a model" in refusal(content, shelf, BadArchive)  # torch's own files are zips
    assert "is no file of a model" in refusal(in_folder(files() | {"weights.pt": content}), shelf, BadArchive)
    assert "The header of weights.safetensors" in refusal(in_folder(with_weights(content)), shelf, DamagedModel)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR])
def test_what_is_no_plain_file_is_refused(kind, shelf):
    about = zipfile.ZipInfo("quick/map.safetensors")
    about.external_attr = (kind | 0o777) << 16
    rest = [(f"quick/{name}", content) for name, content in files().items() if name != "map.safetensors"]
    assert "is a link or a device, not a plain file" in refusal(zipped([*rest, (about, b"/etc/passwd")]), shelf)


def test_a_file_that_comes_twice_is_refused(shelf):
    members = [*files().items(), ("card.json", b"{}")]
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = zipped([(f"quick/{name}", value) for name, value in members])
    assert "holds card.json twice" in refusal(content, shelf, BadArchive)


def test_two_folders_are_refused(shelf):
    content = zipped([(f"{folder}/{n}", c) for folder, (n, c) in zip("abcdefgh", files().items(), strict=True)])
    assert "more than one folder" in refusal(content, shelf, BadArchive)


def test_many_members_are_refused(shelf):
    content = zipped([(f"quick/{number}", b"") for number in range(30_000)])
    assert "holds 30,000 files; a model has 8 at most" in refusal(content, shelf, BadArchive)


def test_a_zip_that_is_too_large_is_refused_unread(shelf):
    sentence = refusal(bytes(MAX_ZIP_BYTES + 1), shelf, BadArchive)
    assert sentence == "The zip has 5,242,881 bytes; a model has 5,242,880 at most."


@pytest.mark.parametrize("member", MAX_ZIPPED)
def test_what_would_unpack_to_too_much_is_refused_before_it_is_unpacked(member, shelf):
    content = in_folder(files() | {member: bytes(MAX_ZIPPED[member] + 1)})
    assert len(content) < MAX_ZIP_BYTES
    assert f"would unpack to {MAX_ZIPPED[member] + 1:,} bytes" in refusal(content, shelf, BadArchive)


def test_a_bomb_that_understates_its_size_is_refused(shelf):
    bomb = in_folder(files() | {"map.safetensors": bytes(50_000_000)})
    size = struct.pack("<I", 50_000_000)
    assert bomb.count(size) == 2  # before the member, and in the list at the end
    sentence = refusal(bomb.replace(size, struct.pack("<I", 1000)), shelf, BadArchive)
    assert "no zip, or a damaged one" in sentence


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_packing_whose_size_cannot_be_bounded_is_refused(method, shelf):
    content = zipped([(f"quick/{name}", value) for name, value in files().items()], method)
    assert "packed in an unusual way" in refusal(content, shelf, BadArchive)


def test_an_encrypted_file_is_refused(shelf):
    content = bytearray(in_folder(files()))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    assert "is encrypted" in refusal(bytes(content), shelf, BadArchive)


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"nonsense" * 100])
def test_what_is_no_zip_is_refused(content, shelf):
    assert "A model is a zip of one folder, in which card.json and weights.safetensors lie." in refusal(content, shelf)


def test_a_zip_that_was_cut_off_is_refused(shelf):
    content = zip_model("quick", MODELS)
    for length in range(0, len(content), len(content) // 20):
        refusal(content[:length], shelf, BadArchive)


def test_a_member_beyond_all_addresses_is_refused(shelf):
    content = in_folder(files())
    start, end = content.index(b"PK\x01\x02"), content.rindex(b"PK\x05\x06")
    entry = bytearray(content[start:end])
    length = struct.unpack_from("<H", entry, 28)[0]  # of its name
    far = struct.pack("<HHQ", 1, 8, 2**64 - 11)  # zip64: where the member begins
    struct.pack_into("<H", entry, 30, len(far))
    struct.pack_into("<I", entry, 42, 0xFFFFFFFF)
    entry[46 + length : 46 + length] = far
    tail = bytearray(content[end:])
    struct.pack_into("<I", tail, 12, len(entry))
    assert "damaged" in refusal(content[:start] + bytes(entry) + bytes(tail), shelf, BadArchive)


def test_no_flipped_bit_does_harm():
    content = zip_model("quick", MODELS)
    generator = np.random.default_rng(3)
    near_the_end = len(content) - generator.integers(1, 700, 60)  # where the list of the members is
    for position in [*generator.integers(0, len(content), 40), *near_the_end]:
        damaged = bytearray(content)
        damaged[position] ^= 1 << int(generator.integers(8))
        try:
            found = open_archive(bytes(damaged))
        except ModelError:
            continue
        assert found.files["weights.safetensors"] == files()["weights.safetensors"]  # the flip was in a time, say


# ------------------------------------------------------------------------------------------------ what is in it


@pytest.mark.parametrize("missing", ["card.json", "weights.safetensors"])
def test_what_a_model_cannot_do_without_is_named(missing, shelf):
    contents = {name: content for name, content in files().items() if name != missing}
    assert refusal(in_folder(contents), shelf, BadArchive).startswith(f"The model has no {missing}. A model is a zip")


def test_weights_that_are_not_those_of_the_card_are_refused(shelf):
    other = files() | {"weights.safetensors": files("accurate")["weights.safetensors"]}
    assert "are not those that card.json beside them was written for" in refusal(in_folder(other), shelf, DamagedModel)


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 200_000_000, 100_001])
def test_a_huge_header_is_refused_before_it_is_believed(length, shelf):
    weights = struct.pack("<Q", length) + b"{" + b" " * 120_000
    sentence = refusal(in_folder(with_weights(weights)), shelf, DamagedModel)
    assert sentence.startswith(f"The header of weights.safetensors in the zip has {length:,} bytes, it says")
    answers = files() | {"probabilities.safetensors": weights}
    assert "The header of probabilities.safetensors" in refusal(in_folder(answers), shelf, DamagedModel)
    drawn = files() | {"map.safetensors": weights}
    assert "The header of map.safetensors" in refusal(in_folder(drawn), shelf, DamagedModel)


@pytest.mark.parametrize(
    "header", [b"{}", b"[]", b"{" * 1000, b'{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,1]}}']
)
def test_weights_that_are_no_weights_are_refused(header, shelf):
    refusal(in_folder(with_weights(struct.pack("<Q", len(header)) + header + b"1234")), shelf, DamagedModel)


def test_a_wrong_shape_is_refused_with_the_right_one(shelf):
    sentence = refusal(in_folder(changed_weights(answer__weight=torch.zeros(10, 64))), shelf, DamagedModel)
    assert "answer.weight is float32 (10, 64), expected float32 (10, 576)." in sentence
    sentence = refusal(in_folder(changed_weights(answer__bias=torch.zeros(10, dtype=torch.float64))), shelf)
    assert "answer.bias is float64 (10,), expected float32 (10,)." in sentence


def test_weights_too_many_or_of_another_network_are_refused_by_name(shelf):
    assert "'more.weight'" in refusal(in_folder(changed_weights(more__weight=torch.zeros(1))), shelf, DamagedModel)
    other = with_weights(files("classic")["weights.safetensors"])
    assert "do not fit the network 'quick'" in refusal(in_folder(other), shelf, DamagedModel)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(value, shelf):
    sentence = refusal(in_folder(changed_weights(answer__bias=torch.full((10,), value))), shelf, DamagedModel)
    assert "answer.bias of the weights.safetensors in the zip holds what is no number." in sentence


def test_weights_that_answer_with_no_numbers_are_refused(shelf):
    below_zero = torch.full((64,), -1.0)
    contents = changed_weights(convolution3__norm__running_var=below_zero)
    assert "answers with what is no number" in refusal(in_folder(contents), shelf, DamagedModel)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 2}, "has format 2, expected 1"),
        ({"parameters": 7}, "says 7 parameters, but the network 'quick' has 29,610"),
        ({"temperature": -1}, "temperature = '-1'"),
        ({"preset": "other"}, "preset = 'other'"),
        ({"recipe": {"network": "huge"}}, "a recipe that cannot be"),
        ({"created": "2999-01-01T00:00:00+00:00"}, "made on 2999-01-01, which is to come"),
        ({"created": "9999-12-31T23:59:59-14:00"}, "made on 9999-12-31, which is to come"),
        ({"more": 1}, "unknown or missing entries: more"),
        ({"created": "\udcff", "device": "\udcff"}, "expected up to 500 printable letters"),
    ],
)
def test_a_card_that_cannot_be_is_refused(changes, said, shelf):
    assert said in refusal(in_folder(changed(**changes)), shelf, DamagedModel)


@pytest.mark.parametrize(
    ("member", "content"),
    [
        ("card.json", b"[]"),
        ("evaluation.json", b"{}"),
        ("evaluation.json", b"\xff\xfe"),
        ("probabilities.safetensors", b""),
        ("map.safetensors", struct.pack("<Q", 2) + b"[]"),
        ("history.jsonl", b"nonsense\n"),
        ("history.jsonl", b'{"kind": "step", "step": 1, "steps": 1, "loss": 1, "seconds": 1}\n' * 70_000),
    ],
)
def test_any_file_that_cannot_be_read_is_refused(member, content, shelf):
    refusal(in_folder(files() | {member: content}), shelf, DamagedModel)


def test_answers_that_are_not_those_of_the_judgement_are_refused(shelf):
    other = files() | {"probabilities.safetensors": files("classic")["probabilities.safetensors"]}
    assert "are not those its evaluation was made from" in refusal(in_folder(other), shelf, DamagedModel)


# ------------------------------------------------------------------------------------------------- among models


def test_a_disk_that_is_full_leaves_nothing(shelf, monkeypatch):
    found = open_archive(zip_model("quick", MODELS))
    before = everything(shelf)

    def fill(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zip_archive, "write_atomically", fill)
    with pytest.raises(ModelError, match=r"^'quick' was not added: No space left on device\. All is as it was"):
        add_archive(found, shelf)
    assert everything(shelf) == before


def test_a_reader_finds_all_of_an_added_model_or_none_of_it(shelf):
    shutil.rmtree(shelf / "broken")
    found, over = open_archive(zip_model("quick", MODELS)), Event()

    def add():
        for number in range(30):
            add_archive(found, shelf, f"quick-{number}")
        over.set()

    writer = Thread(target=add)
    writer.start()
    try:
        while not over.is_set():
            assert list_damaged_models(shelf) == []
    finally:
        writer.join()
    assert len(list_models(shelf)) == 31


# ------------------------------------------------------------------------------------------------ other alphabets


def test_a_model_of_many_classes_comes_back_with_all_its_answers(tmp_path):
    card = save_model(tmp_path / "from", "letters", CHARACTERS)
    pretend_evaluation(tmp_path / "from", card, EMNIST_TEST, data="emnist")
    added = add_zipped_model(zip_model("letters", tmp_path / "from"), tmp_path / "to")
    assert added.classes == CHARACTERS
    assert len(load_answers("letters", tmp_path / "to")) == 18_800
    assert load_evaluation("letters", tmp_path / "to").test_set == "emnist"


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        (["a", *"123456788"], "has classes that cannot be: found 8 twice, expected each class once."),
        (["", *"123456789"], "has classes that cannot be: found '', expected 1 to 20 printable characters a class."),
        (list(map(str, range(10_000))), "has classes that cannot be: found 10,000 classes, expected 2 to 100."),
        (["x" * 21, *"123456789"], f"has classes that cannot be: found '{'x' * 21}', expected 1 to 20 printable"),
        (["\u202ea", *"123456789"], r"says '\u202ea'; expected up to 500 printable letters."),
        ("0123456789", "says classes = '0123456789', which cannot be."),
    ],
)
def test_forged_classes_are_refused_with_a_sentence(classes, words, shelf):
    assert refusal(in_folder(changed(classes=classes)), shelf, DamagedModel).startswith(f"card.json {words}")


def test_more_classes_than_the_network_has_answers_are_refused(shelf):
    said = refusal(in_folder(changed(classes=list(CHARACTERS))), shelf, DamagedModel)
    assert "do not fit the network 'quick'" in said
