"""Words for pictures: Pillow's own font has no arrows, and not all of the signs."""

from __future__ import annotations

import unicodedata

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def spell(words: str, font: Font | None = None) -> str:
    """Return words in which what a font, or Pillow's own, has no letter for is called by its name."""
    font = font or ImageFont.load_default(18)
    missing = bytes(font.getmask("\uffff"))
    return "".join(
        unicodedata.name(letter, "?").lower() if bytes(font.getmask(letter)) == missing else letter for letter in words
    )
