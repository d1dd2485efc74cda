"""Made-up catalogues with something of everything, and questions to them: for what must hold of all."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st

from cases.query.parameters import SORT_CHOICES
from cases.schema import ABSENCE_COLUMNS
from tests.factories import arrangement, finding, make_case, make_place, passage

Query = dict[str, Any]

NOTHING = ["none", "not-coded", "not-stated", "not-applicable", "explicit-no"]
VALUES = {
    "type": ["co-implementation", "peer-support", "joint-action", "joint-action-services", "joint-action-outcomes"],
    "actor": ["user", "community"],
    "mode": ["offline", "digital"],
    "pathway": ["prevention", "promote-behaviour-change", "treatment", "detect-early", "rehabilitation"],
    "sector": ["health", "public-health", "education", "sport"],
    "country": ["GB", "NO", "DE", "FR"],
    "evidence": ["none-named", "evaluation", "review"],
    "direction": ["positive", "mixed", "not-stated"],
    "eligibility": ["co-delivery", "conditional", "out-of-scope"],
    "kind": ["named-case", "generic-practice", "boundary-example"],
    "role": ["example", "near-miss", "study"],
    "public_input": ["money", "staff"],
    "outcome": ["safety", "cost-and-savings"],
    "beneficiary": ["user", "service"],
    "eligibility_basis": ["explicit", "inferred"],
    "source": ["loeffler-2020", "book-2018", "book-2019"],
    "status": ["draft", "published", "withdrawn"],
}
TOWNS = {"birmingham": "GB", "reading": "GB", "oslo": "NO", "augsburg": "DE", "at-sea": ""}
WORDS = ["health", "peers", '"digital peers"', "-health", "library", "co-production", "coproduction", "oslo", "zzz"]
CHOICES = {
    name: st.lists(st.sampled_from([*values, *NOTHING]), min_size=1, max_size=3, unique=True)
    for name, values in VALUES.items()
}
YEARS = [
    {name: year for name, year in (("year_min", first), ("year_max", last)) if year}
    for first in ("", "1999", "2006", "2014")
    for last in ("", "2006", "2010", "2020")
    if not last or first <= last
]
QUERIES: st.SearchStrategy[Query] = st.fixed_dictionaries(
    {},
    optional={
        **CHOICES,
        "match": st.sampled_from(["arrangement", "case"]),
        "q": st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(" ".join),
        "years": st.sampled_from(YEARS),
        "sort": st.sampled_from(list(SORT_CHOICES)),
    },
).map(lambda query: _with_years(dict(list(query.items())[:4])))


def _with_years(query: Query) -> Query:
    return {**query.pop("years", {}), **query}


def some(chance: random.Random, values: list[str], most: int) -> list[str]:
    return chance.sample(values, chance.randint(0, min(most, len(values))))


def any_record(chance: random.Random) -> dict[str, Any]:
    """Return the fields of a case that has something of everything, or nothing."""
    start = chance.choice([1999, 2006, 2013])
    record: dict[str, Any] = {
        "title": " ".join(chance.sample(["Health", "Peers", "Digital", "Library", "Co-production", "Sport"], 3)),
        "kind": chance.choice(VALUES["kind"]),
        "role": chance.choice([None, *VALUES["role"]]),
        "instance_of": chance.choice(["", "case-1", "case-2"]),
        "eligibility": {
            "verdict": chance.choice(VALUES["eligibility"]),
            "basis": chance.choice([None, *VALUES["eligibility_basis"]]),
            "reason": "So it is.",
            "passage": passage(),
        },
        "public_input": [
            {"input": slug, "basis": "section", "passage": passage()}
            for slug in some(chance, VALUES["public_input"], 2)
        ],
        "findings": [
            finding(outcome=chance.choice(VALUES["outcome"]), beneficiary=chance.choice(VALUES["beneficiary"]))
            for _ in range(chance.randint(0, 2))
        ],
        "arrangements": [
            arrangement(
                chance.choice(VALUES["type"]),
                chance.choice([["user"], ["community"], ["user", "community"]]),
                some(chance, VALUES["mode"], 2),
                absent=chance.choice(NOTHING[1:]),
            )
            for _ in range(chance.randint(0, 3))
        ],
        "pathways": [
            {"pathway": slug, "basis": "section", "passage": passage()} for slug in some(chance, VALUES["pathway"], 2)
        ],
        "sectors": some(chance, VALUES["sector"], 2),
        "places": some(chance, list(TOWNS), 2),
        "sources": [
            {"source": slug, "locator": page} for slug in some(chance, VALUES["source"], 2) for page in ("p. 1", "p. 2")
        ],
    }
    if chance.random() < 0.6:
        record["evidence"] = {
            "level": chance.choice(VALUES["evidence"]),
            "direction": chance.choice(VALUES["direction"]),
            "passage": passage(),
        }
    if chance.random() < 0.6:
        record["years"] = {"start": start, "end": chance.choice([None, start, start + 4]), "passage": passage()}
    absent = {name for name in ABSENCE_COLUMNS if not record.get(name)}
    return record | {"absent": {name: chance.choice(NOTHING[1:]) for name in sorted(absent)}}


def make_catalogue(number: int, chance: random.Random) -> None:
    """Make so many cases: of five one is a draft, one withdrawn, and three are published."""
    for town, country in TOWNS.items():
        make_place(town, country=country)
    for place in range(number):
        make_case(
            f"case-{place}",
            state=["draft", "published", "published", "withdrawn", "published"][place % 5],
            **any_record(chance),
        )
