"""The parts of a case's record: passages, judgements, arrangements, years, evidence, figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from cases import records
from cases.models import Absence, Arrangement, Basis, Citation, Claim, Passage
from cases.models.case import Precision

from .fields import Choice, Mistakes, Part, SetOf, SlugOf, text

YEAR: dict[str, Any] = {"min_value": 1, "max_value": 9999, "allow_null": True, "default": None}


class PassageSerializer(Part):
    """The quoted words of a source behind a judgement or a figure."""

    source = SlugOf("sources")  # type: ignore[assignment]  # DRF takes declared fields out of the class
    exact = text(
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
    locator = text(Passage, "locator", help_text="Where it stands in a source with pages, for example p. 13.")

    def mistakes(self, value: Mapping[str, Any]) -> Mistakes:
        start, end, exact = value.get("start"), value.get("end"), value.get("exact")
        if exact is None or "start" not in value or "end" not in value:
            return
        if (start is None) != (end is None):
            yield "end", "Give start and end, or neither."
        elif start is not None and end != start + len(exact):
            yield "end", f"It should be {start + len(exact)}: start plus the {len(exact)} characters quoted."
        elif "source" in value:
            yield from self._clash(value)

    def _clash(self, value: Mapping[str, Any]) -> Mistakes:
        stands = self.context["registers"].quoted.get((value["source"].slug, value["start"], value["end"]))
        if stands and stands.exact != value["exact"]:
            yield "exact", "Other words are recorded at these offsets; quote the source character for character."
        elif stands and value.get("locator") not in (None, "", stands.locator):
            yield "locator", f"This passage is recorded with the locator “{stands.locator}”; give that or none."

    def to_internal_value(self, data: Any) -> Any:
        return Passage(**super().to_internal_value(data))


class EligibilitySerializer(Part):
    """Whether this is co-delivery: a judgement."""

    verdict = SlugOf("eligibility", allow_null=True, default=None)
    reason = text(help_text="What the public input is, why it is missing, or what it depends on.")
    since = serializers.IntegerField(
        **YEAR, help_text="Year in which the verdict came to hold, where the source dates it."
    )
    before = SlugOf(
        "eligibility",
        allow_null=True,
        default=None,
        help_text="The verdict that held until then; a term of the vocabulary “eligibility”.",
    )
    passage = PassageSerializer(allow_null=True, default=None)

    def mistakes(self, value: Mapping[str, Any]) -> Mistakes:
        if value.get("before") and "since" in value and value["since"] is None:
            yield "since", "Where another verdict held before, give the year in which that changed."


class DemocraticQualitySerializer(Part):
    """A concern about democratic quality, judged apart from eligibility."""

    judgement = SlugOf("democratic-quality")
    reason = text(required=True)
    passage = PassageSerializer()


BASIS: dict[str, Any] = {"choices": Basis.choices, "help_text": "How the coding rests on its passage."}


class TypeSerializer(Part):
    """The type of co-delivery of an arrangement, with what it rests on."""

    term = SlugOf("type")
    basis = Choice(**BASIS)
    passage = PassageSerializer()


ACTORS = [("user", "service users"), ("community", "communities")]
MODES = [("offline", "offline"), ("digital", "digital")]


class ActorSerializer(Part):
    """The co-producers of an arrangement; both means that they act together."""

    terms = SetOf(child=Choice(choices=ACTORS), allow_empty=False)
    basis = Choice(**BASIS)
    passage = PassageSerializer()

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        value = super().to_internal_value(data)
        return value | {"terms": [slug for slug, _ in ACTORS if slug in value["terms"]]}


class ModeSerializer(Part):
    """The modes of an arrangement with their basis and passage, or which kind of nothing; both modes are a mix."""

    terms = SetOf(child=Choice(choices=MODES), default=list)
    absent = Choice(
        choices=Absence.choices,
        allow_null=True,
        default=None,
        help_text="Which kind of nothing, where there is no mode.",
    )
    basis = Choice(**BASIS, allow_null=True, default=None)
    passage = PassageSerializer(allow_null=True, default=None)

    def mistakes(self, value: Mapping[str, Any]) -> Mistakes:
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
        terms = [slug for slug, _ in MODES if slug in value["terms"]]
        return value | {"terms": terms, "absent": records.absence(value["absent"] or "", present=bool(terms)) or None}


class ArrangementSerializer(Part):
    """What one group does, one way: one type, its co-producers, its modes (Table 20.1)."""

    label = text(  # type: ignore[assignment]  # as above
        Arrangement, "label", required=True, help_text="What this group does, in a few words."
    )
    type = TypeSerializer()
    actor = ActorSerializer()
    mode = ModeSerializer()


class PathwaySerializer(Part):
    """A pathway of Fig. 20.1 to which the case contributes."""

    pathway = SlugOf("pathway")
    basis = Choice(**BASIS)
    passage = PassageSerializer()


class YearsSerializer(Part):
    """The years of the case, as far as the source dates it."""

    start = serializers.IntegerField(**YEAR, help_text="First year (CE).")
    start_precision = Choice(choices=Precision.choices, default=Precision.EXACT.value)
    end = serializers.IntegerField(**YEAR, help_text="Last year (CE).")
    end_precision = Choice(choices=Precision.choices, default=Precision.EXACT.value)
    ongoing = serializers.BooleanField(default=False, help_text="Running when the source was written.")
    passage = PassageSerializer()

    def mistakes(self, value: Mapping[str, Any]) -> Mistakes:
        if not {"start", "end"} <= set(value):
            return
        start, end = value["start"], value["end"]
        if start is None and end is None:
            yield "start", "Give a first or a last year, or leave the years out."
        if start is not None and end is not None and end < start:
            yield "end", f"The last year is before the first, {start}."
        if value.get("ongoing") and (end is not None or start is None):
            yield "ongoing", "What is running has a first year and no last one."


class EvidenceSerializer(Part):
    """What evidence the source names: its level in the source's words, not its quality, and its direction."""

    level = SlugOf("evidence")
    direction = SlugOf("direction")
    note = text()
    passage = PassageSerializer(allow_null=True, default=None)

    def mistakes(self, value: Mapping[str, Any]) -> Mistakes:
        if "level" in value and value["level"].slug != "none-named" and value.get("passage", empty) is None:
            yield "passage", "Quote the words that name this evidence."


