"""Which picture files are opened, how, and within which limits."""

import json
import struct
import subprocess
import sys
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from benchmarks.mutated_pictures import mutate, variants
from mnist_core.errors import PictureError
from mnist_core.preprocessing.file_kinds import EXTENSIONS, FORMATS
from mnist_core.preprocessing.picture_files import MAX_FILE_BYTES, READERS, crop_to_opaque, make_plain, open_picture
from mnist_core.preprocessing.pictures import digit_from_image, plain_resize_image
from mnist_core.preprocessing.strokes import digit_from_strokes
from tests.support.pictures import RING, encoded, likeness, picture_of
from tests.support.places import PROJECT

MAX_MEMORY = 240_000  # kB that a picture may take while it is opened
SEVEN = [[(60, 60), (200, 60), (110, 240)]]


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def tiff_with(picture, *entries, **options):
    """A TIFF whose directory has these entries (tag, type, count, value) instead of its own."""
    content = bytearray(encoded(picture, "TIFF", **options))
    (at,) = struct.unpack_from("<I", content, 4)
    (number,) = struct.unpack_from("<H", content, at)
    own = {entry[0]: entry for entry in struct.iter_unpack("<HHII", content[at + 2 : at + 2 + 12 * number])}
    directory = sorted((own | {entry[0]: entry for entry in entries}).values())
    struct.pack_into("<I", content, 4, len(content))
    content += struct.pack("<H", len(directory)) + b"".join(struct.pack("<HHII", *entry) for entry in directory)
    return bytes(content + bytes(4))


def saying(width, height, kind, **options):
    """A small picture file whose header says that it has so many pixels."""
    small = Image.new("RGB", (8, 8))
    if kind == "TIFF":
        rows = options.pop("rows", 16)
        turned = ((274, 3, 1, options.pop("turned")),) if "turned" in options else ()
        return tiff_with(small, (256, 4, 1, width), (257, 4, 1, height), (278, 4, 1, rows), *turned, **options)
    content = bytearray(encoded(small, kind, **options))
    if kind == "PNG":
        struct.pack_into(">II", content, 16, width, height)
        struct.pack_into(">I", content, 29, zlib.crc32(content[12:29]))
    elif kind == "JPEG":
        at = next(at for marker in (b"\xff\xc0", b"\xff\xc2") if (at := content.find(marker)) > 0)
        struct.pack_into(">HH", content, at + 5, height, width)
    else:
        form, at = {"WebP": ("<HH", 26), "GIF": ("<HH", 6), "BMP": ("<II", 18)}[kind]
        struct.pack_into(form, content, at, width, height)
    return bytes(content)


# ------------------------------------------------------------------------------------------------------ what is read


@pytest.mark.parametrize("kind", READERS)
def test_every_kind_of_file_is_opened_in_all_its_variants(kind):
    for original in variants(kind):
        opened = open_picture(original)
        assert opened.mode in ("L", "RGB", "RGBA")
        assert max(opened.size) in (96, 400)
        assert opened.convert("L").getextrema()[0] < 128


def test_what_can_be_read_is_said_as_it_is():
    assert {"tiff": "TIFF", "tif": "TIFF", "jpg": "JPEG"}.keys() <= set(EXTENSIONS)
    assert FORMATS == "PNG, JPEG, WebP, GIF, BMP or TIFF"
    assert [each.strip() for each in FORMATS.replace(" or ", ", ").split(",")] == list(READERS)


@pytest.mark.parametrize("kind", READERS)
def test_a_ring_is_the_same_digit_in_every_kind_of_file(kind):
    picture = open_picture(encoded(picture_of(RING), kind))
    assert picture.size == (300, 300)
    assert likeness(digit_from_image(picture)) > 0.95


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("side", [1, 8])
def test_the_smallest_pictures_are_opened(kind, side):
    assert open_picture(encoded(Image.new("L", (side, side), 200), kind)).size == (side, side)


@pytest.mark.parametrize(
    "mode",
    ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "I;16B"],
)
def test_every_mode_that_a_reader_can_return_becomes_plain(mode):
    plain = make_plain(Image.new(mode, (40, 30)))
    assert plain.size == (40, 30)
    assert plain.mode in ("L", "RGB", "RGBA")


