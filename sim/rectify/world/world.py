"""The world: everything a day's processes read and write, and the scratch of one day."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rectify.core.kernel import kernel
from rectify.core.table import Array
from rectify.policy.campaigns import Campaign
from rectify.policy.events import Events
from rectify.policy.kinds import Kinds
from rectify.policy.rulebook import Rulebook
from rectify.policy.sanctions import Sanctions
from rectify.world.accounts import Accounts
from rectify.world.calendar import Calendar
from rectify.world.ledgers import Appeals, Cases, Decisions
from rectify.world.operators import Operators
from rectify.world.platforms import Platforms


@dataclass(frozen=True)
class Policy:
    """The compiled rules of a run: kinds, sanctions, rulebook, campaigns. Nothing here changes after day 0."""

    kinds: Kinds
    sanctions: Sanctions
    rulebook: Rulebook
    campaigns: tuple[Campaign, ...]
    attention: Array
    """What the seasons and events make of attention, float64 [days, platforms]."""
    events: Events
    platform_names: tuple[str, ...]
    archetype_names: tuple[str, ...]
    archetype_lawful: Array
    archetype_organisation: Array
    archetype_orphaned: Array


class Conditions:
    """What is the same for everyone on a platform today; float64 [platforms, kinds] unless said otherwise.

    Written by the platforms each morning; ``seen``, ``announced`` and ``severity`` by learning, ``provocation`` by
    quarrelling.
    """

    def __init__(self, platforms: int, kinds: int) -> None:
        shape = (platforms, kinds)
        self.flag_rate = np.zeros(shape)
        """Share of violating posts that the classifier flags."""
        self.false_flag_rate = np.zeros(platforms)
        """Share of lawful posts that it flags, [platforms]."""
        self.report_rate = np.zeros(shape)
        """Reports per view of a violating post."""
        self.false_report_rate = np.zeros(platforms)
        """Reports per view of a lawful post, [platforms]."""
        self.coordinated_hazard = np.zeros(platforms)
        """Daily rate of coordinated reports of a blameless account, [platforms]."""
        self.check_hazard = np.zeros((2, platforms))
        """Daily rate of name screening (row 0) and qualification checks (row 1), [2, platforms]."""
        self.player_check_effort = np.ones(platforms)
        """Real-name checks of players relative to an ordinary day, [platforms]."""
        self.disposal = np.zeros(platforms)
        """Share of accounts without an office that is disposed of today, [platforms]."""
        self.poster_search = np.zeros(platforms)
        """Share of author-days searched for hired posters, [platforms]."""
        self.growth_checks = np.zeros(platforms)
        """Share of author-days whose growth of followers is checked, [platforms]."""
        self.referral_hazard = np.zeros(shape)
        """Daily rate at which other departments refer an active violator."""
        self.attention = np.ones(platforms)
        """Views of a post written today relative to other times of the year, [platforms]."""
        self.premium = np.ones(shape)
        """Views of a violating post written today relative to a lawful one."""
        self.acts = np.ones(platforms)
        """Share of upheld cases that the platform acts on, [platforms]."""
        self.escalation = np.zeros(shape, np.int64)
        """Steps of the ladder that are skipped, int64."""
        self.ladder_severity = np.zeros(shape)
        """Severity of what a first strike brings today, 0 to 1."""
        self.severity = np.zeros(shape)
        """Severity that people believe in: at once when it rises, forgotten slowly when it falls, 0 to 1."""
        self.provocation = np.zeros(shape)
        """What yesterday's quarrels add to the readiness to violate in kind, logit."""
        self.observed = np.zeros(shape)
        """Certainty of punishment that the neighbourhood's sanctions make people believe in, 0 to 1."""
        self.announced = np.zeros(shape)
        """Certainty that announcements make people believe in, 0 to 1."""
        self.notified = np.zeros(shape)
        """Certainty that the notices of last night make people believe in, 0 to 1; written by the platforms."""


@kernel
def count_events(platform, kind, counter):  # type: ignore[no-untyped-def]
    """Add one to *counter* at [platform, kind] of each event."""
    for i in range(len(platform)):
        counter[platform[i], kind[i]] += 1.0


@kernel
def _add_amounts(platform, kind, amount, counter):  # type: ignore[no-untyped-def]
    for i in range(len(platform)):
        counter[platform[i], kind[i]] += amount[i]


@kernel
def _add_parts(parts, places, block):  # type: ignore[no-untyped-def]
    for name in range(len(places)):
        for p in range(parts.shape[2]):
            for k in range(parts.shape[3]):
                total = parts[0, name, p, k]
                for part in range(1, len(parts)):
                    total += parts[part, name, p, k]
                block[places[name], p, k] += total


