"""The anode against which a cell's voltage is read."""

from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.source import Source

LI_IN_NAME = "potential_li_in"
LI_IN = Fact(
    Quantity(0.62, "V"),
    Source("literature", "Takada et al., Solid State Ionics 86 (1996) 877", "as doi:10.1002/batt.202300427 cites it"),
)
"""The two-phase plateau In + InLi against Li; no uncertainty is printed."""
