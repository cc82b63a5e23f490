"""A powder pattern by a second, independent way: reflections counted out, form factors of the International Tables.

Debye-Scherrer geometry at a synchrotron: Lorentz factor 1/(sin^2 theta cos theta), polarisation 0.99 in the plane.
"""

from __future__ import annotations

import gemmi
import numpy as np

from thiocell.chemistry.structure import Structure

EV_ANGSTROM = 12398.4198


def orbit(symbol, place):
    """All places of a site in the cell."""
    found = []
    for operation in gemmi.SpaceGroup(symbol).operations():
        there = np.mod(np.array(operation.apply_to_xyz(list(place))) + 1e-9, 1.0)
        if not any(np.all(np.abs((there - other + 0.5) % 1.0 - 0.5) < 1e-4) for other in found):
            found.append(there)
    return np.array(found)


def lines(structure: Structure, wavelength, begin, end, k=0.99):
    """Places (degrees) and strengths of all reflections between two angles (degrees)."""
    cell = gemmi.UnitCell(*structure.edges, *structure.angles)
    least = wavelength / 2 / np.sin(np.radians(end / 2))
    most = [int(edge / least) + 1 for edge in structure.edges]
    axes = np.meshgrid(*(np.arange(-n, n + 1) for n in most), indexing="ij")
    hkl = np.stack([axis.ravel() for axis in axes], axis=1)
    hkl = hkl[np.any(hkl != 0, axis=1)]
    # 1/d^2 = h G* h
    inverse = np.array(cell.frac.mat.tolist())
    reciprocal = hkl @ inverse
    sine = 0.5 * wavelength * np.linalg.norm(reciprocal, axis=1)
    inside = (sine < np.sin(np.radians(end / 2))) & (sine > np.sin(np.radians(begin / 2)))
    hkl, s = hkl[inside], sine[inside] / wavelength
    factor = np.zeros(len(hkl), dtype=complex)
    for atom in structure.atoms:
        element = gemmi.Element(atom.element)
        plain = np.array([element.it92.calculate_sf(value) for value in s**2])
        real, imaginary = gemmi.cromer_liberman(z=element.atomic_number, energy=EV_ANGSTROM / wavelength)
        phases = np.exp(2j * np.pi * (hkl @ orbit(structure.symbol, atom.place).T)).sum(axis=1)
        blur = np.exp(-8 * np.pi**2 * atom.u_iso * s**2)
        factor += atom.occupancy * (plain + real + 1j * imaginary) * blur * phases
    theta = np.arcsin(s * wavelength)
    polarised = (k + (1 - k) * np.cos(2 * theta) ** 2) / (np.sin(theta) ** 2 * np.cos(theta))
    places, which = np.unique(np.round(np.degrees(2 * theta), 6), return_inverse=True)
    strengths = np.zeros(places.size)
    np.add.at(strengths, which, np.abs(factor) ** 2 * polarised / cell.volume**2)
    kept = strengths > 1e-8 * strengths.max()
    return places[kept], strengths[kept]


def pattern(angle, phases, wavelength, gauss=2e-4, zero=0.0, polarised=0.99):
    """Intensities at ``angle`` (degrees): ``phases`` are (structure, scale, size part X, strain part Y in degrees).

    Thompson, Cox and Hastings' pseudo-Voigt: Gaussian width sqrt(gauss), Lorentzian X/cos theta + Y tan theta.
    """
    total = np.zeros_like(angle)
    for structure, scale, size, strain in phases:
        for place, strength in zip(
            *lines(structure, wavelength, max(0.3, angle[0] - 1), angle[-1] + 2, polarised), strict=True
        ):
            half = np.radians(place / 2)
            g, x = np.sqrt(gauss), size / np.cos(half) + strain * np.tan(half) + 1e-6
            terms = (1.0, 2.69269, 2.42843, 4.47163, 0.07842, 1.0)
            width = sum(c * g ** (5 - n) * x**n for n, c in enumerate(terms)) ** 0.2
            share = 1.36603 * (x / width) - 0.47719 * (x / width) ** 2 + 0.11116 * (x / width) ** 3
            near = np.abs(angle - place - zero) < 60 * width
            away = (angle[near] - place - zero) / width
            lorentz = 2 / np.pi / width / (1 + 4 * away**2)
            normal = 2 / width * np.sqrt(np.log(2) / np.pi) * np.exp(-4 * np.log(2) * away**2)
            total[near] += scale * strength * (share * lorentz + (1 - share) * normal)
    return total


def hump(angle, height, place, width):
    """A Gaussian of full width at half maximum ``width``."""
    return height * np.exp(-4 * np.log(2) * ((angle - place) / width) ** 2)
