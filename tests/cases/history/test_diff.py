from __future__ import annotations

import copy
import doctest
import json
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries
from rest_framework import serializers

from cases.history.diff import (
    ChangeKind,
    EditMark,
    FieldChange,
    RecordLabels,
    compare_records,
    diff_words,
    fold_unchanged,
    marking,
    matching,
    merge_records,
    summarise_difference,
    value_in_words,
)
from cases.models import Case
from cases.record import convert, outline
from cases.record.outline import RECORD_OUTLINE, RECORD_SECTIONS, BlockNode, OutlineNode, PartListNode
from cases.schema import ABSENCE_COLUMNS
from cases.serializers import CaseSerializer
from tests.factories import arrangement, claim, make_case, make_record, passage

Record = dict[str, Any]

LABELS = RecordLabels(
    {
        "type": {"peer-support": "Peer support", "co-management": "Co-management"},
        "actor": {"user": "Service users", "community": "Communities"},
        "sector": {"health": "Health", "education": "Education"},
        "pathway": {"detect-early": "Detect early", "prevention": "Prevention"},
        "part": {"funder": "Funder", "evaluator": "Evaluator"},
        "sources": {"loeffler-2020": "Loeffler (2020)", "wake-2010": "Wake (2010)", "wake-2010-b": "Wake (2010)"},
        "organisations": {"kings-fund": "King’s Fund"},
    }
)


def organisation(slug: str = "kings-fund", part: str = "evaluator", **fields: Any) -> Record:
    return {"organisation": slug, "part": part, "passage": passage(f"{slug} was there"), **fields}


def pathway(slug: str = "detect-early", basis: str = "section") -> Record:
    return {"pathway": slug, "basis": basis, "passage": passage(f"the words on {slug}")}


def rich(**fields: Any) -> Record:
    """Return a record with two or three of everything."""
    return make_record(
        democratic_quality={"judgement": "concern-raised", "reason": "Nobody asked them.", "passage": passage()},
        arrangements=[
            arrangement("peer-support", ["user"], ["offline"], label="Members visit one another"),
            arrangement("co-management", ["community"], label="Neighbours keep the library open"),
        ],
        pathways=[pathway("detect-early"), pathway("prevention")],
        sectors=["health", "education"],
        places=["birmingham"],
        years={"start": 2006, "start_precision": "exact", "end": None, "end_precision": "exact", "ongoing": True}
        | {"passage": passage("since 2006")},
        evidence={"level": "evaluation", "direction": "mixed", "note": "", "passage": passage("was evaluated")},
        claims=[
            claim("over 100 people", 100, qualifier="over"),
            claim("a third of the beds", 1, out_of=3, unit="beds", measures="beds that stood empty"),
            claim("£2 million", 2_000_000, unit="GBP", measures="what it cost"),
        ],
        organisations=[organisation(), organisation("the-council", "funder")],
        sources=[{"source": "loeffler-2020", "locator": ""}, {"source": "wake-2010", "locator": "p. 3"}],
        caveats=[{"kind": "limitation", "text": "One town only.", "passage": passage("only there", start=7, end=17)}],
        absent={},
        **fields,
    )


def put(record: Record, path: str, value: Any) -> Record:
    """Return a copy of a record with another value at a path."""
    changed = copy.deepcopy(record)
    here: Any = changed
    *outer, last = [int(key) if key.isdigit() else key for key in re.findall(r"\w+", path)]
    for key in outer:
        here = here[key]
    here[last] = value
    return changed


def changes(before: Record | None, after: Record | None) -> list[FieldChange]:
    return compare_records(before, after, LABELS).changes


def told(before: Record | None, after: Record | None) -> list[tuple[str, str, str, str]]:
    """Return path, kind, and what stood and stands there, of each change."""
    return [(change.path, str(change.kind), change.before, change.after) for change in changes(before, after)]


# What a record holds -------------------------------------------------------------------------------------------------


def shape(field: Any) -> Any:
    """Return the keys of a serializer's field, nested as they are."""
    if isinstance(field, serializers.ListSerializer):
        return [shape(field.child)]
    if isinstance(field, serializers.Serializer) and "exact" not in field.fields:
        return {name: shape(inner) for name, inner in field.fields.items() if not inner.read_only}
    return None


