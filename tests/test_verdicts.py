"""A printed number holds, fails, contradicts or stays open, by the house's rule and for the right reason."""

import math

import numpy as np
import pytest

from thiocell.core import Covariance, Fact, Quantity, Result, Sample, Source
from thiocell.core.result import Limit
from thiocell.studies.claim import Claim, read_printed
from thiocell.studies.judge import judge
from thiocell.studies.outcome import Outcome
from thiocell.studies.study import TrendStep
from thiocell.studies.trend import trend


def outcomes(kind="measured", sigma=1.0, value=530.0, unit="mAh/g"):
    values = {"capacity": Quantity(value, unit, sigma), "other": Quantity(2 * value, unit, 2 * sigma)}
    covariance = Covariance(("capacity", "other"), np.array([[sigma**2, 2 * sigma**2], [2 * sigma**2, 4 * sigma**2]]))
    result = Result("cycling", values, Source(kind), covariance=covariance)
    printed = {
        "energy": Fact(Quantity(1020, "Wh/kg", 0.3), Source("paper")),
        "capacity": Fact(Quantity(530, "mAh/g", 0.3), Source("paper")),
        "rate": Fact(Quantity(25, "mA/g", 0.3), Source("paper")),
    }
    return {
        "rate": Outcome("rate", "analyse", "done", result=result),
        "printed": Outcome("printed", "sample", "done", sample=Sample("printed", facts=printed)),
        "broken": Outcome("broken", "analyse", "failed", error="its file is empty"),
    }


def one(says, found=None, **claim):
    ((verdict,), faults) = judge(Claim("c", 1, "p. 4", says, **claim), found or outcomes())
    assert not faults
    return verdict


@pytest.mark.parametrize(
    ("text", "value", "half_digit"),
    [
        ("530 mAh/g", 530, 0.5),
        ("0.20", 0.20, 0.005),
        ("1.5e-6 S/cm", 1.5e-6, 0.05e-6),
        ("1e-4 S/cm", 1e-4, 0.5e-4),
        ("70 %", 70, 0.5),
        ("> 0 mAh/g", 0, 0),
    ],
)
def test_half_the_last_printed_digit_is_read_off_the_text(text, value, half_digit):
    printed = read_printed(text)
    assert printed.quantity.value == pytest.approx(value)
    assert printed.half_digit == pytest.approx(half_digit)


@pytest.mark.parametrize(
    ("printed", "sigma", "word"),
    [
        ("532 mAh/g", 1.0, "holds"),  # 2 apart, 2 sqrt(1 + 0.25) = 2.24 allowed
        ("533 mAh/g", 1.0, "fails"),
        ("531 mAh/g", 0.0, "holds"),  # rounding alone: 1 allowed
        ("532 mAh/g", 0.0, "fails"),
        ("about 550 mAh/g", 0.0, "holds"),  # 3.6 %
        ("about 560 mAh/g", 0.0, "fails"),  # 5.4 %
        ("<= 500 mAh/g", 1.0, "fails"),
        ("at most 600 mAh/g", 1.0, "holds"),
        ("> 500 mAh/g", 1.0, "holds"),
        ("at least 600 mAh/g", 1.0, "fails"),
        ("0.53 Ah/g", 1.0, "holds"),
    ],
)
def test_a_number_is_judged_by_two_sigma_and_rounding(printed, sigma, word):
    verdict = one({"rate.capacity": printed}, outcomes(sigma=sigma))
    assert verdict.verdict == word, verdict.reason


def test_an_unknown_sigma_uses_rounding_alone_and_says_so():
    verdict = one({"rate.capacity": "532 mAh/g"}, outcomes(sigma=math.nan))
    assert verdict.verdict == "fails"
    assert "rounding alone" in verdict.reason
    assert verdict.to_json()["sigma"] is None


@pytest.mark.parametrize(
    ("source", "kind"),
    [("derived", "derived"), ("measured", "measured"), ("recovered", "recovered"), ("paper", "derived")],
)
def test_the_kind_tells_how_the_number_came(source, kind):
    assert one({"rate.capacity": "530 mAh/g"}, outcomes(source)).kind == kind


def test_a_number_made_of_several_is_of_the_least_kind():
    assert one({"rate.capacity / printed.capacity": "1.0"}, outcomes("recovered")).kind == "recovered"


def test_printed_numbers_that_disagree_with_each_other_contradict():
    # 1020 Wh/kg over 530 mAh/g is 1.92 V, times 25 mA/g is 48.1 W/kg, where the source prints 46.
    verdict = one({"printed.energy / printed.capacity * printed.rate": "46 W/kg"})
    assert verdict.verdict == "contradicts"
    assert verdict.found.value == pytest.approx(48.11, abs=0.01)