def test_a_16_bit_picture_is_read():
    levels = np.asarray(picture_of(RING), dtype=np.uint16) * 257
    content = encoded(Image.fromarray(levels))
    assert Image.open(BytesIO(content)).mode.startswith("I;16")
    opened = open_picture(content)
    assert likeness(digit_from_image(opened)) > 0.95
    assert likeness(1 - plain_resize_image(opened), 1 - plain_resize_image(picture_of(RING))) > 0.99


@pytest.mark.parametrize("white", [255, 1023, 4095, 16383, 65535], ids=lambda white: f"{white.bit_length()} bits")
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bits_of_which_fewer_are_used_are_as_bright_as_the_picture_was(white, kind):
    grey = np.asarray(picture_of(RING), dtype=np.float64) / 255
    opened = open_picture(encoded(Image.fromarray(np.rint(grey * white).astype(np.uint16)), kind))
    assert np.abs(np.asarray(opened) / 255 - grey).max() < 0.01


def test_a_dark_scan_of_16_bits_stays_dark_against_its_white():
    scan = np.full((100, 100), 1000, np.uint16)
    scan[40:60, 40:60] = 60_000
    assert np.asarray(open_picture(encoded(Image.fromarray(scan))))[0, 0] == 3  # 1000 of 65535


def test_numbers_that_are_none_are_black():
    levels = np.full((20, 20), 0.5, np.float32)
    levels[0, :3] = np.nan, np.inf, -np.inf
    assert np.asarray(open_picture(encoded(Image.fromarray(levels), "TIFF")))[0, :4].tolist() == [0, 0, 0, 255]


def test_a_large_picture_comes_reduced_and_with_its_shape():
    assert open_picture(encoded(Image.new("RGB", (3000, 2000)))).size == (500, 334)


def test_a_large_picture_is_reduced_in_strips_as_it_would_be_whole():
    levels = np.random.default_rng(5).integers(0, 65536, (1537, 1030), dtype=np.uint16)
    whole = Image.fromarray((levels / 65535 * 255).astype(np.uint8)).reduce(4)
    assert np.array_equal(np.asarray(open_picture(encoded(Image.fromarray(levels)))), np.asarray(whole))


def test_strips_meet_where_a_picture_has_several(monkeypatch):
    monkeypatch.setattr("mnist_core.preprocessing.picture_files.STRIP", 5_000)
    test_a_large_picture_is_reduced_in_strips_as_it_would_be_whole()


def test_a_large_jpeg_is_decoded_no_finer_than_is_of_use(monkeypatch):
    decoded = []
    monkeypatch.setattr("mnist_core.preprocessing.picture_files.make_plain", decoded.append)
    open_picture(encoded(Image.new("L", (4032, 3024)), "JPEG"))
    open_picture(encoded(Image.new("L", (600, 500)), "JPEG"))
    assert [image.size for image in decoded] == [(2016, 1512), (600, 500)]


def test_a_long_strip_of_paper_is_opened():
    assert open_picture(encoded(Image.new("L", (20_000, 100), 255), "JPEG")).size == (500, 3)


def test_a_phone_photo_with_its_preview_is_opened():
    """Phones write MPO: a JPEG with a second picture behind the first."""
    photo = picture_of(RING, mode="RGB")
    content = encoded(photo, "MPO", save_all=True, append_images=[photo.resize((60, 60))])
    assert Image.open(BytesIO(content)).format == "MPO"
    assert likeness(digit_from_image(open_picture(content))) > 0.95


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "TIFF"])
def test_of_several_frames_or_pages_the_first_is_read(kind):
    others = [picture_of(SEVEN), picture_of(SEVEN, pen=40)]
    opened = open_picture(encoded(picture_of(RING), kind, save_all=True, append_images=others))
    assert likeness(digit_from_image(opened)) > 0.95


# ----------------------------------------------------------------------------------------------------- how it is held


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_photo_lying_on_its_side_is_turned_upright(kind):
    lying = picture_of(SEVEN).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held so that the picture must be turned by 90° clockwise
    photo = open_picture(encoded(lying, kind, exif=exif))
    assert likeness(digit_from_image(photo), digit_from_strokes(SEVEN, 14)) > 0.9
    assert likeness(plain_resize_image(photo), plain_resize_image(picture_of(SEVEN))) > 0.98


