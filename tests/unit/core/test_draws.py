"""Draws: the published Philox4x32-10 vectors, the documented counter layout, uniformity and independence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from rectify.core.draws import fill_first_uniforms, fill_uniforms, philox4x32, uniform, uniforms

KNOWN_ANSWERS = (
    # counter, key, result; Random123 (Salmon et al., SC 2011), file kat_vectors, philox4x32 with 10 rounds
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
)
MASK = 2**32 - 1
COUNT = 100_000


def words(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


def philox(counter: list[int], key: list[int]) -> list[int]:
    """Philox4x32-10 in Python integers, from the paper."""
    c, k = list(counter), list(key)
    for _ in range(10):
        low, high = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(high >> 32) ^ c[1] ^ k[0], high & MASK, (low >> 32) ^ c[3] ^ k[1], low & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


def expected(seed: int, stream: int, entity: int, day: int, block: int) -> list[float]:
    """The four uniforms of a block by the layout that the module documents."""
    counter = [block, day, entity & MASK, (stream << 16) | (entity >> 32)]
    return [(word + 0.5) / 2.0**32 for word in philox(counter, [seed & MASK, seed >> 32])]


def draw(
    seed: int = 1, stream: int = 11, entities: NDArray[np.int64] | None = None, day: int = 0, block: int = 0
) -> NDArray[np.float64]:
    """Draws of many entities, float64 [4, entities]."""
    who = np.arange(COUNT) if entities is None else entities
    out = np.empty((4, len(who)))
    fill_uniforms(np.uint64(seed), stream, who, day, block, out)
    return out


@pytest.mark.parametrize(("counter", "key", "result"), KNOWN_ANSWERS)
def test_known_answers(counter: str, key: str, result: str) -> None:
    """The compiled rounds give the authors' published vectors, and so does this file's plain version."""
    compiled = philox4x32(*(np.uint64(word) for word in (*words(counter), *words(key))))
    assert [int(word) for word in compiled] == words(result)
    assert philox(words(counter), words(key)) == words(result)


@given(
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**16 - 1),
    st.integers(0, 2**48 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**30 - 1),
)
@example(2**64 - 1, 2**16 - 1, 2**48 - 1, 2**32 - 1, 2**30 - 1)
@example(2**63, 200, 2**32, 365, 0)
@example(0, 0, 0, 0, 0)
def test_all_three_ways_to_draw_follow_the_documented_layout(
    seed: int, stream: int, entity: int, day: int, block: int
) -> None:
    """`uniforms`, `uniform` slot by slot and `fill_uniforms` give the numbers of the documented counter."""
    wanted = expected(seed, stream, entity, day, block)
    key = np.uint64(seed)
    assert list(uniforms(key, stream, entity, day, block)) == wanted
    assert [uniform(key, stream, entity, day, 4 * block + lane) for lane in range(4)] == wanted
    assert draw(seed, stream, np.array([7, entity]), day, block)[:, 1].tolist() == wanted


def test_seeds_may_be_plain_integers() -> None:
    """A seed means the same as a Python integer, where that is one of 64 bits with a sign, and as uint64."""
    for seed in (0, 5, 2**40, 2**63 - 1):
        assert uniform(seed, 1, 2, 3, 4) == uniform(np.uint64(seed), 1, 2, 3, 4) == expected(seed, 1, 2, 3, 1)[0]


def test_rows_of_every_integer_type_draw_alike() -> None:
    """Entities as int32 (the rows due today) and as int64 have the same draws."""
    out = np.empty((4, 50))
    fill_uniforms(np.uint64(9), 3, np.arange(1000, 1050, dtype=np.int32), 4, 1, out)
    assert np.array_equal(out, draw(9, 3, np.arange(1000, 1050), 4, 1))


def test_draws_lie_in_the_open_interval() -> None:
    """Each draw is (k + 1/2) / 2**32 with 0 <= k < 2**32, so neither 0 nor 1 can occur."""
    u = draw()
    k = u * 2.0**32 - 0.5
    assert np.array_equal(k, np.round(k))
    assert k.min() >= 0
    assert k.max() <= 2**32 - 1
    assert 0.0 < 0.5 / 2.0**32
    assert (2**32 - 0.5) / 2.0**32 < 1.0


SAMPLES = {
    "entities": lambda: draw()[0],
    "entities far out": lambda: draw(entities=np.arange(2**47, 2**47 + COUNT))[3],
    "days": lambda: np.array([uniform(1, 11, 5, day, 0) for day in range(COUNT)]),
    "slots": lambda: np.array([uniform(1, 11, 5, 7, slot) for slot in range(COUNT)]),
    "streams": lambda: np.array([uniform(1, stream, 5, 7, 0) for stream in range(2**16)]),
    "seeds": lambda: np.array([uniform(np.uint64(seed), 11, 5, 7, 0) for seed in range(COUNT)]),
    "high halves of seeds": lambda: np.array([uniform(np.uint64(seed << 32), 11, 5, 7, 0) for seed in range(COUNT)]),
    "blocks of one entity's days": lambda: np.concatenate([draw(day=d, block=2)[1, :500] for d in range(200)]),
}


@pytest.mark.parametrize("along", SAMPLES)
def test_uniform_and_uncorrelated_along_every_coordinate(along: str) -> None:
    """Along each coordinate draws are uniform (KS) and neighbours, next but one included, do not correlate."""
    u = SAMPLES[along]()
    assert stats.kstest(u, "uniform").pvalue > 1e-3
    for lag in (1, 2, 3, 4, 8):
        r = np.corrcoef(u[:-lag], u[lag:])[0, 1]
        assert abs(r) < 4.5 / np.sqrt(len(u))


def test_coordinates_do_not_share_luck() -> None:
    """Changing any one coordinate by one gives draws that are uncorrelated with the old, entity by entity."""
    first = draw(seed=4, stream=11, day=20, block=1)
    others = {
        "seed": draw(seed=5, stream=11, day=20, block=1),
        "seed, high half": draw(seed=4 + 2**32, stream=11, day=20, block=1),
        "stream": draw(seed=4, stream=12, day=20, block=1),
        "day": draw(seed=4, stream=11, day=21, block=1),
        "block": draw(seed=4, stream=11, day=20, block=2),
        "entity": draw(seed=4, stream=11, entities=np.arange(1, COUNT + 1), day=20, block=1),
        "entity, high half": draw(seed=4, stream=11, entities=np.arange(COUNT) + 2**32, day=20, block=1),
    }
    for name, other in others.items():
        for lane in range(4):
            assert abs(np.corrcoef(first[lane], other[lane])[0, 1]) < 4.5 / np.sqrt(COUNT), (name, lane)
            assert np.count_nonzero(first[lane] == other[lane]) <= 2, (name, lane)
    for one in range(4):
        for two in range(one):
            assert abs(np.corrcoef(first[one], first[two])[0, 1]) < 4.5 / np.sqrt(COUNT), (one, two)


def test_the_first_of_four_can_be_drawn_alone() -> None:
    who = np.array([0, 3, 70_000, 2**31 - 1], np.int32)
    four, one = np.empty((4, 4)), np.empty(4)
    fill_uniforms(np.uint64(2**64 - 3), 23, who, 401, 0, four)
    fill_first_uniforms(np.uint64(2**64 - 3), 23, who, 401, one)
    assert one.tolist() == four[0].tolist()
