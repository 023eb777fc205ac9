"""What an evader does to a closed account's name before it registers again: eight variants, in a fixed order.

Source: assumption. The kinds are those that operators are known to use; how often each is used is no part of this file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rectify.naming.words import AccountName, Draws, NameWords, compose, fill, load_words

TRIES = 8
"""Draws again this often when a change happens to give the old name back; then the next variant's change is used."""


def _same(name: AccountName, words: NameWords, draws: Draws) -> str:
    return name.text


def _replace(text: str, table: Mapping[str, str], words: NameWords, draws: Draws, whole: bool) -> str:
    """Replace one character, sometimes a second, by its entry in *table*: *whole*, or one character of it."""
    places = [place for place, character in enumerate(text) if character in table]
    result = list(text)
    for _ in range(min(len(places), 1 + (draws.uniform() < words.shares["second_character"]))):
        place = draws.pick(places)
        places.remove(place)
        result[place] = table[text[place]] if whole else draws.pick(table[text[place]])
    return "".join(result)


def _look_alike(name: AccountName, words: NameWords, draws: Draws) -> str:
    return _replace(name.text, words.look_alike, words, draws, whole=False)


def _inserted_mark(name: AccountName, words: NameWords, draws: Draws) -> str:
    text = name.text
    for _ in range(1 + (draws.uniform() < words.shares["second_character"])):
        mark = draws.pick(words.marks + words.letter_marks)
        place = draws.pick(range(1, len(text)))
        text = text[:place] + mark + text[place:]
    return text


def _traditional(name: AccountName, words: NameWords, draws: Draws) -> str:
    return "".join(words.traditional.get(character, character) for character in name.text)


def _pinyin(name: AccountName, words: NameWords, draws: Draws) -> str:
    return _replace(name.text, words.pinyin, words, draws, whole=True)


def _suffix(name: AccountName, words: NameWords, draws: Draws) -> str:
    return name.text + fill(draws.pick(words.suffix[name.script]), words, draws)[0]


def _related(name: AccountName, words: NameWords, draws: Draws) -> str:
    prefix = "latin_" if name.script == "latin" else ""
    known = {part: text for part, text in name.parts if part.removeprefix("latin_") in ("person", "topic")}
    part, text = draws.pick(list(known.items()) or [pair for pair in name.parts if not pair[1].isdigit()])
    fixed = {"kept": text}
    if draws.uniform() < words.shares["both_parts"]:
        fixed |= known
    group = part if part in known else f"{prefix}any"
    return fill(draws.pick(words.related[group]), words, draws, fixed)[0]


def _unrelated(name: AccountName, words: NameWords, draws: Draws) -> str:
    return compose(words, draws).text


@dataclass(frozen=True)
class Variant:
    """One way to come back: name, meaning in one line, the change, and the variant used where that has no effect."""

    name: str
    meaning: str
    change: Callable[[AccountName, NameWords, Draws], str]
    otherwise: str | None = None


VARIANTS: tuple[Variant, ...] = (
    Variant("same", "the identical name", _same),
    Variant("look_alike", "one or two characters replaced by confusable ones", _look_alike, "inserted_mark"),
    Variant("inserted_mark", "one or two marks, spaces or invisible characters put in", _inserted_mark),
    Variant("traditional", "written in traditional characters", _traditional, "look_alike"),
    Variant("pinyin", "one or two characters replaced by their pinyin", _pinyin, "look_alike"),
    Variant("suffix", "something added behind: official, new, a number", _suffix),
    Variant("related", "the topic or the person kept, the rest changed", _related, "suffix"),
    Variant("unrelated", "a fresh name, of no relation to the old one", _unrelated),
)
"""The order is that of the rows of :class:`rectify.naming.similarity.SimilarityTable`."""

VARIANT_INDEX: Mapping[str, int] = {variant.name: index for index, variant in enumerate(VARIANTS)}


def variant_index(variant: str) -> int:
    """Row of that variant in :data:`VARIANTS`. Raises ValueError for an unknown one."""
    if variant not in VARIANT_INDEX:
        raise ValueError(f"unknown name variant {variant!r}; known: {', '.join(VARIANT_INDEX)}")
    return VARIANT_INDEX[variant]


def variant_of(name: AccountName, variant: str, seed: int, stream: int, entity: int, day: int = 0) -> str:
    """The name under which *name* comes back, by that *variant*: always the same for the same numbers.

    Differs from ``name.text`` for every variant but ``same``: where a change has no effect (a Latin name has no pinyin)
    another is used, and the last resort is an inserted mark. Take another stream, or another day, than the name was
    drawn with. Raises ValueError for an unknown variant.
    """
    words = load_words()
    draws = Draws(seed, stream, entity, day)
    chosen: str | None = VARIANTS[variant_index(variant)].name
    if chosen == "same":
        return name.text
    while chosen is not None:
        current = VARIANTS[variant_index(chosen)]
        for _ in range(TRIES):
            text = current.change(name, words, draws)
            if text != name.text:
                return text
        chosen = current.otherwise
    return _inserted_mark(name, words, draws)