@pytest.mark.parametrize("held", range(1, 9))
def test_a_photo_is_turned_as_pillow_would_turn_it(held):
    photo = Image.new("L", (40, 30), 255)
    photo.paste(0, (0, 0, 20, 10))
    photo.getexif()[0x0112] = held
    content = encoded(photo, exif=photo.getexif())
    assert np.array_equal(np.asarray(open_picture(content)), np.asarray(ImageOps.exif_transpose(photo)))


@pytest.mark.parametrize("notes", [b"Exif\0\0ZM\0*\0\0\0\x08", b"Exif\0\0MM\0*"], ids=["of another kind", "cut short"])
def test_a_photo_whose_notes_are_damaged_is_read_as_it_lies(notes):
    photo = open_picture(encoded(picture_of(RING), exif=notes))
    assert likeness(digit_from_image(photo)) > 0.95


def test_notes_of_more_than_a_megabyte_are_not_read():
    notes = Image.Exif()
    notes[0x0112], notes[0x927C] = 6, bytes(1_000_000)
    assert open_picture(encoded(Image.new("L", (40, 30)), exif=notes)).size == (40, 30)
    notes[0x927C] = bytes(1_000)
    assert open_picture(encoded(Image.new("L", (40, 30)), exif=notes)).size == (30, 40)


def test_what_a_camera_noted_of_itself_and_the_place_is_not_read(monkeypatch):
    """There may be millions of numbers."""
    content = tiff_with(picture_of(RING), (34665, 4, 1, 8), (34853, 4, 1, 8))
    monkeypatch.setattr("PIL.Image.Exif._get_ifd_dict", lambda *_: pytest.fail("read"))
    assert open_picture(content).size == (300, 300)


# --------------------------------------------------------------------------------------------------- what is clear


def window(margin=60):
    """A picture of a window as systems save it: round corners, a soft shadow, and clear around it."""
    sheet = picture_of(RING, mode="RGBA")
    shape = Image.new("L", sheet.size)
    ImageDraw.Draw(shape).rounded_rectangle((0, 0, 299, 299), 14, fill=255)
    alpha = Image.new("L", (300 + 2 * margin,) * 2)
    alpha.paste(110, (margin - 20, margin - 10, 320 + margin, 330 + margin))
    alpha = alpha.filter(ImageFilter.GaussianBlur(10))
    alpha.paste(255, (margin, margin), shape)
    picture = Image.new("RGBA", alpha.size)
    picture.paste(sheet, (margin, margin))
    picture.putalpha(alpha)
    return picture


def test_what_is_clear_around_a_window_is_cut_away_with_its_shadow():
    opened = open_picture(encoded(window()))
    assert opened.size == (300, 300)
    assert likeness(digit_from_image(opened)) > 0.95
    assert make_plain(opened) is not None
    assert make_plain(opened).size == (300, 300)


@pytest.mark.parametrize("strokes", [RING, [[(140, 40), (140, 240)]]], ids=["a ring", "a bar"])
@pytest.mark.parametrize("shade", [0, 255])
def test_ink_on_a_clear_ground_keeps_the_ground(strokes, shade):
    share = 255 - np.asarray(picture_of(strokes))
    picture = Image.fromarray(np.dstack([np.full_like(share, shade)] * 3 + [share]))
    assert crop_to_opaque(picture) is picture


