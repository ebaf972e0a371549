"""The few colours, by meaning, for the theme that the visitor has, and what Streamlit's own theme cannot say."""

from __future__ import annotations

from colorsys import hls_to_rgb
from dataclasses import dataclass

import streamlit as st

from ui.assets import read_asset


@dataclass(frozen=True, slots=True)
class Colours:
    """`answer` is the accent (teal), of sure and right answers, `wrong` the warm colour (orange) of errors and doubt.

    `on_answer` is for what is written on either of them, `ground` is the page. What is written in a colour has a
    contrast of 4.5 or more to what is behind it, and what is drawn of 3 or more (WCAG AA); `line` only decorates.
    `series` tells several curves apart, after Okabe and Ito's colours for the colour-blind, the accent first.
    `digits` tells the ten digits apart on a map, where each stands beside its colour as well.
    """

    answer: str
    on_answer: str
    wrong: str
    other: str
    text: str
    faint: str
    line: str
    ground: str
    series: tuple[str, ...]
    digits: tuple[str, ...]


LIGHT = Colours(
    answer="#0d6b64",
    on_answer="#ffffff",
    wrong="#c2410c",
    other="#869290",
    text="#0a1211",
    faint="#5c6a68",
    line="#e3e8e7",
    ground="#ffffff",
    series=("#0d6b64", "#d55e00", "#0072b2", "#c66f9f", "#8a6d00", "#6b7674"),
    digits=(
        *("#4e79a7", "#d27810", "#b8356b", "#2a9d8f", "#6a994e"),
        *("#a58c00", "#7b5ea7", "#d1608f", "#8c6d4f", "#7f8785"),
    ),
)
DARK = Colours(
    answer="#2dd4bf",
    on_answer="#08211e",
    wrong="#fb923c",
    other="#5f6e6c",
    text="#e6eceb",
    faint="#9aa8a6",
    line="#2a3533",
    ground="#111716",
    series=("#2dd4bf", "#fb923c", "#56b4e9", "#e59cc4", "#f0e442", "#a3b1af"),
    digits=(
        *("#7aa6d6", "#f6a04d", "#e5638f", "#43c5b6", "#8fc06f"),
        *("#dcc32e", "#a78bd4", "#f29ac0", "#b8977a", "#a9b1af"),
    ),
)


GOLDEN = 0.381966  # of the circle of hues: however many there are, neighbours in the alphabet are far apart
_STYLE = read_asset("style.css")
_follow_system = st.components.v2.component("theme", js=read_asset("theme.js"))


def apply() -> None:
    """Give the page our style, and its colours anew when the system turns from light to dark; once in each run."""
    palette = colours()
    names = {"answer": palette.answer, "on-answer": palette.on_answer, "text": palette.text, "faint": palette.faint}
    names["keyword"] = palette.series[2]
    variables = "; ".join(f"--{name}: {colour}" for name, colour in names.items())
    with st.container(key="theme"):
        # A style alone would go where toasts are shown, and take the place of the one before a rerun.
        st.html(f"<style>:root {{ {variables} }}\n{_STYLE}</style><span hidden></span>")
        _follow_system(key="theme_listener", height=1)


def colours() -> Colours:
    """Return the colours of the theme in use."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def class_tints(count: int) -> list[str]:
    """Return a colour for each class, that of a digit where there are ten; many have names and places beside them."""
    palette = colours()
    if count <= len(palette.digits):
        return list(palette.digits[:count])
    tints = []
    for place in range(count):
        lightness = (0.62, 0.74)[place % 2] if palette is DARK else (0.3, 0.44)[place % 2]
        parts = hls_to_rgb(place * GOLDEN % 1, lightness, (0.75, 0.5)[place // 2 % 2])
        tint = "#" + "".join(f"{round(255 * part):02x}" for part in parts)
        while contrast(tint, palette.ground) < 3:
            tint = mix(tint, palette.text, 0.1)
        tints.append(tint)
    return tints


def mix(first: str, second: str, share: float) -> str:
    """Return a colour such as #0d6b64 with so large a share of another in it."""
    both = zip(channels(first), channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in both)


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, 1…21, as WCAG 2 defines it."""
    dark, light = sorted(_luminance(colour) for colour in (first, second))
    return (light + 0.05) / (dark + 0.05)


def ink_on(ground: str) -> str:
    """Return black or white, whichever reads better on a colour: the contrast is 4.58 or more on any."""
    return max("#000000", "#ffffff", key=lambda ink: contrast(ink, ground))


def channels(colour: str) -> tuple[int, int, int]:
    """Return a colour such as #0d6b64 as its red, green and blue, 0…255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    """Return the relative luminance of an sRGB colour, 0…1."""
    shares = (part / 255 for part in channels(colour))
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
