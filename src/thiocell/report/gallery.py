"""Many figures at once."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from thiocell.core.drawing import Drawing
from thiocell.report import figure
from thiocell.studies.workers import start_method

_LOG = logging.getLogger(__name__)
_MANY = 8
"""assumed: figures from which processes are worth their start."""


def rendered(drawings: Sequence[Drawing], jobs: int = 1) -> list[str]:
    """The text of each figure, as ``figure.render`` gives it; many are made in up to ``jobs`` processes."""
    if jobs > 1 and len(drawings) >= _MANY:
        try:
            with ProcessPoolExecutor(min(jobs, len(drawings) // 2), start_method()) as pool:
                return list(pool.map(figure.render, drawings, chunksize=2))
        except (OSError, ImportError, NotImplementedError, BrokenProcessPool, pickle.PicklingError) as error:
            _LOG.warning("figures are made one after another: %s", error)
    return [figure.render(drawing) for drawing in drawings]
