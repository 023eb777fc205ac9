"""Account names, what evaders do to them, and the measured catch and false-alarm rates of a similar-name rule."""

from __future__ import annotations

import re
import sys
import time
import unicodedata
from bisect import bisect_left
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rectify.core.paths import config_root
from rectify.naming import similarity as names
from rectify.naming import words as name_words
from rectify.naming.similarity import (
    SimilarityTable,
    distinct_names,
    draw_similarity,
    normalise,
    similarity,
    similarity_table,
)
from rectify.naming.variants import VARIANT_INDEX, VARIANTS, variant_of
from rectify.naming.words import PLACEHOLDER, AccountName, Draws, account_name, fill, load_words

SEED, STREAM, OTHER_STREAM, COUNT = 7, 11, 12, 200
THRESHOLDS = (0.0, 0.3, 0.5, 0.6, 2 / 3, 0.7, 0.75, 0.8, 0.9, 0.95, 1.0)
WORDS = load_words()


def drawn(count: int = COUNT) -> list[AccountName]:
    return [account_name(SEED, STREAM, entity) for entity in range(count)]


def changed(variant: str) -> list[tuple[AccountName, str]]:
    return [(name, variant_of(name, variant, SEED, OTHER_STREAM, entity)) for entity, name in enumerate(drawn())]


