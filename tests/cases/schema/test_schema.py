"""The schema of a case, held against the models, and what follows from it against the schema."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Model

from cases import schema
from cases.admin.page import BaseCaseAdmin
from cases.admin.parts import PartInline
from cases.derived.csv_columns import CSV_COLUMNS
from cases.models import Case
from cases.query.dimensions import DIMENSIONS
from cases.record.convert import FIELD_READERS, PART_MODELS_BY_NAME
from cases.record.outline import RECORD_OUTLINE, BlockNode, OutlineNode, PartListNode
from cases.record.rows import case_columns
from cases.schema import nodes
from cases.schema.nodes import Kind
from cases.serializers import CaseSerializer
from interchange.imports.planning import IMPORT_FIELDS

OF_THE_CATALOGUE = "the catalogue keeps it; no record says it"
NOT_DECLARED: dict[str, dict[str, str]] = {
    "case": {
        **dict.fromkeys(("id", "state", "withdrawn_reason", "withdrawn_at", "merged_into"), OF_THE_CATALOGUE),
        **dict.fromkeys(("published_at", "created_at", "created_by", "updated_at", "updated_by"), OF_THE_CATALOGUE),
        **dict.fromkeys(("version", "coded", "sort_key"), OF_THE_CATALOGUE),
        **dict.fromkeys(("doubts", "origins", "out_of_step", "unaffirmed"), "read from `coded`"),
        **dict.fromkeys(("contribution", "outcomes", "beneficiaries"), "the rows of the parts say it"),
        **dict.fromkeys(("pathways", "organisations", "sources", "public_input"), "the rows of the parts say it"),
    },
    "arrangement": dict.fromkeys(("user", "community", "offline", "digital"), "a term of the field `terms`"),
}
"""By model: the columns that no field of the schema names, each with the reason. Those of every part stand below."""

OF_EVERY_PART = {"id": "its key", "case": "what it is a part of", "order": "its place in the list"}

NOT_EXPORTED = dict.fromkeys(
    ("narrative", "evidence.note", "democratic_quality.reason"), "too long for a cell: in `record`, as the passages are"
)
NOT_IMPORTED = dict.fromkeys(
    ("democratic_quality.judgement", "democratic_quality.reason", "democratic_quality.passage"),
    "judged here, from the source, and never taken from a table",
) | {"standing.passage": "the words behind kind and role come with the record"}
NO_COLUMN_OF_THEIR_OWN = {"claims": "counted; in `record`"} | dict.fromkeys(
    ("caveats", "sector_grounds", "place_grounds"), "in `record`"
)


def columns_of(model: type[Model]) -> set[str]:
    return {column.name for column in [*model._meta.fields, *model._meta.many_to_many]}


def declared_in(fields: Any) -> set[str]:
    return {field.stands_in for field in fields if field.kind is not Kind.FLAGS}


def test_every_column_of_a_case_is_declared_or_says_why_not() -> None:
    declared = declared_in(schema.CASE_FIELDS.values()) | set(schema.ABSENCE_COLUMNS.values())
    assert columns_of(Case) == declared | set(NOT_DECLARED["case"])


@pytest.mark.parametrize("name", PART_MODELS_BY_NAME)
def test_every_column_of_a_part_is_declared_or_says_why_not(name: str) -> None:
    model = PART_MODELS_BY_NAME[name]
    besides = set(NOT_DECLARED.get(str(model._meta.model_name), {})) | (set(OF_EVERY_PART) & columns_of(model))
    assert columns_of(model) == declared_in(schema.PART_FIELDS[name].values()) | besides


def test_every_field_is_of_the_vocabulary_that_its_column_offers() -> None:
    models: list[Any] = [
        (Case, schema.CASE_FIELDS),
        *((PART_MODELS_BY_NAME[name], fields) for name, fields in schema.PART_FIELDS.items()),
    ]
    for model, fields in models:
        for field in fields.values():
            if field.kind in (Kind.TERM, Kind.TERMS):
                column: Any = model._meta.get_field(field.stands_in)
                assert column.get_limit_choices_to() == {"vocabulary__slug": field.vocabulary}, field


def test_what_is_declared_is_read_and_written_and_compared() -> None:
    assert [name for name, _ in FIELD_READERS] == list(schema.NODES)
    said = dict.fromkeys(schema.NODES) | {"absent": {}}
    row = declared_in(field for path, field in schema.CASE_FIELDS.items() if path not in schema.SET_FIELDS) - {"slug"}
    assert set(case_columns(said)) == row | set(schema.ABSENCE_COLUMNS.values())
    assert set(schema.RECORD_KEYS) - set(CaseSerializer().fields) == set()
    assert list(RECORD_OUTLINE.fields) == list(schema.RECORD_KEYS)
    assert {path for path in _paths(RECORD_OUTLINE) if not path.startswith("absent.")} == {
        path for path, _ in schema.SHAPE
    }


def _paths(node: OutlineNode, path: str = "") -> set[str]:
    inner = node.each if isinstance(node, PartListNode) else node
    if not isinstance(inner, BlockNode):
        return {path}
    return {found for name, field in inner.fields.items() for found in _paths(field, f"{path}.{name}".lstrip("."))}


def test_the_form_asks_for_every_field() -> None:
    asked = flatten_fieldsets(BaseCaseAdmin.fieldsets)
    assert sorted(asked) == sorted(declared_in(schema.CASE_FIELDS.values()) | set(schema.ABSENCE_COLUMNS.values()))


@pytest.mark.parametrize("inline", BaseCaseAdmin.inlines)
def test_the_form_asks_for_every_field_of_a_part(inline: type[PartInline]) -> None:
    asked = {name for row in inline.fields or () for name in ([row] if isinstance(row, str) else row)}
    assert asked == columns_of(inline.model) - {"id", "case"}


def test_every_field_has_a_column_in_the_exports_or_says_why_not() -> None:
    names = {column.name for column in CSV_COLUMNS}
    without = {path for path, field in schema.CASE_FIELDS.items() if not field.cells and field.kind is not Kind.PASSAGE}
    assert without == set(NOT_EXPORTED)
    assert {parts.name for parts in schema.PART_LISTS if not parts.cells} == set(NO_COLUMN_OF_THEIR_OWN)
    fields: list[nodes.Field | nodes.PartList] = [*schema.CASE_FIELDS.values(), *schema.PART_LISTS]
    assert {cell.name for field in fields for cell in field.cells} <= names


def test_every_field_is_filled_by_an_import_or_says_why_not() -> None:
    assert {path for path, field in schema.CASE_FIELDS.items() if not field.filled_by} == set(NOT_IMPORTED)
    assert {field.filled_by.name for field in schema.CASE_FIELDS.values() if field.filled_by} <= set(IMPORT_FIELDS)


def test_every_facet_has_values_to_choose_from() -> None:
    for name, dimension in DIMENSIONS.items():
        column: Any = Case._meta.get_field(dimension.path.partition("__")[0])
        assert dimension.vocabulary or column.many_to_many or column.choices, name


def test_no_two_fields_share_a_column_of_a_table() -> None:
    for given in ([column.name for column in CSV_COLUMNS], list(IMPORT_FIELDS)):
        assert len(given) == len(set(given))


def test_what_came_with_a_form_is_what_records_before_it_lack() -> None:
    assert schema.fields_added_in(schema.LATEST_FORM + 1) == {}
    first = schema.fields_added_in(1)
    names = {name for name, node in schema.NODES.items() if node.since == 1}
    assert set(first) == names | {f"absent.{name}" for name in schema.ABSENCES if name in names}
    assert (first["title"], first["evidence"], first["claims"]) == ("", None, [])
    assert first["absent.evidence"] == "not-coded"
