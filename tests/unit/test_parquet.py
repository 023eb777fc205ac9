"""Parquet tables explain themselves to any reader, and what cannot be right is refused in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rectify.core.errors import UserError
from rectify.core.formats import RESULT_FOLDER
from rectify.core.quantity import Quantity
from rectify.parquet import KEY, SERIES, described, metrics_in, read, write
from rectify.store import series_digest

HARM = Quantity(
    unit="harm", number="count", meaning="Views × harm.", by=("platform", "kind"), scales_with_population=True
)  # fmt: skip


def series(days: int = 3) -> pd.DataFrame:
    """A tidy series as a run makes it."""
    frame = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=days).astype("datetime64[s]")})
    for name in ("platform", "kind", "metric"):
        frame[name] = pd.Categorical(["all"] * days)
    return frame.assign(metric=pd.Categorical(["harm"] * days), value=np.arange(days) * 1.5)


def store(path: Path, frame: pd.DataFrame) -> Path:
    """Write *frame* as the series of a run."""
    schema = pa.Schema.from_pandas(frame, preserve_index=False)
    about = {"run": {"name": "spring", "start": "2024-01-01"}}
    write(frame, path, described(schema, SERIES, RESULT_FOLDER, "series", about, {"harm": HARM}))
    return path


def test_pyarrow_reads_what_the_numbers_are(tmp_path: Path) -> None:
    """Without this package: JSON under one key, of the table and of each column."""
    schema = pq.read_schema(store(tmp_path / "series.parquet", series()))
    table = json.loads(schema.metadata[b"rectify"])
    assert table["format"] == RESULT_FOLDER.version
    assert (table["table"], table["run"]["name"]) == ("series", "spring")
    assert table["metrics"]["harm"] == {
        "unit": "harm", "number": "count", "meaning": "Views × harm.", "by": ["platform", "kind"],
        "scales_with_population": True, "adds_up_over": ["date", "platform", "kind"],
    }  # fmt: skip
    for name in SERIES:
        own = json.loads(schema.field(name).metadata[b"rectify"])
        assert own == table["columns"][name]
        assert own["meaning"].endswith(".")


def test_pandas_reads_it_too_and_hands_it_on(tmp_path: Path) -> None:
    """In the frame's attributes; also when the frame is written again by pandas alone."""
    frame = pd.read_parquet(store(tmp_path / "series.parquet", series()))
    assert json.loads(frame.attrs[KEY])["metrics"]["harm"]["unit"] == "harm"
    frame.iloc[:2].to_parquet(tmp_path / "again.parquet", index=False)
    assert metrics_in(tmp_path / "again.parquet") == {"harm": HARM} == metrics_in(tmp_path / "series.parquet")


def test_the_digest_is_of_the_content_alone(tmp_path: Path) -> None:
    """What describes a table changes nothing in it, and the same table is the same file."""
    frame = series()
    path = store(tmp_path / "series.parquet", frame)
    frame.to_parquet(tmp_path / "plain.parquet", index=False)
    digests = {series_digest(each) for each in (frame, read(path, SERIES), read(tmp_path / "plain.parquet", SERIES))}
    assert len(digests) == 1
    assert not frame.attrs
    assert path.read_bytes() == store(tmp_path / "other.parquet", series()).read_bytes()


def test_a_table_that_says_nothing_is_read_as_it_is(tmp_path: Path) -> None:
    series().to_parquet(tmp_path / "plain.parquet", index=False)
    assert metrics_in(tmp_path / "plain.parquet") == {}


@pytest.mark.parametrize("text", ["[1]", '{"metrics": [1]}', '{"metrics": {"harm": {"unit": 3}}}', "{", "[" * 99_999])
def test_a_description_that_cannot_be_understood_is_refused(tmp_path: Path, text: str) -> None:
    table = pa.Table.from_pandas(series(), preserve_index=False).replace_schema_metadata({KEY: text})
    pq.write_table(table, tmp_path / "series.parquet")
    with pytest.raises(UserError, match="metadata 'rectify' cannot be understood"):
        metrics_in(tmp_path / "series.parquet")