def edits(a: str, b: str) -> int:
    """Levenshtein distance by the textbook recurrence."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        corner, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (x != y))
    return row[-1]


def by_hand(a: str, b: str) -> float:
    a, b = normalise(a), normalise(b)
    return 1.0 - edits(a, b) / max(len(a), len(b))


# Where the file lies


def test_config_root_prefers_the_folder_inside_the_package(tmp_path: Path) -> None:
    package = tmp_path / "sim" / "rectify"
    package.mkdir(parents=True)
    assert config_root(package) == tmp_path / "configs"
    (package / "_configs").mkdir()
    assert config_root(package) == package / "_configs"


def test_names_file_is_found_and_states_its_source() -> None:
    assert yaml.safe_load((config_root() / "names.yaml").read_text(encoding="utf-8"))["source"] == "assumption"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("familiar: [老, 小, 大]", "familiar: []", "familiar"),
        ("familiar: [老, 小, 大]", 'familiar: ["{person}"]', "circle"),
        ('"{topic}{person}": 14', '"{topic}{nobody}": 14', "nobody"),
        ('"{topic}{person}": 14', '"{topic}": 14', "at least two parts"),
        ("老姥佬", "老", "look_alike"),
        ("业業", "业业", "traditional"),
        ("letter_marks:", "other_marks:", "letter_marks"),
    ],
)
def test_broken_names_file_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (config_root() / "names.yaml").read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "names.yaml"
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        load_words(broken)


# Names


def test_name_depends_on_its_own_entity_only() -> None:
    forward = [account_name(SEED, STREAM, entity) for entity in range(50)]
    backward = [account_name(SEED, STREAM, entity) for entity in reversed(range(80))]
    assert forward == backward[::-1][:50]


def test_name_changes_with_every_key() -> None:
    base = [account_name(SEED, STREAM, entity, 3).text for entity in range(50)]
    for other in (
        [account_name(SEED + 1, STREAM, entity, 3).text for entity in range(50)],
        [account_name(SEED, STREAM + 1, entity, 3).text for entity in range(50)],
        [account_name(SEED, STREAM, entity, 4).text for entity in range(50)],
    ):
        assert sum(a == b for a, b in zip(base, other, strict=True)) <= 2


def test_known_names_stay() -> None:
    """A change of the words, of their order or of the slots shows here, and changes every measured rate."""
    assert [account_name(names.TABLE_SEED, 0, entity).text for entity in (0, 3, 28)] == [
        "心理政策胡姐",
        "不服输的旅人",
        "Tony Zhao on Health",
    ]


def test_most_names_are_distinct() -> None:
    texts = [name.text for name in drawn(2000)]
    assert len(set(texts)) > 0.95 * len(texts)


def test_distinct_names_leave_out_later_namesakes() -> None:
    found = distinct_names(1500, SEED, STREAM)
    texts = [name.text for _, name in found]
    last = found[-1][0]
    assert len(texts) == len(set(texts)) == 1500
    assert last > 1499, "no namesakes among these: nothing was tested"
    everyone = [account_name(SEED, STREAM, entity).text for entity in range(last + 1)]
    assert [entity for entity, _ in found] == [e for e, text in enumerate(everyone) if text not in everyone[:e]]


def test_poor_word_lists_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "account_name", lambda seed, stream, entity: AccountName(str(entity % 3), "latin", ()))
    with pytest.raises(ValueError, match="only 3 distinct names of 4"):
        distinct_names(4, SEED, STREAM)


def test_every_pattern_is_drawn_by_its_weight() -> None:
    raw = yaml.safe_load((config_root() / "names.yaml").read_text(encoding="utf-8"))["patterns"]
    weights = {template: weight for script in raw.values() for template, weight in script.items()}
    total = sum(weights.values())
    count = 4000
    seen = Counter(tuple(part for part, _ in account_name(SEED, STREAM, entity).parts) for entity in range(count))
    expected: Counter[tuple[str, ...]] = Counter()
    for template, weight in weights.items():
        expected[tuple(PLACEHOLDER.findall(template))] += weight
    assert set(seen) == set(expected)
    for parts, weight in expected.items():
        probability = weight / total
        assert abs(seen[parts] / count - probability) < 5 * (probability / count) ** 0.5


def test_name_is_its_parts() -> None:
    for name in drawn():
        rest = name.text
        for part, text in name.parts:
            assert text
            assert text in rest, (name, part)
            rest = rest.split(text, 1)[1]
        assert "{" not in name.text
        assert (name.script == "latin") == (not name_words.CHINESE.search(name.text))


def test_both_scripts_and_both_imitations_occur() -> None:
    parts = Counter(part for name in drawn(1000) for part, _ in name.parts)
    for part in ("outlet", "military", "latin_outlet", "latin_military", "place", "topic", "person"):
        assert parts[part] > 5, part


def test_fixed_parts_are_kept() -> None:
    draws = Draws(SEED, STREAM, 0, 0)
    assert fill("{person}说{topic}", WORDS, draws, {"person": "老王", "topic": "财经"})[0] == "老王说财经"


# Variants


def test_registry_is_in_order_and_explained() -> None:
    assert list(VARIANT_INDEX) == [
        *("same", "look_alike", "inserted_mark", "traditional", "pinyin", "suffix", "related", "unrelated"),
    ]
    assert [VARIANT_INDEX[variant.name] for variant in VARIANTS] == list(range(len(VARIANTS)))
    assert all(variant.meaning and "\n" not in variant.meaning for variant in VARIANTS)


@pytest.mark.parametrize("variant", list(VARIANT_INDEX))
def test_variant_is_deterministic_and_differs(variant: str) -> None:
    assert changed(variant) == changed(variant)
    for name, text in changed(variant):
        assert (text == name.text) == (variant == "same")


def test_unknown_variant_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown name variant 'twin'"):
        variant_of(drawn(1)[0], "twin", SEED, OTHER_STREAM, 0)


def test_look_alike_replaces_one_or_two_characters_by_confusable_ones() -> None:
    ours = 0
    replaced = Counter[int]()
    for name, text in changed("look_alike"):
        if not any(character in WORDS.look_alike for character in name.text):
            continue
        ours += 1
        assert len(text) == len(name.text)
        different = [(a, b) for a, b in zip(name.text, text, strict=True) if a != b]
        assert all(b in WORDS.look_alike[a] for a, b in different)
        replaced[len(different)] += 1
    assert ours > 0.95 * COUNT
    assert set(replaced) == {1, 2}


def test_look_alikes_survive_normalisation() -> None:
    for character, others in WORDS.look_alike.items():
        for other in others:
            assert normalise(character) != normalise(other) or (character, other) == ("I", "l"), (character, other)


def test_homoglyphs_of_latin_letters_are_cyrillic_or_look_like_digits() -> None:
    raw = yaml.safe_load((config_root() / "names.yaml").read_text(encoding="utf-8"))["homoglyphs"]
    for character, others in raw.items():
        for other in others:
            assert unicodedata.name(other).startswith("CYRILLIC") or other.isascii(), (character, other)


def test_inserted_mark_only_adds_marks_inside() -> None:
    marks = WORDS.marks + WORDS.letter_marks
    seen: set[str] = set()
    added = Counter[int]()
    for name, text in changed("inserted_mark"):
        assert text[0] == name.text[0]
        assert text[-1] == name.text[-1]
        rest = iter(text)
        assert all(character in rest for character in name.text)
        extra = Counter(text) - Counter(name.text)
        seen |= set(extra)
        added[extra.total()] += 1
    assert seen == set(marks)
    assert set(added) == {1, 2}


def test_marks_are_stripped_and_letter_marks_are_not() -> None:
    for mark in WORDS.marks:
        assert normalise(f"财{mark}经") == "财经", mark
    for mark in WORDS.letter_marks:
        assert normalise(f"财{mark}经") == f"财{mark}经", mark


def test_traditional_converts_every_character_that_has_another_form() -> None:
    converted = 0
    for name, text in changed("traditional"):
        if name.script == "latin":
            continue
        mapped = "".join(WORDS.traditional.get(character, character) for character in name.text)
        if mapped != name.text:
            converted += 1
            assert text == mapped
            text.encode("big5")
    assert converted > 0.6 * COUNT


def test_traditional_table_covers_every_character_used() -> None:
    """Big5 holds traditional characters, GB 2312 simplified ones: Python's codecs are an independent witness."""
    used = WORDS.characters()
    assert len(used) > 400

    def writable(character: str, codec: str) -> bool:
        try:
            character.encode(codec)
        except UnicodeEncodeError:
            return False
        return True

    assert {character for character in used if not writable(character, "big5")} <= WORDS.traditional.keys()
    assert WORDS.traditional.keys() <= used
    for simplified, traditional in WORDS.traditional.items():
        assert len(traditional) == 1
        assert writable(simplified, "gb2312")
        assert writable(traditional, "big5")
        assert not writable(traditional, "gb2312") or simplified == "后", (simplified, traditional)