def drawn(node: OutlineNode) -> Any:
    """Return the keys of an outline, nested as they are."""
    if isinstance(node, PartListNode):
        return [drawn(node.each)]
    return {name: drawn(inner) for name, inner in node.fields.items()} if isinstance(node, BlockNode) else None


def test_the_outline_has_every_field_of_a_record_and_no_other() -> None:
    assert drawn(RECORD_OUTLINE) == shape(CaseSerializer())


def test_every_key_of_a_record_has_its_section() -> None:
    assert sorted(key for keys in RECORD_SECTIONS.values() for key in keys) == sorted(RECORD_OUTLINE.fields)


@pytest.mark.parametrize(("module", "examples"), [(marking, 1), (matching, 1), (outline, 3)])
def test_the_examples_hold(module: ModuleType, examples: int) -> None:
    assert doctest.testmod(module) == (0, examples)


# One field -----------------------------------------------------------------------------------------------------------

FIELDS = [
    ("title", "Another title", "Title", "A case", "Another title"),
    ("slug", "b-case", "Address", "a-case", "b-case"),
    ("eligibility.verdict", "conditional", "Verdict", "co-delivery", "conditional"),
    ("eligibility.since", 2006, "Verdict: holds since", "", "2006"),
    ("years.start", 2007, "Years: first year", "2006", "2007"),
    ("years.start_precision", "about", "Years: precision of the first year", "that year", "about then"),
    ("years.ongoing", False, "Years: running when the source was written", "yes", "no"),
    ("evidence.note", "By the provider.", "Evidence: note", "", "By the provider."),
    ("democratic_quality.reason", "One asked.", "Democratic quality: reason", "Nobody asked them.", "One asked."),
    ("arrangements[1].type.term", "peer-support", "Arrangement 2, type", "Co-management", "Peer support"),
    (
        *("arrangements[1].type.basis", "inferred", "Arrangement 2, type: basis"),
        *("by its placement", "inferred: a reading of the words"),
    ),
    (
        *("arrangements[0].actor.terms", ["user", "community"], "Arrangement 1, co-producers"),
        *("Service users", "Service users, Communities"),
    ),
    (
        *("arrangements[1].mode.absent", "explicit-no", "Arrangement 2, mode: kind of nothing"),
        *("not stated by the source", "explicitly none"),
    ),
    ("claims[0].value", 2500, "Figure 1: value", "100", "2,500"),
    ("claims[0].value", 0, "Figure 1: value", "100", "0"),
    ("claims[1].unit", "rooms", "Figure 2: unit", "beds", "rooms"),
    ("claims[0].qualifier", None, "Figure 1: qualifier", "over", ""),
    ("pathways[1].basis", "explicit", "Pathway “Prevention”: basis", "by its placement",
     "stated: the words say it"),
    ("sources[1].locator", "p. 4", "Source 2: where in it", "p. 3", "p. 4"),
    ("claims[2].source", "wake-2010", "Figure 3: source", "Loeffler (2020)", "Wake (2010)"),
    ("claims[2].source", "gone-1999", "Figure 3: source", "Loeffler (2020)", "gone-1999"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "name", "before", "after"), FIELDS, ids=[field[0] for field in FIELDS])
def test_one_field_changed_is_one_change_by_its_path_and_name(
    path: str, value: Any, name: str, before: str, after: str
) -> None:
    found = changes(rich(), put(rich(), path, value))
    kind = ChangeKind.CHANGED if before and after else ChangeKind.ADDED if after else ChangeKind.REMOVED
    assert [(c.path, c.name, c.kind, c.before, c.after) for c in found] == [(path, name, kind, before, after)]


def test_two_sources_cited_alike_are_told_apart_by_their_slugs() -> None:
    before = put(rich(), "claims[0].source", "wake-2010")
    assert told(before, put(before, "claims[0].source", "wake-2010-b")) == [
        ("claims[0].source", "changed", "Wake (2010) (wake-2010)", "Wake (2010) (wake-2010-b)")
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (make_record(), make_record(arrangements=[], sectors=[], years=None, absent={"sectors": "not-coded"})),
        (make_record(), make_record(democratic_quality={"judgement": None, "reason": "", "passage": None})),
        (rich(), put(rich(), "sectors", ["education", "health"])),
        (rich(), put(rich(), "organisations", rich()["organisations"][::-1])),
        (put(rich(), "arrangements[0].actor.terms", ["user", "community"]),
         put(rich(), "arrangements[0].actor.terms", ["community", "user"])),
        (rich(), put(rich(), "claims[0].value", 100.0)),
        (rich(), put(rich(), "years", {"start": 2006, "ongoing": True, "passage": passage("since 2006")})),
        (put(rich(), "arrangements[1].mode", {"terms": [], "absent": None}),
         put(rich(), "arrangements[1].mode", {"terms": [], "absent": "not-coded", "basis": None, "passage": None})),
    ],
    ids=["dimensions", "judgement", "sectors", "organisations", "terms", "number", "years", "mode"],
)  # fmt: skip
def test_records_that_say_the_same_do_not_differ(one: Record, other: Record) -> None:
    assert not compare_records(one, other, LABELS)
    assert not compare_records(other, one, LABELS)


