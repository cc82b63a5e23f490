"""A figure as plain data: tested by its numbers, kept with the result, rendered elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thiocell.core.bad_input import BadInput

Scale = Literal["linear", "log"]


@dataclass(frozen=True, slots=True)
class Axis:
    """``label`` and ``unit`` as they are printed; ``low`` and ``high`` only where the data should not decide.

    ``places`` are the names of the places 1, 2, ... of an axis that counts no quantity. Below ``floor`` no tick has a
    label: what is drawn there was shifted, or stands for a place along the other axis alone.
    """

    label: str
    unit: str = ""
    scale: Scale = "linear"
    low: float | None = None
    high: float | None = None
    places: tuple[str, ...] = ()
    floor: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", tuple(self.places))

    @property
    def text(self) -> str:
        """'label / unit'."""
        return f"{self.label} / {self.unit}" if self.unit else self.label


@dataclass(frozen=True, eq=False)
class _Layer:
    """Something drawn in a panel; ``tone`` picks its colour, layers of one tone belong together."""

    arrays: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for name in self.arrays:
            given = getattr(self, name)
            if given is not None:
                object.__setattr__(self, name, np.array(given, dtype=np.float64))
        sizes = {name: getattr(self, name).shape for name in self.arrays if getattr(self, name) is not None}
        if len(set(sizes.values())) > 1:
            raise BadInput(f"a {type(self).__name__.lower()} has arrays of unequal shape: {sizes}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Layer) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]

    def to_json(self) -> dict[str, Any]:
        """Plain data; NaN becomes None."""
        page: dict[str, Any] = {"layer": type(self).__name__.lower()}
        for entry in fields(self):
            value = getattr(self, entry.name)
            page[entry.name] = _listed(value) if isinstance(value, np.ndarray) else value
        return page


@dataclass(frozen=True, eq=False)
class Line(_Layer):
    """``y`` against ``x``, joined in the order given; 'broad' lines are pale, to lie under others."""

    arrays: ClassVar[tuple[str, ...]] = ("x", "y")
    x: ArrayLike
    y: ArrayLike
    label: str = ""
    tone: int = 0
    style: Literal["solid", "dashed", "dotted"] = "solid"
    weight: Literal["usual", "thin", "broad"] = "usual"


@dataclass(frozen=True, eq=False)
class Points(_Layer):
    """``y`` against ``x`` as marks, with one standard uncertainty where it is known; 'bar' is an upright stroke."""

    arrays: ClassVar[tuple[str, ...]] = ("x", "y", "sigma_x", "sigma_y")
    x: ArrayLike
    y: ArrayLike
    label: str = ""
    tone: int = 0
    sigma_x: ArrayLike | None = None
    sigma_y: ArrayLike | None = None
    mark: Literal["filled", "open", "bar"] = "filled"


@dataclass(frozen=True, eq=False)
class Band(_Layer):
    """The area between ``low`` and ``high`` along ``x``."""

    arrays: ClassVar[tuple[str, ...]] = ("x", "low", "high")
    x: ArrayLike
    low: ArrayLike
    high: ArrayLike
    label: str = ""
    tone: int = 0


@dataclass(frozen=True, eq=False)
class Image(_Layer):
    """``values[row, column]``, row 0 at ``bottom``, column 0 at ``left``, in the units of the panel's axes."""

    arrays: ClassVar[tuple[str, ...]] = ("values",)
    values: ArrayLike
    left: float
    right: float
    bottom: float
    top: float
    label: str = ""


Layer = Line | Points | Band | Image
_LAYERS: Mapping[str, type[Layer]] = {"line": Line, "points": Points, "band": Band, "image": Image}


@dataclass(frozen=True)
class Panel:
    """One pair of axes; ``equal`` gives both the same length a unit (Nyquist plots), ``wide`` a row of its own."""

    x: Axis
    y: Axis
    layers: tuple[Layer, ...]
    title: str = ""
    equal: bool = False
    wide: bool = False


@dataclass(frozen=True)
class Drawing:
    """Panels side by side under one caption; ``virtual`` marks data that no instrument measured."""

    panels: tuple[Panel, ...]
    caption: str = ""
    virtual: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "panels": [
                {
                    "x": _axis(panel.x),
                    "y": _axis(panel.y),
                    "layers": [layer.to_json() for layer in panel.layers],
                    "title": panel.title,
                    "equal": panel.equal,
                    "wide": panel.wide,
                }
                for panel in self.panels
            ],
            "caption": self.caption,
            "virtual": self.virtual,
        }

    @classmethod
    def from_json(cls, page: Mapping[str, Any]) -> Drawing:
        """Undo ``to_json``."""
        panels = tuple(
            Panel(
                Axis(**p["x"]),
                Axis(**p["y"]),
                tuple(_layer(item) for item in p["layers"]),
                p["title"],
                p["equal"],
                p["wide"],
            )
            for p in page["panels"]
        )
        return cls(panels, page["caption"], page["virtual"])


def _axis(axis: Axis) -> dict[str, Any]:
    given = {entry.name: getattr(axis, entry.name) for entry in fields(axis)}
    return given | {"places": list(axis.places)}


def _layer(page: Mapping[str, Any]) -> Layer:
    kind = _LAYERS[page["layer"]]
    given = {key: _revived(value) if key in kind.arrays else value for key, value in page.items() if key != "layer"}
    return kind(**given)


def _listed(values: NDArray[np.float64]) -> Any:
    if values.ndim > 1:
        return [_listed(row) for row in values]
    return [None if np.isnan(v) else float(v) for v in values]


def _revived(values: Any) -> Any:
    if values is None:
        return None
    return np.array(values, dtype=np.float64)  # numpy reads None as NaN