def test_pinyin_replaces_one_or_two_characters_by_their_syllable() -> None:
    replaced = Counter[int]()
    for name, text in changed("pinyin"):
        if name.script == "latin":
            continue
        pattern = "".join(
            f"(?:(?P<p{place}>{WORDS.pinyin[character]})|{re.escape(character)})"
            if character in WORDS.pinyin
            else re.escape(character)
            for place, character in enumerate(name.text)
        )
        match = re.fullmatch(pattern, text)
        assert match, (name.text, text)
        replaced[sum(group is not None for group in match.groups())] += 1
    assert set(replaced) == {1, 2}


def test_pinyin_table_covers_every_character_used() -> None:
    assert set(WORDS.pinyin) == WORDS.characters()


def test_pinyin_agrees_with_the_order_of_gb2312() -> None:
    """The first level of GB 2312 is sorted by pinyin: an independent witness of every syllable but the exceptions."""
    other_reading = {"行", "重"}  # hang and chong in these words, filed under xing and zhong
    level_one = sorted(
        (character.encode("gb2312"), character)
        for character in WORDS.pinyin
        if 0xB0A1 <= int.from_bytes(character.encode("gb2312"), "big") <= 0xD7F9 and character not in other_reading
    )
    assert len(level_one) > 400
    # GB 2312 files ü behind u: lu, lü, luan.
    syllables = [re.sub("^([ln])v", r"\1u~", WORDS.pinyin[character]) for _, character in level_one]
    order = [re.sub("^([ln])u(?=[a-z])", r"\1u~~", syllable) for syllable in syllables]
    assert order == sorted(order)


