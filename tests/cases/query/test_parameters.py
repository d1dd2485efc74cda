"""The one question: what each parameter means, and that a wrong one never widens the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from cases import actions
from cases.query.parameters import CaseFilterSet
from tests.factories import arrangement, make_case, passage

NOTHING = ("none", "not-coded", "not-stated", "not-applicable", "explicit-no")


def found(**query: str | list[str]) -> list[str]:
    """Return the addresses of the published cases that answer, sorted."""
    asked = CaseFilterSet(QueryDict(urlencode(query, doseq=True)), None)
    return sorted(asked.qs.values_list("slug", flat=True))


def problems(query: str) -> dict[str, list[str]]:
    asked = CaseFilterSet(QueryDict(query), None)
    assert list(asked.qs) == [], "a wrong question has no rows"
    return asked.problems


@pytest.fixture
def _two_ways(db: None) -> None:
    """One case with offline peer support and digital joint action, one with digital peer support."""
    make_case(
        "mixed-case",
        arrangements=[
            arrangement("peer-support", ["user"], ["offline"]),
            arrangement("joint-action-outcomes", ["community"], ["digital"]),
        ],
    )
    make_case("digital-peers", arrangements=[arrangement("peer-support", ["user", "community"], ["digital"])])


@pytest.mark.usefixtures("_two_ways")
def test_type_co_producer_and_mode_hold_for_one_and_the_same_arrangement() -> None:
    assert found(type="peer-support", mode="digital") == ["digital-peers"]
    assert found(type="peer-support", mode="digital", match="arrangement") == ["digital-peers"]


@pytest.mark.usefixtures("_two_ways")
def test_match_case_loosens_that_to_the_case() -> None:
    assert found(type="peer-support", mode="digital", match="case") == ["digital-peers", "mixed-case"]


@pytest.mark.usefixtures("_two_ways")
def test_both_co_producers_answer_to_either() -> None:
    assert found(type="peer-support", actor="community") == ["digital-peers"]
    assert found(type="peer-support", actor="user") == ["digital-peers", "mixed-case"]


@pytest.mark.usefixtures("_two_ways")
def test_a_broader_type_includes_its_subtypes() -> None:
    assert found(type="joint-action") == found(type="joint-action-outcomes") == ["mixed-case"]
    assert found(type="joint-action-services") == []


@pytest.mark.django_db
def test_the_kinds_of_nothing_are_told_apart_and_none_is_all_of_them() -> None:
    make_case("unread", absent={"arrangements": "not-coded"})
    make_case("silent", absent={"arrangements": "not-stated"})
    make_case("stasi", absent={"arrangements": "not-applicable"})
    make_case("refused", absent={"arrangements": "explicit-no"})
    make_case("silent-on-mode", arrangements=[arrangement("peer-support", ["user"])])
    assert found(type="none") == ["refused", "silent", "stasi", "unread"]
    assert [found(type=kind) for kind in NOTHING[1:]] == [["unread"], ["silent"], ["stasi"], ["refused"]]
    assert found(mode="not-stated") == ["silent", "silent-on-mode"]
    assert found(type="peer-support", mode="none") == ["silent-on-mode"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("years", "active"),
    [
        ({"start": 2012, "end": 2012}, range(2012, 2013)),
        ({"start": 2004, "end": 2007}, range(2004, 2008)),
        ({"start": 2006, "ongoing": True}, range(2006, 2021)),
        ({"start": 2008}, range(2008, 2009)),
        ({"end": 2000}, range(2000, 2001)),
    ],
)
def test_a_case_is_active_from_its_first_stated_year_to_its_last(years: dict[str, int], active: range) -> None:
    make_case("dated", years={**years, "passage": passage()})
    make_case("undated", absent={"years": "not-stated"})
    hits = [year for year in range(1995, 2021) if found(year_min=str(year), year_max=str(year)) == ["dated"]]
    assert hits == list(active)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("colour=red", "colour"),
        ("typ=peer-support", "typ"),
        ("type=peer", "type"),
        ("type=peer-support&type=", "type"),
        ("sector=prevention", "sector"),
        ("country=XX", "country"),
        ("source=nobody-1900", "source"),
        ("year_min=soon", "year_min"),
        ("year_min=0", "year_min"),
        ("year_max=99999999999999999999999999", "year_max"),
        ("page=-1", "page"),
        ("page_size=201", "page_size"),
        ("sort=random", "sort"),
        ("match=some", "match"),
        ("q=a%00b", "q"),
        ("q=***", "q"),
        (f"q={'a' * 10_000}", "q"),
        (f"type={'a' * 10_000}", "type"),
        ("type=%00", "type"),
        ("q=one&q=two", "q"),
        ("page=1&page=2", "page"),
    ],
)
def test_a_wrong_parameter_is_named_and_has_no_rows(query: str, parameter: str) -> None:
    make_case()
    assert list(problems(query)) == [parameter]


@pytest.mark.django_db
def test_a_mistyped_value_is_answered_with_the_nearest_right_ones() -> None:
    make_case()
    assert problems("type=peer-suport")["type"] == ["“peer-suport” is not a value of it. Did you mean peer-support?"]
    assert problems("secter=health")["secter"] == ["There is no such parameter. Did you mean sector?"]


@pytest.mark.django_db
def test_a_source_that_only_a_draft_cites_is_no_value() -> None:
    make_case("shown", sources=[{"source": "tatam-2012"}])
    make_case("hidden", state="draft", sources=[{"source": "secret-2020"}])
    assert found(source="tatam-2012") == ["shown"]
    assert "secret-2020" not in problems("source=secret-202")["source"][0]


# A catalogue of every kind of arrangement, and the meaning of a question written a second time, in plain Python


@dataclass
class Told:
    """What the oracle knows of a case."""

    slug: str
    arrangements: list[tuple[str, tuple[str, ...], tuple[str, ...], str]] = field(default_factory=list)
    nothing: str = ""

    def axes(self) -> list[tuple[set[str], set[str], set[str]]]:
        """Return for each arrangement the values to which its type, co-producers and mode answer."""
        if not self.arrangements:
            empty = {"none", self.nothing}
            return [(empty, empty, empty)]
        return [
            (
                {kind, "joint-action"} if kind.startswith("joint") else {kind},
                set(actors),
                set(modes) or {"none", absent},
            )
            for kind, actors, modes, absent in self.arrangements
        ]

    def answers(self, chosen: tuple[list[str], list[str], list[str]], match: str) -> bool:
        def holds(values: list[str], has: set[str]) -> bool:
            return not values or bool(has & set(values))

        if match == "case":
            return all(any(holds(values, axes[i]) for axes in self.axes()) for i, values in enumerate(chosen))
        return any(all(holds(values, has) for values, has in zip(chosen, axes, strict=True)) for axes in self.axes())


KINDS = ("co-management", "peer-support", "joint-action-services", "joint-action-outcomes")
ACTORS = (("user",), ("community",), ("user", "community"))
MODES = (
    (("offline",), ""),
    (("digital",), ""),
    (("offline", "digital"), ""),
    ((), "not-stated"),
    ((), "not-applicable"),
)
ALL = [(kind, actors, modes, absent) for kind, actors, (modes, absent) in product(KINDS, ACTORS, MODES)]
TOLD = [
    *(Told(f"one-{i}", [one]) for i, one in enumerate(ALL[::4])),
    *(Told(f"two-{i}", [ALL[i], ALL[-1 - 7 * i]]) for i in range(8)),
    *(Told(f"no-{kind}", nothing=kind) for kind in NOTHING[1:]),
]
TYPES = (*KINDS, "joint-action", "co-implementation", *NOTHING)


def some(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), max_size=3, unique=True)


@pytest.fixture
def _told(db: None) -> None:
    for told in TOLD:
        parts = [arrangement(kind, actors, modes, absent=absent) for kind, actors, modes, absent in told.arrangements]
        make_case(told.slug, **({"arrangements": parts} if parts else {"absent": {"arrangements": told.nothing}}))


@pytest.mark.usefixtures("_told")
@given(
    type_=some(TYPES), actor=some(("user", "community", *NOTHING)), mode=some(("offline", "digital", *NOTHING)),
    match=st.sampled_from(["arrangement", "case"]),
)  # fmt: skip
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_three_axes_mean_what_plain_python_says(
    type_: list[str], actor: list[str], mode: list[str], match: str
) -> None:
    expected = sorted(told.slug for told in TOLD if told.answers((type_, actor, mode), match))
    assert found(type=type_, actor=actor, mode=mode, match=match) == expected


@pytest.mark.django_db
@pytest.mark.parametrize("engine", ["bitmaps", "sql"])
def test_kinds_of_before_that_said_a_role_are_asked_by_it(client: Client, settings: Settings, engine: str) -> None:
    settings.QUERY_ENGINE = engine
    make_case("clubhouse", kind="named-case", role="example")
    make_case("food-bank", kind="named-case", role="near-miss")
    make_case("sports-clubs", kind="generic-practice", role="near-miss")
    make_case("informants", kind="named-case", role="warning")
    assert found(kind="boundary-example") == ["food-bank", "sports-clubs"]
    assert found(kind=["boundary-example", "negative-example"]) == ["food-bank", "informants", "sports-clubs"]
    assert found(kind=["generic-practice", "negative-example"]) == ["informants", "sports-clubs"]
    answer = client.get("/cases/?kind=negative-example&q=citizens")
    assert (answer.status_code, answer["Location"]) == (301, "/cases/?q=citizens&role=warning")


@pytest.mark.django_db
@pytest.mark.parametrize("engine", ["bitmaps", "sql"])
def test_every_total_tells_cases_practices_and_near_misses_apart(
    client: Client, settings: Settings, engine: str
) -> None:
    settings.QUERY_ENGINE = engine
    there: dict[str, Any] = {"arrangements": [arrangement("peer-support", ["user"], ["digital"])]}
    result = {"level": "evaluation", "direction": "positive", "passage": passage()}
    make_case("sharon", role="example", instance_of="forums", evidence=result, **there)
    make_case("other-forum", **there)
    make_case("forums", kind="generic-practice", role="example", **there)
    make_case("hotlines", kind="generic-practice", role="example", **there)
    make_case("platforms", kind="generic-practice", role="near-miss", **there)
    make_case("draft", state="draft", role="warning", **there)
    answer = client.get("/api/v1/cases/").json()
    assert (answer["count"], answer["counts"]) == (5, {"cases": 2, "practices": 2, "near_misses": 1})
    assert "<title>2 cases, 2 practices, 1 near miss" in client.get("/cases/").text
    rows = {row["type"]: row for row in client.get("/api/v1/matrix/").json()["rows"]}
    cells = {(cell["actor"], cell["mode"]): cell for cell in rows["peer-support"]["cells"]}
    told = ("count", "cases", "practices", "evident", "gap")
    assert [cells["user", "digital"][name] for name in told] == [5, 2, 1, 1, "thin"]
    assert [cells["user", "offline"][name] for name in told] == [0, 0, 0, 0, "none"]


@pytest.mark.django_db
@pytest.mark.parametrize("engine", ["bitmaps", "sql"])
def test_an_instance_stays_one_when_its_practice_gets_another_address(
    client: Client, settings: Settings, engine: str
) -> None:
    settings.QUERY_ENGINE = engine
    there: dict[str, Any] = {"arrangements": [arrangement("peer-support", ["user"], ["digital"])]}
    practice = make_case("forums", kind="generic-practice", **there)
    make_case("sharon", instance_of="forums", **there)
    actions.rename_case(case=practice, to="online-forums", by=None, reason="It is called so.")
    rows = {row["type"]: row for row in client.get("/api/v1/matrix/").json()["rows"]}
    assert (rows["peer-support"]["cases"], rows["peer-support"]["practices"]) == (1, 0)
    assert 'href="/cases/sharon/"' in client.get("/cases/online-forums/").text
    assert 'href="/cases/online-forums/"' in client.get("/cases/sharon/").text
