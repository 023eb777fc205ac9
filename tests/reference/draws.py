"""Random draws: Philox4x32-10 in a few lines, and quantile functions that turn one uniform into one value."""

from __future__ import annotations

import math
from functools import lru_cache

from scipy.special import ndtri

# Streams, as the ODD numbers them (section 7, "Draws").
OPERATOR, ACCOUNT, ACCOUNT_AUDIENCE = 1, 2, 3
REGISTRATION, POSTING, ATTENTION, FOLLOWING = 10, 11, 12, 13
CLASSIFIER, REPORTS, NAME_SCREENING, QUALIFICATION_CHECK, REFERRAL = 20, 21, 22, 23, 24
REVIEW, RELAPSE, APPEAL, HEARING, DISPOSAL = 30, 31, 32, 33, 34
EVASION, INSPECTION, EVENT, HIRING, POSTER_SEARCH, GROWTH_CHECK = 40, 50, 51, 52, 53, 54

WORD = 2**32
VERY_LONG = 10**9


@lru_cache(maxsize=10_000)
def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Ten rounds on four 32-bit words."""
    a, b, c, d = counter
    first_key, second_key = key
    for _ in range(10):
        high_a, low_a = divmod(0xD2511F53 * a, WORD)
        high_c, low_c = divmod(0xCD9E8D57 * c, WORD)
        a, b, c, d = high_c ^ b ^ first_key, low_c, high_a ^ d ^ second_key, low_a
        first_key = (first_key + 0x9E3779B9) % WORD
        second_key = (second_key + 0xBB67AE85) % WORD
    return a, b, c, d


def uniform(seed: int, stream: int, entity: int, day: int, slot: int) -> float:
    """The draw of that slot, in (0, 1)."""
    counter = (slot // 4, day, entity % WORD, (stream << 16) + entity // WORD)
    words = philox(counter, (seed % WORD, seed // WORD))
    return (words[slot % 4] + 0.5) / WORD


def whole_days(u: float, rate: float) -> int:
    """Whole days before the first event of a process with that rate per day."""
    return math.floor(min(VERY_LONG, -math.log(1.0 - u) / rate)) if rate > 0.0 else VERY_LONG


def geometric(u: float, mean: float) -> int:
    """Failures before a success that has probability 1 / mean."""
    return 0 if mean <= 1.0 else whole_days(u, -math.log1p(-1.0 / mean))


def poisson_given_some(u: float, mean: float) -> int:
    """Quantile of a Poisson count, given that it is at least one."""
    probability = math.exp(-mean)
    point = probability + u * (1.0 - probability)
    count = 0
    total = probability
    while total < point and count < 10_000:
        count += 1
        probability *= mean / count
        total += probability
    return max(1, count)


def binomial(u: float, trials: int, probability: float) -> int:
    """Smallest count whose distribution function reaches u."""
    if probability <= 0.0 or trials == 0:
        return 0
    if probability >= 1.0:
        return trials
    total = 0.0
    for count in range(trials):
        ways = math.lgamma(trials + 1) - math.lgamma(count + 1) - math.lgamma(trials - count + 1)
        total += math.exp(ways + count * math.log(probability) + (trials - count) * math.log1p(-probability))
        if total >= u:
            return count
    return trials


def normal(u: float) -> float:
    """Standard normal quantile."""
    return float(ndtri(u))


def lognormal(u: float, median: float, spread: float) -> float:
    """Lognormal quantile; *spread* is the standard deviation of the logarithm."""
    return median * math.exp(spread * normal(u))


def weighted(u: float, weights: list[float]) -> int:
    """Index drawn in proportion to *weights*."""
    total, reached = sum(weights), 0.0
    for index, weight in enumerate(weights):
        reached += weight / total
        if u < reached:
            return index
    return len(weights) - 1


def interpolated(u: float, quantiles: list[float]) -> float:
    """Value at u of evenly spaced quantiles, straight lines between them."""
    place = u * (len(quantiles) - 1)
    below = min(int(place), len(quantiles) - 2)
    return quantiles[below] + (place - below) * (quantiles[below + 1] - quantiles[below])