def test_suffix_only_adds_behind() -> None:
    for name, text in changed("suffix"):
        assert text.startswith(name.text)
        added = text.removeprefix(name.text)
        options = [re.sub(r"\\\{digit\\\}", r"\\d", re.escape(word)) for word in WORDS.suffix[name.script]]
        assert any(re.fullmatch(option, added) for option in options), added


def test_related_keeps_the_topic_or_the_person() -> None:
    both = 0
    for name, text in changed("related"):
        parts = {part.removeprefix("latin_"): word for part, word in name.parts}
        known = [word for part, word in parts.items() if part in ("topic", "person")]
        assert any(word in text for word in known or parts.values()), (name, text)
        assert name.text not in text
        both += len(known) == 2 and all(word in text for word in known)
    assert 0 < both < COUNT / 2


def test_unrelated_is_a_name_of_the_generator() -> None:
    fresh = [text for _, text in changed("unrelated")]
    old = {name.text for name in drawn()}
    assert len(old.intersection(fresh)) <= 0.02 * COUNT
    latin = sum(not name_words.CHINESE.search(text) for text in fresh) / COUNT
    assert 0.08 < latin < 0.3


@pytest.mark.parametrize("variant", [name for name in VARIANT_INDEX if name != "same"])
@pytest.mark.parametrize(
    ("text", "script"),
    [("Kevin", "latin"), ("ggg", "latin"), ("の丶", "chinese"), ("王小二", "chinese")],
)
def test_variant_without_effect_gives_way_to_another(variant: str, text: str, script: str) -> None:
    name = AccountName(text=text, script=script, parts=(("person" if script == "chinese" else "latin_person", text),))
    for entity in range(20):
        assert variant_of(name, variant, SEED, OTHER_STREAM, entity) != text


# Comparing


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Daily Market Watch", "dailymarketwatch"),
        ("ＤＡＩＬＹ　ｍａｒｋｅｔ_watch!", "dailymarketwatch"),
        ("财经·老王", "财经老王"),
        ("财\u200b经\u2060老\ufeff王\u3164", "财经老王"),
        ("财经老王②号", "财经老王2号"),
        ("財經老王", "財經老王"),
        ("Straße", "strasse"),
        ("···", "···"),
        ("", ""),
    ],
)
def test_normalise(written: str, compared: str) -> None:
    assert normalise(written) == compared


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=12))
def test_normalise_twice_is_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_normalise_twice_is_once_for_every_character_it_changes() -> None:
    changing = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.normalize("NFKC", c).casefold() != c]
    assert len(changing) > 5000
    for character in changing:
        once = normalise(f"a{character}b")
        assert normalise(once) == once, character


@settings(max_examples=60, deadline=None)
@given(st.text("王老财经ab·", max_size=8), st.text("王老财经ab·", max_size=8))
def test_similarity_is_symmetric_in_the_unit_interval_and_one_only_for_equals(a: str, b: str) -> None:
    value = similarity(a, b)
    assert 0.0 <= value <= 1.0
    assert value == similarity(b, a)
    assert (value == 1.0) == (normalise(a) == normalise(b))


@pytest.mark.parametrize(
    ("a", "b", "value"),
    [
        ("财经老王", "财经老王", 1.0),
        ("财经老王", "财经 · 老王", 1.0),
        ("财经老王", "财经姥王", 0.75),
        ("财经老王", "财经老王官方", 4 / 6),
        ("财经老王", "老王财经", 0.0),
        ("财经老王", "军事小李", 0.0),
        ("Market Watch", "MARKET WATCH 2", 11 / 12),
    ],
)
def test_similarity_of_known_pairs(a: str, b: str, value: float) -> None:
    assert similarity(a, b) == pytest.approx(value)


def test_similarity_equals_the_textbook_distance() -> None:
    some = [name.text for name in drawn(60)]
    for a in some:
        for b in some:
            assert similarity(a, b) == pytest.approx(by_hand(a, b), abs=1e-12)