# Kinds of nothing ----------------------------------------------------------------------------------------------------


def test_a_kind_of_nothing_is_said_in_words() -> None:
    before = make_record(absent={"sectors": "not-coded"})
    assert told(before, make_record(absent={"sectors": "not-stated"})) == [
        ("absent.sectors", "changed", "not coded", "not stated by the source")
    ]


def test_what_was_not_coded_and_is_given_now_is_said_once() -> None:
    assert told(make_record(), make_record(sectors=["health"])) == [("sectors[0]", "added", "", "Health")]


def test_what_the_source_did_not_state_and_is_given_now_says_so() -> None:
    assert told(make_record(absent={"sectors": "not-stated"}), make_record(sectors=["health"])) == [
        ("sectors[0]", "added", "", "Health"),
        ("absent.sectors", "removed", "not stated by the source", ""),
    ]


# Parts ---------------------------------------------------------------------------------------------------------------


def test_a_part_that_is_new_is_added_with_all_it_says() -> None:
    new = arrangement("peer-support", ["user"], label="Callers ring up at night")
    after = put(rich(), "arrangements", [rich()["arrangements"][0], new, rich()["arrangements"][1]])
    [change] = changes(rich(), after)
    assert (change.path, change.name, change.kind) == ("arrangements[1]", "Arrangement 2", ChangeKind.ADDED)
    assert (change.before, change.about) == ("", "Callers ring up at night")
    assert change.facts[:3] == (
        ("label", "Callers ring up at night"),
        ("type", "Peer support"),
        ("type: basis", "by its placement"),
    )
    assert change.after.startswith("label: Callers ring up at night; type: Peer support;")


def test_a_part_that_is_gone_is_removed_by_its_old_number() -> None:
    after = put(rich(), "claims", rich()["claims"][1:])
    [change] = changes(rich(), after)
    assert (change.path, change.name, change.kind, change.after) == ("claims[0]", "Figure 1", ChangeKind.REMOVED, "")
    assert ("value", "100") in change.facts


def test_a_part_that_stands_elsewhere_is_moved_and_those_that_kept_their_order_are_not() -> None:
    first, second, third = rich()["claims"]
    assert told(rich(), put(rich(), "claims", [third, first, second])) == [
        ("claims[0]", "moved", "place 3", "place 1")
    ]  # fmt: skip


def test_a_part_may_be_moved_and_changed() -> None:
    one, other = rich()["arrangements"]
    other["mode"]["absent"] = "explicit-no"
    assert told(rich(), put(rich(), "arrangements", [other, one])) == [
        ("arrangements[0]", "moved", "place 2", "place 1"),
        ("arrangements[0].mode.absent", "changed", "not stated by the source", "explicitly none"),
    ]


def test_a_part_is_known_again_when_what_it_is_known_by_is_worded_anew() -> None:
    after = put(rich(), "claims[1].as_stated", "about a third of the beds")
    after["claims"].insert(0, claim("five of them", 5))
    assert [(path, kind) for path, kind, *_ in told(rich(), after)] == [
        ("claims[0]", "added"),
        ("claims[2].as_stated", "changed"),
    ]


def test_a_part_that_has_little_in_common_with_another_is_not_taken_for_it() -> None:
    before = rich(title="x", slug="x")
    before["caveats"] = [{"kind": "limitation", "text": "One town only.", "passage": passage("only there")}]
    after = put(before, "caveats[0]", {"kind": "barrier", "text": "Staff left.", "passage": passage("no wages", "b")})
    assert [(path, kind) for path, kind, *_ in told(before, after)] == [
        ("caveats[0]", "removed"),
        ("caveats[0]", "added"),
    ]


