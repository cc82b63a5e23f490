"""How often the sigmas of techniques cover the truth, on virtual records; prints a table in Markdown.

    python benchmarks/sigma_coverage.py                          # the techniques of conductivity
    python benchmarks/sigma_coverage.py rate cycling --draws 50  # any others

Facts, gains, offsets and noise are drawn anew for every record, the analysis knows the nominal facts only. Of normal
errors 68.3 % lie within one sigma and 95.4 % within two; the binomial error behind each share is that of so many
draws if these are right; draws that give no value, or a limit, are counted apart. The column of pulls is the mean of
(found - true)/sigma: about 0 +- 1/sqrt(draws) without bias.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Mapping

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.core.technique import Technique
from thiocell.core.term import Term
from thiocell.techniques import TECHNIQUES

CONDUCTIVITY = ("impedance", "dc_polarisation", "potential_step", "blocked_impedance", "interruption")
NORMAL = ((1.0, math.erf(1 / math.sqrt(2))), (2.0, math.erf(2 / math.sqrt(2))))  # sigmas, share within
SUSPICIOUS = 4.0  # binomial errors


def middle(term: Term) -> Quantity:
    """In the middle of what makes sense: geometric where the bounds span decades."""
    wide = term.low > 0 and term.high > 100 * term.low
    return Quantity.exact(math.sqrt(term.low * term.high) if wide else 0.5 * (term.low + term.high), term.unit)


def sample_of(technique: Technique, rng: np.random.Generator | None = None) -> Sample:
    """A sample with the typical facts; with ``rng`` each is drawn from its sigma."""
    facts = {}
    for need, q in technique.needs.items():
        moved = rng.normal() * q.sigma if rng is not None and q.known else 0.0
        facts[need] = Fact(Quantity(q.value + moved, q.unit, q.sigma), Source("measured"))
    return Sample("virtual", facts=facts)


def pulls(technique: Technique, truth: Mapping[str, Quantity], draws: int, seed: int) -> tuple[np.ndarray, int]:
    """(found - true)/sigma for each draw and value, NaN where sigma is unknown; and how many draws were refused."""
    rng, nominal = np.random.default_rng(seed), sample_of(technique)
    found = np.full((draws, len(truth)), np.nan)
    refused = 0
    for draw in range(draws):
        try:
            result = technique.analyse(technique.predict(truth, sample_of(technique, rng), rng), nominal)
        except BadInput:
            refused += 1
            continue
        for place, (word, true) in enumerate(truth.items()):
            seen = result.values.get(word)
            if seen is not None and seen.known and seen.sigma > 0:
                seen = seen.to(true.unit)
                found[draw, place] = (seen.value - true.value) / seen.sigma
    return found, refused


def rows(name: str, draws: int, seed: int) -> list[str]:
    """One for each value that the technique gives back."""
    technique = TECHNIQUES.find(name)()
    truth = {word: middle(term) for word, term in technique.gives.items()}
    begun = time.perf_counter()
    found, refused = pulls(technique, truth, draws, seed)
    took = 1e3 * (time.perf_counter() - begun) / draws
    lines = []
    for place, word in enumerate(truth):
        own = found[:, place]
        told = own[~np.isnan(own)]
        shares, odd = [], False
        for sigmas, share in NORMAL:
            count = max(told.size, 1)
            inside, error = float(np.sum(np.abs(told) < sigmas)) / count, math.sqrt(share * (1 - share) / count)
            shares.append(f"{100 * inside:.1f}({100 * error:.1f})")
            odd = odd or abs(inside - share) > SUSPICIOUS * error
        missing = ((refused, "refused"), (draws - refused - told.size, "untold"))
        doubts = [f"{count} {why}" for count, why in missing if count] + (["off"] if odd else [])
        bias = f"{np.mean(told):+.2f}" if told.size else "-"
        lines.append(f"| {name} | {word} | {shares[0]} | {shares[1]} | {bias} | {took:.0f} | {', '.join(doubts)} |")
    return lines


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = [name for name in CONDUCTIVITY if name in TECHNIQUES.names]
    asked.add_argument(
        "techniques", nargs="*", default=default, help="names; those of conductivity where none is given"
    )
    asked.add_argument("--draws", type=int, default=200)
    asked.add_argument("--seed", type=int, default=0)
    given = asked.parse_args()
    print("| technique | value | within 1 sigma, % | within 2 sigmas, % | mean pull | ms a draw | what is odd |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in given.techniques:
        print("\n".join(rows(name, given.draws, given.seed)), flush=True)
    print(f"\n{given.draws} draws each, seed {given.seed}.")


if __name__ == "__main__":
    main()