def test_a_formula_of_the_wrong_dimension_contradicts():
    verdict = one({"printed.energy / printed.rate": "1 S/cm"}, contradicts="the formula lacks the current")
    assert verdict.verdict == "contradicts"
    assert "lacks the current" in verdict.reason
    assert verdict.found is None


def test_a_contradiction_that_the_numbers_do_not_bear_out_holds():
    assert one({"printed.capacity": "530 mAh/g"}, contradicts="it is said").verdict == "holds"


def test_an_unbalanced_reaction_contradicts_and_a_balanced_one_holds():
    assert one({}, equation="MoS2 + 4 Li -> Mo + Li2S").verdict == "contradicts"
    assert one({}, equation="MoS2 + 4 Li -> Mo + 2 Li2S").verdict == "holds"


def test_an_open_claim_says_what_is_missing():
    verdict = one({"rate.capacity": "530 mAh/g"}, open="no raw data was published")
    assert (verdict.verdict, verdict.reason, verdict.found) == ("open", "no raw data was published", None)


def test_a_step_that_failed_leaves_its_claims_open_with_the_reason():
    verdict = one({"broken.capacity": "530 mAh/g"})
    assert verdict.verdict == "open"
    assert "its file is empty" in verdict.reason


def test_shared_errors_cancel_in_a_ratio():
    verdict = one({"rate.other / rate.capacity": "2"}, outcomes(sigma=50.0))
    assert verdict.found.sigma == pytest.approx(0, abs=1e-6)


def test_a_number_that_no_step_gives_stays_open_and_leaves_the_others_judged():
    says = {"rate.capacity": "530 mAh/g", "rate.typo": "1 V", "rate.other": "3 V"}
    verdicts, faults = judge(Claim("c", 1, "p. 4", says), outcomes())
    assert [verdict.verdict for verdict in verdicts] == ["holds", "open", "open"]
    assert "gave no 'typo'" in faults[0]
    assert "not in 'V'" in faults[1]


@pytest.mark.parametrize(
    ("printed", "word"),
    [
        ("(530 ± 5) mAh/g", "holds"),
        ("(545 ± 5) mAh/g", "fails"),
        ("in mAh/g", "holds"),
        ("> 0 mAh/g", "holds"),
        ("about 5e2 mAh/g", "fails"),  # 'about' opens 5 %, not half of the last digit
    ],
)
def test_a_printed_sigma_a_bare_unit_and_a_bound_are_taken_as_meant(printed, word):
    assert one({"rate.capacity": printed}, outcomes(sigma=0.0)).verdict == word


def test_a_bound_of_zero_leaves_no_room_for_rounding():
    assert one({"rate.capacity - printed.capacity": "> 0 mAh/g"}, outcomes(sigma=0.0, value=529.0)).verdict == "fails"


@pytest.mark.parametrize(
    ("says", "word"), [("at least 0 %", "holds"), ("at most 0 %", "holds"), ("0.0001(0) %", "fails")]
)
def test_a_slope_of_rounding_alone_is_none(says, word):
    y = 30.0 + np.array([0.0, 0.0, -1.4e-14, -2.8e-14, -2.1e-14])  # what an analysis makes of members that are alike
    members = {f"mix[x={x}]": Quantity(value, "%", 0.0) for x, value in zip(range(5), y, strict=True)}
    found = {
        n: Outcome(n, "analyse", "done", result=Result("mixing", {"v": q}, Source("recovered")))
        for n, q in members.items()
    }
    step = TrendStep("v", "x", "line", tuple((n, Quantity.exact(float(x))) for x, n in enumerate(members)))
    found["mix"] = Outcome("mix", "trend", "done", result=trend(step, found))
    verdict = one({"mix.slope": says}, found)
    assert verdict.verdict == word, verdict.reason


def test_a_solubility_limit_beyond_the_last_member_is_judged_by_its_limit():
    edges = {x: Quantity(5.718 + 0.52 * x, "angstrom", 1e-4) for x in (0.0, 0.02, 0.10, 0.15)}
    found = {
        f"a[x={x}]": Outcome(f"a[x={x}]", "analyse", "done", result=Result("xrd", {"a": edge}, Source("recovered")))
        for x, edge in edges.items()
    }
    step = TrendStep("a", "x", "broken_line", tuple((f"a[x={x}]", Quantity.exact(x)) for x in edges))
    found["edge"] = Outcome("edge", "trend", "done", result=trend(step, found))
    assert one({"edge.break_point": "about 0.20"}, found).verdict == "open"
    assert one({"edge.break_point": "0.10"}, found).verdict == "fails"
    assert one({"edge.break_point": "at least 0.14"}, found).verdict == "holds"
    assert one({"edge.slope": "0.52 angstrom"}, found).verdict == "holds"


