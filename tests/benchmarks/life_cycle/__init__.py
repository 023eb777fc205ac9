"""A small life cycle of accounts, written three ways: what a day costs in plain Mesa, in NumPy and in kernels.

The day, for every account:

1. followers leave, and own experience of punishment is forgotten, a little every day;
2. nothing else happens before the account's next active day (some 30 % of accounts are active on a day);
3. a closed account whose day of return has come opens again, with some of its followers and no strikes;
4. perceived certainty of punishment comes from own experience and from what is seen around;
5. it violates by propensity against that certainty; one of its posts then breaks the rule;
6. it writes a number of posts; lawful ones may be chilled;
7. its next active day is drawn;
8. lawful and violating posts get views, the latter more each;
9. views and followers bring income, and views bring followers;
10. a classifier flags violating posts, and lawful ones by mistake; viewers report violating ones;
11. whatever was flagged becomes a case, at most one an account, in row order behind those already waiting;
12. reviewers take as many cases as they have slots for, and err both ways;
13. an upheld case is a strike (old ones expire), and the account learns from it;
14. it is muted for a while, longer with every strike, or closed, and then it may return one day;
15. what is seen around follows the share of authors struck today;
16. the day is counted.

``agents`` holds it as one Mesa agent an account, ``columns`` as NumPy operations on full columns, ``kernels`` the way
Rectify is built. All three have the same draws, by Rectify's compiled generator: a whole column at once for NumPy,
whose own generators are compiled too, and four numbers at a time for an agent, which takes about as long as four of
``random.random``. They end with the same numbers (``tests/benchmarks/test_life_cycle.py``).
"""
