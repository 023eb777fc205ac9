"""Account names: word lists and patterns from ``configs/names.yaml``, and a name as a pure function of its entity.

Source: assumption. Words, patterns and their weights are composed for this model after the way self-media accounts are
named (place, topic, suffix; topic and person; imitations of news agencies and of military names).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any, cast

import yaml

from rectify.core.draws import uniform
from rectify.core.paths import config_root

PLACEHOLDER = re.compile(r"\{(\w+)\}")
CHINESE = re.compile("[\u4e00-\u9fff]")
SCRIPTS = ("chinese", "latin")
RELATED = tuple(prefix + part for prefix in ("", "latin_") for part in ("person", "topic", "any"))
SHARES = ("second_character", "both_parts")
TABLES = (
    *("source", "shares", "patterns", "suffix", "related", "marks", "letter_marks", "look_alike", "homoglyphs"),
    *("traditional", "pinyin"),
)
"""Keys of the file that are not word lists."""

_uniform = cast(Callable[[int, int, int, int, int], float], uniform)


@dataclass(frozen=True)
class NameWords:
    """The word lists, patterns and character tables of one names file.

    parts: words per part of a name; a word may itself name parts in braces. patterns: (script, template) pairs;
    cumulative: running sum of their probabilities, ending at 1. suffix: additions per script. related: templates per
    kept part. marks and letter_marks: what is put between characters; Unicode counts the latter as letters.
    look_alike: the characters one can be taken for. traditional: the traditional form, where it differs. pinyin: the
    syllable, without tone. shares: probabilities used by the variants.
    """

    parts: Mapping[str, tuple[str, ...]]
    patterns: tuple[tuple[str, str], ...]
    cumulative: tuple[float, ...]
    suffix: Mapping[str, tuple[str, ...]]
    related: Mapping[str, tuple[str, ...]]
    marks: tuple[str, ...]
    letter_marks: tuple[str, ...]
    look_alike: Mapping[str, str]
    traditional: Mapping[str, str]
    pinyin: Mapping[str, str]
    shares: Mapping[str, float]

    def templates(self) -> tuple[str, ...]:
        """Every word and template from which a name, a suffix or a related name is put together."""
        groups = (*self.parts.values(), *self.suffix.values(), *self.related.values())
        return (*(template for _, template in self.patterns), *(word for group in groups for word in group))

    def characters(self) -> frozenset[str]:
        """Every Chinese character of :meth:`templates`."""
        return frozenset(CHINESE.findall("".join(self.templates())))


@dataclass(frozen=True)
class AccountName:
    """A name, its script (``chinese`` or ``latin``), and the (part, text) pairs it was put together from, in order."""

    text: str
    script: str
    parts: tuple[tuple[str, str], ...]


class Draws:
    """The draws of one entity on one day, slot by slot: a cursor over :func:`rectify.core.draws.uniform`."""

    def __init__(self, seed: int, stream: int, entity: int, day: int) -> None:
        self.seed, self.stream, self.entity, self.day = seed, stream, entity, day
        self.slot = 0

    def uniform(self) -> float:
        """The next slot's uniform in (0, 1)."""
        value = _uniform(self.seed, self.stream, self.entity, self.day, self.slot)
        self.slot += 1
        return float(value)

    def pick[Option](self, options: Sequence[Option]) -> Option:
        """One of *options*, each equally likely."""
        return options[int(self.uniform() * len(options))]


def _strings(value: Any, key: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(word, str) and word for word in value):
        raise ValueError(f"{key}: expected a list of words, found {value!r}")
    return tuple(value)


def _groups(text: str, key: str) -> dict[str, str]:
    table: dict[str, str] = {}
    for group in text.split():
        if len(group) < 2 or group[0] in table or group[0] in group[1:]:
            raise ValueError(f"{key}: {group!r} is repeated or maps a character to nothing or to itself")
        table[group[0]] = group[1:]
    return table