@pytest.mark.parametrize(("more", "word"), [(1e-13, "holds"), (1e-7, "fails")])
def test_rounding_is_of_the_numbers_that_were_compared_and_no_more(more, word):
    facts = {name: Fact(Quantity.exact(530.0, "mAh/g"), Source("derived")) for name in ("one", "other")}
    pair = {"a": Outcome("a", "sample", "done", sample=Sample("a", facts=facts))}
    verdict = one({f"a.one - {1 + more} * a.other": "at least 0 mAh/g"}, pair)
    assert (verdict.verdict, "but for the rounding" in verdict.reason) == (word, word == "holds")


def shared_mass(part):
    """Two steps on one cell: both values carry the same 10 % of one weighing."""
    values = {"q": Quantity(500, "mAh/g", 50), "e": Quantity(900, "Wh/kg", 90)}
    parts = {"q": {"mass of cell": 50.0}, "e": {part: 90.0}}
    steps = {name: Result(name, {name: values[name]}, Source("measured"), parts={name: parts[name]}) for name in values}
    return {name: Outcome(name, "analyse", "done", result=result) for name, result in steps.items()}


def test_an_error_shared_by_two_steps_cancels_in_their_ratio():
    verdict = one({"e.e / q.q": "1.80 V"}, shared_mass("mass of cell"))
    assert verdict.found.sigma == pytest.approx(0, abs=1e-9)
    assert one({"e.e / q.q": "1.40 V"}, shared_mass("mass of cell")).verdict == "fails"


def test_errors_of_different_origins_do_not_cancel():
    verdict = one({"e.e / q.q": "1.80 V"}, shared_mass("mass of another cell"))
    assert verdict.found.sigma == pytest.approx(1.8 * 0.1 * math.sqrt(2), rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "tests"),
    [
        ("derived", "source"),
        ("measured", "source"),
        ("fitted", "model"),
        ("predicted", "model"),
        ("recovered", "method"),
    ],
)
def test_a_failure_is_laid_to_what_the_found_number_puts_on_trial(kind, tests):
    verdict = one({"rate.capacity": "600 mAh/g"}, outcomes(kind))
    assert (verdict.verdict, verdict.to_json()["tests"]) == ("fails", tests)


@pytest.mark.parametrize(
    ("side", "printed", "word"),
    [
        ("below", "4e-5 S/cm", "open"),
        ("below", "2.0e-4 S/cm", "fails"),
        ("below", "about 0.102 mS/cm", "open"),  # 2 % beyond, 5 % allowed
        ("below", "at most 2e-4 S/cm", "holds"),
        ("below", "at most 5e-5 S/cm", "open"),
        ("below", "at least 2.0e-4 S/cm", "fails"),
        ("below", "at least 5e-5 S/cm", "open"),
        ("above", "at least 5e-5 S/cm", "holds"),
        ("above", "5.0e-5 S/cm", "fails"),
        ("above", "2e-4 S/cm", "open"),
    ],
)
def test_a_limit_decides_what_lies_beyond_it(side, printed, word):
    limit = Limit(Quantity.exact(1e-4, "S/cm"), side, 0.95)
    result = Result("dc_polarisation", {}, Source("measured"), limits={"electronic_conductivity": limit})
    found = {"dc": Outcome("dc", "analyse", "done", result=result)}
    verdict = one({"dc.electronic_conductivity": printed}, found)
    assert verdict.verdict == word
    assert verdict.kind == "measured"
    bound = "0.1 mS/cm" if "mS" in printed else "0.0001 S/cm"
    assert f"it lies {side} {bound} (95 %)" in verdict.reason
    assert one({"2 * dc.electronic_conductivity": printed}, found).verdict == "open"


def test_a_number_whose_range_is_wider_than_what_is_printed_decides_nothing():
    verdict = one({"rate.capacity": "25 mAh/g"}, outcomes(value=9.0, sigma=16.0))
    assert (verdict.verdict, "wider than the number itself" in verdict.reason) == ("open", True)
    assert one({"rate.capacity": "900 mAh/g"}, outcomes(value=9.0, sigma=16.0)).verdict == "fails"
    assert one({"rate.capacity": "at most 25 mAh/g"}, outcomes(value=9.0, sigma=16.0)).verdict == "open"
    assert one({"rate.capacity": "at most 90 mAh/g"}, outcomes(value=9.0, sigma=16.0)).verdict == "holds"
