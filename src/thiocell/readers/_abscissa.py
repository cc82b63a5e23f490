"""What the first column of a pattern is by the words before it, and how it is turned into two-theta."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.readers._block import Block, bare

Array = NDArray[np.float64]

_END = r"(?=[\s,;)\]}]|$)"
_LENGTH = r"(?P<unit>angstroms?|ang|Å|\u212b|A|nm)"
_INTENSITY = r"[\s,;]+(?:I\b|I[_(]|int|count|cps|signal|y\b|s\(|f\()"
_KEY = re.compile(
    r"(?:\bx[\s_-]?(?:axis|unit|label)s?(?:[\s_-]?(?:unit|label)s?)?|\babscissa|^(?:axis|units?))\s*(?:is)?\s*[:=]\s*(\S.*)$",
    re.IGNORECASE,
)
_KINDS = {
    "degrees": re.compile(r"(?:°\s*)?(?:2[\s_*-]*th(?:eta)?|two[\s_-]*theta|tth|2[\s*]?θ|angle)", re.IGNORECASE),
    "q": re.compile(
        rf"(?:q|momentum\s*transfer)[\s_]*[\[({{/]?\s*(?:1\s*/\s*)?{_LENGTH}?\s*(?:\^?[({{]?\s*[-−]\s*1[)}}]?|⁻¹)?[\])}}]?{_END}",
        re.IGNORECASE,
    ),
    "d": re.compile(rf"d(?:[\s_-]*spacing)?[\s_]*[\[({{/]?\s*{_LENGTH}?[\])}}]?{_END}", re.IGNORECASE),
}
_THETA = re.compile(r"(?:theta|θ)\b", re.IGNORECASE)
_OTHER = re.compile(
    r"(?:r[\s_(\[]*mm|radius|pixel|channel|energy|tof\b|time|t\s*[/(\[]|d\*|log|chi\b|chi_|omega|phi\b|wave|lambda|raman|shift"
    r"|cm\^?-?1|1/cm|freq|f\s*[/(\[]|volt|potential|e\s*[/(\[]|ewe|curr|i\s*[/(\[]|cap|cycle|temp|z|re\b|im\b|nm\b|ev\b)",
    re.IGNORECASE,
)
_WHAT = {"q": "a scattering vector", "d": "a distance of planes", "other": "no angle"}
_ANGSTROMS = {"nm": 10.0}


@dataclass(frozen=True)
class Abscissa:
    """``kind`` is 'degrees', 'theta', 'radians', 'q', 'd' or 'other'; ``scale`` is its unit's in angstrom, or NaN."""

    kind: str
    told: str
    line: int
    scale: float = float("nan")

    def two_theta(self, x: Array, wavelength: float | None, place: str) -> tuple[Array, tuple[str, ...]]:
        """The column in degrees, and what was done to it; raises BadInput where it cannot be turned."""
        if self.kind == "degrees":
            return x, ()
        at = f"{place}, line {self.line} calls the first column '{self.told}'"
        if self.kind == "theta":
            return x, (f"{at}: it is taken for two-theta",)
        if self.kind == "radians":
            return np.degrees(x), (f"{at}: it was turned into degrees",)
        if self.kind == "other" or wavelength is None or not np.isfinite(self.scale):
            lacks = (
                "" if self.kind == "other" else ", or a line before the numbers such as 'Wavelength: 0.4137 angstrom'"
            )
            if wavelength is not None and not np.isfinite(self.scale):
                lacks = ", or the unit of that column"
            raise BadInput(f"{at}, {_WHAT[self.kind]}; two-theta in degrees was expected{lacks}")
        with np.errstate(divide="ignore", invalid="ignore"):
            sine = (
                x * wavelength / (4.0 * np.pi * self.scale) if self.kind == "q" else wavelength / (2.0 * self.scale * x)
            )
        if not np.all((sine > 0.0) & (sine <= 1.0)):
            raise BadInput(f"{at}, but by its wavelength of {wavelength:.6g} angstrom not every row has an angle")
        return 2.0 * np.degrees(np.arcsin(sine)), (
            f"{at}, {_WHAT[self.kind]}: it was turned into two-theta by the wavelength that the file tells",
        )


def abscissa(found: Block, before: int = 0) -> Abscissa | None:
    """What the lines before the numbers say of the first column; None if they say nothing.

    The line nearest to the numbers counts first; a word alone counts only if the line names every column.
    """
    for number in reversed(range(len(found.head))):
        line = bare(found.head[number])
        key = _KEY.search(line)
        told = _kind(key.group(1), alone=True) if key else _kind(line, alone=False)
        if told is not None:
            return Abscissa(told[0], _shown(key.group(1) if key else line, told[1]), before + number + 1, told[2])
    if (labels := found.labels) and _THETA.match(labels[0]):
        return Abscissa("theta", labels[0], before + len(found.head))
    if labels and _OTHER.match(labels[0]):
        return Abscissa("other", labels[0], before + len(found.head))
    return None


def _kind(text: str, *, alone: bool) -> tuple[str, str, float] | None:
    """Kind, matched words and scale of what a text begins with; a title is not taken for a label."""
    if (match := _KINDS["degrees"].match(text)) and _is_label(text, match.group(), alone):
        rest = text[match.end() :]
        return ("radians" if re.match(r"[\s_(\[]*rad", rest, re.IGNORECASE) else "degrees"), match.group(), 1.0
    for kind in ("q", "d"):
        if match := _KINDS[kind].match(text):
            unit = match["unit"]
            sure = unit or alone or "spacing" in match.group().lower() or "momentum" in match.group().lower()
            if not sure and not re.match(_INTENSITY, text[match.end() :], re.IGNORECASE):
                continue
            return kind, match.group(), _ANGSTROMS.get((unit or "").lower(), 1.0) if unit else float("nan")
    if alone and (match := _OTHER.match(text)):
        return "other", text, float("nan")
    return None


def _is_label(text: str, word: str, alone: bool) -> bool:
    """Is it the name of a column, and no sentence or setting such as '2theta range = 10 to 80'?"""
    return alone or not re.search(r"[=:]|\d\s*$", text[len(word) :])


def _shown(text: str, word: str) -> str:
    first = re.split(r"[\t,;]|\s{2,}", text.strip())[0]
    return first[:40] if len(first) >= len(word.strip()) else word.strip()
