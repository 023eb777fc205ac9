"""The account model's day, in order, written from ``sim/README.md`` with agents, dicts and loops.

Nothing of the package is used but the configuration and the measured table of name similarities.
"""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import timedelta

import mesa

from rectify.configuration.run_config import RunConfig
from rectify.naming.similarity import similarity_table
from rectify.naming.variants import VARIANTS
from tests.reference import draws, enforcement
from tests.reference.agents import NEVER, Account, Appeal, Case, Decision, Operator, Today
from tests.reference.events import HotSpots
from tests.reference.fading import Fading
from tests.reference.joining import namesake_alarm, register
from tests.reference.population import settle
from tests.reference.regulation import CHECKS, Campaign, Office, Platform


class ReferenceModel(mesa.Model):
    """One run. ``step()`` is one day; ``tallies[counter, platform, kind]`` are the day's counts, "lawful" a kind."""

    def __init__(self, config: RunConfig) -> None:
        super().__init__(rng=1)
        self.config = config
        self.kinds = list(config.kinds_used)
        self.popularity = next((kind for kind in self.kinds if config.kinds[kind].basis == "popularity"), "")
        self.first_date = config.start - timedelta(days=config.burn_in_days)
        self.fading = Fading(config.audience)
        self.hot_spots = HotSpots(config, self.first_date)
        self.name_quantiles = [[float(value) for value in row] for row in similarity_table().quantiles]
        pairs = similarity_table()
        rules = config.rulebook.registration
        self.name_threshold = {
            "same": rules.same_name_similarity,
            "similar": rules.similar_name_similarity,
            "related": rules.related_name_similarity,
        }
        reaching = list(zip(pairs.pair_values.tolist(), pairs.pair_exceedance.tolist(), strict=True))
        self.namesake_pairs = {
            name: max([share for value, share in reaching if value >= threshold], default=0.0)
            for name, threshold in self.name_threshold.items()
        }
        steps = [sanctions for kind in self.kinds for step in self.ladder(kind) for sanctions in step]
        self.erases_gains = any(config.sanctions[name].gains_kept < 1.0 for name in steps)
        self.checks_growth = any(platform.channels.growth_check.checked for platform in config.platforms.values())
        self.platforms = [Platform(self, row, name) for row, name in enumerate(config.platforms)]
        self.offices = [Office(self, row, name) for row, name in enumerate(config.offices)]
        self.campaigns = sorted((Campaign(self, name) for name in config.campaigns), key=lambda each: each.order)
        self.active_campaigns: list[Campaign] = []
        self.operators: list[Operator] = []
        self.accounts: list[Account] = []
        settle(self)
        there = [account for account in self.accounts if account.opened_on < 0]
        self.scale = config.population.represents / max(1, len(there))
        for platform in self.platforms:
            rows = sum(account.platform is platform for account in there)
            platform.daily_capacity = platform.params.review_capacity * rows / 1e6
        self.cases: list[Case] = []
        self.appeals: list[Appeal] = []
        self.register: list[Decision] = []
        self.tallies: defaultdict[tuple[str, str, str], float] = defaultdict(float)

    def within_reach(self, office: str) -> list[Platform]:
        """Platforms that an office may address: all of them, or those with their seat or a branch where it is."""
        params = self.config.offices[office]
        return [
            each
            for each in self.platforms
            if params.level == "national" or params.seat in (each.params.seat, *each.params.branches)
        ]

    def ladder(self, kind: str) -> list[list[str]]:
        """Steps of a kind's ladder, each the names of sanctions applied together."""
        ladders = self.config.rulebook.ladders
        return ladders[kind] if kind in ladders else ladders[self.config.kinds[kind].basis]

    def step_of(self, kind: str, number: int) -> list[str]:
        """Sanctions of a step; past the last, those of the last."""
        ladder = self.ladder(kind)
        return ladder[min(number, len(ladder) - 1)]

    def count(self, counter: str, account_like: Account | Case | Decision, amount: float = 1.0) -> None:
        """Add to a counter, at the platform and kind of an account, a case or a decision."""
        self.tallies[counter, account_like.platform.name, account_like.kind] += amount

    def step(self) -> None:
        """Simulate one day."""
        day = int(self.time) - 1
        self.tallies.clear()
        self.active_campaigns = [campaign for campaign in self.campaigns if campaign.under_way(day)]
        for platform in self.platforms:
            platform.start_day()
        due = [account for account in self.accounts if account.next_day <= day]
        for account in due:
            account.today = Today(day - account.last_day)

        self.join(due, day)
        self.notice_leavers(due, day)
        active = [account for account in due if account.today.active]
        for account in active:
            self.post(account, day)
        self.hire(active, day)
        self.attract([account for account in active if account.today.posts > 0], day)
        for account in active:
            self.earn(account, day)
        self.pay_sellers(active, day)
        for account in active:
            self.follow(account, day)
        for account in active:
            self.detect(account, day)
        self.open_cases(due, day)

        reviewed = enforcement.review(self, day)
        reversals = enforcement.hear(self, day)
        decisions = enforcement.decide(self, reviewed, reversals, day)
        enforcement.apply(self, decisions, reversals, day)
        enforcement.dispose(self, day)
        enforcement.take_down(self, decisions, day)
        enforcement.move_followers(self, decisions, reversals)
        enforcement.file_appeals(self, decisions, day)
        self.rent()
        for decision in decisions:
            if decision.closes:
                self.evade(decision.account, day)
        self.learn(decisions, day)
        for office in self.offices:
            office.inspect(day)

    # Joining

    def join(self, due: list[Account], day: int) -> None:
        """Open, or refuse, those due that have not opened yet."""
        alarm = {platform.name: namesake_alarm(self, platform, day) for platform in self.platforms}
        opened = []
        for account in due:
            if account.opened_on == NEVER and register(self, account, alarm[account.platform.name], day):
                opened.append(account)
        recovered = self.config.behaviours.following.recovered_audience
        for account in opened:
            account.last_day = day
            old = account.predecessor
            if old is not None:
                account.real_followers = old.real_followers * recovered[VARIANTS[account.name_variant].name]
                moved = account.platform is not old.platform
                if moved:
                    account.real_followers *= self.config.behaviours.following.followed_elsewhere
                self.count("audience_moved", account, account.real_followers if moved else 0.0)
                self.count("audience_lost", account, old.real_followers)
                self.count("audience_recovered", account, account.real_followers)

    def notice_leavers(self, due: list[Account], day: int) -> None:
        """Accounts given up fall silent; the others that are open may act, from the day after they opened."""
        for account in due:
            if account.left_on <= day:
                account.next_day = NEVER
            else:
                account.today.active = account.opened_on < day < account.closed_on

    # Writing, being seen, earning, being followed

    def post(self, account: Account, day: int) -> None:
        """Write posts, some violating; fear keeps some lawful ones from being written."""
        if account.muted_until > day:
            account.next_day = account.muted_until
            return
        operator, platform, kind = account.operator, account.platform, self.config.kinds[account.kind]
        params, archetype, today = self.config.behaviours.posting, operator.archetype, account.today
        rate = account.activity * self.eagerness(account, day)
        wanted = draws.poisson_given_some(account.draw(draws.POSTING, day, 0), rate)
        certainty = operator.certainty(platform, account.kind, day)
        risk = certainty * platform.severity[account.kind]
        if kind.basis == "post" or account.impersonates(day):
            incentive = kind.gain + archetype.chasing * self.hot_spots.gain(platform.name, account.kind, day)
            gain = archetype.gain_weight * incentive * (params.unpaid_gain if account.unpaid_until > day else 1.0)
            logit = operator.propensity + gain - archetype.risk_weight * risk + platform.provocation[account.kind]
            violates = 1.0 / (1.0 + math.exp(-logit))
            today.violating_posts = draws.binomial(account.draw(draws.POSTING, day, 1), wanted, violates)
        lawful = wanted - today.violating_posts
        written = math.exp(-params.chilling * risk)
        today.lawful_posts = draws.binomial(account.draw(draws.POSTING, day, 2), lawful, written)
        account.next_day = min(NEVER, account.left_on, self.next_active_day(account, day))
        self.count("posts", account, today.violating_posts)
        self.tallies["posts", platform.name, "lawful"] += today.lawful_posts
        self.tallies["posts_unwritten", platform.name, "lawful"] += lawful - today.lawful_posts
        self.tallies["authors", platform.name, account.group] += 1
        self.tallies["certainty_sum", platform.name, account.group] += certainty

    def eagerness(self, account: Account, day: int) -> float:
        """How much more it writes than usual, for the hot spots that it chases."""
        extra = self.hot_spots.extra_posts(account.platform.name, account.kind, day)
        return 1.0 + account.operator.archetype.chasing * extra

    def next_active_day(self, account: Account, day: int) -> int:
        """The first day after this one by whose end it would have written, at each day's rate."""
        patience = -math.log(1.0 - account.draw(draws.POSTING, day, 3))
        wanted = 0.0
        for later in range(day + 1, NEVER):
            wanted += account.activity * self.eagerness(account, later)
            if wanted > patience:
                return later
        return NEVER

    def hire(self, active: list[Account], day: int) -> None:
        """Those who want posters get them from the sellers about, on their platform, the keenest first."""
        params = self.config.behaviours.hiring
        for platform in self.platforms:
            here = [account for account in active if account.platform is platform]
            orders = sum(account.operator.archetype.orders_served for account in here if account.muted_until <= day)
            wanting = []
            for account in here:
                if account.today.posts == 0 or account.unpaid_until > day:
                    continue
                certainty = account.operator.certainty(platform, self.popularity, day) if self.popularity else 0.0
                chance = account.operator.archetype.hires * (1.0 - params.deterrence * certainty)
                if account.draw(draws.HIRING, day, 0) < chance:
                    wanting.append((account.draw(draws.HIRING, day, 0) / chance, account))
            for _, account in sorted(wanting, key=lambda one: one[0])[: math.floor(orders)]:
                account.today.hired = True
                self.tallies["buyers", platform.name, self.popularity] += 1
                self.count("hired", account)
                self.count("hiring_costs", account, params.price_per_day)

    def pay_sellers(self, active: list[Account], day: int) -> None:
        """The day's fees are shared among the sellers about."""
        for platform in self.platforms:
            here = [account for account in active if account.platform is platform]
            fees = sum(account.today.hired for account in here) * self.config.behaviours.hiring.price_per_day
            sellers = [each for each in here if each.operator.archetype.orders_served > 0 and each.muted_until <= day]
            for account in sellers if fees > 0.0 else ():
                account.income += fees / len(sellers)
                self.tallies["income", platform.name, account.group] += fees / len(sellers)

    def push(self, account: Account) -> float:
        """How much more its posts of the day are seen for hired posters."""
        return self.config.behaviours.hiring.boost if account.today.hired else 1.0

    def attract(self, authors: list[Account], day: int) -> None:
        """Views of old posts go on; today's posts get the first of theirs."""
        for platform in self.platforms:
            for kind, parts in platform.views_due.items():
                for place, (_, rate) in enumerate(self.fading.parts):
                    kept = parts[place] * math.exp(-rate)
                    self.tallies["views", platform.name, kind] += parts[place] - kept
                    parts[place] = kept
        params = self.config.audience
        for account in authors:
            platform, today = account.platform, account.today
            seen = params.views_per_follower * account.real_followers + platform.params.recommended_views
            seen *= self.push(account) * account.reach(day) * self.hot_spots.attention(platform.name, day)
            appeal = draws.lognormal(account.draw(draws.ATTENTION, day, 0), 1.0, params.appeal_spread)
            sensation = draws.lognormal(account.draw(draws.ATTENTION, day, 1), 1.0, params.appeal_spread)
            sensation *= self.premium(account, day)
            today.time_of_day = account.draw(draws.ATTENTION, day, 2)
            hours_left = 1.0 - account.draw(draws.ATTENTION, day, 2)
            lawful, violating = today.lawful_posts * seen * appeal, today.violating_posts * seen * sensation
            today.lawful_views, today.violating_views = lawful, violating
            later = self.fading.left(hours_left)
            for kind, views in (("lawful", lawful), (account.kind, violating)):
                self.tallies["views", platform.name, kind] += views * (1.0 - later)
                for place, (weight, rate) in enumerate(self.fading.parts):
                    platform.views_due[kind][place] += views * weight * math.exp(-rate * hours_left)
            aged = self.fading.left_by_midnight(day + 1 - account.last_post)
            account.lawful_views_due = account.lawful_views_due * aged + lawful * later
            account.violating_views_due = account.violating_views_due * aged + violating * later
            account.last_post = day + 1

    def premium(self, account: Account, day: int) -> float:
        """Views of its violating posts relative to lawful ones."""
        topical = self.hot_spots.topical(account.platform.name, account.kind, day)
        kind = self.config.kinds[account.kind]
        return kind.attention_premium * (1.0 + kind.clickbait) * topical

    def earn(self, account: Account, day: int) -> None:
        """Advertising by today's views, and deals by displayed followers, for those who wrote and may earn."""
        today, params = account.today, account.platform.params
        if today.posts == 0:
            return
        place = (account.platform.name, account.group)
        if account.unpaid_until <= day:
            earned = params.advertising_rate / 1000.0 * (today.lawful_views + today.violating_views)
            earned += params.deal_rate / 1000.0 * (account.real_followers + account.zombie_followers)
            if today.hired:
                earned -= self.config.behaviours.hiring.price_per_day
            account.income += earned
            self.tallies["income", *place] += earned
        proceeds = self.config.kinds[account.kind].proceeds_per_thousand_views / 1000.0 * today.violating_views
        account.income += proceeds
        self.tallies["income", *place] += proceeds
        self.tallies["proceeds", *place] += proceeds

    def follow(self, account: Account, day: int) -> None:
        """Bring the followers up to date: churn and decay since the last time, growth by today's posts, purchases."""
        params, today, audience = self.config.behaviours.following, account.today, account.natural_audience
        days = today.days_since
        account.last_day = day
        may_grow = account.growth_frozen_until <= day
        came = 0.0
        real = account.real_followers * math.exp(-params.churn_per_day * days)
        premium = self.premium(account, day)
        exposure = self.push(account) * account.reach(day) * (today.lawful_posts + premium * today.violating_posts)
        if may_grow and real < audience:
            came = (audience - real) * (1.0 - math.exp(-params.growth_per_post * exposure))
            real += came
        if self.erases_gains:
            stayed = account.gained_by_violating * math.exp(-params.churn_per_day * days)
            violating = premium * today.violating_posts
            by_violating = violating / (today.lawful_posts + violating) if violating > 0.0 else 0.0
            account.gained_by_violating = stayed + came * by_violating
        account.real_followers = real
        zombies = account.zombie_followers * 2.0 ** (-days / params.zombie_half_life)
        buys = 1.0 - math.exp(-params.zombie_purchases_per_year / 365.0 * days)
        if may_grow and account.draw(draws.FOLLOWING, day, 0) < buys:
            bought = max(0.0, account.operator.archetype.zombie_share * audience - zombies)
            self.tallies["zombies_bought", account.platform.name, account.group] += bought
            if self.checks_growth and bought >= 1.0:
                today.growth_excess = math.log((real + zombies + bought + 1.0) / (real + zombies + 1.0))
                self.tallies["buyers", account.platform.name, self.popularity] += 1
            zombies += bought
        account.zombie_followers = zombies

    # Detecting

    def reports_per_view(self, name: str) -> float:
        """Reports per view of violating posts, those of the viewers included whom a title cheated."""
        kind = self.config.kinds[name]
        cheated = kind.clickbait / (1.0 + kind.clickbait) * kind.cheated_reports_per_million_views
        return float(kind.reports_per_million_views + cheated) / 1e6

    def detect(self, account: Account, day: int) -> None:
        """Each channel adds what it flags to today's notes."""
        today, platform, kind = account.today, account.platform, self.config.kinds[account.kind]
        impersonates = account.impersonates(day)

        false = draws.binomial(account.draw(draws.CLASSIFIER, day, 0), today.lawful_posts, platform.false_flag_rate())
        true = draws.binomial(
            account.draw(draws.CLASSIFIER, day, 1), today.violating_posts, platform.flag_rate(account.kind)
        )
        if false + true > 0:
            today.flagged_lawful, today.flagged_violating = false, true
            today.flag("classifier", true > 0)

        rate = self.reports_per_view(account.kind) * platform.reports * today.violating_views
        rate *= self.config.behaviours.hiring.reports if today.hired else 1.0
        if today.violating_posts > 0 and account.draw(draws.REPORTS, day, 0) < 1.0 - math.exp(-rate):
            today.flagged_violating = today.violating_posts
            today.flag("reports", True)
        rate = platform.params.channels.reports.false_per_million_views / 1e6 * platform.reports * today.lawful_views
        mistaken = account.draw(draws.REPORTS, day, 1) < 1.0 - math.exp(-rate)
        agreed = account.draw(draws.REPORTS, day, 2) < platform.params.channels.reports.coordinated_per_year / 365.0
        if today.lawful_posts > 0 and (mistaken or agreed):
            today.flagged_lawful = max(1, today.flagged_lawful)
            today.flag("reports", False)

        days = max(1, today.days_since)
        for check, stream in zip(CHECKS, (draws.NAME_SCREENING, draws.QUALIFICATION_CHECK), strict=True):
            if account.cases_open > 0 or (impersonates and kind.checked_by != check):
                continue
            chance = 1.0 - math.exp(-platform.check_rate[check] * days)
            if not impersonates:
                chance *= getattr(platform.params.channels, check).false_alarm
            if account.draw(stream, day, 0) < chance:
                if impersonates:
                    today.flagged_violating = today.violating_posts
                today.flag(check, impersonates)

        if impersonates or today.violating_posts > 0:
            chance = 1.0 - math.exp(-platform.referral_rate[account.kind] * days)
            if account.draw(draws.REFERRAL, day, 0) < chance:
                today.flagged_violating = today.violating_posts
                today.flag("referral", True)

        if today.posts > 0 and not today.channels and account.cases_open == 0:
            chance = platform.poster_search * (
                1.0 if today.hired else platform.params.channels.poster_search.false_alarm
            )
            if account.draw(draws.POSTER_SEARCH, day, 0) < chance:
                today.flag("poster_search", today.hired)

        checked = account.draw(draws.GROWTH_CHECK, day, 0) < platform.growth_checks
        if checked and not today.channels and account.cases_open == 0:
            params = platform.params.channels.growth_check
            error = params.spread * draws.normal(account.draw(draws.GROWTH_CHECK, day, 1))
            if today.growth_excess + error > params.threshold:
                today.flag("growth_check", today.growth_excess > 0.0)

    def open_cases(self, due: list[Account], day: int) -> None:
        """What any channel flagged about an account today is one case, behind those already waiting."""
        for account in due:
            if account.today.channels:
                case = Case(account, day)
                self.cases.append(case)
                account.cases_open += 1
                self.count("cases", case)
                self.count("false_cases", case, not case.breach)
                self.count("trusted_cases", case, case.referred)
                for channel in set(case.channels):
                    self.count(f"channel.{channel}.cases", case)
                    self.count(f"channel.{channel}.right", case, case.breach)
                    self.count(f"channel.{channel}.views", case, case.violating_views + case.lawful_views)

    def rent(self) -> None:
        """Minors take game accounts by the views of listings; real-name checks keep them away, or find them later."""
        if not any(self.config.kinds[kind].rentals_per_million_views for kind in self.kinds):
            return
        keeps = math.exp(-1.0 / self.config.behaviours.renting.rental_days)
        for platform in self.platforms:
            made = 0.0
            for kind in self.kinds:
                rate = self.config.kinds[kind].rentals_per_million_views / 1e6
                wanted = self.tallies["views", platform.name, kind] * rate
                taken = wanted * (1.0 - platform.params.real_name_rigour)
                self.tallies["rentals", platform.name, kind] += taken
                self.tallies["rentals_refused", platform.name, kind] += wanted - taken
                made += taken
            platform.rentals_found = platform.rented_to_minors * (1.0 - math.exp(-platform.player_checks))
            platform.rented_to_minors = (platform.rented_to_minors - platform.rentals_found) * keeps + made

    # Coming back, and learning

    def evade(self, account: Account, day: int) -> None:
        """After a closure: give up, or prepare the first spare account of the block to return with."""
        archetype, platform = account.operator.archetype, account.platform
        certainty = account.operator.certainty(platform, account.kind, day)
        willing = archetype.return_share * (1.0 - self.config.behaviours.evading.deterrence * certainty)
        if account.draw(draws.EVASION, day, 0) >= willing:
            self.count("deterred_from_return", account)
            return
        for spare in account.operator.block:
            unused = spare.opened_on == NEVER and spare.next_day == NEVER
            if unused and spare.predecessor is None and spare.attempts == 0:
                break
        else:
            self.count("no_room", account)
            return
        self.count("will_return", account)
        spare.predecessor = account
        spare.platform = platform
        if account.draw(draws.EVASION, day, 2) < archetype.moves_share and len(self.platforms) > 1:
            avoidance = self.config.behaviours.evading.risk_avoidance
            weights = [
                each.params.account_share * math.exp(-avoidance * each.feared(account.kind)) for each in self.platforms
            ]
            spare.platform = self.platforms[draws.weighted(account.draw(draws.EVASION, day, 4), weights)]
            if spare.platform is platform:
                spare.platform = self.platforms[(platform.row + 1) % len(self.platforms)]
        wait = draws.geometric(account.draw(draws.EVASION, day, 1), archetype.return_days)
        spare.next_day = min(NEVER, day + 1 + wait)

    def learn(self, decisions: list[Decision], day: int) -> None:
        """Operators learn from own sanctions; everyone on a platform from those observed and announced there."""
        params = self.config.behaviours.learning
        sanctioned = [decision for decision in decisions if decision.lesser or decision.closes]
        for decision in sanctioned:
            decision.account.operator.learn(day)
        keep = 2.0 ** (-1.0 / params.observed_half_life)
        for platform in self.platforms:
            for kind in self.kinds:
                authors = self.tallies["authors", platform.name, kind] + self.tallies["buyers", platform.name, kind]
                active = keep * platform.active_violators[kind] + (1.0 - keep) * authors
                platform.active_violators[kind] = active
                hit = sum(decision.platform is platform and decision.kind == kind for decision in sanctioned)
                rate = min(1.0, params.observed_weight * hit / max(1.0, active))
                platform.observed[kind] = keep * platform.observed[kind] + (1.0 - keep) * rate
                platform.announced[kind] *= 2.0 ** (-1.0 / params.announced_half_life)
                for campaign in platform.campaigns():
                    if kind in campaign.params.kinds:
                        platform.announced[kind] = max(platform.announced[kind], campaign.params.publicity)
                now = platform.first_severity(kind)
                forgotten = 2.0 ** (-1.0 / params.severity_half_life)
                platform.severity[kind] = max(now, now + (platform.severity[kind] - now) * forgotten)
                views = [self.tallies["views", platform.name, each] for each in (kind, *self.kinds, "lawful")]
                share = views[0] / sum(views[1:]) if sum(views[1:]) > 0.0 else 0.0
                platform.provocation[kind] = self.config.kinds[kind].contagion * share