def test_parts_without_an_order_are_known_by_what_they_are() -> None:
    after = put(rich(), "pathways", [pathway("prevention"), pathway("detect-early", "explicit")])
    after["organisations"] = [organisation("the-council", "funder"), organisation("a-charity", "funder")]
    found = changes(rich(), after)
    assert [(c.name, str(c.kind)) for c in found if "path" in c.path] == [
        ("Pathway “Detect early”: basis", "changed")
    ]  # fmt: skip
    assert {(c.name, str(c.kind)) for c in found if "organisations" in c.path} == {
        ("Organisation “King’s Fund, Evaluator”", "removed"),
        ("Organisation “a-charity, Funder”", "added"),
    }


def test_an_organisation_whose_part_changed_is_the_same_one() -> None:
    after = put(rich(), "organisations[0].part", "funder")
    assert told(rich(), after) == [("organisations[0].part", "changed", "Evaluator", "Funder")]


def test_a_case_that_is_new_is_all_added_and_one_that_is_gone_all_removed() -> None:
    assert {change.kind for change in changes(None, rich())} == {ChangeKind.ADDED}
    assert {change.kind for change in changes(rich(), None)} == {ChangeKind.REMOVED}
    assert [change.path for change in changes(None, make_record())][:3] == ["slug", "title", "kind"]


# Passages ------------------------------------------------------------------------------------------------------------

QUOTED = passage("only there", start=7, end=17)


@pytest.mark.parametrize(
    ("passages", "expected"),
    [
        ((QUOTED, passage("only there, then", start=7, end=23)), [(".exact", "only there", "only there, then")]),
        ((QUOTED, QUOTED | {"source": "wake-2010"}), [(".source", "Loeffler (2020)", "Wake (2010)")]),
        ((QUOTED, QUOTED | {"start": 9, "end": 19}), [(".start", "characters 7–17", "characters 9–19")]),
        ((QUOTED, QUOTED | {"locator": "p. 2"}), [(".locator", "characters 7–17", "p. 2, characters 7–17")]),
        ((passage("so"), passage("so", "wake-2010", locator="p. 2")),
         [(".source", "Loeffler (2020)", "Wake (2010)"), (".locator", "", "p. 2")]),
        ((None, QUOTED), [("", "", "“only there” (Loeffler (2020), characters 7–17)")]),
        ((QUOTED, None), [("", "“only there” (Loeffler (2020), characters 7–17)", "")]),
    ],
    ids=["words", "source", "offsets", "locator", "source and place", "added", "removed"],
)  # fmt: skip
def test_the_words_the_source_and_the_place_of_a_passage_are_told_apart(
    passages: tuple[Record | None, Record | None], expected: list[tuple[str, str, str]]
) -> None:
    before, after = (put(rich(), "eligibility.passage", each) for each in passages)
    found = [(path.removeprefix("eligibility.passage"), old, new) for path, _, old, new in told(before, after)]
    assert found == expected


# Words in a text -----------------------------------------------------------------------------------------------------


def marked(before: str, after: str) -> list[tuple[str, str]]:
    return [(str(span.mark), span.text) for span in diff_words(before, after)]


def test_words_are_marked_whole() -> None:
    assert marked("It began small.", "It begins very small.") == [
        ("same", "It "),
        ("removed", "began "),
        ("added", "begins very "),
        ("same", "small."),
    ]


def test_a_sentence_written_anew_is_one_edit() -> None:
    assert marked("They met, once, weekly.", "Nobody, ever, came.") == [
        ("removed", "They met, once, weekly"),
        ("added", "Nobody, ever, came"),
        ("same", "."),
    ]


PIECES = ["one", "two", "don’t", " ", " ", "\n\n", ".", "**", "日本", "\U0001f600", "e\u0301"]
TEXTS = st.lists(st.sampled_from(PIECES)).map("".join)


@given(TEXTS | st.text(), TEXTS | st.text())
def test_nothing_is_lost_of_either_text(before: str, after: str) -> None:
    for spans in (diff_words(before, after), fold_unchanged(diff_words(before, after), 4)):
        assert "".join(span.text for span in spans if span.mark is not EditMark.ADDED) == before
        assert "".join(span.text for span in spans if span.mark is not EditMark.REMOVED) == after
        assert all(span.text for span in spans)