class Tallies:
    """The day's counters by name: float64 [platforms, kinds + 1], lawful in the last place.

    They lie together in ``block``, [counters, platforms, kinds + 1], so that many are cleared or read at once.
    """

    def __init__(self, platforms: int, kinds: int) -> None:
        self.shape = (platforms, kinds + 1)
        self.block = np.zeros((64, *self.shape))
        self.counters: dict[str, Array] = {}
        """Views of the block by name, in its order."""
        self._places: dict[tuple[str, ...], Array] = {}

    def __getitem__(self, name: str) -> Array:
        """Counter *name*, zero when nothing has been counted today."""
        found = self.counters.get(name)
        return self._begin(name) if found is None else found

    def _begin(self, name: str) -> Array:
        if len(self.counters) == len(self.block):
            self.block = np.concatenate((self.block, np.zeros_like(self.block)))
            self.counters = {known: self.block[place] for place, known in enumerate(self.counters)}
        self.counters[name] = self.block[len(self.counters)]
        return self.counters[name]

    def places(self, names: tuple[str, ...]) -> Array:
        """Where the counters of these *names* lie in ``block``, int64 [names]."""
        if names not in self._places:
            for name in names:
                self[name]
            order = {name: place for place, name in enumerate(self.counters)}
            self._places[names] = np.array([order[name] for name in names], np.int64)
        return self._places[names]

    def add(self, name: str, array: Array) -> None:
        """Add an array of the counter's shape, or of shape [platforms, kinds] to its violating part."""
        counter = self[name]
        counter[:, : array.shape[1]] += array

    def add_parts(self, names: tuple[str, ...], parts: Array) -> None:
        """Add to the counters of these *names* what was counted apart: [parts, names, platforms, kinds + 1]."""
        _add_parts.serial(parts, self.places(names), self.block)

    def several(self, *names: str) -> list[Array]:
        """The counters of these *names*, for a kernel that adds to them."""
        for name in names:
            if name not in self.counters:
                self._begin(name)  # may move those begun before
        return [self.counters[name] for name in names]

    def count(self, name: str, platform: Array, kind: Array, amount: Array | None = None) -> None:
        """Count events at [platform, kind], one or *amount* each (0 or 1 by a mask), summed in order."""
        counter = self[name]
        if len(platform) == 0:
            return
        if amount is None:
            count_events.serial(platform, kind, counter)
        else:
            _add_amounts.serial(platform, kind, amount, counter)

    def clear(self) -> None:
        """Start a new day."""
        self.block[:] = 0.0


@dataclass
class World:
    """State of one run. Tables are owned by processes column by column; ``tallies`` are cleared every day."""

    seed: np.uint64
    calendar: Calendar
    policy: Policy
    accounts: Accounts
    operators: Operators
    platforms: Platforms
    conditions: Conditions
    tallies: Tallies
    views_due: Array
    """Views that live posts will still get, float64 [platforms, kinds + 1, parts of the curve by which they fade]."""
    cases: Cases
    appeals: Appeals
    register: Decisions
    scale: float
    """Real accounts that one row stands for."""
    barred_accounts: Array
    """Rows of accounts whose name or identity may be barred from registering again, int64."""
    barred_names: Array
    """Closed names barred today, in real accounts, float64 [platforms, NAMES_BARRED]."""
    active_violators: Array
    """Accounts seen violating lately, a moving average, float64 [platforms, kinds]."""
    purged: Array
    """Logarithm of the share of zombie followers that has passed all purges up to a day, float64 [platforms, days]."""
    gained_by_violating: Array
    """Real followers that violating posts brought, who are still there, float32 [accounts]; empty if never erased."""
    active_campaigns: list[Campaign] = field(default_factory=list)

    @property
    def kinds(self) -> int:
        """Number of violation kinds in use."""
        return len(self.policy.kinds.names)


class Turn:
    """Scratch of one day. Arrays named for what they hold run along ``due``, one entry for each row due today."""

    def __init__(self, day: int, due: Array, last_day: Array) -> None:
        self.day = day
        self.due = due
        self.last_day = last_day
        """Day on which each was last brought up to date, before today."""
        entries = len(due)
        self.active = np.zeros(entries, np.bool_)
        """Open today, so that it may act."""
        self.platform = np.zeros(entries, np.int8)
        self.kind = np.zeros(entries, np.int8)
        self.archetype = np.zeros(entries, np.int8)
        """Archetype of each account's operator."""
        self.lawful_posts = np.zeros(entries, np.int32)
        self.violating_posts = np.zeros(entries, np.int32)
        self.lawful_views = np.zeros(entries, np.float32)
        """Views that today's lawful posts will get in all."""
        self.violating_views = np.zeros(entries, np.float32)
        self.hired = np.zeros(0, np.bool_)
        """Has its posts pushed by hired posters today; empty where nobody hires."""
        self.growth_excess = np.zeros(0)
        """Logarithm of followers displayed over those without today's purchase; empty where no growth is checked."""
        self.time_of_day = np.zeros(entries, np.float32)
        """Time of day at which it posted, share of a day."""
        self.flagged_lawful = np.zeros(entries, np.int32)
        """Lawful posts that any channel flagged."""
        self.flagged_violating = np.zeros(entries, np.int32)
        self.evidence = np.zeros(entries, np.uint16)
        """Channels that flagged the account today, a bit each."""
        self.breach = np.zeros(entries, np.bool_)
        """Some channel flagged a real breach."""
        self.new_cases = np.zeros(0, np.int32)
        """Rows of accounts that a case was opened about today."""
        self.reviewed = Cases(0)
        """Cases that reviewers closed today."""
        self.upheld = np.zeros(0, np.bool_)
        """Which of them they upheld."""
        self.delay = np.zeros(0, np.float32)
        """Days from writing to decision of each."""
        self.decisions = Decisions(0)
        self.reversals = Appeals(0)
        self.message_views = np.zeros((2, 0))
        """Under a follower network: views that every row's lawful (0) and violating (1) messages had today."""
        self.live_violating_messages = np.zeros(0, np.int64)
        """Under a follower network: violating messages of every row that some feed holds."""
        self.recommended = (np.zeros(0, np.int32), np.zeros(0, np.int32))
        """Under a follower network: readers that posts were recommended to, and their authors."""
        self.reported = Cases(0)
        """Cases that reports opened today about accounts which no other channel flagged."""
        self.opened = np.zeros(0, np.int32)
        """Rows of accounts that opened today."""
        self.closed = np.zeros(0, np.int32)
        """Rows of accounts that were closed today."""
        self.surplus = np.zeros(0, np.int32)
        """Rows of accounts above a cap that was lowered today."""
        self.disposed = np.zeros(0, np.int32)
        """Rows of accounts without an office that were disposed of today."""