def figure(help_text: str) -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=15, decimal_places=4, coerce_to_string=False, allow_null=True, default=None, help_text=help_text
    )


class ClaimSerializer(Part):
    """One figure: what is counted, of whom, when, who says so, in which words."""

    as_stated = text(Claim, "as_stated", required=True, help_text="The figure in the source's own words.")
    qualifier = Choice(choices=Claim.Qualifier.choices, allow_null=True, default=None)
    value = figure("The figure, a JSON number in `unit`. Either this, or `value_from` and `value_to`.")
    value_from = figure("The earlier or lower of two figures, in `unit`.")
    value_to = figure("The later or higher of two figures, in `unit`.")
    out_of = figure("The denominator: 3 in “two thirds”, where `value` is 2.")
    unit = text(Claim, "unit", required=True, help_text="Of the figures: people, %, minutes, GBP, ...")
    measures = text(Claim, "measures", required=True, help_text="What is counted.")
    population = text(Claim, "population", help_text="Of whom.")
    year_from = serializers.IntegerField(**YEAR, help_text="The year of the figure, or its first year (CE).")
    year_to = serializers.IntegerField(**YEAR, help_text="The last year of the figure, where there are several (CE).")
    source = SlugOf(  # type: ignore[assignment]  # as above
        "sources", help_text="Who says so: slug of one of the sources."
    )
    passage = PassageSerializer()

    def mistakes(self, value: Mapping[str, Any]) -> Mistakes:
        if {"value", "value_from", "value_to"} <= set(value):
            given = [value[name] is not None for name in ("value", "value_from", "value_to")]
            if given not in ([True, False, False], [False, True, True]):
                yield "value", "Give a value, or a from and a to."
        if value.get("out_of") is not None and value["out_of"] <= 0:
            yield "out_of", "A denominator is above zero."
        first, last = value.get("year_from", empty), value.get("year_to")
        if first is not empty and last is not None and (first is None or last < first):
            yield "year_to", "The last year of a figure needs a first year, not after it."


class ParticipationSerializer(Part):
    """An organisation's part in the case."""

    organisation = SlugOf("organisations")
    part = SlugOf("part")
    passage = PassageSerializer(allow_null=True, default=None)


class CitationSerializer(Part):
    """A source cited for the case."""

    source = SlugOf("sources")  # type: ignore[assignment]  # DRF takes declared fields out of the class
    locator = text(Citation, "locator", help_text="For example p. 13.")


class CaveatSerializer(Part):
    """A limit, condition, barrier or undesirable effect that the source names."""

    kind = SlugOf("caveat")
    text = text(required=True)
    passage = PassageSerializer()


class AbsentSerializer(Part):
    """For each dimension that has nothing: which kind of nothing."""

    arrangements = Choice(choices=Absence.choices, required=False)
    pathways = Choice(choices=Absence.choices, required=False)
    sectors = Choice(choices=Absence.choices, required=False)
    places = Choice(choices=Absence.choices, required=False)
    years = Choice(choices=Absence.choices, required=False)
    evidence = Choice(choices=Absence.choices, required=False)