@given(st.lists(st.sampled_from(["on", "one", "ones", "cat", "a"])), st.lists(st.sampled_from(["on", "one", "cats"])))
def test_an_edit_never_begins_or_ends_inside_a_word(before: list[str], after: list[str]) -> None:
    for span in diff_words(" ".join(before), " ".join(after)):
        assert set(span.text.split()) <= {*before, *after}


def test_long_texts_that_have_nothing_in_common_are_compared_too() -> None:
    before, after = (" ".join(f"{stem}{number}" for number in range(9_000)) for stem in ("old", "new"))
    assert [span.mark for span in diff_words(before, after)] == [EditMark.REMOVED, EditMark.ADDED]


def test_a_long_stretch_that_stayed_is_folded_and_words_next_to_an_edit_are_not() -> None:
    long = "and so it went on for years " * 20
    spans = fold_unchanged(diff_words(f"First. {long}Last.", f"Then. {long}Least."))
    assert [span.mark for span in spans].count(EditMark.FOLDED) == 1
    place = [span.mark for span in spans].index(EditMark.FOLDED)
    for beside in spans[place - 1], spans[place + 1]:
        assert 60 < len(beside.text) <= 80
        assert set(beside.text.split()) <= {".", *long.split()}


def test_white_space_that_was_put_in_can_be_seen() -> None:
    assert [span.seen for span in diff_words("one two", "one  \ntwo")] == ["one", "·", "··¶\n", "two"]


def test_a_text_is_shown_once_where_enough_of_it_stayed_and_twice_where_not() -> None:
    [little] = changes(rich(), put(rich(), "summary", "Citizens and staff do it, side by side."))
    [much] = changes(rich(), put(rich(), "summary", "Nobody knows."))
    assert [str(span.mark) for span in little.marked].count("same") >= 1
    assert much.marked == []


# In one line ---------------------------------------------------------------------------------------------------------


def test_a_difference_is_said_in_one_line() -> None:
    after = put(put(rich(), "title", "Another"), "arrangements[0].label", "Members visit each other")
    after["arrangements"][1]["actor"]["basis"] = "explicit"
    after["arrangements"][1]["type"]["basis"] = "explicit"
    after["claims"] = [*after["claims"][1:], claim("five of them", 5)]
    after["sectors"] = ["health", "education", "sport"]
    after["years"]["start"] = 2007
    assert summarise_difference(compare_records(rich(), after, LABELS)) == (
        "Title, 2 arrangements changed, 1 sector added, years, 1 figure added, 1 figure removed"
    )


def test_a_part_moved_and_changed_counts_once() -> None:
    one, other = rich()["arrangements"]
    other["mode"]["absent"] = "explicit-no"
    after = put(rich(), "arrangements", [other, one])
    assert summarise_difference(compare_records(rich(), after, LABELS)) == "1 arrangement changed"


def test_no_difference_is_said_in_one_line() -> None:
    assert summarise_difference(compare_records(rich(), rich(), LABELS)) == "Nothing differs"


# Labels --------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_labels_come_from_the_registers_in_four_queries(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    many = rich(slug="many")
    for slug, record in {"one": make_record("one"), "many": many}.items():
        make_case(**record)
        whole = convert.to_primitive(convert.record_from_case(Case.objects.whole().get(slug=slug)))
        with django_assert_max_num_queries(4):
            labels = RecordLabels.of(whole, None, make_record("x", sectors=["no-longer-there"]))
    assert labels.of_slug("type", "peer-support") == "Peer support"
    assert labels.of_slug("sources", "wake-2010") == "Wake (2020)"
    assert labels.of_slug("organisations", "the-council") == "The Council"
    assert labels.of_slug("places", "birmingham") == "Birmingham"
    assert labels.of_slug("sector", "no-longer-there") == "no-longer-there"


# Merging -------------------------------------------------------------------------------------------------------------


def canonical(value: Any) -> Any:
    """Return a record without the order of its lists."""
    if isinstance(value, dict):
        return {key: canonical(inner) for key, inner in sorted(value.items())}
    if isinstance(value, list):
        return sorted((canonical(inner) for inner in value), key=lambda inner: json.dumps(inner, default=str))
    return value


def tidy(record: Record) -> Record:
    """Return a record whose dimensions and kinds of nothing agree, as a case's do."""
    said = record.get("absent") or {}
    absent = {
        name: convert.absence_to_store(said.get(name, ""), present=bool(record.get(name))) for name in ABSENCE_COLUMNS
    }
    return record | {"absent": {name: kind for name, kind in absent.items() if kind}}