# The table


@pytest.fixture(scope="module")
def table() -> SimilarityTable:
    return similarity_table()


def test_shapes_and_order(table: SimilarityTable) -> None:
    assert table.quantiles.shape == (len(VARIANTS), 65)
    assert table.quantiles.dtype == np.float32
    assert table.namesake.shape == (400,)
    assert table.namesake.dtype == np.float32
    assert (np.diff(table.quantiles, axis=1) >= 0).all()
    assert (np.diff(table.namesake) >= 0).all()
    assert (np.diff(table.pair_values) > 0).all()
    assert (np.diff(table.pair_exceedance) < 0).all()
    assert table.pair_exceedance[0] == 1.0
    for array in (table.quantiles, table.namesake, table.pair_values):
        assert array.min() >= 0.0
        assert array.max() <= 1.0
        assert not array.flags.writeable


def test_same_name_is_always_caught(table: SimilarityTable) -> None:
    assert (table.quantiles[VARIANT_INDEX["same"]] == 1.0).all()
    assert all(table.catch_rate("same", threshold) == 1.0 for threshold in THRESHOLDS)


def test_median_similarity_falls_with_the_distance_of_the_variant(table: SimilarityTable) -> None:
    middle = {variant: float(np.median(table.quantiles[row])) for variant, row in VARIANT_INDEX.items()}
    order = ("same", "inserted_mark", "look_alike", "suffix", "related", "unrelated")
    values = [middle[variant] for variant in order]
    assert values == sorted(values, reverse=True)
    assert values[0] > middle["look_alike"] > middle["suffix"] > middle["related"] > middle["unrelated"]
    assert middle["related"] < middle["pinyin"] < 1.0
    assert middle["related"] < middle["traditional"] < 1.0


