"""The numbers by which compiled code and Python speak of steps, rows and outcomes: no numba needed to read them."""

CURRENT, VOLTAGE, POWER = range(3)
"""How a step is held."""
# numbers of a step
KIND, TARGET, SECONDS, LOWER, UPPER, LEAST, PERIOD, MAY_END_AT_ONCE, FLOOR, CEILING, STEP_NUMBERS = range(11)
# numbers of a step's summary
T_END, CHARGE_PASSED, ENERGY, V_FIRST, V_LAST, I_LAST, WHY, COUNT, ITERATIONS, SUMMARY = range(10)
# numbers of a kept row
ROW_TIME, ROW_VOLTAGE, ROW_CURRENT, ROW_CHARGE, ROW_STEP, ROW_NUMBERS = range(6)

BY_TIME, BY_LOWER, BY_UPPER, BY_CURRENT, AT_ONCE = range(1, 6)
"""What ended a step."""
DONE, TOO_SMALL, TOO_MANY, NOT_FINITE, CANNOT_START, ROWS_FULL, NO_CURRENT, LEFT_LIMITS, BAD_INPUT, NO_END = range(10)
"""How a cell fared."""

LONGEST = 1e12
"""s; assumed: a step without a time that has not ended by then never will."""

FARED = {
    DONE: "all steps were carried out",
    TOO_SMALL: "the solver's steps became too short to go on",
    TOO_MANY: "the solver needed too many steps",
    NOT_FINITE: "the state stopped being a number",
    CANNOT_START: "the current cannot start: it takes the voltage beyond the cut-off at once",
    NO_CURRENT: "no current holds the voltage or the power that is asked for",
    LEFT_LIMITS: "the voltage left the cell's cut-offs before the step's own end; give the step a voltage to end at",
    NO_END: "the step never comes to its end: the voltage or the current at which it should end is not reached",
    BAD_INPUT: "its numbers, its start or its protocol are impossible",
    ROWS_FULL: "there were more rows than room for them",
}
"""The sentence that a user reads."""
