import cases.models.catalogue
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import django_countries.fields
import simple_history.models
from django.conf import settings
from django.db import migrations, models


SQLITE = """
CREATE VIRTUAL TABLE cases_search USING fts5 (title, summary, narrative, names, tokenize = 'ascii');
CREATE TRIGGER cases_searchrow_gone AFTER DELETE ON cases_searchrow
BEGIN DELETE FROM cases_search WHERE rowid = old.case_id; END
"""

# A row is narrow, its words aside: an index scan passes over fifty thousand rows in milliseconds. The planner does not
# know what it costs to fetch the words, and would read the table; the functions keep it from that.
POSTGRESQL = """
ALTER TABLE cases_searchrow ADD COLUMN words tsvector NOT NULL DEFAULT '', SET (toast_tuple_target = 128);
ALTER TABLE cases_searchrow ALTER COLUMN words SET STORAGE EXTERNAL;
CREATE INDEX cases_searchrow_words ON cases_searchrow USING gin (words);
CREATE FUNCTION cases_found(asked tsquery) RETURNS SETOF bigint LANGUAGE sql STABLE SET enable_seqscan = off
AS 'SELECT case_id FROM cases_searchrow WHERE words @@ asked';
CREATE FUNCTION cases_packed(asked tsquery) RETURNS bytea LANGUAGE sql STABLE SET enable_seqscan = off
AS 'SELECT string_agg(int8send(case_id), '''') FROM cases_searchrow WHERE words @@ asked'
"""

BACK = {
    "sqlite": "DROP TRIGGER cases_searchrow_gone;\nDROP TABLE cases_search",
    "postgresql": "DROP FUNCTION cases_found(tsquery);\nDROP FUNCTION cases_packed(tsquery)",  # all else: with the table
}


def make_search(apps, schema_editor):
    run({"sqlite": SQLITE, "postgresql": POSTGRESQL}, schema_editor)


def unmake_search(apps, schema_editor):
    run(BACK, schema_editor)


def run(statements, schema_editor):
    for statement in statements[schema_editor.connection.vendor].split(";\n"):
        schema_editor.execute(statement)


def begin(apps, schema_editor):
    """Make the catalogue's one row."""
    apps.get_model("cases", "Catalogue").objects.create(pk=1)


