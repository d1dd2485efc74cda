"""Serializers of the parts of a record: passages, judgements, arrangements, years, evidence, figures.

Their fields come from the schema; only the rules between fields are written here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Model
from rest_framework import serializers
from rest_framework.fields import empty

from cases import schema
from cases.models import (
    Absence,
    Arrangement,
    Case,
    Caveat,
    Citation,
    Claim,
    Contribution,
    Finding,
    Participation,
    Passage,
    PathwayLink,
    PlaceGround,
    PublicInput,
    SectorGround,
)
from cases.record import convert
from cases.schema import NO_EVIDENCE_TERM
from cases.schema.nodes import Block, Field, Kind, Node, PartList

from .fields import (
    ClosedChoiceField,
    FieldErrors,
    PartSerializer,
    QualifierField,
    SetField,
    SlugReferenceField,
    text_field,
)

MAX_LIST_ENTRIES = 500  # more than any case has, and few enough for one query
YEAR_OPTIONS: dict[str, Any] = {"min_value": 1, "max_value": 9999, "allow_null": True, "default": None}
NUMBER_OPTIONS: dict[str, Any] = {
    "max_digits": 15,
    "decimal_places": 4,
    "coerce_to_string": False,
    "allow_null": True,
    "default": None,
}

SerializerField = serializers.Field[Any, Any, Any, Any]


CHECKED_HELP = "Whether these words were found in a text of the source; if not, nothing here has compared them."


class PassageSerializer(PartSerializer):
    """The quoted words of a source behind a judgement or a figure."""

    source = SlugReferenceField("sources")  # type: ignore[assignment]  # DRF removes declared fields from the class
    exact = text_field(
        required=True, trim_whitespace=False, max_length=5000, help_text="The quoted words, character for character."
    )
    start = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, allow_null=True, default=None,
        help_text="Offset of the first character in the source's text, in code points; null where no text is held.",
    )  # fmt: skip
    end = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, allow_null=True, default=None,
        help_text="Offset just behind the last character: `start` plus the number of characters quoted.",
    )  # fmt: skip
    locator = text_field(Passage, "locator", help_text="Where it stands in a source with pages, for example p. 13.")
    section = serializers.CharField(
        read_only=True, help_text="The section of the source's text in which it stands; empty if that is not known."
    )
    checked = serializers.BooleanField(read_only=True, help_text=CHECKED_HELP)

    def mistakes(self, value: Mapping[str, Any]) -> FieldErrors:
        start, end, exact = value.get("start"), value.get("end"), value.get("exact")
        if exact is None or "start" not in value or "end" not in value:
            return
        if (start is None) != (end is None):
            yield "end", "Give start and end, or neither."
        elif start is not None and end != start + len(exact):
            yield "end", f"It should be {start + len(exact)}: start plus the {len(exact)} characters quoted."
        elif "source" in value:
            yield from self._recorded_mismatch(value)

    def _recorded_mismatch(self, value: Mapping[str, Any]) -> FieldErrors:
        recorded = self.context["registers"].quoted.get((value["source"].slug, value["start"], value["end"]))
        if recorded and recorded.exact != value["exact"]:
            yield "exact", "Other words are recorded at these offsets; quote the source character for character."
        elif recorded and value.get("locator") not in (None, "", recorded.locator):
            yield "locator", f"This passage is recorded with the locator “{recorded.locator}”; give that or none."

    def to_internal_value(self, data: Any) -> Any:
        return Passage(**super().to_internal_value(data))


# From the schema -----------------------------------------------------------------------------------------------------


class SchemaSerializer(PartSerializer):
    """A mapping of the record whose fields the schema declares; those of a model stand in its columns."""

    declared: ClassVar[Sequence[Field | Block]]
    model: ClassVar[type[Model]] = Case

    def get_fields(self) -> dict[str, SerializerField]:
        return {node.name: serializer_field(node, self.model) for node in self.declared}


def serializer_field(node: Node, model: type[Model] = Case) -> SerializerField:
    """Serializer field for a node of the schema."""
    match node:
        case PartList():
            return serializers.ListSerializer(
                child=PART_SERIALIZERS[node.name](), default=list, max_length=MAX_LIST_ENTRIES
            )
        case Block():
            optional = model is Case or not node.is_required
            return _block_serializer(node, model)(**(NULLABLE_OPTIONS if optional else {}))
    return _FIELD_MAKERS[node.kind](node, model)


def _block_serializer(block: Block, model: type[Model]) -> type[SchemaSerializer]:
    return (
        ArrangementYearsSerializer if model is Arrangement and block.name == "years" else BLOCK_SERIALIZERS[block.name]
    )


def _make_block_serializer(block: Block, model: type[Model] = Case) -> type[SchemaSerializer]:
    """Make the serializer class of a block without rules between fields."""
    name = "".join(word.capitalize() for word in block.name.split("_"))
    namespace = {"__doc__": block.help, "__module__": __name__, "declared": block.in_record, "model": model}
    return type(f"{name}Serializer", (SchemaSerializer,), namespace)


def _text_field(field: Field, model: type[Model]) -> SerializerField:
    options: dict[str, Any] = {"required": True} if field.required else {}
    if field.kind is Kind.MARKDOWN:
        options["trim_whitespace"] = False
    return text_field(model, field.stands_in, **options, **_help_text(field))


def _help_text(field: Field) -> dict[str, Any]:
    return {"help_text": field.help} if field.help else {}


def _null_options(field: Field) -> dict[str, Any]:
    return {} if field.required else NULLABLE_OPTIONS


NULLABLE_OPTIONS: dict[str, Any] = {"allow_null": True, "default": None}


def _url_field(field: Field, model: type[Model]) -> SerializerField:
    max_length = getattr(model, field.stands_in).field.max_length
    return serializers.URLField(allow_blank=True, default="", max_length=max_length, **_help_text(field))


def _choice_field(field: Field, model: type[Model]) -> SerializerField:
    """Choice field; if left out, it is the default of the column, or else null."""
    column = getattr(model, field.stands_in).field
    given: dict[str, Any] = {"default": str(column.default)} if column.has_default() else NULLABLE_OPTIONS
    if field.of:
        return QualifierField(choices=column.choices, allow_null=True, **given, **_help_text(field))
    return ClosedChoiceField(choices=column.choices, **({} if field.required else given), **_help_text(field))


def _flags_field(field: Field, _: type[Model]) -> SerializerField:
    child = ClosedChoiceField(choices=FLAG_CHOICES[field.vocabulary])
    return SetField(child=child, **_list_options(field))


def _list_options(field: Field) -> dict[str, Any]:
    return {"allow_empty": False} if field.required else {"default": list}


_FIELD_MAKERS: Mapping[Kind, Callable[[Field, type[Model]], SerializerField]] = {
    Kind.ADDRESS: lambda field, _: serializers.SlugField(max_length=120, **_help_text(field)),
    Kind.ENTRY: lambda field, _: serializers.SlugField(
        max_length=120, allow_blank=True, default="", **_help_text(field)
    ),
    **dict.fromkeys((Kind.TEXT, Kind.PROSE, Kind.MARKDOWN, Kind.QUOTED), _text_field),
    Kind.URL: _url_field,
    **dict.fromkeys(
        (Kind.TERM, Kind.THING),
        lambda field, _: SlugReferenceField(field.vocabulary, **_null_options(field), **_help_text(field)),
    ),
    **dict.fromkeys(
        (Kind.TERMS, Kind.THINGS),
        lambda field, _: SetField(child=SlugReferenceField(field.vocabulary), **_list_options(field)),
    ),
    Kind.FLAGS: _flags_field,
    Kind.YEAR: lambda field, _: serializers.IntegerField(**YEAR_OPTIONS, **_help_text(field)),
    Kind.NUMBER: lambda field, _: serializers.DecimalField(**NUMBER_OPTIONS, **_help_text(field)),
    Kind.CHOICE: _choice_field,
    Kind.ABSENCE: lambda field, _: ClosedChoiceField(choices=Absence.choices, **NULLABLE_OPTIONS, **_help_text(field)),
    Kind.FLAG: lambda field, _: serializers.BooleanField(default=False, **_help_text(field)),
    Kind.PASSAGE: lambda field, _: PassageSerializer(**_null_options(field)),
}
"""Makers of serializer fields by kind."""


# Judgements and parts with rules of their own ------------------------------------------------------------------------


class EligibilitySerializer(SchemaSerializer):
    """Whether this is co-delivery: a judgement."""

    declared = schema.get_block("eligibility").in_record

    def mistakes(self, value: Mapping[str, Any]) -> FieldErrors:
        if value.get("before") and "since" in value and value["since"] is None:
            yield "since", "Where another verdict held before, give the year in which that changed."


ACTOR_CHOICES = [("user", "service users"), ("community", "communities")]
MODE_CHOICES = [("offline", "offline"), ("digital", "digital")]
FLAG_CHOICES = {"actor": ACTOR_CHOICES, "mode": MODE_CHOICES}


class ActorSerializer(SchemaSerializer):
    """The co-producers of an arrangement; both means that they act together."""

    declared = schema.get_axis("actor").in_record
    model = Arrangement

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        value = super().to_internal_value(data)
        return value | {"terms": [slug for slug, _ in ACTOR_CHOICES if slug in value["terms"]]}


class ModeSerializer(SchemaSerializer):
    """The modes of an arrangement with their basis and passage, or which kind of nothing; both modes are a mix."""

    declared = schema.get_axis("mode").in_record
    model = Arrangement

    def mistakes(self, value: Mapping[str, Any]) -> FieldErrors:
        if value.get("terms"):
            if value.get("absent"):
                yield "absent", "There is a mode: leave this out, or the terms."
            for name in ("basis", "passage"):
                if name in value and value[name] is None:
                    yield name, "A mode needs its basis and its passage."
        elif "terms" in value:
            for name in ("basis", "passage"):
                if value.get(name):
                    yield "terms", f"Name the modes that the {name} stands for."

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        value = super().to_internal_value(data)
        terms = [slug for slug, _ in MODE_CHOICES if slug in value["terms"]]
        return value | {
            "terms": terms,
            "absent": convert.absence_to_store(value["absent"] or "", present=bool(terms)) or None,
        }


class YearsSerializer(SchemaSerializer):
    """The years of the case, as far as the source dates it."""

    declared = schema.get_block("years").in_record

    def mistakes(self, value: Mapping[str, Any]) -> FieldErrors:
        if not {"start", "end"} <= set(value):
            return
        start, end = value["start"], value["end"]
        if start is None and end is None:
            yield "start", "Give a first or a last year, or leave the years out."
        if start is not None and end is not None and end < start:
            yield "end", f"The last year is before the first, {start}."
        if value.get("ongoing") and (end is not None or start is None):
            yield "ongoing", "What is running has a first year and no last one."


class ArrangementYearsSerializer(SchemaSerializer):
    """The years of one arrangement, where the source dates it apart from the case."""

    declared = schema.get_axis("years").in_record
    model = Arrangement

    def mistakes(self, value: Mapping[str, Any]) -> FieldErrors:
        start, end = value.get("start"), value.get("end")
        if {"start", "end"} <= set(value) and start is None and end is None:
            yield "start", "Give a first or a last year, or leave the years out."
        if start is not None and end is not None and end < start:
            yield "end", f"The last year is before the first, {start}."
        if "passage" in value and value["passage"] is None:
            yield "passage", "Quote the words that date it."


class EvidenceSerializer(SchemaSerializer):
    """What evidence the source names: its level in the source's words, not its quality, and its direction."""

    declared = schema.get_block("evidence").in_record

    def mistakes(self, value: Mapping[str, Any]) -> FieldErrors:
        if "level" in value and value["level"].slug != NO_EVIDENCE_TERM and value.get("passage", empty) is None:
            yield "passage", "Quote the words that name this evidence."