def test_ink_of_many_shades_on_a_clear_ground_keeps_the_ground():
    share = 255 - np.asarray(picture_of(RING))
    shades = np.broadcast_to(np.arange(300, dtype=np.uint16) * 255 // 299, share.shape).astype(np.uint8)
    picture = Image.fromarray(np.dstack([shades] * 3 + [share]))
    assert crop_to_opaque(picture) is picture


@pytest.mark.parametrize("alpha", [0, 100, 255])
def test_a_picture_that_is_clear_or_opaque_all_over_stays_whole(alpha):
    picture = picture_of(RING, mode="RGBA")
    picture.putalpha(alpha)
    assert crop_to_opaque(picture) is picture


# -------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "The file is empty; what can be read is PNG"),
        (b"Seven of nine.\n", "This is a text;"),
        ("Zwölf Ziffern: ①②③".encode() * 200, "This is a text;"),
        (b"%PDF-1.7\n", "This is a PDF; .* Save its page as a PNG or JPEG picture"),
        (
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
            "This is an HEIC photo; .* Save it as a JPEG, or choose it on the phone",
        ),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "This is an HEIC photo;"),
        (b"\0\0\0\x18ftypavif\0\0\0\0avifmif1", "This is an AVIF picture; .* Save it as a PNG or JPEG picture"),
        (b"\0\0\0\x18ftypcrx \0\0\0\0", "This is a raw photo; .* Save it as a JPEG"),
        (b"II*\0\x10\0\0\0CR\x02\0", "This is a raw photo;"),
        (b"FUJIFILMCCD-RAW 0201", "This is a raw photo;"),
        (b"\0\0\0\x18ftypisom\0\0\2\0isom", "This is a video; .* Take a screenshot"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0", "This is a video;"),
        (b"\x1aE\xdf\xa3\x01\0\0\0", "This is a video;"),
        (b"RIFF\0\0\0\0AVI LIST", "This is a video;"),
        (b'<svg xmlns="http://www.w3.org/2000/svg">', "This is an SVG drawing;"),
        (b"<?xml version='1.0'?>\n<!-- a -->\n<svg>", "This is an SVG drawing;"),
        (b"<!DOCTYPE html><html><svg>", "This is a web page;"),
        (b"8BPS\0\1", "This is a Photoshop document;"),
        (b"\0\0\1\0\1\0", "This is an icon;"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "This is a JPEG 2000 picture;"),
        (b"\xff\x0a\xfa\x1f", "This is a JPEG XL picture;"),
        (b"II+\0\x08\0\0\0", "This is a BigTIFF picture;"),
        (b"PK\3\4\x14\0", "This is a ZIP archive or an office document;"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "This is an office document;"),
        (b"%!PS-Adobe-3.0", "This is a PostScript drawing;"),
        (b"BM, a letter to a friend\n", "This is a text;"),
        (bytes(1000), "The file is none of the pictures that can be read: PNG, JPEG, WebP, GIF, BMP or TIFF."),
        (b"\x89PNG\r\n\x1a\n", "damaged or incomplete"),
        (b"GIF89a" + bytes(50), "damaged or incomplete"),
    ],
)
def test_what_is_no_picture_is_named_by_its_first_bytes(content, told):
    with pytest.raises(PictureError, match=f"^{told}|{told}.*"):
        open_picture(content)


def test_comments_without_end_before_no_drawing_are_told_at_once():
    with pytest.raises(PictureError, match="This is a text"):
        open_picture(b"<!---->" * 2_000)


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_a_truncated_file_is_refused(kind, part):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 200), np.uint8))
    content = encoded(noise, kind)
    with pytest.raises(PictureError, match="damaged or incomplete"):
        open_picture(content[: int(len(content) * part)])


def test_a_warning_about_a_picture_that_can_be_read_is_no_error():
    content = tiff_with(picture_of(RING), (282, 5, 20_000, 8))  # a resolution that lies beyond the end of the file
    with pytest.warns(UserWarning, match="larger than file"):
        Image.open(BytesIO(content))
    assert open_picture(content).size == (300, 300)


# ------------------------------------------------------------------------------------------------------- how much


@pytest.fixture
def no_decoder(monkeypatch):
    """Whatever is decoded fails the test."""
    for reader in READERS.values():
        monkeypatch.setattr(reader, "load", lambda _: pytest.fail("decoded"))


def test_a_file_over_20_mb_is_refused():
    assert MAX_FILE_BYTES == 20_000_000
    with pytest.raises(PictureError, match=r"20\.0 MB; at most 20 MB can be read\. Crop"):
        open_picture(encoded(picture_of(RING)) + bytes(20_000_000))


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.usefixtures("no_decoder")
def test_too_many_pixels_are_refused_before_one_is_decoded(kind):
    told = "10,000 × 5,001 pixels. At most 50 million can be read, and 20,000 a side. Crop"
    with pytest.raises(PictureError, match=told):
        open_picture(saying(10_000, 5_001, kind))