@pytest.mark.parametrize("dates", ["datetime64[ns]", "datetime64[us]", "date"])
def test_days_may_be_stored_in_several_ways(tmp_path: Path, dates: str) -> None:
    frame = series()
    frame["date"] = frame["date"].dt.date if dates == "date" else frame["date"].astype(dates)
    frame.to_parquet(tmp_path / "series.parquet", index=False)
    assert read(tmp_path / "series.parquet", SERIES)["date"].tolist() == list(pd.date_range("2024-01-01", periods=3))


def twice(frame: pd.DataFrame) -> pa.Table:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    return table.append_column("value", table["value"])


WRONG: dict[str, tuple[Callable[[pd.DataFrame], Any], str]] = {
    "no column": (lambda f: f.drop(columns="kind"), r"lacks the column\(s\) kind; has date, platform, metric, value"),
    "two columns": (twice, "has the column value more than once"),
    "time zone": (
        lambda f: f.assign(date=f["date"].dt.tz_localize("UTC")),
        r"column date: expected days \(dates, or timestamps without a time zone\), found timestamp\[ms, tz=UTC\]",
    ),
    "hours": (lambda f: f.assign(date=f["date"] + pd.Timedelta(hours=3)), "column date: .* is no whole day"),
    "words for days": (lambda f: f.assign(date="today"), "column date: expected days"),
    "numbers for days": (lambda f: f.assign(date=3), "column date: expected days .* found int64"),
    "words for numbers": (lambda f: f.assign(value="many"), "column value: expected numbers, found"),
    "truth for numbers": (lambda f: f.assign(value=True), "column value: expected numbers, found bool"),
    "numbers for words": (lambda f: f.assign(metric=1), "column metric: expected text, found int64"),
    "no day": (lambda f: f.assign(date=f["date"].where(f.index > 0)), "column date: 1 rows have no value"),
    "no word": (lambda f: f.assign(kind=f["kind"].where(f.index > 1)), "column kind: 2 rows have no value"),
    "no number": (lambda f: f.assign(value=f["value"].where(f.index > 0)), "column value: 1 rows have no value"),
    "far away": (
        lambda f: pa.table({**f, "date": pa.array([2**60] * 3, pa.timestamp("us"))}),
        "column date: .* outside the years 1 to 9999",
    ),
    "infinite": (lambda f: f.assign(value=np.inf), "column value: inf is not a number"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_tables_are_refused_in_one_line(tmp_path: Path, what: str) -> None:
    """With the file, the column, what belongs there and what was found."""
    spoil, words = WRONG[what]
    path, spoilt = tmp_path / "series.parquet", spoil(series())
    table = spoilt if isinstance(spoilt, pa.Table) else pa.Table.from_pandas(spoilt, preserve_index=False)
    pq.write_table(table, path)
    with pytest.raises(UserError, match=words) as caught:
        read(path, SERIES)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kept", [0, 3, 100, 0.5, 0.99])
def test_truncated_files_are_refused(tmp_path: Path, kept: float) -> None:
    """Cut off after so many bytes, or after that share of them."""
    path = store(tmp_path / "series.parquet", series(500))
    content = path.read_bytes()
    path.write_bytes(content[: int(kept if kept > 1 or not kept else kept * len(content))])
    for reader in (lambda: read(path, SERIES), lambda: metrics_in(path)):
        with pytest.raises(UserError, match=r"series\.parquet: cannot be read"):
            reader()


def test_flipped_bits_are_told_or_do_no_harm(tmp_path: Path) -> None:
    """Whatever is damaged, reading gives a whole table or one clear line."""
    path = store(tmp_path / "series.parquet", series(60))
    content, generator = path.read_bytes(), np.random.default_rng(3)
    messages = []
    for _ in range(150):
        spoilt = bytearray(content)
        for place in generator.integers(0, len(spoilt), 4):
            spoilt[place] ^= 1 << int(generator.integers(0, 8))
        path.write_bytes(bytes(spoilt))
        try:
            frame = read(path, SERIES)
            metrics_in(path)
            assert list(frame) == list(SERIES)
        except UserError as error:
            messages.append(str(error))
    assert len(messages) > 50
    assert not any("\n" in message for message in messages)


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.parquet", tmp_path):
        with pytest.raises(UserError, match="there is no such file"):
            read(path, SERIES)
