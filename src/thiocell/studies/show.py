"""What a look inside the cell model may draw."""

from typing import Literal, get_args

Show = Literal["voltage", "shares", "profiles", "losses", "limits"]
SHOWN: tuple[str, ...] = get_args(Show)
