"""The anode against which a cell's voltage is read: the one place where its potential stands."""

from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.source import Source

LI_IN_NAME = "potential_li_in"
LI_IN = Fact(
    Quantity(0.62, "V", 0.003),  # sigma assumed: rounding of the last digit, 0.005 V / sqrt 3; none is printed
    Source(
        "literature",
        "doi:10.1002/batt.201800149",
        "Santhosha et al. 2019; so also Takada et al., Solid State Ionics 86 (1996) 877; sigma assumed: last digit",
    ),
)
"""The two-phase plateau In + InLi against Li."""
