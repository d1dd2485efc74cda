"""The usual changes, made as CONTRIBUTING.md says: each puts some lines into the files that it lists."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from cases import schema

NEXT_FORM = schema.LATEST_FORM + 1


class Edit(NamedTuple):
    """Lines that go into a file before lines that it has once; without those, they are a new file."""

    path: str
    before: str
    text: str


def apply(edits: list[Edit], root: Path) -> None:
    """Make some edits in a copy of the tree."""
    for path, before, text in edits:
        file = root / path
        old = file.read_text("utf-8") if before else ""
        if before and old.count(before) != 1:
            raise LookupError(f"{path} has {old.count(before)} times, not once: {before}")
        file.write_text(old.replace(before, text + before) if before else text, "utf-8")


FIELD = [
    Edit(
        "cases/models/case.py",
        "    state = models.CharField(max_length=10, choices=State",
        '    website = models.URLField(max_length=500, blank=True, help_text="Its address on the web.")\n\n',
    ),
    Edit(
        "cases/schema/fields.py",
        '    Block(\n        "eligibility",\n',
        f"""\
    Field(
        "website",
        Kind.URL,
        "Website",
        help="Its address on the web.",
        section=IDENTITY_SECTION,
        tables="its address on the web",
        since={NEXT_FORM},
    ),
""",
    ),
    Edit(
        "templates/cases/case.html",
        "      {% regroup case.participations.all by part as parts %}",
        """\
      {% if case.website %}<dt>Website</dt>
        <dd><a href="{{ case.website }}" rel="external">{{ case.website|truncatechars:40 }}</a></dd>{% endif %}
""",
    ),
]

DIMENSION = [
    Edit(
        "cases/models/case.py",
        '    year_start = models.PositiveSmallIntegerField("first year"',
        """\
    funding = term_key("funding")
    funding_basis = basis_field("funding", blank=True)
    funding_passage = passage_key("passage behind the funding", null=True, blank=True)
    funding_absent = absence_field("funding")

""",
    ),
    Edit(
        "cases/models/case.py",
        "        ]\n\n    def __str__(self) -> str:\n        return self.title or self.slug\n",
        """\
            models.CheckConstraint(
                condition=Q(funding=None) & ~Q(funding_absent="")
                | Q(funding_absent="", funding__isnull=False, funding_passage__isnull=False)
                & ~Q(funding_basis=""),
                name="case_funding_or_why_none",
                violation_error_message="Give the funding with its passage, or say which kind of nothing it is.",
            ),
""",
    ),
    Edit(
        "cases/schema/fields.py",
        '    PartList(\n        "claims",\n',
        f"""\
    Block(
        "funding",
        "Funding",
        (
            Field(
                "term",
                Kind.TERM,
                vocabulary="funding",
                column="funding",
                required=True,
                form_label="Funding",
                tables="who pays",
            ),
            basis_choice("funding_basis", tables="how that rests on its passage"),
            passage_field("funding_passage", required=True, imported="the words of the first source that say so"),
        ),
        known_by=("term",),
        help="Who pays.",
        printed=True,
        nothing=AbsenceOption("funding_absent", "nobody is said to pay", "Say who pays, or why nobody."),
        since={NEXT_FORM},
    ),
""",
    ),
    Edit(
        "cases/schema/fields.py", '    Facet("status", "status"', '    Facet("funding", "funding", "funding.term"),\n'
    ),
    Edit(
        "fixtures/vocabularies/funding.yaml",
        "",
        """\
slug: funding
label: Funding
order: 15
definition: Who pays for a case.
source_note: Made up.
terms:
  - slug: public-budget
    label: Public budget
    definition: A public body pays.
    scope_note: Whatever its level.
    example: A council.
  - slug: donations
    label: Donations
    definition: Donors pay.
    scope_note: Firms, too.
    example: A foundation.
""",
    ),
]

EXPORT = [
    Edit(
        "interchange/views/cases.py",
        "class CasesExport(FileView, ConditionalQueryView):",
        '''\
class YamlRenderer(StreamedRenderer):
    """YAML."""

    media_type = "application/yaml"
    format = "yaml"


''',
    ),
    Edit(
        "interchange/views/cases.py",
        "CASE_EXPORTS: tuple[type[CasesExport], ...]",
        '''\
class CasesYaml(DocumentExport):
    """The cases whole, to be read by people."""

    label, sends = "YAML", "yaml"
    contents = "one document for people to read"
    link_name = "export-yaml"
    renderer_classes = [YamlRenderer]
    representation = "document"
    chunk = 100
    content_type = YamlRenderer.media_type
    keys = DOCUMENT_KEYS

    @extend_schema(operation_id="cases_yaml", responses={(200, "application/yaml"): OpenApiTypes.OBJECT})
    def get(self, request: Request) -> HttpResponseBase:
        """Send every case that answers a question, whole, as one document, in the order asked for."""
        return self.answered(self.download)

    def lines(self) -> Iterator[bytes]:
        """Yield the document in pieces: the list of the cases."""
        begin = b"results:\\n"
        with snapshot():
            for found in self.kept_texts():
                cases = [json.loads(insert_origin(text)) for text in self.selection.select(found)]
                yield begin + yaml.safe_dump(cases, allow_unicode=True, sort_keys=False).encode()
                begin = b""
        if begin:
            yield b"results: []\\n"


''',
    ),
    Edit("interchange/views/cases.py", "from collections.abc import Iterator, Sequence\n", "import json\n"),
    Edit("interchange/views/cases.py", "from django.conf import settings\n", "import yaml\n"),
    Edit("interchange/views/cases.py", "CasesJsonLines)\n", "CasesYaml, "),
]

FACET = [
    Edit(
        "cases/schema/fields.py",
        '    Facet("status", "status"',
        '    Facet("quality", "democratic quality", "democratic_quality.judgement"),\n',
    ),
]

CHECK = [
    Edit(
        "cases/review/checks/coding.py",
        "CODING_RULES = (",
        """\
def _website_missing(record: PrimitiveRecord) -> Iterator[PathFinding]:
    if not record.get("website"):
        yield "website", "Give the address of its website, where it has one."


""",
    ),
    Edit(
        "cases/review/checks/coding.py",
        '    RecordRule("label-twice"',
        '    RecordRule("website-missing", "note", "no website", _website_missing),\n',
    ),
]
