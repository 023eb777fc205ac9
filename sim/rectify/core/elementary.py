"""Exponential, logarithm and normal quantile of many numbers at once.

The standard library's are called one by one; these are loops without a branch, which the compiler turns into vector
instructions: three to four times faster, and the same bytes on every machine. They are off by at most two units of the
last place (``tests/unit/core/test_elementary.py``).

Sources: reduction by powers of two and Taylor's series for exp; for log the rational form of fdlibm's ``e_log.c`` (Sun
Microsystems, 1993).
"""

from __future__ import annotations

import numpy as np

from rectify.core.kernel import device
from rectify.core.sampling import CENTRE, centre_of_normal, normal

LOG_2_HIGH = 6.93147180369123816490e-01
LOG_2_LOW = 1.90821492927058770002e-10
LOG_2_INVERSE = 1.4426950408889634
ROUNDER = 6755399441055744.0
"""1.5 · 2**52: adding and taking it away rounds to a whole number."""
MANTISSA_BITS = np.int64(52)
SMALLEST, LARGEST = -708.0, 709.0
"""Arguments of exp are held within these: beyond them lies no normal number."""
ROOT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)


@device
def exponentials(values, count, out):  # type: ignore[no-untyped-def]
    """exp of the first *count* of *values*, float64, into *out*, another float64 array."""
    bits = out.view(np.int64)
    for i in range(count):
        value = min(max(values[i], SMALLEST), LARGEST)
        power = (value * LOG_2_INVERSE + ROUNDER) - ROUNDER
        r = (value - power * LOG_2_HIGH) - power * LOG_2_LOW
        p = 1.6059043836821613e-10
        p = p * r + 2.08767569878681e-09
        p = p * r + 2.505210838544172e-08
        p = p * r + 2.755731922398589e-07
        p = p * r + 2.7557319223985893e-06
        p = p * r + 2.48015873015873e-05
        p = p * r + 1.984126984126984e-04
        p = p * r + 1.388888888888889e-03
        p = p * r + 8.333333333333333e-03
        p = p * r + 4.1666666666666664e-02
        p = p * r + 1.6666666666666666e-01
        p = p * r + 0.5
        p = p * r + 1.0
        out[i] = p * r + 1.0
    for i in range(count):
        value = min(max(values[i], SMALLEST), LARGEST)
        bits[i] += np.int64((value * LOG_2_INVERSE + ROUNDER) - ROUNDER) << MANTISSA_BITS


@device
def logarithms(values, count, out):  # type: ignore[no-untyped-def]
    """Natural logarithm of the first *count* of *values*, positive normal float64, into *out*, another such array."""
    bits, reduced = values.view(np.int64), out.view(np.int64)
    for i in range(count):
        reduced[i] = bits[i] - (((bits[i] - ROOT_HALF_BITS) >> MANTISSA_BITS) << MANTISSA_BITS)
    for i in range(count):
        power = np.float64((bits[i] - ROOT_HALF_BITS) >> MANTISSA_BITS)
        f = out[i] - 1.0
        s = f / (2.0 + f)
        z = s * s
        w = z * z
        even = w * (0.3999999999940941908 + w * (0.2222219843214978396 + w * 0.1531383769920937332))
        odd = z * (
            0.6666666666666735130
            + w * (0.2857142874366239149 + w * (0.1818357216161805012 + w * 0.1479819860511658591))
        )
        half = 0.5 * f * f
        out[i] = power * LOG_2_HIGH - ((half - (s * (half + even + odd) + power * LOG_2_LOW)) - f)


@device
def normals(draws, count, out):  # type: ignore[no-untyped-def]
    """Standard normal quantiles of the first *count* of *draws*, uniforms, into *out*: those of ``sampling.normal``."""
    for i in range(count):
        out[i] = centre_of_normal(draws[i] - 0.5)
    for i in range(count):
        if abs(draws[i] - 0.5) > CENTRE:
            out[i] = normal(draws[i])