def _edit(key: str, *values: Any) -> st.SearchStrategy[Callable[[Record], Record]]:
    return st.sampled_from(values).map(lambda value: lambda record: put(record, key, copy.deepcopy(value)))


def _part(key: str, field: str, *values: Any) -> st.SearchStrategy[Callable[[Record], Record]]:
    """Change a field of one part, if there is one."""

    def editing(place: int, value: Any) -> Callable[[Record], Record]:
        return lambda record: (
            put(record, f"{key}[{place % len(record[key])}].{field}", value) if record[key] else record
        )

    return st.builds(editing, st.integers(0, 5), st.sampled_from(values))


def _list(key: str, *new: Any) -> st.SearchStrategy[Callable[[Record], Record]]:
    """Put a new part in, take one out, or move one."""

    def editing(what: str, place: int, other: int, part: Any) -> Callable[[Record], Record]:
        def edit(record: Record) -> Record:
            parts = copy.deepcopy(record[key])
            if what == "add" and part not in parts:
                parts.insert(place, copy.deepcopy(part))
            elif parts and what != "add":
                taken = parts.pop(place % len(parts))
                if what == "move":
                    parts.insert(other, taken)
            return record | {key: parts}

        return edit

    places = st.integers(0, 4)
    return st.builds(editing, st.sampled_from(["add", "remove", "move"]), places, places, st.sampled_from(new))


EDITS = st.one_of(
    _edit("title", "One title", "Another title"),
    _edit("eligibility.reason", "The town pays.", "The state pays."),
    _edit("eligibility.since", None, 1999),
    _edit("eligibility.passage", None, passage("the town pays", "wake-2010")),
    _edit("democratic_quality", None),
    _edit("years", None),
    _edit("sectors", [], ["health"], ["sport", "health"], ["education", "sport"]),
    _edit("absent", {"sectors": "not-stated", "years": "not-stated"}, {"sectors": "explicit-no", "claims": "x"}),
    _part("arrangements", "label", "Members write to one another", "Members call one another"),
    _part("arrangements", "actor.terms", ["user"], ["user", "community"]),
    _part("arrangements", "type.basis", "explicit", "inferred"),
    _part("claims", "unit", "persons", "heads"),
    _part("organisations", "passage", None, passage("they paid")),
    _list("arrangements", arrangement("joint-action", ["user"], label="Patrols walk with the police")),
    _list("claims", claim("ten of them", 10), claim("875 patients", 875)),
    _list("pathways", pathway("treatment"), pathway("treatment", "explicit")),
    _list("organisations", organisation("a-charity", "partner"), organisation("a-bank", "funder")),
    _list("sources", {"source": "ness-2014", "locator": ""}),
)


@st.composite
def edited(draw: st.DrawFn) -> Record:
    """Return what somebody made of the rich record in a few edits."""
    record = tidy(rich())
    for edit in draw(st.lists(EDITS, max_size=4)):
        record = edit(record)
    return tidy(record)


BASE = tidy(rich())


@given(edited())
@settings(max_examples=50)
def test_what_only_one_side_changed_is_taken(record: Record) -> None:
    assert merge_records(BASE, BASE, record) == (record, [])
    mine = merge_records(BASE, record, BASE)
    assert (compare_records(mine.record, record, LABELS).changes, mine.conflicts) == ([], [])


@given(edited())
@settings(max_examples=30)
def test_what_both_sides_changed_alike_is_taken(record: Record) -> None:
    both = merge_records(BASE, record, copy.deepcopy(record))
    assert (compare_records(both.record, record, LABELS).changes, both.conflicts) == ([], [])


@given(edited(), edited())
@settings(max_examples=80)
def test_it_is_no_matter_which_side_is_mine(mine: Record, theirs: Record) -> None:
    one, other = merge_records(BASE, mine, theirs), merge_records(BASE, theirs, mine)
    assert sorted({re.sub(r"\d+", "", conflict.path) for conflict in one.conflicts}) == sorted(
        {re.sub(r"\d+", "", conflict.path) for conflict in other.conflicts}
    )
    if not one.conflicts:
        assert canonical(tidy(one.record)) == canonical(tidy(other.record))


