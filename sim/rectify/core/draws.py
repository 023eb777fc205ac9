"""Random draws as a pure function of (seed, stream, entity, day, slot): Philox4x32-10.

A draw does not depend on what was drawn before, so two runs that differ in one policy share all other draws, one more
entity changes nobody else, and the number of threads cannot matter.

Source: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011. Checked against the
authors' known-answer vectors in ``tests/unit/core/test_draws.py``.

Layout of the 128-bit counter, in 32-bit words: block of four slots, day, entity (low word), stream in the high half and
entity (bits 32 to 47) in the low half of the last. The 64-bit key is the seed.
"""

from __future__ import annotations

import numpy as np

from rectify.core.kernel import device, inlined

MULTIPLIER_0 = np.uint64(0xD2511F53)
MULTIPLIER_1 = np.uint64(0xCD9E8D57)
WEYL_0 = np.uint64(0x9E3779B9)
WEYL_1 = np.uint64(0xBB67AE85)
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)
STREAM_SHIFT = np.uint64(16)
ENTITY_HIGH = np.uint64(0xFFFF)
TO_UNIT = 1.0 / 4294967296.0


@inlined
def philox4x32(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]
    """Ten rounds of Philox4x32 on four counter words and two key words (uint64 holding 32 bits); four such words."""
    for _ in range(10):
        p0 = MULTIPLIER_0 * c0
        p1 = MULTIPLIER_1 * c2
        # The masks change nothing: they tell the compiler that 32-bit vector multiplication will do.
        c0, c1, c2, c3 = ((p1 >> HALF) ^ c1 ^ k0) & LOW, p1 & LOW, ((p0 >> HALF) ^ c3 ^ k1) & LOW, p0 & LOW
        k0 = (k0 + WEYL_0) & LOW
        k1 = (k1 + WEYL_1) & LOW
    return c0, c1, c2, c3


@device
def uniforms(seed, stream, entity, day, block):  # type: ignore[no-untyped-def]
    """Four uniforms in the open interval (0, 1): slots ``4*block`` to ``4*block + 3`` of one entity's day.

    seed: uint64. stream: below 2**16. entity: below 2**48. day, block: below 2**32.
    """
    key = np.uint64(seed)
    who = np.uint64(entity)
    x0, x1, x2, x3 = philox4x32(
        np.uint64(block) & LOW,
        np.uint64(day) & LOW,
        who & LOW,
        (np.uint64(stream) << STREAM_SHIFT) | ((who >> HALF) & ENTITY_HIGH),
        key & LOW,
        key >> HALF,
    )
    return (
        (np.float64(x0) + 0.5) * TO_UNIT,
        (np.float64(x1) + 0.5) * TO_UNIT,
        (np.float64(x2) + 0.5) * TO_UNIT,
        (np.float64(x3) + 0.5) * TO_UNIT,
    )


@device
def uniform(seed, stream, entity, day, slot):  # type: ignore[no-untyped-def]
    """One uniform in (0, 1): the draw of that slot. Same value as the matching one of :func:`uniforms`."""
    u = uniforms(seed, stream, entity, day, slot >> 2)
    lane = slot & 3
    if lane == 0:
        return u[0]
    if lane == 1:
        return u[1]
    if lane == 2:
        return u[2]
    return u[3]


@device
def fill_uniforms(seed, stream, entities, day, block, out):  # type: ignore[no-untyped-def]
    """The draws of :func:`uniforms` for many *entities* at once: ``out[lane, i]`` of entity i, float64 [4, at least n].

    Written without a branch, so that the compiler turns it into vector instructions: seven times faster than one by
    one. Kernels fill a block's draws with it before they loop over the block.
    """
    key_0, key_1 = np.uint64(seed) & LOW, np.uint64(seed) >> HALF
    c0_all, c1_all = np.uint64(block) & LOW, np.uint64(day) & LOW
    stream_high = np.uint64(stream) << STREAM_SHIFT
    for i in range(len(entities)):
        who = np.uint64(entities[i])
        x0, x1, x2, x3 = philox4x32(
            c0_all, c1_all, who & LOW, stream_high | ((who >> HALF) & ENTITY_HIGH), key_0, key_1
        )
        # A signed number converts to float in one vector instruction; an unsigned one does not everywhere.
        out[0, i] = (np.float64(np.int64(x0)) + 0.5) * TO_UNIT
        out[1, i] = (np.float64(np.int64(x1)) + 0.5) * TO_UNIT
        out[2, i] = (np.float64(np.int64(x2)) + 0.5) * TO_UNIT
        out[3, i] = (np.float64(np.int64(x3)) + 0.5) * TO_UNIT


@device
def fill_first_uniforms(seed, stream, entities, day, out):  # type: ignore[no-untyped-def]
    """The draw of slot 0 alone, as :func:`fill_uniforms`: ``out[i]`` of entity i, float64 [at least n]."""
    key_0, key_1 = np.uint64(seed) & LOW, np.uint64(seed) >> HALF
    today = np.uint64(day) & LOW
    stream_high = np.uint64(stream) << STREAM_SHIFT
    for i in range(len(entities)):
        who = np.uint64(entities[i])
        x0, _, _, _ = philox4x32(
            np.uint64(0), today, who & LOW, stream_high | ((who >> HALF) & ENTITY_HIGH), key_0, key_1
        )
        out[i] = (np.float64(np.int64(x0)) + 0.5) * TO_UNIT