class Migration(migrations.Migration):
    replaces = [
        ("cases", "0001_initial"),
        ("cases", "0002_catalogue_and_records"),
        ("cases", "0003_search"),
        ("cases", "0004_public_version"),
        ("cases", "0005_case_read_alone"),
        ("cases", "0006_narrative_revisions"),
        ("cases", "0007_history_and_review"),
        ("cases", "0008_recoding"),
    ]

    initial = True

    dependencies = [
        ("taxonomy", "0001_squashed_0003_first_version"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalSource",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("slug", models.SlugField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("chapter", "chapter"),
                            ("article", "article"),
                            ("book", "book"),
                            ("report", "report"),
                            ("case-study", "case study"),
                            ("news", "news"),
                            ("web", "web page"),
                            ("other", "other"),
                        ],
                        default="other",
                        max_length=12,
                    ),
                ),
                (
                    "authors",
                    models.CharField(help_text="As the citation gives them, for example Wake et al.", max_length=300),
                ),
                ("year", models.PositiveSmallIntegerField(blank=True, help_text="Empty for n.d.", null=True)),
                (
                    "title",
                    models.CharField(
                        blank=True,
                        help_text="Empty where the match is not certain; say so in the note.",
                        max_length=500,
                    ),
                ),
                ("container", models.CharField(blank=True, max_length=300, verbose_name="published in")),
                ("publisher", models.CharField(blank=True, max_length=200)),
                ("doi", models.CharField(blank=True, max_length=120, verbose_name="DOI")),
                ("url", models.URLField(blank=True, max_length=500, verbose_name="address")),
                ("note", models.TextField(blank=True)),
                (
                    "text_sha256",
                    models.CharField(
                        blank=True,
                        help_text="Of the text (UTF-8) that the offsets of its passages count in, where one is held.",
                        max_length=64,
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical source",
                "verbose_name_plural": "historical sources",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=80, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("chapter", "chapter"),
                            ("article", "article"),
                            ("book", "book"),
                            ("report", "report"),
                            ("case-study", "case study"),
                            ("news", "news"),
                            ("web", "web page"),
                            ("other", "other"),
                        ],
                        default="other",
                        max_length=12,
                    ),
                ),
                (
                    "authors",
                    models.CharField(help_text="As the citation gives them, for example Wake et al.", max_length=300),
                ),
                ("year", models.PositiveSmallIntegerField(blank=True, help_text="Empty for n.d.", null=True)),
                (
                    "title",
                    models.CharField(
                        blank=True,
                        help_text="Empty where the match is not certain; say so in the note.",
                        max_length=500,
                    ),
                ),
                ("container", models.CharField(blank=True, max_length=300, verbose_name="published in")),
                ("publisher", models.CharField(blank=True, max_length=200)),
                ("doi", models.CharField(blank=True, max_length=120, verbose_name="DOI")),
                ("url", models.URLField(blank=True, max_length=500, verbose_name="address")),
                ("note", models.TextField(blank=True)),
                (
                    "text_sha256",
                    models.CharField(
                        blank=True,
                        help_text="Of the text (UTF-8) that the offsets of its passages count in, where one is held.",
                        max_length=64,
                    ),
                ),
            ],
            options={
                "ordering": ["authors", "year", "slug"],
            },
        ),
        migrations.CreateModel(
            name="Passage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("exact", models.TextField(verbose_name="quoted words")),
                ("start", models.PositiveIntegerField(blank=True, null=True)),
                ("end", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "locator",
                    models.CharField(
                        blank=True, help_text="For example p. 13, where the source is paged.", max_length=60
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="passages", to="cases.source"
                    ),
                ),
            ],
            options={
                "ordering": ["source", "start", "pk"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("exact", ""), _negated=True), name="passage_has_words"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("end", None), ("start", None)),
                            models.Q(
                                (
                                    "end",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("start"), "+", django.db.models.functions.text.Length("exact")
                                    ),
                                ),
                                ("end__isnull", False),
                                ("start__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="passage_offsets_span_its_words",
                        violation_error_message="End must be start plus the number of characters quoted; or leave both empty.",
                    ),
                    models.UniqueConstraint(fields=("source", "start", "end"), name="passage_once_at_its_offsets"),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalOrganisation",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("slug", models.SlugField(max_length=120)),
                ("name", models.CharField(max_length=200)),
                ("country", django_countries.fields.CountryField(blank=True, max_length=2)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical organisation",
                "verbose_name_plural": "historical organisations",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Organisation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=120, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("country", django_countries.fields.CountryField(blank=True, max_length=2)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="HistoricalPlace",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("slug", models.SlugField(max_length=120)),
                ("name", models.CharField(max_length=200)),
                ("country", django_countries.fields.CountryField(blank=True, help_text="ISO 3166.", max_length=2)),
                ("latitude", models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True)),
                ("longitude", models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical place",
                "verbose_name_plural": "historical places",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Place",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=120, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("country", django_countries.fields.CountryField(blank=True, help_text="ISO 3166.", max_length=2)),
                ("latitude", models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True)),
                ("longitude", models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True)),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("latitude", None), ("longitude", None)),
                            models.Q(
                                ("latitude__isnull", False),
                                ("latitude__range", (-90, 90)),
                                ("longitude__isnull", False),
                                ("longitude__range", (-180, 180)),
                            ),
                            _connector="OR",
                        ),
                        name="place_coordinates_both_and_on_earth",
                        violation_error_message="Give latitude (-90 to 90) and longitude (-180 to 180), or neither.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slug",
                    models.SlugField(help_text="Its address; never changes its meaning.", max_length=120, unique=True),
                ),
                ("title", models.CharField(blank=True, max_length=200)),
                ("summary", models.TextField(blank=True, help_text="One or two sentences.")),
                ("narrative", models.TextField(blank=True, help_text="Markdown.")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("in-review", "in review"),
                            ("published", "published"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("withdrawn_reason", models.TextField(blank=True, verbose_name="reason for withdrawing")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="withdrawn")),
                ("published_at", models.DateTimeField(blank=True, null=True, verbose_name="first published")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=0, help_text="Counts its saves; a save made from an older version is refused."
                    ),
                ),
                (
                    "coded",
                    models.JSONField(
                        default=dict,
                        editable=False,
                        help_text="By coding: the version of the case, the date and the version of the codebook that it was coded at.",
                    ),
                ),
                ("verdict_reason", models.TextField(blank=True, verbose_name="reason of the verdict")),
                (
                    "verdict_since",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="The year in which it came to hold, where the source dates it.",
                        null=True,
                        verbose_name="holds since",
                    ),
                ),
                ("democratic_reason", models.TextField(blank=True, verbose_name="reason of that judgement")),
                ("evidence_note", models.TextField(blank=True)),
                (
                    "evidence_absent",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not-coded", "not coded"),
                            ("not-stated", "not stated by the source"),
                            ("not-applicable", "not applicable"),
                            ("explicit-no", "explicitly none"),
                        ],
                        default="not-coded",
                        help_text="Why nothing is given as evidence; empty when something is.",
                        max_length=14,
                        verbose_name="without evidence",
                    ),
                ),
                ("year_start", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="first year")),
                (
                    "year_start_precision",
                    models.CharField(
                        choices=[
                            ("exact", "that year"),
                            ("about", "about then"),
                            ("by", "then or earlier"),
                            ("decade", "in that decade"),
                        ],
                        default="exact",
                        max_length=6,
                    ),
                ),
                ("year_end", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="last year")),
                (
                    "year_end_precision",
                    models.CharField(
                        choices=[
                            ("exact", "that year"),
                            ("about", "about then"),
                            ("by", "then or earlier"),
                            ("decade", "in that decade"),
                        ],
                        default="exact",
                        max_length=6,
                    ),
                ),
                ("ongoing", models.BooleanField(default=False, verbose_name="running when the source was written")),
                (
                    "years_absent",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not-coded", "not coded"),
                            ("not-stated", "not stated by the source"),
                            ("not-applicable", "not applicable"),
                            ("explicit-no", "explicitly none"),
                        ],
                        default="not-coded",
                        help_text="Why nothing is given as years; empty when something is.",
                        max_length=14,
                        verbose_name="without years",
                    ),
                ),
                (
                    "sectors_absent",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not-coded", "not coded"),
                            ("not-stated", "not stated by the source"),
                            ("not-applicable", "not applicable"),
                            ("explicit-no", "explicitly none"),
                        ],
                        default="not-coded",
                        help_text="Why nothing is given as sector; empty when something is.",
                        max_length=14,
                        verbose_name="without sector",
                    ),
                ),
                (
                    "places_absent",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not-coded", "not coded"),
                            ("not-stated", "not stated by the source"),
                            ("not-applicable", "not applicable"),
                            ("explicit-no", "explicitly none"),
                        ],
                        default="not-coded",
                        help_text="Why nothing is given as place; empty when something is.",
                        max_length=14,
                        verbose_name="without place",
                    ),
                ),
                (
                    "pathways_absent",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not-coded", "not coded"),
                            ("not-stated", "not stated by the source"),
                            ("not-applicable", "not applicable"),
                            ("explicit-no", "explicitly none"),
                        ],
                        default="not-coded",
                        help_text="Why nothing is given as pathway; empty when something is.",
                        max_length=14,
                        verbose_name="without pathway",
                    ),
                ),
                (
                    "arrangements_absent",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not-coded", "not coded"),
                            ("not-stated", "not stated by the source"),
                            ("not-applicable", "not applicable"),
                            ("explicit-no", "explicitly none"),
                        ],
                        default="not-coded",
                        help_text="Why nothing is given as arrangement; empty when something is.",
                        max_length=14,
                        verbose_name="without arrangement",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "democratic_quality",
                    models.ForeignKey(
                        blank=True,
                        limit_choices_to={"vocabulary__slug": "democratic-quality"},
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="taxonomy.term",
                    ),
                ),
                (
                    "evidence_direction",
                    models.ForeignKey(
                        blank=True,
                        limit_choices_to={"vocabulary__slug": "direction"},
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="taxonomy.term",
                    ),
                ),
                (
                    "evidence_level",
                    models.ForeignKey(
                        blank=True,
                        limit_choices_to={"vocabulary__slug": "evidence"},
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="taxonomy.term",
                    ),
                ),
                (
                    "kind",
                    models.ForeignKey(
                        limit_choices_to={"vocabulary__slug": "kind"},
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="taxonomy.term",
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        help_text="The case that tells it now.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="cases.case",
                    ),
                ),
                (
                    "sectors",
                    models.ManyToManyField(
                        blank=True,
                        limit_choices_to={"vocabulary__slug": "sector"},
                        related_name="+",
                        to="taxonomy.term",
                    ),
                ),
                (
                    "updated_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "verdict",
                    models.ForeignKey(
                        blank=True,
                        limit_choices_to={"vocabulary__slug": "eligibility"},
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="taxonomy.term",
                    ),
                ),
                (
                    "verdict_before",
                    models.ForeignKey(
                        blank=True,
                        limit_choices_to={"vocabulary__slug": "eligibility"},
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="taxonomy.term",
                        verbose_name="verdict until then",
                    ),
                ),
                (
                    "democratic_passage",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.passage",
                        verbose_name="passage behind that judgement",
                    ),
                ),
                (
                    "evidence_passage",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.passage",
                        verbose_name="passage behind the evidence",
                    ),
                ),
                (
                    "verdict_passage",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.passage",
                        verbose_name="passage behind the verdict",
                    ),
                ),
                (
                    "years_passage",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.passage",
                        verbose_name="passage behind the years",
                    ),
                ),
                ("places", models.ManyToManyField(blank=True, related_name="cases", to="cases.place")),
            ],
            options={
                "ordering": ["title", "slug"],
                "indexes": [
                    models.Index(fields=["state", "title", "slug"], name="cases_case_state_734cf3_idx"),
                    models.Index(
                        fields=[
                            "title",
                            "slug",
                            "state",
                            "kind",
                            "verdict",
                            "year_start",
                            "year_end",
                            "ongoing",
                            "updated_at",
                            "evidence_level",
                            "evidence_direction",
                            "evidence_absent",
                            "arrangements_absent",
                            "pathways_absent",
                            "sectors_absent",
                            "places_absent",
                        ],
                        name="case_read_alone",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "published"), _negated=True),
                            models.Q(models.Q(("title", ""), _negated=True), models.Q(("summary", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="case_published_has_title_and_summary",
                        violation_error_message="A published case has a title and a summary.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "published"), _negated=True),
                            models.Q(
                                ("verdict__isnull", False),
                                ("verdict_passage__isnull", False),
                                models.Q(("verdict_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="case_published_has_verdict_reason_passage",
                        violation_error_message="A published case has a verdict, the reason for it and the passage behind it.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "withdrawn"), _negated=True),
                            models.Q(("withdrawn_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="case_withdrawn_has_reason",
                        violation_error_message="A withdrawn case says why.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("merged_into", None), ("state", "withdrawn"), _connector="OR"),
                        name="case_merged_is_withdrawn",
                        violation_error_message="A case that was merged into another is withdrawn.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verdict_before", None), ("verdict_since__isnull", False), _connector="OR"),
                        name="case_earlier_verdict_has_year",
                        violation_error_message="Where another verdict held before, give the year in which that changed.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("democratic_quality", None),
                            models.Q(
                                models.Q(("democratic_reason", ""), _negated=True),
                                ("democratic_passage__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="case_democratic_judgement_has_reason",
                        violation_error_message="The judgement of democratic quality needs its reason and its passage.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("year_start", None),
                            ("year_end", None),
                            ("year_end__gte", models.F("year_start")),
                            _connector="OR",
                        ),
                        name="case_end_not_before_start",
                        violation_error_message="The last year is before the first.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ongoing", False), ("year_end", None), _connector="OR"),
                        name="case_running_has_no_end",
                        violation_error_message="A case that is still running has no last year.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("year_end", None), ("year_start", None), models.Q(("years_absent", ""), _negated=True)
                            ),
                            models.Q(
                                ("years_absent", ""),
                                ("years_passage__isnull", False),
                                models.Q(("year_start__isnull", False), ("year_end__isnull", False), _connector="OR"),
                            ),
                            _connector="OR",
                        ),
                        name="case_years_or_why_none",
                        violation_error_message="Give years with their passage, or say which kind of nothing this is.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("evidence_direction", None),
                                ("evidence_level", None),
                                models.Q(("evidence_absent", ""), _negated=True),
                            ),
                            models.Q(
                                ("evidence_absent", ""),
                                ("evidence_direction__isnull", False),
                                ("evidence_level__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="case_evidence_or_why_none",
                        violation_error_message="Give level and direction of the evidence, or say which kind of nothing it is.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OldAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=120, unique=True)),
                ("until", models.DateTimeField(auto_now_add=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="old_addresses", to="cases.case"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "old addresses",
                "ordering": ["slug"],
            },
        ),
        migrations.CreateModel(
            name="Catalogue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.CharField(default=cases.models.catalogue.new_version, max_length=16)),
                ("public", models.CharField(default=cases.models.catalogue.new_version, max_length=16)),
                (
                    "rendering",
                    models.PositiveSmallIntegerField(default=0, help_text="The form in which the records are kept."),
                ),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="catalogue_is_one")],
            },
        ),
        migrations.CreateModel(
            name="Record",
            fields=[
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="record",
                        serialize=False,
                        to="cases.case",
                    ),
                ),
                ("card", models.TextField(help_text="JSON: what a card of the results prints.")),
                ("line", models.TextField(help_text="CSV: its line of the table, with its line end.")),
                ("document", models.TextField(help_text="JSON: the case whole, as the API sends it.")),
            ],
        ),
        migrations.CreateModel(
            name="Arrangement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order", models.PositiveSmallIntegerField(default=0)),
                ("label", models.CharField(help_text="What this group does, in a few words.", max_length=200)),
                (
                    "type_basis",
                    models.CharField(
                        choices=[
                            ("explicit", "explicit: the words say it"),
                            ("section", "section: by the section it stands in"),
                            ("inferred", "inferred: a reading of the words"),
                        ],
                        max_length=8,
                        verbose_name="basis of the type",
                    ),
                ),
                ("user", models.BooleanField(default=False, verbose_name="service users")),
                ("community", models.BooleanField(default=False, verbose_name="communities")),
                (
                    "actor_basis",
                    models.CharField(
                        choices=[
                            ("explicit", "explicit: the words say it"),
                            ("section", "section: by the section it stands in"),
                            ("inferred", "inferred: a reading of the words"),
                        ],
                        max_length=8,
                        verbose_name="basis of the co-producers",
                    ),
                ),
                ("offline", models.BooleanField(default=False)),
                ("digital", models.BooleanField(default=False)),
                (
                    "mode_absent",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not-coded", "not coded"),
                            ("not-stated", "not stated by the source"),
                            ("not-applicable", "not applicable"),
                            ("explicit-no", "explicitly none"),
                        ],
                        default="not-coded",
                        help_text="Why nothing is given as mode; empty when something is.",
                        max_length=14,
                        verbose_name="without mode",
                    ),
                ),
                (
                    "mode_basis",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("explicit", "explicit: the words say it"),
                            ("section", "section: by the section it stands in"),
                            ("inferred", "inferred: a reading of the words"),
                        ],
                        max_length=8,
                        verbose_name="basis of the mode",
                    ),
                ),
                (
                    "type",
                    models.ForeignKey(
                        limit_choices_to={"vocabulary__slug": "type"},
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="taxonomy.term",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="arrangements", to="cases.case"
                    ),
                ),
                (
                    "actor_passage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.passage",
                        verbose_name="passage behind the co-producers",
                    ),
                ),
                (
                    "mode_passage",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.passage",
                        verbose_name="passage behind the mode",
                    ),
                ),
                (
                    "type_passage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.passage",
                        verbose_name="passage behind the type",
                    ),
                ),
            ],
            options={
                "ordering": ["case", "order", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("user", True), ("community", True), _connector="OR"),
                        name="arrangement_has_co_producer",
                        violation_error_message="An arrangement has a co-producer: service users, communities, or both.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("digital", False),
                                ("mode_basis", ""),
                                ("mode_passage", None),
                                ("offline", False),
                                models.Q(("mode_absent", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("offline", True), ("digital", True), _connector="OR"),
                                ("mode_absent", ""),
                                ("mode_passage__isnull", False),
                                models.Q(("mode_basis", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="arrangement_mode_or_why_none",
                        violation_error_message="Give a mode with its basis and passage, or say which kind of nothing this is.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PathwayLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("explicit", "explicit: the words say it"),
                            ("section", "section: by the section it stands in"),
                            ("inferred", "inferred: a reading of the words"),
                        ],
                        max_length=8,
                        verbose_name="basis of the pathway",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pathway_links", to="cases.case"
                    ),
                ),
                (
                    "passage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.passage",
                        verbose_name="passage",
                    ),
                ),
                (
                    "pathway",
                    models.ForeignKey(
                        limit_choices_to={"vocabulary__slug": "pathway"},
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="taxonomy.term",
                    ),
                ),
            ],
            options={
                "ordering": ["pathway__order", "pk"],
                "constraints": [models.UniqueConstraint(fields=("case", "pathway"), name="pathway_once_a_case")],
            },
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order", models.PositiveSmallIntegerField(default=0)),
                ("as_stated", models.CharField(help_text="The figure in the source's own words.", max_length=300)),
                (
                    "qualifier",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("about", "about"),
                            ("over", "over"),
                            ("at-least", "at least"),
                            ("under", "under"),
                            ("up-to", "up to"),
                            ("nearly", "nearly"),
                        ],
                        max_length=8,
                    ),
                ),
                ("value", models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True)),
                ("value_from", models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True)),
                ("value_to", models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True)),
                (
                    "out_of",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="The denominator: 3 in “two thirds”.",
                        max_digits=20,
                        null=True,
                    ),
                ),
                ("unit", models.CharField(help_text="For example people, %, minutes, GBP.", max_length=60)),
                ("measures", models.CharField(help_text="What is counted.", max_length=300)),
                ("population", models.CharField(blank=True, help_text="Of whom.", max_length=300)),
                (
                    "year_from",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="year, or first year"),
                ),
                ("year_to", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="last year")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="claims", to="cases.case"
                    ),
                ),
                (
                    "passage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.passage",
                        verbose_name="passage",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        help_text="Who says so.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="cases.source",
                    ),
                ),
            ],
            options={
                "ordering": ["case", "order", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("value__isnull", False), ("value_from", None), ("value_to", None)),
                            models.Q(("value", None), ("value_from__isnull", False), ("value_to__isnull", False)),
                            _connector="OR",
                        ),
                        name="claim_value_or_from_to",
                        violation_error_message="Give a value, or a from and a to.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("out_of", None), ("out_of__gt", 0), _connector="OR"),
                        name="claim_denominator_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("year_to", None),
                            models.Q(("year_from__isnull", False), ("year_to__gte", models.F("year_from"))),
                            _connector="OR",
                        ),
                        name="claim_period_in_order",
                        violation_error_message="The last year of a figure needs a first year, not after it.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Caveat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order", models.PositiveSmallIntegerField(default=0)),
                ("text", models.TextField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="caveats", to="cases.case"
                    ),
                ),
                (
                    "kind",
                    models.ForeignKey(
                        limit_choices_to={"vocabulary__slug": "caveat"},
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="taxonomy.term",
                    ),
                ),
                (
                    "passage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.passage",
                        verbose_name="passage",
                    ),
                ),
            ],
            options={
                "ordering": ["case", "order", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Participation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="participations", to="cases.case"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="participations",
                        to="cases.organisation",
                    ),
                ),
                (
                    "part",
                    models.ForeignKey(
                        limit_choices_to={"vocabulary__slug": "part"},
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="taxonomy.term",
                    ),
                ),
                (
                    "passage",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.passage",
                        verbose_name="passage",
                    ),
                ),
            ],
            options={
                "ordering": ["part__order", "organisation__name"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("case", "organisation", "part"), name="organisation_once_in_each_part"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Citation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order", models.PositiveSmallIntegerField(default=0)),
                ("locator", models.CharField(blank=True, max_length=60)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="citations", to="cases.case"
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="citations", to="cases.source"
                    ),
                ),
            ],
            options={
                "ordering": ["case", "order", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("case", "source", "locator"), name="source_cited_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("base_version", models.PositiveIntegerField()),
                ("base", models.JSONField()),
                ("record", models.JSONField()),
                ("reason", models.TextField(help_text="What should change, and why; where that can be read.")),
                (
                    "about",
                    models.CharField(blank=True, help_text="The part of the case that it is about.", max_length=30),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "waits for review"),
                            ("returned", "returned, to be amended"),
                            ("accepted", "accepted"),
                            ("declined", "declined"),
                            ("retracted", "taken back"),
                        ],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, help_text="Counts its saves.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "accepted_as",
                    models.PositiveIntegerField(blank=True, help_text="The version that it became.", null=True),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="proposals",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="proposals", to="cases.case"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "pk"],
                "indexes": [models.Index(fields=["status", "created_at"], name="cases_propo_status_6f33ed_idx")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="proposal_has_reason",
                        violation_error_message="Say what should change, and why.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "accepted"), _negated=True),
                            ("accepted_as__isnull", False),
                            _connector="OR",
                        ),
                        name="accepted_proposal_has_version",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Remark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", models.CharField(blank=True, help_text="The field that it is about.", max_length=200)),
                ("text", models.TextField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="remarks", to="cases.case"
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="remarks",
                        to="cases.proposal",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="remark_says_something"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Recoding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("recoded", "coded anew"),
                            ("still-right", "still right"),
                            ("restored", "the term is in use again"),
                        ],
                        max_length=11,
                    ),
                ),
                ("note", models.TextField(blank=True, help_text="Why it is still right.")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="recodings", to="cases.case"
                    ),
                ),
                (
                    "change",
                    models.ForeignKey(
                        help_text="The change of the codebook that it waits for.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="taxonomy.codebookchange",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "term",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="taxonomy.term"
                    ),
                ),
            ],
            options={
                "verbose_name": "case to code anew",
                "verbose_name_plural": "cases to code anew",
                "ordering": ["change", "case__title", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("settled_at", None)),
                        fields=("case", "term"),
                        name="recoding_waits_once_for_a_term",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", ""), ("settled_at", None)),
                            models.Q(("settled_at__isnull", False), models.Q(("outcome", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="recoding_settled_with_an_outcome",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "still-right"), _negated=True),
                            models.Q(("note", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="recoding_still_right_says_why",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("narrative", models.TextField(blank=True, help_text="Markdown.")),
                (
                    "shown",
                    models.BooleanField(
                        default=False, help_text="Whether readers saw it: it stood in a published case."
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="revisions", to="cases.case"
                    ),
                ),
            ],
            options={
                "ordering": ["case", "-number"],
                "constraints": [
                    models.UniqueConstraint(fields=("case", "number"), name="revision_number_once_in_case")
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchRow",
            fields=[
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="cases.case",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Word",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("word", models.CharField(max_length=40, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name="Version",
            fields=[
                ("number", models.PositiveIntegerField(help_text="The version of the case.")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("in-review", "in review"),
                            ("published", "published"),
                            ("withdrawn", "withdrawn"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("found", "history begins"),
                            ("entered", "entered"),
                            ("changed", "changed"),
                            ("submitted", "submitted for review"),
                            ("returned", "returned to its author"),
                            ("published", "published"),
                            ("withdrawn", "withdrawn"),
                            ("redrafted", "taken up again as a draft"),
                            ("renamed", "given another address"),
                            ("merged", "merged into another case"),
                            ("accepted", "revised as proposed"),
                            ("reverted", "brought back to an earlier version"),
                            ("imported", "imported"),
                            ("undone", "import undone"),
                            ("recoded", "recoded as the codebook changed"),
                            ("quoted", "a passage that it quotes was corrected"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "unattended",
                    models.BooleanField(default=False, help_text="Whether the catalogue itself did it, and nobody."),
                ),
                ("record", models.JSONField()),
                ("history_change_reason", models.TextField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="cases.case",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "version",
                "verbose_name_plural": "versions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Standing",
            fields=[
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="standing",
                        serialize=False,
                        to="cases.case",
                    ),
                ),
                ("number", models.PositiveIntegerField(help_text="The version of the case.")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("in-review", "in review"),
                            ("published", "published"),
                            ("withdrawn", "withdrawn"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("found", "history begins"),
                            ("entered", "entered"),
                            ("changed", "changed"),
                            ("submitted", "submitted for review"),
                            ("returned", "returned to its author"),
                            ("published", "published"),
                            ("withdrawn", "withdrawn"),
                            ("redrafted", "taken up again as a draft"),
                            ("renamed", "given another address"),
                            ("merged", "merged into another case"),
                            ("accepted", "revised as proposed"),
                            ("reverted", "brought back to an earlier version"),
                            ("imported", "imported"),
                            ("undone", "import undone"),
                            ("recoded", "recoded as the codebook changed"),
                            ("quoted", "a passage that it quotes was corrected"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "unattended",
                    models.BooleanField(default=False, help_text="Whether the catalogue itself did it, and nobody."),
                ),
                ("record", models.JSONField()),
            ],
        ),
        migrations.AddField(
            model_name="case",
            name="organisations",
            field=models.ManyToManyField(related_name="cases", through="cases.Participation", to="cases.organisation"),
        ),
        migrations.AddField(
            model_name="case",
            name="pathways",
            field=models.ManyToManyField(related_name="+", through="cases.PathwayLink", to="taxonomy.term"),
        ),
        migrations.AddField(
            model_name="case",
            name="sources",
            field=models.ManyToManyField(related_name="cases", through="cases.Citation", to="cases.source"),
        ),
        migrations.RunPython(make_search, unmake_search),
        migrations.RunPython(begin, migrations.RunPython.noop),
    ]