@pytest.mark.parametrize("kind", [kind for kind in READERS if kind != "WebP"])  # none of whose sides is so long
@pytest.mark.usefixtures("no_decoder")
def test_a_side_that_is_too_long_is_refused_before_a_pixel_is_decoded(kind):
    with pytest.raises(PictureError, match="20,001 × 10 pixels"):
        open_picture(saying(20_001, 10, kind))


def test_a_decompression_bomb_is_refused():
    content = saying(20_000, 20_000, "PNG")
    assert len(content) < 100_000
    with pytest.raises(PictureError, match=r"20,000 × 20,000 pixels"):
        open_picture(content)


@pytest.mark.parametrize("kind", ["WebP", "GIF"])
def test_what_pillow_calls_a_bomb_as_it_reads_the_header_is_refused_as_too_large(kind):
    with pytest.raises(PictureError, match=r"too many pixels\. At most 50 million|16,383 × 16,383 pixels"):
        open_picture(saying(16_383, 16_383, kind))


@pytest.mark.parametrize(
    ("size", "kind", "options", "most"),
    [
        ((4000, 3130), "WebP", {}, "12 million"),
        ((6000, 5600), "JPEG", {"progressive": True, "subsampling": 0}, "32 million"),
        ((20_000, 2000), "JPEG", {"progressive": True}, "29 million"),
        ((5001, 5000), "TIFF", {"compression": "tiff_lzw", "rows": 5000}, "25 million"),
        ((5001, 5000), "TIFF", {"compression": "tiff_lzw", "rows": 0}, "25 million"),
        ((5001, 5000), "TIFF", {"compression": "tiff_lzw", "turned": 3}, "25 million"),
    ],
    ids=["WebP", "JPEG, progressive", "JPEG, long", "TIFF in one strip", "TIFF without a strip", "TIFF turned"],
)
@pytest.mark.usefixtures("no_decoder")
def test_a_picture_whose_decoding_takes_too_much_memory_is_refused_before(size, kind, options, most):
    told = f"{size[0]:,} × {size[1]:,} pixels; of a {kind} file like this one at most {most} can be read"
    with pytest.raises(PictureError, match=told):
        open_picture(saying(*size, kind, **options))


@pytest.mark.usefixtures("no_decoder")
def test_a_jpeg_with_a_scan_for_each_colour_is_refused_as_a_progressive_one_is():
    content = saying(6000, 5600, "JPEG", subsampling=0)
    at = content.index(b"\xff\xda\0\x0c\3")
    with pytest.raises(PictureError, match="a JPEG file like this one at most 32 million"):
        open_picture(content[:at] + b"\xff\xda\0\x08\1\1\0\0\x3f\0" + content[at + 14 :])
    with pytest.raises(pytest.fail.Exception, match="decoded"):
        open_picture(content)


def test_a_jpeg_of_endless_scans_is_refused():
    content = encoded(picture_of(RING), "JPEG", progressive=True)
    last = content[content.rindex(b"\xff\xda") : -2]
    assert open_picture(content[:-2] + last * 40 + content[-2:]).size == (300, 300)
    with pytest.raises(PictureError, match="more than 50 scans"):
        open_picture(content[:-2] + last * 60 + content[-2:])


def test_a_jpeg_in_one_scan_may_have_any_film_behind_it():
    """Phones put a short film behind a photo, whose bytes are like anything."""
    film = np.random.default_rng(0).integers(0, 256, 8_000_000, np.uint8).tobytes()
    assert film.count(b"\xff\xda") > 50
    assert open_picture(encoded(picture_of(RING), "JPEG") + film).size == (300, 300)


