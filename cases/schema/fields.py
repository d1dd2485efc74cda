"""The declarations of the schema: `RECORD` and `FACETS`, and the tables derived from them.

They determine what a record holds, the database columns it is stored in, its names in a difference, the fields of the
API, the columns of exports and imports, the fieldsets of the admin form, completeness, and the facets. The models are
written by hand; a test checks that they match. To add a field, add its column and its declaration.

Pure: nothing here uses the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from .nodes import (
    SET_KINDS,
    AbsenceOption,
    Block,
    Facet,
    Field,
    Kind,
    Node,
    PartList,
    TableColumn,
    basis_choice,
    passage_field,
    precision,
)

# The record ----------------------------------------------------------------------------------------------------------

IDENTITY_SECTION = "What it is"
WITHOUT_SECTION = "Without arrangement or pathway"

RECORD: tuple[Node, ...] = (
    Field(
        "slug",
        Kind.ADDRESS,
        "Address",
        required=True,
        help="Its address; it never changes.",
        section=IDENTITY_SECTION,
        exported="the case's name in addresses; never changes its meaning",
        imported="its address: lower-case letters, digits, hyphens; made of the title where it is empty",
    ),
    Field(
        "title",
        Kind.PROSE,
        "Title",
        required=True,
        section=IDENTITY_SECTION,
        tables="title",
        needed="A published case has a title.",
    ),
    Field(
        "kind",
        Kind.TERM,
        "Kind",
        vocabulary="kind",
        required=True,
        help="What it refers to: a named case or a generic practice.",
        section=IDENTITY_SECTION,
        tables="what it refers to: a named case or a practice",
    ),
    Field(
        "role",
        Kind.TERM,
        "Role in the source",
        vocabulary="role",
        help="Whether the source tells it as an example, a near miss, a warning, a study or background.",
        section=IDENTITY_SECTION,
        tables="its role in the source",
        wanted="Readers have to know an example from a near miss.",
        since=2,
    ),
    Block(
        "standing",
        "Basis of kind and role",
        (
            basis_choice("standing_basis", required=False, tables="basis of kind and role", since=2),
            passage_field("standing_passage"),
        ),
        known_by=("basis",),
        help="What kind and role rest on.",
        section=IDENTITY_SECTION,
        since=2,
    ),
    Field(
        "instance_of",
        Kind.ENTRY,
        "Instance of",
        help="Slug of the practice of which this case is an instance.",
        form_help="The short name of the practice of which it is an instance, for example self-care.",
        section=IDENTITY_SECTION,
        tables="slug of the practice of which it is an instance",
        since=2,
    ),
    Field(
        "summary",
        Kind.PROSE,
        "Summary",
        help="One or two sentences.",
        section=IDENTITY_SECTION,
        tables="one or two sentences",
        needed="A published case has a summary of one or two sentences.",
    ),
    Field(
        "narrative",
        Kind.MARKDOWN,
        "Narrative",
        help="Markdown.",
        form_help=(
            "Markdown: an empty line between paragraphs, ## before a heading, - before each item of a list, "
            "*emphasis*, **strong emphasis**, > before a quotation, [words](https://address)."
        ),
        imported="what was done, and how: Markdown or HTML",
        wanted="The narrative tells readers what was done, and how.",
    ),
    Block(
        "eligibility",
        "Verdict",
        (
            Field(
                "verdict",
                Kind.TERM,
                vocabulary="eligibility",
                form_label="Verdict",
                cell="eligibility",
                tables="verdict: is it co-delivery?",
                needed="A published case has a verdict on its eligibility.",
            ),
            Field(
                "reason",
                Kind.PROSE,
                "reason",
                column="verdict_reason",
                help="What the public input is, why it is missing, or what it depends on.",
                cell="eligibility_reason",
                tables="the reason of the verdict",
                needed="A verdict says its reason.",
            ),
            basis_choice(
                "verdict_basis", required=False, cell="eligibility_basis", tables="basis of the verdict", since=2
            ),
            passage_field(
                "verdict_passage",
                cell="eligibility_passage",
                imported="the words of the first source behind the verdict",
                needed="A verdict rests on a passage of a source.",
            ),
            Field(
                "since",
                Kind.YEAR,
                "holds since",
                column="verdict_since",
                help="Year in which the verdict came to hold, where the source dates it.",
                form_label="It holds since",
                form_help="The year in which the verdict came to hold, where the source dates it.",
                cell="eligibility_since",
                exported="year in which the verdict came to hold, where the source dates it",
                imported="year in which the verdict came to hold",
            ),
            Field(
                "before",
                Kind.TERM,
                "verdict until then",
                vocabulary="eligibility",
                column="verdict_before",
                help="The verdict that held until then; a term of the vocabulary “eligibility”.",
                beside=True,
                form_label="Until then",
                cell="eligibility_before",
                tables="the verdict until then",
            ),
        ),
    ),
    Block(
        "democratic_quality",
        "Democratic quality",
        (
            Field(
                "judgement",
                Kind.TERM,
                vocabulary="democratic-quality",
                column="democratic_quality",
                required=True,
                form_label="Judgement",
                exported="judgement of the democratic quality, where there is one",
            ),
            Field("reason", Kind.PROSE, "reason", column="democratic_reason", required=True),
            passage_field("democratic_passage", required=True),
        ),
        known_by=("judgement",),
        help="A concern about democratic quality, judged apart from eligibility.",
        printed=True,
    ),
    PartList(
        "arrangements",
        "Arrangement",
        "arrangements",
        (
            Field("label", Kind.PROSE, "label", required=True, help="What this group does, in a few words."),
            Block(
                "type",
                "type",
                (
                    Field("term", Kind.TERM, vocabulary="type", column="type", required=True),
                    basis_choice("type_basis"),
                    passage_field("type_passage", required=True),
                ),
                help="The type of co-delivery of an arrangement, with what it rests on.",
            ),
            Block(
                "actor",
                "co-producers",
                (
                    Field("terms", Kind.FLAGS, vocabulary="actor", required=True),
                    basis_choice("actor_basis"),
                    passage_field("actor_passage", required=True),
                ),
            ),
            Block(
                "mode",
                "mode",
                (
                    Field("terms", Kind.FLAGS, vocabulary="mode"),
                    Field(
                        "absent",
                        Kind.ABSENCE,
                        "kind of nothing",
                        column="mode_absent",
                        help="Which kind of nothing, where there is no mode.",
                    ),
                    basis_choice("mode_basis", required=False),
                    passage_field("mode_passage"),
                ),
            ),
            Block(
                "years",
                "years",
                (
                    Field("start", Kind.YEAR, "first year", column="year_start", help="Its first year (CE)."),
                    Field("end", Kind.YEAR, "last year", column="year_end", help="Its last year (CE)."),
                    passage_field("years_passage"),
                ),
                known_by=("start", "end"),
                help="The years of this arrangement, where the source dates it apart from the case.",
                since=2,
            ),
        ),
        keys=("label",),
        fieldset=WITHOUT_SECTION,
        exported="each arrangement in words",
        further=(TableColumn("arrangement_codes", "each arrangement as type/co-producers/modes"),),
        nothing=AbsenceOption(
            "arrangements_absent",
            "there is no arrangement",
            "Say who does what with whom, or which kind of nothing it is.",
        ),
    ),
    PartList(
        "pathways",
        "Pathway",
        "pathways",
        (
            Field("pathway", Kind.TERM, "pathway", vocabulary="pathway", required=True),
            basis_choice(),
            passage_field(required=True),
        ),
        rows="pathway_links",
        keys=("pathway",),
        once=True,
        ordered=False,
        fieldset=WITHOUT_SECTION,
        exported="pathways to outcomes",
        nothing=AbsenceOption(
            "pathways_absent",
            "there is no pathway",
            "Say to which outcomes it leads, or which kind of nothing it is.",
        ),
    ),
    PartList(
        "public_input",
        "Public input",
        "public inputs",
        (
            Field("input", Kind.TERM, "input", vocabulary="public-input", required=True),
            basis_choice(),
            passage_field(required=True),
        ),
        rows="public_input_links",
        keys=("input",),
        once=True,
        ordered=False,
        section="Public input",
        exported="what public service organisations put in",
        nothing=AbsenceOption(
            "public_input_absent",
            "there is no public input",
            "Say what public service organisations put in, or which kind of nothing it is.",
        ),
        since=2,
    ),
    PartList(
        "contribution",
        "Citizen contribution",
        "citizen contributions",
        (
            Field("contribution", Kind.TERM, "contribution", vocabulary="contribution", required=True),
            basis_choice(),
            passage_field(required=True),
        ),
        rows="contribution_links",
        keys=("contribution",),
        once=True,
        ordered=False,
        section="Citizen contribution",
        exported="what citizens contribute",
        nothing=AbsenceOption(
            "contribution_absent",
            "there is no contribution",
            "Say what citizens contribute, or which kind of nothing it is.",
        ),
        since=2,
    ),
    Field(
        "sectors",
        Kind.TERMS,
        "Sector",
        vocabulary="sector",
        section="Sectors",
        fieldset="Sectors and places",
        exported="sectors",
        imported="sectors, separated by semicolons",
        nothing=AbsenceOption(
            "sectors_absent",
            "there is no sector",
            "Name the public service concerned, or say which kind of nothing it is.",
        ),
    ),
    PartList(
        "sector_grounds",
        "Basis of a sector",
        "bases of the sectors",
        (
            Field("sector", Kind.TERM, "sector", vocabulary="sector", required=True),
            basis_choice(),
            passage_field(),
        ),
        keys=("sector",),
        once=True,
        ordered=False,
        section="Sectors",
        grounds="sectors",
        since=2,
    ),
    Field(
        "places",
        Kind.THINGS,
        "Place",
        vocabulary="places",
        section="Places",
        fieldset="Sectors and places",
        exported="names of the places",
        further=(
            TableColumn("place_slugs", "slugs of the places"),
            TableColumn("countries", "ISO 3166 codes of the places' countries"),
        ),
        imported="places, by slug or name, separated by bars",
        nothing=AbsenceOption(
            "places_absent",
            "there is no place",
            "Say where it happens, or which kind of nothing it is.",
        ),
    ),
    PartList(
        "place_grounds",
        "Basis of a place",
        "bases of the places",
        (
            Field("place", Kind.THING, "place", vocabulary="places", required=True),
            basis_choice(),
            passage_field(),
        ),
        keys=("place",),
        once=True,
        ordered=False,
        section="Places",
        grounds="places",
        since=2,
    ),
    Block(
        "years",
        "Years",
        (
            Field("start", Kind.YEAR, "first year", column="year_start", help="First year (CE).", tables="first year"),
            precision("start_precision", "start", "precision of the first year"),
            Field("end", Kind.YEAR, "last year", column="year_end", help="Last year (CE).", tables="last year"),
            precision("end_precision", "end", "precision of the last year"),
            Field(
                "ongoing",
                Kind.FLAG,
                "running when the source was written",
                help="Running when the source was written.",
                form_help="Then there is no last year.",
                exported="true where it was running when the source was written",
                imported="yes where it was running when the source was written",
            ),
            basis_choice("years_basis", required=False, tables="basis of the years", since=2),
            passage_field("years_passage", required=True, imported="the words of the first source that date it"),
        ),
        known_by=("start", "end"),
        nothing=AbsenceOption("years_absent", "there are no years", "Date it, or say which kind of nothing it is."),
    ),
    PartList(
        "findings",
        "Finding",
        "findings",
        (
            Field("outcome", Kind.TERM, "outcome", vocabulary="outcome", required=True),
            Field("beneficiary", Kind.TERM, "who benefits", vocabulary="beneficiary", required=True),
            Field("statement", Kind.PROSE, "statement", required=True, help="What came of it, in one sentence."),
            Field("level", Kind.TERM, "level", vocabulary="evidence", required=True),
            Field("direction", Kind.TERM, "direction", vocabulary="direction", required=True),
            Field(
                "counterfactual",
                Kind.FLAG,
                "counterfactual",
                help="True where the source reports what became worse without it.",
            ),
            Field(
                "figure",
                Kind.QUOTED,
                "figure",
                help="The figure that states it: `as_stated` of one of the `claims`.",
            ),
            passage_field(required=True),
        ),
        keys=("statement",),
        exported="what came of it: each finding with outcome, who benefits, direction and level",
        further=(
            TableColumn("outcomes", "outcomes of the findings"),
            TableColumn("beneficiaries", "who benefits"),
        ),
        nothing=AbsenceOption(
            "findings_absent",
            "there is no finding",
            "Say what came of it (“not stated”: read, and no result is reported), or which kind of nothing it is.",
        ),
        since=2,
    ),
    Block(
        "evidence",
        "Evidence",
        (
            Field(
                "level",
                Kind.TERM,
                "level",
                vocabulary="evidence",
                column="evidence_level",
                required=True,
                tables="level of the evidence named",
            ),
            Field(
                "direction",
                Kind.TERM,
                "direction",
                vocabulary="direction",
                column="evidence_direction",
                required=True,
                exported="direction of the evidence",
                imported="direction of the evidence",
            ),
            Field("note", Kind.PROSE, "note", column="evidence_note", imported="note on the evidence"),
            passage_field("evidence_passage", imported="the words of the first source that name the evidence"),
        ),
        known_by=("level",),
        nothing=AbsenceOption(
            "evidence_absent",
            "there is no evidence",
            "Say what evidence the source names (“none named” is a level), or which kind of nothing it is.",
        ),
    ),
    PartList(
        "claims",
        "Figure",
        "figures",
        (
            Field("as_stated", Kind.QUOTED, "as stated", required=True, help="The figure in the source's own words."),
            Field("qualifier", Kind.CHOICE, "qualifier"),
            Field(
                "value",
                Kind.NUMBER,
                "value",
                help="The figure, a JSON number in `unit`. Either this, or `value_from` and `value_to`.",
            ),
            Field("value_from", Kind.NUMBER, "from", help="The earlier or lower of two figures, in `unit`."),
            Field("value_to", Kind.NUMBER, "to", help="The later or higher of two figures, in `unit`."),
            Field(
                "out_of",
                Kind.NUMBER,
                "out of",
                help="The denominator: 3 in “two thirds”, where `value` is 2.",
            ),
            Field("unit", Kind.TEXT, "unit", required=True, help="Of the figures: people, %, minutes, GBP, ..."),
            Field("measures", Kind.PROSE, "what it measures", required=True, help="What is counted."),
            Field(
                "figure_role",
                Kind.CHOICE,
                "what it is a figure of",
                help="Whether it counts who is reached, what goes in, is done, comes of it, or what it costs.",
                since=2,
            ),
            Field("population", Kind.PROSE, "population", help="Of whom."),
            Field(
                "year_from",
                Kind.YEAR,
                "year, or first year",
                help="The year of the figure, or its first year (CE).",
            ),
            Field(
                "year_to",
                Kind.YEAR,
                "last year",
                help="The last year of the figure, where there are several (CE).",
            ),
            Field(
                "source",
                Kind.THING,
                "source",
                vocabulary="sources",
                required=True,
                help="Who says so: slug of one of the sources.",
            ),
            passage_field(required=True),
        ),
        keys=("as_stated",),
    ),
    PartList(
        "organisations",
        "Organisation",
        "organisations",
        (
            Field("organisation", Kind.THING, "name", vocabulary="organisations", required=True),
            Field("part", Kind.TERM, "part", vocabulary="part", required=True),
            passage_field(),
        ),
        rows="participations",
        keys=("organisation", "part"),
        once=True,
        ordered=False,
        exported="each organisation with its part",
        further=(TableColumn("organisation_slugs", "slugs of the organisations"),),
    ),
    PartList(
        "sources",
        "Source",
        "sources",
        (
            Field("source", Kind.THING, vocabulary="sources", required=True),
            Field("locator", Kind.TEXT, "where in it", help="For example p. 13."),
        ),
        rows="citations",
        keys=("source", "locator"),
        once=True,
        exported="slugs of the sources cited",
        imported="slugs of sources that stand here, separated by semicolons",
        wanted="Readers want to know which sources tell of it.",
    ),
    PartList(
        "caveats",
        "Caveat",
        "caveats",
        (
            Field("kind", Kind.TERM, "kind", vocabulary="caveat", required=True),
            Field("text", Kind.PROSE, "text", required=True),
            passage_field(required=True),
        ),
        keys=("text",),
    ),
)
"""The fields of a case in reading order, which is that of a record. The last key of a record is `absent`: by field,
which kind of nothing a case has there."""


FACETS = (
    Facet("pathway", "pathway to outcomes", "pathways", "pathways", "pathway"),
    Facet("sector", "sector", "sectors"),
    Facet("country", "country", "places", "places__country"),
    Facet("public_input", "public input", "public_input", "public_input", "public-input"),
    Facet("contribution", "citizen contribution", "contribution", "contribution", "contribution"),
    Facet("outcome", "outcome reported", "findings", "outcomes", "outcome"),
    Facet("beneficiary", "who benefits", "findings", "beneficiaries", "beneficiary"),
    Facet("evidence", "evidence named", "evidence.level"),
    Facet("direction", "direction of the evidence", "evidence.direction"),
    Facet("eligibility", "eligibility", "eligibility.verdict"),
    Facet("eligibility_basis", "basis of the eligibility", "eligibility.basis", "verdict_basis"),
    Facet("kind", "kind of entry", "kind"),
    Facet("role", "role in the source", "role"),
    Facet("source", "source", "sources", "sources__slug"),
    Facet("out_of_step", "to be re-affirmed", "", "doubts"),
    Facet("origin", "how it was coded", "", "origins"),
    Facet("status", "status", "", "state"),
)
"""The facets besides type, co-producers and mode, in the order of the page."""

FIELDSETS: Mapping[str, str] = {
    IDENTITY_SECTION: "",
    "Narrative": "",
    "Verdict": "",
    "Democratic quality": "",
    "Years": "",
    "Evidence": "The level is the source’s own word for what it rests on, no appraisal of quality.",
    "Sectors and places": "",
    WITHOUT_SECTION: "",
}
"""The fieldsets of the admin form, in order, each with the text above its fields. Other fieldsets come after these."""


# Derived from the declarations ---------------------------------------------------------------------------------------

NODES: Mapping[str, Node] = {node.name: node for node in RECORD}
RECORD_KEYS = (*NODES, "absent")

PART_LISTS = tuple(node for node in RECORD if isinstance(node, PartList))
BLOCKS = tuple(node for node in RECORD if isinstance(node, Block))
PLAIN_FIELDS = tuple(node for node in RECORD if isinstance(node, Field))


def get_block(name: str) -> Block:
    return next(each for each in BLOCKS if each.name == name)


def get_part_list(name: str) -> PartList:
    return next(each for each in PART_LISTS if each.name == name)


def get_axis(name: str) -> Block:
    """Return a dimension of an arrangement: type, actor or mode."""
    return next(each for each in get_part_list("arrangements").fields if isinstance(each, Block) and each.name == name)


ABSENCES: Mapping[str, AbsenceOption] = {node.name: node.nothing for node in RECORD if node.nothing}
"""By field: the option to record a kind of nothing."""

ABSENCE_COLUMNS: Mapping[str, str] = {name: nothing.column for name, nothing in ABSENCES.items()}
"""By field: the column for its kind of nothing."""

JUDGEMENTS = tuple(
    node.name for node in RECORD if isinstance(node, Block) or (isinstance(node, Field) and node.kind is Kind.TERM)
)
"""The codings of a case as a whole."""


def _leaves(nodes: Sequence[Node], outer: str = "") -> Iterator[tuple[str, Field]]:
    for node in nodes:
        if isinstance(node, Field):
            yield f"{outer}{node.name}", node
        else:
            yield from _leaves(node.fields, f"{outer}{node.name}.")


CASE_FIELDS: Mapping[str, Field] = dict(_leaves([node for node in RECORD if not isinstance(node, PartList)]))
"""By path: the fields outside lists, which are columns of a case or many-to-many relations to terms and places."""

SET_FIELDS: Mapping[str, Field] = {path: field for path, field in CASE_FIELDS.items() if field.kind in SET_KINDS}
"""By path: those of them that are many-to-many relations."""

UNIQUE_KEYS: Mapping[str, tuple[str, ...]] = {each.name: each.keys for each in PART_LISTS if each.once}
"""By list: the keys that are unique in it."""

UNORDERED_KEYS = frozenset(
    {*(each.name for each in PART_LISTS if not each.ordered), "terms"}
    | {field.name for field in CASE_FIELDS.values() if field.kind in SET_KINDS}
)
"""The keys of unordered lists."""


PART_FIELDS: Mapping[str, Mapping[str, Field]] = {each.name: dict(_leaves(each.fields)) for each in PART_LISTS}
"""By list: the fields of its parts, by path."""


def lookups(*kinds: Kind, vocabulary: str = "") -> Sequence[str]:
    """Return the lookups from a case to its fields of these kinds, and of one vocabulary if given."""
    own = [(field, field.stands_in) for field in CASE_FIELDS.values()]
    others = [
        (field, f"{part.stand_in}__{field.stands_in}")
        for part in PART_LISTS
        for field in PART_FIELDS[part.name].values()
    ]
    return [lookup for field, lookup in own + others if field.kind in kinds and vocabulary in ("", field.vocabulary)]


SHAPE = tuple((path, field.kind.name) for path, field in _leaves(RECORD))
"""The paths of a record and their kinds; it changes when the schema does."""

VOCABULARIES = tuple(
    dict.fromkeys(field.vocabulary for _, field in _leaves(RECORD) if field.kind in (Kind.TERM, Kind.TERMS))
)
"""The vocabularies whose terms are values in columns; the terms of others are columns themselves."""

_COMPLETABLE: dict[str, Field | PartList] = {**CASE_FIELDS, **{each.name: each for each in PART_LISTS}}

COMPLETENESS_FIELDS: Mapping[str, Field | PartList] = {
    path: node for path, node in _COMPLETABLE.items() if node.wanted or (isinstance(node, Field) and node.needed)
}
"""By path: the fields required or recommended, besides the dimensions."""


def value_at(record: Any, path: str) -> Any:
    """Return the value at a path of a record, such as `eligibility.verdict`; None if a block on the path is None.

    >>> value_at({"eligibility": {"verdict": "co-delivery"}, "years": None}, "eligibility.verdict")
    'co-delivery'
    """
    for name in path.split("."):
        record = record[name] if record else None
    return record


def _added_after(nodes: Sequence[Node], form: int, outer: str = "") -> Iterator[tuple[str, Node]]:
    """Yield path and node for everything added after a form; the fields of an added block or list are not repeated."""
    for node in nodes:
        path = f"{outer}{node.name}"
        if node.since > form:
            yield path, node
        elif not isinstance(node, Field):
            yield from _added_after(node.fields, form, f"{path}[]." if isinstance(node, PartList) else f"{path}.")


FORMER_KINDS: Mapping[str, str] = {"boundary-example": "near-miss", "negative-example": "warning"}
"""By retired kinds that said a role in the source: the role. What such an entry refers to, they did not say."""

PRACTICE_TERM = "generic-practice"
"""The kind of an entry that refers to a way of doing things, of which named cases may be instances."""

NO_EVIDENCE_TERM = "none-named"
"""The level of evidence of a case of which the source reports no result."""

NO_DIRECTION_TERM = "not-stated"
"""The direction of the evidence where there is no result, or none that says one."""

NOT_CODED = "not-coded"
"""The kind of nothing that applies if none is stated."""


def _all_nodes(nodes: Sequence[Node]) -> Iterator[Node]:
    """Yield every node, including nested ones."""
    for node in nodes:
        yield node
        if not isinstance(node, Field):
            yield from _all_nodes(node.fields)


LATEST_FORM = max(node.since for node in _all_nodes(RECORD))
"""The form that introduced the latest field."""


def fields_added_in(form: int) -> dict[str, Any]:
    """Return the fields added in this form, each with its value in older records. Paths in lists are `parts[].name`."""
    added: dict[str, Any] = {}
    for path, node in _added_after(RECORD, form - 1):
        if node.since == form:
            added[path] = node.empty if node.before is None else deepcopy(node.before)
            if node.nothing and not added[path]:
                added[f"absent.{node.name}"] = NOT_CODED
    return added
