"""How alike two account names are, and so how often a ban on similar names catches an evader or hits a stranger.

The rates are measured, not assumed: names of the generator are compared as real strings with RapidFuzz. What is assumed
are the words and patterns the names are made of (``configs/names.yaml``); the rates hold for such names.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist, cpdist

from rectify.core.kernel import device
from rectify.naming.variants import VARIANTS, variant_index, variant_of
from rectify.naming.words import AccountName, account_name

TABLE_SEED = 20230310
"""Seed of the table's names, the same in every run: how alike names are is no random draw of a run. Chosen freely."""
NAME_STREAM = 0
VARIANT_STREAM = 1
"""Streams of the table's own draws, apart from every run's by the seed."""

INVISIBLE_LETTERS = dict.fromkeys((0x115F, 0x1160, 0x3164, 0xFFA0))
"""Hangul fillers: blank on screen, yet letters to Unicode."""

# Levenshtein over the longer name charges a replaced and an added character alike. The ratio and Jaro-Winkler charge
# additions less: at equal false alarms they catch more suffixes, but fewer look-alikes and traditional forms.
SCORER = Levenshtein.normalized_similarity


def normalise(name: str) -> str:
    """The form a platform compares: compatibility forms unified (NFKC), case folded, only letters and digits left.

    Marks, punctuation, symbols, spaces and zero-width characters go. Confusable characters, traditional forms and
    pinyin stay as they are: unifying those takes tables that a plain name check does not have. A name without a letter
    or digit keeps its marks, so that it is not equal to every other such name.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    kept = "".join(c for c in folded.translate(INVISIBLE_LETTERS) if unicodedata.category(c)[0] in "LN")
    return unicodedata.normalize("NFKC", kept) or folded


def similarity(a: str, b: str) -> float:
    """Similarity of two names in [0, 1] after :func:`normalise`: 1 less edits over the longer one's characters."""
    return float(SCORER(normalise(a), normalise(b)))