BLOCK_SERIALIZERS: dict[str, type[SchemaSerializer]] = {
    **{block.name: _make_block_serializer(block) for block in schema.BLOCKS},
    "type": _make_block_serializer(schema.get_axis("type"), Arrangement),
    "eligibility": EligibilitySerializer,
    "actor": ActorSerializer,
    "mode": ModeSerializer,
    "years": YearsSerializer,
    "evidence": EvidenceSerializer,
}


class ArrangementSerializer(SchemaSerializer):
    """What one group does, one way: one type, its co-producers, its modes (Table 20.1)."""

    declared = schema.get_part_list("arrangements").fields
    model = Arrangement


class PathwaySerializer(SchemaSerializer):
    """A pathway of Fig. 20.1 to which the case contributes."""

    declared = schema.get_part_list("pathways").fields
    model = PathwayLink


class PublicInputSerializer(SchemaSerializer):
    """What a public service organisation puts in."""

    declared = schema.get_part_list("public_input").fields
    model = PublicInput


class ContributionSerializer(SchemaSerializer):
    """What citizens contribute."""

    declared = schema.get_part_list("contribution").fields
    model = Contribution


class SectorGroundSerializer(SchemaSerializer):
    """What one of the sectors rests on."""

    declared = schema.get_part_list("sector_grounds").fields
    model = SectorGround