def _check_templates(words: NameWords) -> None:
    for script, template in words.patterns:
        if script not in SCRIPTS or len(PLACEHOLDER.findall(template)) < 2:
            raise ValueError(f"patterns: {template!r} needs a script of {SCRIPTS} and at least two parts")
    named = {part for text in words.templates() for part in PLACEHOLDER.findall(text)}
    unknown = named - words.parts.keys() - {"kept"}
    if unknown:
        raise ValueError(f"no word list for the parts {sorted(unknown)}")
    settled: set[str] = set()
    while len(settled) < len(words.parts):
        ready = {
            part
            for part, options in words.parts.items()
            if part not in settled and set(PLACEHOLDER.findall("".join(options))) <= settled
        }
        if not ready:
            raise ValueError(f"the parts {sorted(words.parts.keys() - settled)} name each other in a circle")
        settled |= ready


@lru_cache
def load_words(path: Path | None = None) -> NameWords:
    """Read and check a names file; by default ``names.yaml`` of the configuration root. Read once per path.

    Raises OSError if it cannot be opened, ValueError if a key is missing, a list is empty, a table repeats a character,
    or a template names a part without words.
    """
    where = path or config_root() / "names.yaml"
    raw: dict[str, Any] = yaml.safe_load(where.read_text(encoding="utf-8"))
    try:
        weighted = [
            (script, template, float(weight))
            for script, templates in raw["patterns"].items()
            for template, weight in templates.items()
        ]
        total = sum(weight for _, _, weight in weighted)
        words = NameWords(
            parts={key: _strings(value, key) for key, value in raw.items() if key not in TABLES},
            patterns=tuple((script, template) for script, template, _ in weighted),
            cumulative=tuple(accumulate(weight / total for _, _, weight in weighted)),
            suffix={script: _strings(raw["suffix"][script], "suffix") for script in SCRIPTS},
            related={part: _strings(raw["related"][part], "related") for part in RELATED},
            marks=_strings(raw["marks"], "marks"),
            letter_marks=_strings(raw["letter_marks"], "letter_marks"),
            look_alike=_groups(raw["look_alike"], "look_alike") | raw["homoglyphs"],
            traditional=_groups(raw["traditional"], "traditional"),
            pinyin={character: syllable for syllable, spelt in raw["pinyin"].items() for character in spelt},
            shares={share: float(raw["shares"][share]) for share in SHARES},
        )
    except KeyError as missing:
        raise ValueError(f"{where}: {missing} is missing") from missing
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    _check_templates(words)
    return words


def fill(
    template: str, words: NameWords, draws: Draws, fixed: Mapping[str, str] | None = None
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Fill a template's parts with drawn words; those in *fixed* are taken as given.

    Returns the text and its (part, text) pairs. Draws one slot per word, left to right, outer before inner.
    """
    parts: list[tuple[str, str]] = []

    def word(match: re.Match[str]) -> str:
        part = match.group(1)
        if fixed and part in fixed:
            text = fixed[part]
        else:
            text, _ = fill(draws.pick(words.parts[part]), words, draws)
        parts.append((part, text))
        return text

    return PLACEHOLDER.sub(word, template), tuple(parts)


def compose(words: NameWords, draws: Draws) -> AccountName:
    """A fresh name from the next draws: a pattern by its weight, then its words, each equally likely."""
    pattern = min(bisect_right(words.cumulative, draws.uniform()), len(words.patterns) - 1)
    script, template = words.patterns[pattern]
    text, parts = fill(template, words, draws)
    return AccountName(text=text, script=script, parts=parts)


def account_name(seed: int, stream: int, entity: int, day: int = 0) -> AccountName:
    """The name that *entity* gives itself on *day*: always the same, whatever else is drawn.

    seed: 0 to 2**63 - 1. stream: below 2**16. entity: below 2**48. day: below 2**32. Two entities may share a name.
    """
    return compose(load_words(), Draws(seed, stream, entity, day))
