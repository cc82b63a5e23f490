"""Currents after a step of the voltage: into a slab behind a resistance, and through a mixed conductor."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import erfc

from thiocell.physics.polarisation import polarisation_current, settling_time
from thiocell.physics.slab_step import cottrell_diffusivity, nernst_einstein, slab_roots, slab_step


def finite_volumes(ratio, time, cells=400):
    """The same slab as ``cells`` volumes, finer at the surface: current over Q/T at ``time`` over T."""
    edges = np.linspace(0, 1, cells + 1) ** 2
    width, middle = np.diff(edges), 0.5 * (edges[1:] + edges[:-1])
    links = 1 / np.diff(middle)
    matrix = np.zeros((cells, cells))
    for n, link in enumerate(links):
        matrix[n, [n, n + 1]] += np.array([-link, link]) / width[n]
        matrix[n + 1, [n + 1, n]] += np.array([-link, link]) / width[n + 1]
    face = 1 / (1 / ratio + middle[0])
    matrix[0, 0] -= face / width[0]
    rates, modes = np.linalg.eig(matrix)
    start = np.linalg.solve(modes, np.ones(cells))
    return np.array([face * (modes[0] @ (np.exp(rates * t) * start)).real for t in time])


@pytest.mark.parametrize("ratio", [0.3, 10.0, 300.0])
def test_the_current_into_a_slab_is_that_of_finite_volumes(ratio):
    theta = np.array([1e-3, 0.0499, 0.0501, 0.3, 1.5])
    charge, span = 2.0, 700.0
    found = slab_step(theta * span, charge, span, ratio).current * span / charge
    assert found == pytest.approx(finite_volumes(ratio, theta), rel=1e-4)


def test_slopes_of_the_current_into_a_slab_are_the_derivatives():
    theta = np.array([1e-4, 1e-2, 0.0499, 0.0501, 0.3, 1.5])
    place = np.array([2.0, 1.0, 7.0])
    found = slab_step(theta, *place)
    for k in range(3):
        up, down = place.copy(), place.copy()
        up[k] *= 1 + 1e-6
        down[k] /= 1 + 1e-6
        slope = (slab_step(theta, *up).current - slab_step(theta, *down).current) / (2 * np.log1p(1e-6))
        assert found[1 + k] == pytest.approx(slope, rel=1e-7)


def test_all_the_charge_goes_in():
    time = np.geomspace(1e-8, 30, 20001)
    found = slab_step(time, 3.0, 1.0, 5.0).current
    assert np.trapezoid(found, time) == pytest.approx(3.0, rel=1e-5)
    b = slab_roots(5.0, 4)
    assert b * np.tan(b) == pytest.approx(5.0, rel=1e-9)


def test_cottrell_s_law_holds_until_a_fifth_of_the_diffusion_time_where_nothing_resists():
    """Semi-infinite diffusion is 1 % off at D t/L2 = 0.19; here the slab is first, Cottrell second."""
    theta = np.array([0.01, 0.19])
    ratio = slab_step(theta, 1.0, 1.0, 1e6).current * np.sqrt(np.pi * theta)
    assert ratio[0] == pytest.approx(1.0, abs=1e-4)
    assert 1 - ratio[1] == pytest.approx(0.01, abs=1e-3)
    # diffusivity from a slope that was made with one: 1e-8 cm2/s, 0.5 cm2, 30 um, 40 mol/l
    diffusivity, area, length, concentration = 1e-12, 0.5e-4, 30e-6, 4e4
    charge = 96485.33212 * area * length * concentration
    time = 0.01 * length**2 / diffusivity
    current = slab_step(np.array([time]), charge, length**2 / diffusivity, 1e7).current[0]
    assert cottrell_diffusivity(current * np.sqrt(time), area, concentration) == pytest.approx(diffusivity, rel=1e-3)


def test_a_good_straight_line_is_no_right_diffusivity():
    """Behind a series resistance of a tenth, a window of R2 0.99 gives less than half of D."""
    theta = np.linspace(0.005, 0.05, 200)
    x, y = 1 / np.sqrt(theta), slab_step(theta, 1.0, 1.0, 10.0).current
    slope, intercept = np.polyfit(x, y, 1)
    r2 = 1 - np.sum((y - slope * x - intercept) ** 2) / np.sum((y - y.mean()) ** 2)
    assert r2 > 0.98
    assert np.pi * slope**2 < 0.6


def test_nernst_and_einstein_by_hand():
    # 0.1 mol/l of ions of 1.33e-9 m2/s (Na+ in water, CRC Handbook): half of 0.1 M NaCl's limiting sum, 0.50 S/m
    assert nernst_einstein(1.334e-9, 100.0, 1.0, 298.15) == pytest.approx(100 * 50.1e-4, rel=5e-3)
    assert nernst_einstein(1e-9, 1.0, 2.0, 300.0) == pytest.approx(4 * 96485.33212**2 * 1e-9 / (8.314462618 * 300.0))


def test_a_polarised_mixed_conductor_goes_from_both_carriers_to_one():
    through, blocked, capacitance = 100.0, 250.0, 2.0
    time = np.array([1e-5, 10.0, 50.0, 1e4])
    found = polarisation_current(time, 1.0, through, blocked, capacitance)
    assert found[0] == pytest.approx(1 / 100 + 1 / 250, rel=1e-3)
    assert found[-1] == pytest.approx(1 / 100, rel=1e-12)
    # a ladder of 400 nodes, implicit steps extrapolated to none: 0.0126088, 0.0111905
    assert found[1:3] == pytest.approx([0.0126088, 0.0111905], rel=2e-5)


def test_the_step_s_current_is_the_transform_of_the_impedance():
    """The integral of i exp(-s t) is V/(s Z(s))."""
    through, blocked, capacitance = 300.0, 20.0, 0.5
    time = np.concatenate([[0.0], np.geomspace(1e-7, 2e3, 40001)])
    current = polarisation_current(np.maximum(time, 1e-9), 0.3, through, blocked, capacitance)
    for rate in (0.01, 0.3, 5.0):
        k = 0.5 * np.sqrt((through + blocked) * rate * capacitance)
        both = through + blocked
        z = through * blocked / both + through**2 / both * np.tanh(k) / k
        assert np.trapezoid(current * np.exp(-rate * time), time) == pytest.approx(0.3 / (rate * z), rel=1e-4)


def test_half_an_hour_is_short_for_a_pellet_of_large_capacitance():
    """(Re + Ri) C/pi2 settles a pellet; 1 mm of 1e-4 S/cm both ways and 1600 F/cm3 take hours."""
    area, length = 0.785e-4, 1e-3
    rail = length / (area * 1e-2)
    capacitance = 1600e6 * area * length
    span = settling_time(rail, rail, capacitance)
    assert span == pytest.approx(2 * rail * capacitance / np.pi**2, rel=0.45)
    assert span > 1800 * 10
    assert settling_time(1.0, 1e9, 1.0) == pytest.approx((1 + 1e9) / np.pi**2, rel=1e-4)
    half_an_hour = polarisation_current(np.array([1800.0]), 1.0, rail, rail, capacitance)[0]
    assert half_an_hour * rail > 1.5  # sigma_e + sigma_i is nearly all of what is reported


def test_early_currents_are_those_of_an_endless_slab():
    theta = np.array([1e-6, 1e-3])
    lam = 20.0
    exact = lam * np.exp(lam**2 * theta) * erfc(lam * np.sqrt(theta))
    assert slab_step(theta, 1.0, 1.0, lam).current == pytest.approx(exact, rel=1e-12)