class PlaceGroundSerializer(SchemaSerializer):
    """What one of the places rests on."""

    declared = schema.get_part_list("place_grounds").fields
    model = PlaceGround


class FindingSerializer(SchemaSerializer):
    """What came of it: one outcome, for whom, in which direction, on which level of evidence."""

    declared = schema.get_part_list("findings").fields
    model = Finding

    def mistakes(self, value: Mapping[str, Any]) -> FieldErrors:
        if "level" in value and value["level"].slug == NO_EVIDENCE_TERM:
            yield (
                "level",
                "A finding is a result that the source reports: “asserted”, if it rests on nothing named.",
            )


class ClaimSerializer(SchemaSerializer):
    """One figure: what is counted, of whom, when, who says so, in which words."""

    declared = schema.get_part_list("claims").fields
    model = Claim

    def mistakes(self, value: Mapping[str, Any]) -> FieldErrors:
        if {"value", "value_from", "value_to"} <= set(value):
            given = [value[name] is not None for name in ("value", "value_from", "value_to")]
            if given not in ([True, False, False], [False, True, True]):
                yield "value", "Give a value, or a from and a to."
            elif value["value"] is None and value["value_to"] < value["value_from"]:
                yield "value_to", f"It is below value_from, {value['value_from'].normalize():f}: exchange the two."
        if value.get("out_of") is not None and value["out_of"] <= 0:
            yield "out_of", "A denominator is above zero."
        first, last = value.get("year_from", empty), value.get("year_to")
        if first is not empty and last is not None and (first is None or last < first):
            yield "year_to", "The last year of a figure needs a first year, not after it."