@given(edited(), edited(), st.sets(st.sampled_from(sorted(RECORD_OUTLINE.fields.keys() - {"absent"}))))
@settings(max_examples=50)
def test_changes_to_different_keys_never_conflict(one: Record, other: Record, keys: set[str]) -> None:
    def only(record: Record, mine: bool) -> Record:  # noqa: FBT001 - a side, of two
        taken = {key: record[key] for key in RECORD_OUTLINE.fields if (key in keys) is mine and key in record}
        absent = {name: record["absent"].get(name) for name in ABSENCE_COLUMNS if (name in keys) is mine}
        return tidy(BASE | taken | {"absent": BASE["absent"] | absent})

    mine, theirs = only(one, mine=True), only(other, mine=False)
    both = merge_records(BASE, mine, theirs)
    assert both.conflicts == []
    for key in RECORD_OUTLINE.fields.keys() - {"absent"}:
        assert canonical(both.record.get(key)) == canonical((mine if key in keys else theirs).get(key))


@given(edited(), edited())
@settings(max_examples=50)
def test_a_dimension_and_its_kind_of_nothing_agree_in_what_is_made(mine: Record, theirs: Record) -> None:
    record = merge_records(BASE, mine, theirs).record
    assert record["absent"] == tidy(record)["absent"]


def test_both_may_edit_different_parts_of_one_list() -> None:
    mine, theirs = put(BASE, "claims[0].unit", "persons"), put(BASE, "claims[2].value", 3)
    both = merge_records(BASE, mine, theirs)
    assert both == (put(mine, "claims[2].value", 3), [])


def test_both_may_edit_different_fields_of_one_part() -> None:
    mine, theirs = put(BASE, "claims[0].unit", "persons"), put(BASE, "claims[0].value", 3)
    assert merge_records(BASE, mine, theirs) == (put(mine, "claims[0].value", 3), [])


def test_the_same_field_of_a_part_edited_differently_is_a_conflict_that_names_it() -> None:
    mine, theirs = put(BASE, "claims[0].unit", "persons"), put(BASE, "claims[0].unit", "heads")
    theirs["claims"].insert(0, claim("ten of them", 10))
    record, [conflict] = merge_records(BASE, mine, theirs)
    assert conflict.name == "Figure 2: unit"
    assert conflict == ("claims[1].unit", "people", "persons", "heads")
    assert [part["unit"] for part in record["claims"][:2]] == ["people", "persons"]


@pytest.mark.parametrize("turned", [False, True], ids=["mine", "theirs"])
def test_a_part_that_one_side_removed_and_the_other_changed_is_a_conflict_and_stays(turned: bool) -> None:  # noqa: FBT001
    sides = [put(BASE, "claims", BASE["claims"][1:]), put(BASE, "claims[0].unit", "persons")]
    record, [conflict] = merge_records(BASE, *(sides[::-1] if turned else sides))
    assert conflict.path == "claims[0]"
    assert {None, "persons"} == {side and side["unit"] for side in (conflict.mine, conflict.theirs)}
    assert record["claims"][0]["unit"] == "persons"
    assert len(record["claims"]) == 3


def test_a_part_that_one_side_removed_and_the_other_left_alone_is_gone() -> None:
    mine, theirs = put(BASE, "claims", BASE["claims"][1:]), put(BASE, "title", "Another")
    assert merge_records(BASE, mine, theirs) == (put(mine, "title", "Another"), [])


def test_what_each_side_added_is_there_and_what_both_added_is_there_once() -> None:
    five, ten, six = claim("five rooms", 5), claim("ten of the patients", 10), claim("six million", 6)
    mine, theirs = put(BASE, "claims", [five, *BASE["claims"], ten]), put(BASE, "claims", [*BASE["claims"], ten, six])
    assert merge_records(BASE, mine, theirs) == (put(BASE, "claims", [five, *BASE["claims"], ten, six]), [])


def test_the_order_of_the_side_that_moved_a_part_is_taken() -> None:
    first, second, third = BASE["claims"]
    mine, theirs = put(BASE, "claims[0].unit", "persons"), put(BASE, "claims", [third, first, second])
    record, conflicts = merge_records(BASE, mine, theirs)
    assert (record["claims"], conflicts) == ([third, first | {"unit": "persons"}, second], [])


def test_two_orders_of_one_list_are_a_conflict() -> None:
    first, second, third = BASE["claims"]
    mine, theirs = put(BASE, "claims", [third, first, second]), put(BASE, "claims", [second, first, third])
    record, [conflict] = merge_records(BASE, mine, theirs)
    assert (conflict.path, conflict.name) == ("claims", "Figures")
    assert record["claims"] == mine["claims"]


