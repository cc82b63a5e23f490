"""Libraries that come with an extra of the installation, imported when they are used."""

from __future__ import annotations

import importlib
from typing import Any

from thiocell.core.bad_input import BadInput


def needed(module: str, what: str, extra: str = "structure") -> Any:
    """The module; raises BadInput saying what asks for it, and how the ``extra`` is installed, where it is missing."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise BadInput(
            f"{what} cannot be done without {module}, which cannot be imported ({error}); "
            f"pip install 'thiocell[{extra}]'"
        ) from error
