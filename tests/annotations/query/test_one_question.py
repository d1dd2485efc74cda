"""One question about notes, one answer: page, rows and facets agree with plain Python, whoever asks whatever."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import User
from annotations.models import Annotation, Group
from annotations.query.filters import NoteFilterSet, note_kind
from annotations.records import term_code
from cases.models import Case

from ..asking import BROWSER, PAGE, ROWS, Query, client_of, make_notes, make_people, on_page, options
from ..notes import make_group

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> dict[str, User]:
    return make_people()


@pytest.fixture
def group(people: dict[str, User]) -> Group:
    """Ann and Bob read each other; Cid does not."""
    return make_group(people["ann"], people["bob"])


@pytest.fixture
def notes(people: dict[str, User], group: Group) -> list[Annotation]:
    return make_notes(people, group)


# An oracle in plain Python


def sees(reader: User | None, note: Annotation) -> bool:
    """Tell whether a reader may read a note, by the rules as they are told to people."""
    own = reader is not None and note.author == reader
    if note.deleted_at or (
        note.case and note.case.state != "published" and not (own and note.case.state == "withdrawn")
    ):
        return False
    members = set(note.group.members.all()) if note.group else set()
    return own or (not note.hidden_at and (note.audience == "public" or reader in members))


def values_of(note: Annotation, name: str) -> set[str]:
    """Return the values of a parameter that find a note."""
    kind = note_kind(note)
    if name == "code":
        terms = [term for code in note.codes.all() for term in (code, code.broader) if term]
        return {term_code(term) for term in terms} or {"none"}
    found: dict[str, set[str]] = {
        "audience": {note.audience},
        "group": {note.group.uid} if note.group else set(),
        "author": {note.author.username} if note.author else set(),
        "case": {note.case.slug} if note.case else set(),
        "tag": {tag.label for tag in note.tags.all()},
        "kind": {kind, "passage"} if kind == "highlight" else {kind},
        "placement": {note.placement or "none"},
        "resolved": {"yes" if note.root.resolved_at else "no"},
    }
    return found[name]


WORDS = {
    "small": "small",
    "creme": "crème brûlée",
    '"on the whole"': "on the whole",
    "trust": "trust",
    "zebra": "zebra",
}
"""What is searched for, and the words that it stands for."""


def holds(note: Annotation, q: str) -> bool:
    texts = " | ".join([note.exact, note.comment, *(tag.label for tag in note.tags.all())]).replace("*", "")
    return all((WORDS[part.lstrip("-")] in texts.casefold()) != part.startswith("-") for part in q.split(" + "))


def known(reader: User | None, name: str, value: str) -> bool:
    """Tell whether a value is one to this reader."""
    visible = [note for note in everything() if sees(reader, note)]
    if name in {"tag", "author", "group", "case"}:
        more = {
            "tag": set(),
            "author": {reader.username} if reader else set(),
            "group": {g.uid for g in Group.objects.filter(members=reader)} if reader else set(),
            "case": set(Case.objects.filter(state="published").values_list("slug", flat=True)),
        }
        return value in set().union(*(values_of(note, name) for note in visible)) | more[name]
    return True


def everything() -> Iterable[Annotation]:
    return Annotation.objects.with_related().prefetch_related("codes__broader", "group__members").order_by("pk")


def expected(reader: User | None, query: Query) -> list[str] | None:
    """Return the notes that answer in the order in which they were written; None for a wrong question."""
    facets = {name: values for name, values in query.items() if name != "q"}
    if not all(known(reader, name, value) for name, values in facets.items() for value in values):
        return None
    return [
        note.uid
        for note in everything()
        if sees(reader, note)
        and all(values_of(note, name) & set(values) for name, values in facets.items())
        and holds(note, query.get("q", "small + -small") if "q" in query else "-zebra")
    ]


VALUES = {
    "audience": ["private", "group", "public"],
    "author": ["ann", "bob", "cid"],
    "case": ["library", "park", "gone"],
    "code": ["type:joint-action", "type:joint-action-services", "sector:health", "mode:digital", "none"],
    "tag": ["trust", "Trust", "to check", "secret", "rude", "withdrawn"],
    "kind": ["passage", "highlight", "case", "reply", "elsewhere"],
    "placement": ["placed", "moved", "changed", "orphaned", "none"],
    "resolved": ["yes", "no"],
}
SEARCHES = st.lists(st.sampled_from([sign + word for word in WORDS for sign in ("", "-")]), min_size=1, max_size=2)
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.lists(st.sampled_from(each), min_size=1, max_size=2, unique=True) for name, each in VALUES.items()},
        "q": SEARCHES.map(" + ".join),
    },
)  # fmt: skip
ASKER = st.sampled_from([None, "ann", "bob", "cid"])
MANY = settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])


def typed(query: Query) -> Query:
    return query | ({"q": query["q"].replace(" + ", " ")} if "q" in query else {})


@MANY
@example(query={}, asker=None)
@example(query={"code": ["type:joint-action"]}, asker="ann")  # one has the term, one a narrower one
@example(query={"q": "small + -creme"}, asker="bob")
@given(query=QUERIES, asker=ASKER)
@pytest.mark.usefixtures("notes")
def test_page_and_rows_hold_what_plain_python_finds(people: dict[str, User], query: Query, asker: str | None) -> None:
    reader = people[asker] if asker else None
    client, right = client_of(reader), expected(reader, query)
    ask = typed(query) | {"sort": "created", "page_size": 200}
    page, rows = client.get(PAGE, ask, headers=BROWSER), client.get(ROWS, ask)
    if right is None:
        assert (page.status_code, rows.status_code, on_page(page)) == (400, 400, (0, []))
        return
    answer = rows.json()
    assert [row["uid"] for row in answer["results"]] == right
    assert (answer["count"], *on_page(page)) == (len(right), len(right), right)


@MANY
@given(query=QUERIES.filter(lambda query: len(query) < 3), asker=ASKER)
@pytest.mark.usefixtures("notes")
def test_a_facet_promises_the_total_behind_each_of_its_links(
    people: dict[str, User], query: Query, asker: str | None
) -> None:
    reader = people[asker] if asker else None
    client = client_of(reader)
    page = client.get(PAGE, typed(query), headers=BROWSER)
    if page.status_code == 400:
        return
    for name, offered in options(page).items():
        if name not in query:
            promised = {words: number for words, (number, _) in offered.items()}
            totals = {
                words: NoteFilterSet(QueryDict(url.partition("?")[2]), reader).total
                for words, (_, url) in offered.items()
            }
            assert promised == totals