def _rounded_up(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """To float32, never downwards: a similarity of exactly 0.9 must still reach a threshold of 0.9."""
    near = values.astype(np.float32)
    return np.where(near < values, np.nextafter(near, np.float32(np.inf)), near)


def _exceedance(quantiles: NDArray[np.float32], threshold: float) -> float:
    """Probability that :func:`draw_similarity` from ascending *quantiles* reaches *threshold*."""
    above = int(np.searchsorted(quantiles, threshold, side="left"))
    if above == 0:
        return 1.0
    if above == len(quantiles):
        return 0.0
    low, high = float(quantiles[above - 1]), float(quantiles[above])
    return 1.0 - (above - 1 + (threshold - low) / (high - low)) / (len(quantiles) - 1)


@dataclass(frozen=True, eq=False)
class SimilarityTable:
    """Measured distributions of name similarity; read-only arrays. Similarities are in [0, 1], rounded up to float32.

    quantiles: float32 [len(VARIANTS), Q], per row the quantiles at 0, 1/(Q-1), …, 1 of the similarity between a name
    and its variant. namesake: float32 [names], ascending, the largest similarity between each innocent name and
    *closed_names* others, to be read as quantiles at 0, 1/(names-1), …, 1. pair_values: float32 [V], ascending, the
    similarities that occur between two different names; pair_exceedance: float64 [V], the share of pairs reaching them.

    A rate is the probability with which :func:`draw_similarity` reaches the threshold. Since similarities are a few
    fractions, between which a row interpolates, it is exact to 1 over the row's length. A false-alarm rate of 0 says
    that none was seen: with 400 names, in 79,800 pairs.
    """

    quantiles: NDArray[np.float32]
    namesake: NDArray[np.float32]
    closed_names: int
    pair_values: NDArray[np.float32]
    pair_exceedance: NDArray[np.float64]

    def catch_rate(self, variant: str, threshold: float) -> float:
        """Probability that a name come back by *variant* reaches *threshold* against its own closed name.

        Raises ValueError for an unknown variant.
        """
        return _exceedance(self.quantiles[variant_index(variant)], threshold)

    def pair_rate(self, threshold: float) -> float:
        """Share of pairs of different names whose similarity reaches *threshold*."""
        place = int(np.searchsorted(self.pair_values, threshold, side="left"))
        return float(self.pair_exceedance[place]) if place < len(self.pair_values) else 0.0

    def false_alarm_rate(self, threshold: float, list_length: int) -> float:
        """Probability that an innocent new name reaches *threshold* against any of *list_length* closed names.

        For *closed_names* of them it is measured. Otherwise it is 1 - (1 - pair rate)**list_length, as if hits were
        independent, which overstates: common names take several hits each. The measured rate therefore bounds it, from
        above for shorter lists and from below for longer ones. Raises ValueError for a negative length.
        """
        if list_length < 0:
            raise ValueError(f"list_length must be at least 0, found {list_length}")
        measured = _exceedance(self.namesake, threshold)
        if list_length == self.closed_names:
            return measured
        independent = 1.0 - (1.0 - self.pair_rate(threshold)) ** list_length
        return min(independent, measured) if list_length < self.closed_names else max(independent, measured)


def distinct_names(count: int, seed: int, stream: int) -> tuple[tuple[int, AccountName], ...]:
    """The first *count* entities whose name no lower entity has, with their names. Platforms keep names unique.

    Raises ValueError if the word lists are too poor for so many: after twenty entities per name wanted.
    """
    found: dict[str, tuple[int, AccountName]] = {}
    for entity in range(20 * count):
        if len(found) == count:
            break
        name = account_name(seed, stream, entity)
        found.setdefault(name.text, (entity, name))
    if len(found) < count:
        raise ValueError(f"the word lists give only {len(found)} distinct names of {count}")
    return tuple(found.values())


@lru_cache
def similarity_table(
    seed: int = TABLE_SEED, names: int = 400, quantiles: int = 65, closed_names: int = 200
) -> SimilarityTable:
    """Measure the table on that many distinct generated *names*; the same for the same numbers, and kept.

    Each name is compared with its variants, with every other name, and, as an innocent newcomer, with the
    *closed_names* names that follow it in a circle. quantiles: points per row, at least 2. Raises ValueError unless
    ``1 <= closed_names < names`` and ``quantiles >= 2``.
    """
    if not 1 <= closed_names < names or quantiles < 2:
        raise ValueError(f"cannot measure {quantiles} quantiles of {closed_names} closed names on {names} names")
    drawn = distinct_names(names, seed, NAME_STREAM)
    originals = [normalise(name.text) for _, name in drawn]
    returned = [
        normalise(variant_of(name, variant.name, seed, VARIANT_STREAM, entity, row))
        for row, variant in enumerate(VARIANTS)
        for entity, name in drawn
    ]
    to_variant = cpdist(originals * len(VARIANTS), returned, scorer=SCORER, dtype=np.float64)
    between = cdist(originals, originals, scorer=SCORER, dtype=np.float64)

    circle = (np.arange(names)[:, None] + np.arange(1, closed_names + 1)) % names
    nearest = between[np.arange(names)[:, None], circle].max(axis=1)
    pairs = _rounded_up(between[np.triu_indices(names, 1)])
    values, counts = np.unique(pairs, return_counts=True)

    at = np.linspace(0.0, 1.0, quantiles)
    rows = np.quantile(to_variant.reshape(len(VARIANTS), names), at, axis=1, method="inverted_cdf").T
    table = SimilarityTable(
        quantiles=np.ascontiguousarray(_rounded_up(rows)),
        namesake=_rounded_up(np.sort(nearest)),
        closed_names=closed_names,
        pair_values=values,
        pair_exceedance=counts[::-1].cumsum()[::-1] / len(pairs),
    )
    for array in (table.quantiles, table.namesake, table.pair_values, table.pair_exceedance):
        array.setflags(write=False)
    return table


@device
def draw_similarity(u, quantile_row):  # type: ignore[no-untyped-def]
    """A similarity from one uniform *u* in [0, 1] and an ascending row of at least two quantiles, interpolated."""
    place = u * (len(quantile_row) - 1)
    below = min(int(place), len(quantile_row) - 2)
    low = np.float64(quantile_row[below])
    return low + (place - below) * (np.float64(quantile_row[below + 1]) - low)
