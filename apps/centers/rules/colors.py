"""Colors of a center's brand, and what can be read on them (WCAG 2.2, contrast of at least 4.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass

READABLE = 4.5
PLAIN = "#b3123b"
WHITE, DARK, BLACK = "#ffffff", "#1d1a1b", "#000000"
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Palette:
    """``color`` as the center chose it with the ``text`` that can be read on it; ``accent`` is that color made dark enough
    to be read on white, and to carry white; ``soft`` is a hint of it behind dark text."""

    color: str
    text: str
    accent: str
    soft: str


def is_color(text: str) -> bool:
    """``#`` and six hexadecimal digits."""
    return bool(_COLOR.fullmatch(text))


def palette(color: str) -> Palette:
    """What goes with a color; the platform's own where it is none."""
    chosen = (color if is_color(color) else PLAIN).lower()
    # On every color either white or black can be read.
    text = next((ink for ink in (WHITE, DARK) if contrast(chosen, ink) >= READABLE), BLACK)
    return Palette(chosen, text, _darkened(chosen), _mixed(chosen, WHITE, 0.1))


def contrast(one: str, other: str) -> float:
    """Between 1 (the same) and 21 (black on white)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _darkened(color: str) -> str:
    for percent in range(100, -1, -4):
        darker = _mixed(color, "#000000", percent / 100)
        if contrast(darker, WHITE) >= READABLE:
            return darker
    return BLACK


def _mixed(color: str, other: str, share: float) -> str:
    parts = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(mine * share + theirs * (1 - share)):02x}" for mine, theirs in parts)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
