"""The mutants: each a file, a text that occurs in it once, and what to put in its place."""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    """One change. *reason* says why it survives, where it does."""

    file: str
    old: str
    new: str
    reason: str = ""


def of(file: str, *changes: tuple[str, ...]) -> list[Mutant]:
    """Mutants of one file of the package."""
    return [Mutant(f"sim/rectify/{file}.py", *change) for change in changes]


MUTANTS = [
    *of(
        "behaviours/posting",
        (
            "if accounts.muted_until[row] > day:",
            "if accounts.muted_until[row] > day + 1:",
            "equivalent: a ban moves next_day to its end, so that nobody is due before",
        ),
        ("| (accounts.impersonates_from[row] <= day)", "| (accounts.impersonates_from[row] < day)"),
        ("if accounts.unpaid_until[row] > day else 1.0", "if accounts.unpaid_until[row] >= day else 1.0"),
        ("gain - motives.risk_weight[a] * risk", "gain + motives.risk_weight[a] * risk"),
        ("left_on[row], day + wait", "left_on[row], day + 1 + wait"),
        ("extra_so_far[min(day + middle, last)", "extra_so_far[min(day + middle - 1, last)"),
        ("kind_gain[k] + motives.chasing[a] * event_gain[p, k]", "kind_gain[k] + event_gain[p, k]"),
        ("risk_weight[a] * risk + conditions.provocation[p, k]", "risk_weight[a] * risk"),
        ("min(NEVER, accounts.left_on[row], day", "min(NEVER, day"),
        ("1.0 - wanted * chance_at_most(logit)", "1.0 - chance_at_most(logit)"),
        (
            "counts[block, 1, p, lawful] += wanted - breaches - written",
            "counts[block, 1, p, lawful] += wanted - written",
        ),
    ),
    *of(
        "behaviours/perception",
        ("math.exp(-LOG_2 * (day", "math.exp(-(day"),
        ("(1.0 - own) * (1.0 - observed) * (1.0 - announced)", "(1.0 - own) * (1.0 - max(observed, announced))"),
    ),
    *of(
        "behaviours/earning",
        ("if accounts.unpaid_until[row] <= day:", "if accounts.unpaid_until[row] < day:"),
        ("np.maximum(1, sellers))", "np.maximum(1, sellers + 1))"),
        ("earned -= rates.price_per_day", "earned += rates.price_per_day"),
        ("accounts.real_followers[row] + accounts.zombie_followers[row]", "accounts.real_followers[row]"),
    ),
    *of(
        "behaviours/following",
        ("if accounts.growth_frozen_until[row] <= day and exposure", "if exposure"),
        (
            "if buys and wanted > zombies and accounts.growth",
            "if buys and accounts.growth",
            "equivalent: an account never has more zombies than it wants, so that buying never takes any away",
        ),
        ("wanted = market.zombie_share[a] *", "wanted = 2.0 * market.zombie_share[a] *"),
        ("reach * (posts.lawful_posts[i] + violating)", "(posts.lawful_posts[i] + violating)"),
        ("gained[row] = gained[row] * stay + came", "gained[row] = gained[row] + came"),
        ("                left -= lost\n", ""),
        ("(real + zombies + 1.0))", "(real + 1.0))"),
        ("zombie_followers[account[i]] *= zombies_kept[sanction]", "zombie_followers[account[i]] *= 1.0"),
        ("last_day[turn.opened.array] = turn.day", "last_day[turn.opened.array] = turn.day + 1"),
    ),
    *of(
        "behaviours/joining",
        ("or accounts.barred_until[other] <= day:", "or accounts.barred_until[other] < day:"),
        (
            "if rules.bar_scope[sanction] != EVERYWHERE and accounts.platform[other] != p:",
            "if accounts.platform[other] != p:",
        ),
        ("if held >= caps[a]", "if held > caps[a]"),
        ("(identity[old] + 1 + attempts[row])", "(identity[old] + attempts[row])"),
        ("min(127, generation[old] + 1)", "min(127, generation[old])"),
        ("if attempts[row] >= registrants.attempts_most:", "if attempts[row] > registrants.attempts_most:"),
        ("accounts.closed_on[other] > day and left_on[other] > day", "accounts.closed_on[other] > day"),
        ("registrants.disguise_step * attempts[row]", "registrants.disguise_step"),
        ("activity[row] = activity[old]", "activity[row] = activity[row]"),
        ("accounts.barred_until[row] <= day or by < 0", "accounts.barred_until[row] < day or by < 0"),
    ),
    *of(
        "behaviours/leaving",
        ("if accounts.left_on[row] <= day:", "if accounts.left_on[row] < day:"),
        ("accounts.opened_on[row] < day and", "accounts.opened_on[row] <= day and"),
    ),
    *of(
        "behaviours/learning",
        ("now + (1.0 - now) * own_step", "max(now, own_step)"),
        ('decisions.column("lesser") | decisions.column("closes")', 'decisions.column("closes")'),
        ("min(1.0, rate)", "rate"),
        ("max(0.0, harsher)", "harsher"),
    ),
    *of(
        "behaviours/evading",
        (" or accounts.attempts[spare] > 0:", ":"),
        ("target if target != p else (p + 1)", "target if target != p else p"),
        ("(1.0 - evaders.deterrence * certainty)", "(1.0 - evaders.deterrence)"),
    ),
    *of(
        "detection/classifier",
        ("breach[i] |= true > 0", "breach[i] |= false == 0 or true > 1"),
        ("draws[1, j], posts.violating_posts[i]", "draws[0, j], posts.violating_posts[i]"),
    ),
    *of(
        "detection/post_reports",
        ("flagged_lawful[i] = max(1, flagged_lawful[i])", "flagged_lawful[i] += 1"),
        ("flagged_violating[i] = violating\n", "flagged_violating[i] = max(1, flagged_violating[i])\n"),
        ("if mistaken or draws[2", "if mistaken and draws[2"),
        ("reports *= reporting.steered", "reports *= 1.0"),
    ),
    *of(
        "detection/profile_check",
        ("if not due.active[i] or accounts.cases_open[row] > 0:", "if not due.active[i]:"),
        ("if impersonates and check.checked_by[k]", "if check.checked_by[k]"),
        ("days = max(1, day - due.last_day[i])", "days = 1"),
    ),
    *of(
        "detection/referral",
        ("posts.violating_posts[i] > 0 or impersonates_from[row] <= day", "posts.violating_posts[i] > 0"),
        ("* days)", ")"),
    ),
    *of(
        "detection/cases",
        ("lawful / max(1, posts.lawful_posts[i])", "min(1, lawful)"),
        ("[waiting:])", "[:0])"),
    ),
    *of(
        "enforcement/review",
        ("moot[i]) and used[platform[i]] < slots", "moot[i]) and used[platform[i]] <= slots"),
        ("(rank[i] + 0.5) / reviewers.slots[p]", "rank[i] / reviewers.slots[p]"),
        ("else 1.0 - reviewers.specificity[p]", "else reviewers.specificity[p]"),
        (" or left_on[account[i]] <= day", ""),
        ("cases_open[account[i]] -= 1", "cases_open[account[i]] -= rank[i] >= 0"),
    ),
    *of(
        "enforcement/decide",
        ("cases.day[i] <= strike_day[row]:", "cases.day[i] < strike_day[row]:"),
        ("- strike_day[row] >= expiry:", "- strike_day[row] > expiry:"),
        ("np.subtract.at(accounts.strikes, back, 1)", "accounts.strikes[back] = 0"),
        ("        self._drop_after_closure(turn)\n", ""),
        ("strikes[row] + skipped", "max(strikes[row], skipped)"),
        ("rulebook.step_removes[kind, np.maximum(step, 0)]", "rulebook.step_removes[kind, step]"),
    ),
    *of(
        "enforcement/apply",
        ("after = day + 1", "after = day"),
        ("next_day[row] = max(next_day[row], muted_until[row])", "next_day[row] = muted_until[row]"),
        ("if effects.corrects_profile[s] and impersonates_from[row] <= day:", "if effects.corrects_profile[s]:"),
        ("            barred_by[row] = -1\n", ""),
        ("        muted_until[row] = min(muted_until[row], day)\n", ""),
        ("if reversals.closed[i] and closed_on[row] <= day:", "if closed_on[row] <= day:"),
    ),
    *of(
        "enforcement/caps",
        ("> caps[operators.archetype[o]]", ">= caps[operators.archetype[o]]"),
        ("< exempt_share:", "> exempt_share:"),
    ),
    *of("enforcement/disposal", ("if opened_on[row] > day or closed_on[row] <= day or", "if")),
    *of(
        "enforcement/appeal",
        ("reversed_[i] = u[0] < (if_right if heard", "reversed_[i] = u[0] < (if_right if not heard"),
        ('column("hearing_on") <= turn.day', 'column("hearing_on") < turn.day'),
        ("u[1], 1.0 / hearing_days", "u[0], 1.0 / hearing_days"),
    ),
    *of(
        "policy/campaigns",
        ("closes=(params.closes - first).days", "closes=(params.closes - first).days - 1"),
        ("params.referrals_per_year.get(k, 0.0) for", "params.referrals_per_year.get(k, 1.0) for"),
    ),
    *of(
        "policy/rulebook",
        ("self.ladders.get(kind, self.ladders[basis])", "self.ladders[basis]"),
        ("self.ladders.get(kind, self.ladders[basis])", 'self.ladders.get(kind, self.ladders["post"])'),
        ("severity[k, level] = max(", "severity[k, level] = min("),
        (
            "                registration.similar_name_similarity,\n",
            "                registration.same_name_similarity,\n",
        ),
    ),
    *of(
        "policy/sanctions",
        ("words.index(value) for value", "max(0, words.index(value) - 1) for value"),
        ("[:, None] * weight)", "[:, None])"),
    ),
    *of(
        "policy/kinds",
        ("self.reports_per_million_views + cheated) / 1e6", "self.reports_per_million_views + cheated) / 1e5"),
        ("* self.clickbait / (1.0 + self.clickbait)", "* self.clickbait"),
    ),
    *of(
        "policy/events",
        ("max(0, day + event.days)] = True", "max(0, day + event.days + 1)] = True"),
        ("attention[here] *= event.attention", "attention[here] = event.attention"),
    ),
    *of("behaviours/quarrelling", ("views[:, :-1], seen", "views[:, :-1], 1.2 * seen")),
    *of(
        "behaviours/hiring",
        ('here[np.argsort(keenness[here], kind="stable")[:orders]]', "here[:orders]"),
        ("(1.0 - market.deterrence * certainty)", "(1.0 - certainty)"),
        ("and accounts.unpaid_until[row] <= day", ""),
    ),
    *of(
        "detection/poster_search",
        ("(1.0 if guilty else false_alarm[p])", "false_alarm[p]"),
        ("breach[i] = guilty", "breach[i] = True"),
    ),
    *of(
        "detection/growth_check",
        ("> alarm.threshold[p]", "> 0.5 * alarm.threshold[p]"),
        ("breach[i] = growth_excess[i] > 0.0", "breach[i] = True"),
    ),
    *of("naming/similarity", ("return low + (place - below) *", "return low + 0.5 *")),
    *of(
        "audience/mean_field",
        ("last_post[row] = day + 1\n", "last_post[row] = day\n"),
        ("stop = max(midnight, delay)", "stop = midnight"),
        ("removal = min(removal, REMOVES_OFFENDING)", "removal = REMOVES_OFFENDING"),
        ("views * (at_takedown - at_midnight)", "views * at_takedown"),
        ("            if removal == REMOVES_ALL:\n", "            if removal == REMOVES_OFFENDING:\n"),
        ("premium[p, k] * lognormal(draws[1,", "premium[p, k] * lognormal(draws[0,"),
        ("k = accounts.kind[row]\n", "k = decisions.kind[i]\n"),
        ("base *= audience.boost", "base *= 1.0"),
        ("* (1.0 - draws[2, j])", "* draws[2, j]"),
        ("views_due[p, k, part] * (1.0 - kept[part])", "views_due[p, k, part] * kept[part]"),
    ),
]
