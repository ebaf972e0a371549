"""A picture that a visitor gave, and what was read in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from time import perf_counter
from uuid import uuid4

from PIL import Image

from mnist_core.errors import PictureError
from mnist_core.preprocessing.file_kinds import tell_kind
from mnist_core.preprocessing.picture_files import MAX_FILE_BYTES, open_picture
from mnist_core.preprocessing.pictures import PictureStages, Region, keep_rows, place_of_all, stages_from_image
from ui.inputs.crop_box import address_of, frame_around, read_moved
from ui.inputs.digit_input import DigitInput

TOO_LARGE = "application/x-too-large"  # the kind of what stands for such a file: its beginning; see picture_drop.js


@dataclass(slots=True)
class GivenPicture:
    """A picture that was given, and what was read in it where the digit was found, or where the visitor says it is."""

    name: str  # a stranger's words
    number: str = field(default_factory=lambda: uuid4().hex)  # that no other picture has
    image: Image.Image | None = None  # None where the file cannot be opened
    address: str = ""  # of the image, in a browser
    crop: Region | None = None  # where the visitor says
    turn: int = 0  # how often the frame was put back
    heard: int = 0  # the last message of the frame
    digit_input: DigitInput | None = None
    kept: PictureStages | None = None  # what is left of its stages once others are looked at
    problem: str = ""  # why there is no digit

    def open(self, content: bytes, kind: str) -> None:
        """Open it and find the digit, or remember why it cannot be read."""
        try:
            if kind == TOO_LARGE:
                tell_kind(content)  # a film is no picture, however large
                raise PictureError(
                    f"The file is larger than {MAX_FILE_BYTES / 1e6:.0f} MB, which is too large to be read. "
                    "Save it smaller, or crop it to the digit."
                )
            self.image = open_picture(content)
        except PictureError as error:
            self.problem = str(error)
            return
        self.address = address_of(self.image)
        self.find()

    def find(self) -> None:
        """Find the digit where it is to be looked for, or remember why there is none."""
        assert self.image
        start = perf_counter()
        try:
            stages = stages_from_image(self.image, self.crop, of_row=True)
        except PictureError as error:
            self.digit_input, self.problem = None, str(error)
            return
        self.problem = ""
        seconds = perf_counter() - start
        self.digit_input = DigitInput(stages.digit, "This is your picture.", seconds, picture=stages)

    @property
    def stages(self) -> PictureStages | None:
        """How the digit was found, as long as that is kept."""
        return self.digit_input.picture if self.digit_input else None

    @property
    def region(self) -> Region:
        """What was found to be looked at: a sheet or a window in the picture, or all of it."""
        assert self.image
        return self.stages.region if self.stages and not self.crop else Region(0, 0, *self.image.size)

    @property
    def frame(self) -> Region:
        """Where the visitor says that the digit is, where it was found, or a place from which to begin."""
        assert self.image
        if self.crop:
            return self.crop
        if self.stages:
            return frame_around(place_of_all(self.stages), self.image.size)
        width, height = self.image.size
        return Region(width // 8, height // 8, width - width // 8, height - height // 8)

    @property
    def rows(self) -> PictureStages | None:
        """What a number is read in."""
        return self.stages or self.kept

    def shrink(self) -> None:
        """Keep of what was read the digit, and the ink of a number; it can be read again."""
        if self.digit_input and self.digit_input.picture:
            self.kept = keep_rows(self.digit_input.picture)
            self.digit_input = replace(self.digit_input, picture=None)

    def obey(self, sent: object) -> None:
        """Look where the frame was moved to, if that is what a browser sent."""
        assert self.image
        moved = read_moved(sent, self.image.size)
        if moved is None:
            return
        self.heard = moved.serial
        if moved.version == self.version:
            self.look_at(moved.crop)

    @property
    def version(self) -> str:
        """What the frame is laid on, and how often it was laid there anew."""
        return f"{self.number} {self.turn}"

    def look_at(self, crop: Region | None) -> None:
        """Look there from now on; without a crop, find the digit again."""
        self.crop = crop
        self.turn += crop is None
        self.digit_input = None
        self.problem = ""
