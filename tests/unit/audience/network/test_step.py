"""Messages on a follow graph against a second writing of their rules, in plain Python, message by message."""

from __future__ import annotations

import numpy as np
import pytest

from rectify.audience.account_messages import LAWFUL, count_reads, survey, take_down, write_and_reshare
from rectify.audience.diffusion import MessageDiffusion
from rectify.audience.network import MessageNetwork, random_walk_growth
from tests.reference.messages import Act, PlainDiffusion, PlainNetwork, contents, published


@pytest.mark.parametrize(
    ("nodes", "follows", "feed_length", "half_life", "mu"),
    [
        (12, 3, 15, None, 0.5),
        (30, 4, 5, 2.0, 0.3),
        (40, 8, 3, 0.5, 0.5),
        (1500, 3, 15, 4.0, 0.5),
        (150, 80, 10, 8.0, 0.4),
    ],
)
def test_each_step_equals_the_plain_one(
    nodes: int, follows: int, feed_length: int, half_life: float | None, mu: float
) -> None:
    graph = random_walk_growth(3, nodes, follows)
    params = published(feed_length=feed_length, takedown_half_life=half_life, mu=mu, illegal_mean=0.3)
    fast, plain = MessageDiffusion(graph, params, seed=9), PlainDiffusion(graph, params, 9)
    for step in range(6 if nodes > 1000 else 12):
        expected = plain.step()
        fast.step()
        for name, value in expected.items():
            assert fast.records.column(name)[step] == value, (step, name)
        assert contents(fast.network) == plain.network.contents(), step


@pytest.mark.parametrize(
    ("accounts", "follows", "feed_length", "limited"),
    [(12, 3, 15, {}), (40, 8, 3, {0: 0.0, 1: 0.5, 5: 0.7}), (1200, 3, 15, {3: 0.9}), (150, 80, 10, {3: 0.4, 4: 0.1})],
)
def test_each_day_of_accounts_equals_the_plain_one(
    accounts: int, follows: int, feed_length: int, limited: dict[int, float]
) -> None:
    """Any numbers of posts and reshares, limited reach, takedowns of any messages, and follows that change."""
    generator = np.random.default_rng(accounts)
    rules = published(feed_length=feed_length)
    fast = MessageNetwork(random_walk_growth(3, accounts, follows), rules, 9, room=2)
    follows_now = fast.follows
    places = [part.tolist() for part in np.split(follows_now.friends, follows_now.offsets[1:-1])]
    plain = PlainNetwork(places, rules, 9)
    reach = np.ones(accounts)
    reach[list(limited)] = list(limited.values())
    for day in range(6 if accounts > 1000 else 12):
        rows = np.flatnonzero(generator.random(accounts) < 0.5).astype(np.int32)
        lawful, violating, reshares = generator.poisson([[0.6], [0.3], [0.8]], (3, rows.size)).astype(np.int32)
        read = [entry.message for row in rows for entry in plain.feeds[row]]
        seen = count_reads(fast, rows)
        assert [seen[bit].sum() for bit in (0, 1)] == [sum(m.violating == bit for m in read) for bit in (0, 1)]
        acts = {
            int(row): [
                *(Act(number, violating=True) for number in range(violating[i])),
                *(Act(LAWFUL + number, violating=False) for number in range(lawful[i])),
                *(Act(number, reshares=True) for number in range(reshares[i] if plain.feeds[row] else 0)),
            ]
            for i, row in enumerate(rows)
        }
        reshared = write_and_reshare(fast, day, rows, lawful, violating, reshares, reach)
        sent = plain.act(day, acts, limited)
        expected = np.zeros((2, accounts), np.int64)
        for act, message in (shared for each in sent.values() for shared in each):
            expected[int(message.violating), message.author] += act.reshares
        assert (reshared == expected).all()
        assert contents(fast) == plain.contents(), day
        check_survey(fast, plain)
        until, lawful_of = (
            generator.integers(-1, day + 1, (2, accounts)) * (generator.random((2, accounts)) < 0.3)
        ) - 1
        everything = generator.random(accounts) < 0.03
        gone = {
            id(m): m for feed in plain.feeds for m in (entry.message for entry in feed)
            if everything[m.author] or (m.day <= until[m.author] if m.violating else m.day == lawful_of[m.author])
        }  # fmt: skip
        removed, ages = take_down(fast, day, until.astype(np.int32), lawful_of.astype(np.int32), everything)
        plain.remove(list(gone.values()))
        assert removed.tolist() == np.bincount([m.author for m in gone.values()], minlength=accounts).tolist()
        assert ages.sum() == sum(day - m.day for m in gone.values())
        assert contents(fast) == plain.contents(), day


def check_survey(fast: MessageNetwork, plain: PlainNetwork) -> None:
    """What feeds hold, by a platform and a kind of every author, against counting it by hand."""
    platform = (np.arange(fast.accounts) % 2).astype(np.int8)
    kind = (np.arange(fast.accounts) % 3).astype(np.int8)
    found, up = survey(fast, platform, kind, (2, 4))
    by_hand = {name: np.zeros((2, 4)) for name in found}
    live = {id(entry.message): entry.message for feed in plain.feeds for entry in feed}

    def place(author: int, violating: bool) -> tuple[int, int]:
        return int(platform[author]), int(kind[author]) if violating else 3

    for feed in plain.feeds:
        places = [place(entry.message.author, entry.message.violating) for entry in feed]
        for each in places:
            by_hand["feed_slots"][each] += 1
        for each in set(places):
            by_hand["exposed_accounts"][each] += 1
    for message in live.values():
        by_hand["feed_messages"][place(message.author, message.violating)] += 1
        by_hand["feed_shares"][place(message.author, message.violating)] += message.shares
    for name, counts in by_hand.items():
        assert (found[name] == counts).all(), name
    violating = [message.author for message in live.values() if message.violating]
    assert up.tolist() == np.bincount(violating, minlength=fast.accounts).tolist()