@pytest.mark.parametrize("variant", list(VARIANT_INDEX))
def test_catch_rate_never_rises_with_the_threshold(table: SimilarityTable, variant: str) -> None:
    rates = [table.catch_rate(variant, threshold) for threshold in np.linspace(0.0, 1.0, 401)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == 1.0
    assert table.catch_rate(variant, 1.01) == 0.0


def test_false_alarms_rise_with_the_list_and_fall_with_the_threshold(table: SimilarityTable) -> None:
    lengths = (0, 1, 10, 50, 150, 199, 200, 201, 300, 1000, 10_000)
    grid = np.array([[table.false_alarm_rate(t, length) for length in lengths] for t in np.linspace(0, 1, 101)])
    assert (np.diff(grid, axis=1) >= 0).all()
    assert (np.diff(grid, axis=0) <= 0).all()
    assert (grid[1:, 0] == 0.0).all()
    assert grid[60, -1] > grid[60, 6] > grid[60, 1] > 0.0
    assert ((grid >= 0) & (grid <= 1)).all()


def test_one_closed_name_alarms_at_the_pair_rate(table: SimilarityTable) -> None:
    for threshold in (0.2, 0.4, 0.6):
        assert table.false_alarm_rate(threshold, 1) == pytest.approx(table.pair_rate(threshold))
        assert table.false_alarm_rate(threshold, 7) == pytest.approx(1 - (1 - table.pair_rate(threshold)) ** 7)


def test_unrelated_name_is_caught_as_often_as_a_stranger(table: SimilarityTable) -> None:
    for threshold in (0.1, 0.2, 0.3):
        rate = table.pair_rate(threshold)
        assert abs(table.catch_rate("unrelated", threshold) - rate) < 4 * (rate / 400) ** 0.5 + 1 / 64


def test_rates_refuse_nonsense(table: SimilarityTable) -> None:
    with pytest.raises(ValueError, match="unknown name variant"):
        table.catch_rate("twin", 0.8)
    with pytest.raises(ValueError, match="list_length"):
        table.false_alarm_rate(0.8, -1)
    with pytest.raises(ValueError, match="cannot measure"):
        similarity_table(names=200, closed_names=200)
    with pytest.raises(ValueError, match="cannot measure"):
        similarity_table(quantiles=1)


def test_table_equals_plain_loops() -> None:
    count, points, closed, seed = 24, 9, 10, 5
    table = similarity_table(seed, names=count, quantiles=points, closed_names=closed)
    drawn_names = distinct_names(count, seed, names.NAME_STREAM)
    texts = [name.text for _, name in drawn_names]
    assert len(set(texts)) == count

    for row, variant in enumerate(VARIANTS):
        values = sorted(
            by_hand(name.text, variant_of(name, variant.name, seed, names.VARIANT_STREAM, entity, row))
            for entity, name in drawn_names
        )
        for point in range(points):
            share = point / (points - 1)
            # The smallest value that at least this share of the sample does not exceed.
            quantile = next(value for rank, value in enumerate(values, 1) if rank >= share * count)
            assert table.quantiles[row, point] == pytest.approx(quantile, abs=1e-7)

    nearest = sorted(
        max(by_hand(texts[me], texts[(me + step) % count]) for step in range(1, closed + 1)) for me in range(count)
    )
    assert table.namesake == pytest.approx(nearest, abs=1e-7)

    pairs = sorted(by_hand(texts[i], texts[j]) for i in range(count) for j in range(i))
    for threshold in THRESHOLDS:
        reaching = len(pairs) - bisect_left(pairs, threshold - 1e-9)
        assert table.pair_rate(threshold) == pytest.approx(reaching / len(pairs))


def test_catch_rate_is_near_the_plain_share(table: SimilarityTable) -> None:
    sample = distinct_names(400, names.TABLE_SEED, names.NAME_STREAM)
    for row, variant in enumerate(VARIANTS):
        values = [
            similarity(name.text, variant_of(name, variant.name, names.TABLE_SEED, names.VARIANT_STREAM, entity, row))
            for entity, name in sample
        ]
        for threshold in THRESHOLDS:
            share = sum(value >= threshold - 1e-9 for value in values) / len(values)
            assert abs(table.catch_rate(variant.name, threshold) - share) <= 1 / 64 + 1 / 400, (variant.name, threshold)


def test_similarity_at_the_threshold_reaches_it() -> None:
    """A float32 below its decimal would miss it: 9 of 10 characters must reach a threshold of 0.9."""
    exact = np.array([numerator / whole for whole in range(1, 41) for numerator in range(whole + 1)])
    rounded = names._rounded_up(exact)
    assert rounded.dtype == np.float32
    assert (rounded.astype(np.float64) >= exact).all()
    assert (rounded.astype(np.float64) - exact < 1e-7).all()
    assert (exact.astype(np.float32).astype(np.float64) < exact).any()


@pytest.mark.parametrize("variant", list(VARIANT_INDEX))
def test_draws_reach_a_threshold_at_the_catch_rate(table: SimilarityTable, variant: str) -> None:
    row = table.quantiles[VARIANT_INDEX[variant]]
    count = 4000
    values = np.array([draw_similarity((i + 0.5) / count, row) for i in range(count)])
    assert (np.diff(values) >= 0).all()
    for threshold in THRESHOLDS:
        assert abs((values >= threshold).mean() - table.catch_rate(variant, threshold)) <= 1 / count


def test_draw_interpolates_between_quantiles() -> None:
    row = np.array([0.0, 0.5, 0.5, 1.0], dtype=np.float32)
    for u, value in ((0.0, 0.0), (1 / 6, 0.25), (1 / 3, 0.5), (0.5, 0.5), (5 / 6, 0.75), (1.0, 1.0)):
        assert draw_similarity(u, row) == pytest.approx(value)


def test_table_is_kept_and_quick() -> None:
    assert similarity_table() is similarity_table()
    account_name(0, 0, 0)  # compiled before the clock starts
    started = time.perf_counter()
    similarity_table.__wrapped__()
    assert time.perf_counter() - started < 1.0