PNG_HEAD = 33  # bytes
ENDLESS = {
    "a PNG of empty chunks": lambda: (
        encoded(picture_of(RING))[:PNG_HEAD] + chunk(b"abCd", b"") * 110_000 + encoded(picture_of(RING))[PNG_HEAD:]
    ),
    "a GIF with a comment in single letters": lambda: (
        encoded(picture_of(RING), "GIF")[:13] + b"!\xfe" + b"\1a" * 200_000
    ),
    "a JPEG of empty comments": lambda: b"\xff\xd8" + b"\xff\xfe\0\2" * 200_000,
    "a JPEG with notes without end": lambda: (
        b"\xff\xd8" + (b"\xff\xe1\x01\x08Exif\0\0" + bytes(256)) * 20 + encoded(picture_of(RING), "JPEG")[2:]
    ),
    "a TIFF with a place for each byte": lambda: tiff_with(picture_of(RING), (273, 4, 60_000, 8)),
}


@pytest.mark.parametrize("content", ENDLESS.values(), ids=ENDLESS)
def test_a_file_of_too_many_parts_is_refused(content):
    with pytest.raises(PictureError, match=r"too many parts to be read\. Save it as a PNG or JPEG"):
        open_picture(content())


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ((322, 3, 1, 64), "keeps its pixels in tiles"),
        ((259, 3, 1, 34_925), "compressed in a way that is not read"),
        ((50_706, 1, 4, 1), "This is a raw photo"),
        ((254, 4, 1, 1), "This is a raw photo"),
    ],
    ids=["tiles", "compression", "DNG", "a preview"],
)
def test_a_kind_of_tiff_that_is_not_read_is_named(entry, told):
    with pytest.raises(PictureError, match=told):
        open_picture(tiff_with(picture_of(RING), entry))


LARGEST = {
    "PNG": ("PNG", "RGBA", (8000, 6250), {"compress_level": 1}),
    "JPEG, progressive": ("JPEG", "RGB", (8064, 6048), {"progressive": True}),
    "WebP": ("WEBP", "RGBA", (4000, 3120), {}),
    "TIFF in one strip": ("TIFF", "RGB", (5000, 5000), {"compression": "packbits", "tiffinfo": {278: 5000}}),
    "TIFF turned": ("TIFF", "RGB", (5000, 5000), {"compression": "packbits", "tiffinfo": {274: 6}}),
    "TIFF of real numbers": ("TIFF", "F", (5000, 5000), {"compression": "tiff_adobe_deflate"}),
    "JPEG of a phone": ("MPO", "RGB", (8064, 6048), {}),
    "PNG in 16 bits": ("PNG", "I;16", (8000, 6250), {"compress_level": 1}),
    "PNG of a palette": ("PNG", "P", (8000, 6250), {"compress_level": 1}),
    "GIF": ("GIF", "P", (8000, 6250), {}),
    "BMP": ("BMP", "1", (8000, 6250), {}),
}  # what takes the most that is read, the first four in the short form of the test

MEMORY_OF_PICTURES = """
import json, re, sys
from pathlib import Path
from mnist_core.preprocessing.pictures import open_picture

def status(entry):
    return int(re.search(rf"{entry}:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])

peaks, before = {}, status("VmRSS")
for file in sys.argv[1:]:
    content = Path(file).read_bytes()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
    open_picture(content)
    peaks[Path(file).name] = status("VmHWM") - before
print(json.dumps(peaks))
"""


@pytest.mark.chaos
@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the peak of the memory")
def test_the_largest_pictures_take_little_memory(tmp_path, is_long):
    files = [tmp_path / name for name in LARGEST][: None if is_long else 4]
    for file in files:
        kind, mode, size, options = LARGEST[file.name]
        Image.new(mode, size).save(file, kind, **options)
    command = [sys.executable, "-c", MEMORY_OF_PICTURES, *files]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    peaks = json.loads(done.stdout)
    assert list(peaks) == [file.name for file in files]
    assert {name: peak for name, peak in peaks.items() if peak > MAX_MEMORY} == {}


@pytest.mark.chaos
@pytest.mark.parametrize("kind", READERS)
def test_a_picture_that_was_changed_in_any_place_is_read_or_refused(kind, is_long):
    originals, rounds, refused = variants(kind), 5_000 if is_long else 100, 0
    for number in range(rounds):
        try:
            assert open_picture(mutate(originals, kind, number)).mode in ("L", "RGB", "RGBA")
        except PictureError:
            refused += 1
    assert 0 < refused < rounds