def test_lists_without_an_order_are_merged_as_sets() -> None:
    mine, theirs = put(BASE, "sectors", ["health", "sport"]), put(BASE, "sectors", ["education", "health", "housing"])
    record, conflicts = merge_records(BASE, mine, theirs)
    assert (record["sectors"], conflicts) == (["health", "sport", "housing"], [])


def test_what_one_side_calls_absent_and_the_other_gives_is_a_conflict() -> None:
    bare = tidy(make_record())
    mine, theirs = tidy(bare | {"sectors": ["health"]}), put(bare, "absent.sectors", "explicit-no")
    record, [conflict] = merge_records(bare, mine, theirs)
    assert conflict == ("absent.sectors", "not-coded", "", "explicit-no")
    assert (record["sectors"], "sectors" in record["absent"]) == (["health"], False)


def test_a_mode_given_by_one_side_and_called_absent_by_the_other_is_a_conflict() -> None:
    given_now = arrangement("co-management", ["community"], ["digital"])["mode"]
    mine, theirs = put(BASE, "arrangements[1].mode", given_now), put(BASE, "arrangements[1].mode.absent", "explicit-no")
    record, [conflict] = merge_records(BASE, mine, theirs)
    assert conflict.path == "arrangements[1].mode.absent"
    made = record["arrangements"][1]["mode"]
    assert (made["terms"], made["absent"]) == (["digital"], None)


def test_a_passage_is_merged_as_one_thing() -> None:
    mine, theirs = (
        put(BASE, "eligibility.passage", each) for each in (passage("one", "wake-2010"), passage("citizens took"))
    )
    [conflict] = merge_records(BASE, mine, theirs).conflicts
    assert conflict.path == "eligibility.passage"
    assert value_in_words(conflict.path, conflict.mine, LABELS) == "“one” (Wake (2010), unchecked)"


def test_passages_that_nobody_compared_are_called_unchecked() -> None:
    """Nobody did without offsets, nor where no text is held of the source."""
    held = {**passage("one"), "start": 7, "end": 10}
    unheld = {**held, "source": "wake-2010"}
    labels = RecordLabels(LABELS.labels, {"wake-2010"})

    def told(before: Any, after: Any) -> list[tuple[str, str]]:
        old, new = (put(BASE, "eligibility.passage", each) for each in (before, after))
        return [(change.name, change.after) for change in compare_records(old, new, labels).changes]

    assert told(None, held) == [("Verdict: passage", "“one” (Loeffler (2020), characters 7–10)")]
    assert told(None, unheld) == [("Verdict: passage", "“one” (Wake (2010), characters 7–10, unchecked)")]
    assert told(held, {**held, "exact": "two"}) == [("Verdict: words of the passage", "two")]
    assert told(unheld, {**unheld, "exact": "two"}) == [("Verdict: words of the passage, unchecked", "two")]
    assert told(held, {**held, "start": None, "end": None}) == [("Verdict: place of the passage, unchecked", "")]
    assert told(held, unheld) == [("Verdict: source of the passage, unchecked", "Wake (2010)")]


def test_what_two_sides_know_by_the_same_keys_stands_once() -> None:
    mine = put(BASE, "pathways", [*BASE["pathways"], pathway("treatment", "explicit")])
    theirs = put(BASE, "pathways", [*BASE["pathways"], pathway("treatment", "inferred")])
    record, [conflict] = merge_records(BASE, mine, theirs)
    assert [part["pathway"] for part in record["pathways"]] == ["detect-early", "prevention", "treatment"]
    assert conflict == ("pathways[2].basis", None, "explicit", "inferred")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("title", "A case", "A case"),
        ("sectors", ["health", "sport"], "Health, sport"),
        ("years.passage", None, ""),
        ("pathways[0]", {"pathway": "detect-early", "basis": "", "passage": QUOTED},
         "pathway: Detect early; passage: “only there” (Loeffler (2020), characters 7–17)"),
        ("claims", [claim("ten of them"), claim("five")], "ten of them; five"),
    ],
)  # fmt: skip
def test_a_value_is_put_in_words_by_its_path(path: str, value: Any, said: str) -> None:
    assert value_in_words(path, value, LABELS) == said