class ParticipationSerializer(SchemaSerializer):
    """An organisation's part in the case."""

    declared = schema.get_part_list("organisations").fields
    model = Participation


class CitationSerializer(SchemaSerializer):
    """A source cited for the case."""

    declared = schema.get_part_list("sources").fields
    model = Citation


class CaveatSerializer(SchemaSerializer):
    """A limit, condition, barrier or undesirable effect that the source names."""

    declared = schema.get_part_list("caveats").fields
    model = Caveat


PART_SERIALIZERS: dict[str, type[SchemaSerializer]] = {
    "arrangements": ArrangementSerializer,
    "pathways": PathwaySerializer,
    "public_input": PublicInputSerializer,
    "contribution": ContributionSerializer,
    "sector_grounds": SectorGroundSerializer,
    "place_grounds": PlaceGroundSerializer,
    "findings": FindingSerializer,
    "claims": ClaimSerializer,
    "organisations": ParticipationSerializer,
    "sources": CitationSerializer,
    "caveats": CaveatSerializer,
}


class AbsentSerializer(PartSerializer):
    """For each dimension that has nothing: which kind of nothing."""

    def get_fields(self) -> dict[str, SerializerField]:
        return {name: ClosedChoiceField(choices=Absence.choices, required=False) for name in schema.ABSENCE_COLUMNS}
