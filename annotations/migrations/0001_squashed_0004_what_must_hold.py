import annotations.models
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("annotations", "0001_initial"),
        ("annotations", "0002_notes_that_last"),
        ("annotations", "0003_settle_notes"),
        ("annotations", "0004_what_must_hold"),
    ]

    initial = True

    dependencies = [
        ("cases", "0001_squashed_0008_recoding"),
        ("taxonomy", "0001_squashed_0003_first_version"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Group",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "uid",
                    models.CharField(default=annotations.models.new_uid, editable=False, max_length=16, unique=True),
                ),
                ("name", models.CharField(max_length=80)),
                ("invitation", models.CharField(default=annotations.models.new_invitation, max_length=32, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "closed_at",
                    models.DateTimeField(blank=True, help_text="From then on nothing new is written in it.", null=True),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="group_has_name")
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("joined_at", models.DateTimeField(auto_now_add=True)),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="annotations.group"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["joined_at", "pk"],
                "constraints": [models.UniqueConstraint(fields=("group", "user"), name="membership_once")],
            },
        ),
        migrations.CreateModel(
            name="Annotation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "uid",
                    models.CharField(default=annotations.models.new_uid, editable=False, max_length=16, unique=True),
                ),
                (
                    "audience",
                    models.CharField(
                        choices=[("private", "only me"), ("group", "a group"), ("public", "everyone")],
                        default="private",
                        max_length=8,
                    ),
                ),
                ("exact", models.TextField(blank=True, verbose_name="quoted words")),
                ("prefix", models.CharField(blank=True, max_length=32)),
                ("suffix", models.CharField(blank=True, max_length=32)),
                ("quoted_at", models.PositiveIntegerField(null=True)),
                (
                    "placement",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("placed", "placed"),
                            ("moved", "moved with its words"),
                            ("changed", "the words were changed"),
                            ("orphaned", "no longer placed"),
                        ],
                        max_length=8,
                    ),
                ),
                ("start", models.PositiveIntegerField(null=True)),
                ("end", models.PositiveIntegerField(null=True)),
                ("comment", models.TextField(blank=True, help_text="Markdown; empty for a mere highlight.")),
                (
                    "said_elsewhere",
                    models.JSONField(
                        blank=True, default=dict, help_text="What a W3C annotation said beyond this, as it came."
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, help_text="Counts its changes.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("edited_at", models.DateTimeField(help_text="When its author last changed what it says.", null=True)),
                ("resolved_at", models.DateTimeField(null=True)),
                ("hidden_at", models.DateTimeField(help_text="When a moderator took it away from readers.", null=True)),
                (
                    "deleted_at",
                    models.DateTimeField(help_text="What it said is gone; its place in a thread stays.", null=True),
                ),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="annotations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="annotations",
                        to="cases.case",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="replies",
                        to="annotations.annotation",
                    ),
                ),
                (
                    "resolved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="annotations",
                        to="cases.revision",
                    ),
                ),
                (
                    "thread",
                    models.ForeignKey(
                        blank=True,
                        help_text="The note it all began with.",
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="members",
                        to="annotations.annotation",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="annotations",
                        to="annotations.group",
                    ),
                ),
            ],
            options={
                "ordering": ["start", "end", "pk"],
                "permissions": [("moderate_annotation", "Can decide on flagged notes")],
                "indexes": [
                    models.Index(fields=["case", "audience", "start"], name="annotations_case_id_1797a7_idx"),
                    models.Index(fields=["author", "-created_at"], name="annotations_author__2759c1_idx"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("audience", "group"), ("group__isnull", False)),
                            models.Q(models.Q(("audience", "group"), _negated=True), ("group", None)),
                            _connector="OR",
                        ),
                        name="annotation_group_where_audience_is_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("parent", None), ("thread", None)),
                            models.Q(
                                ("exact", ""),
                                ("parent__isnull", False),
                                ("thread__isnull", False),
                                models.Q(("thread", models.F("pk")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="annotation_reply_has_thread_and_no_words",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("exact", ""), ("placement", "")),
                            models.Q(
                                models.Q(("exact", ""), _negated=True),
                                models.Q(("placement", ""), _negated=True),
                                ("case__isnull", False),
                                ("revision__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="annotation_words_have_placement_and_case",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("end", None), ("placement__in", ["", "orphaned"]), ("start", None)),
                            models.Q(
                                models.Q(("placement__in", ["", "orphaned"]), _negated=True),
                                ("end__gt", models.F("start")),
                                ("start__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="annotation_offsets_where_placed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label", models.CharField(max_length=60)),
                (
                    "annotation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tags", to="annotations.annotation"
                    ),
                ),
            ],
            options={
                "ordering": ["label"],
                "indexes": [models.Index(fields=["label"], name="annotations_label_346fba_idx")],
                "constraints": [models.UniqueConstraint(fields=("annotation", "label"), name="tag_once_on_annotation")],
            },
        ),
        migrations.CreateModel(
            name="Code",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "annotation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="annotations.annotation"
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
                "ordering": ["term__vocabulary__order", "term__order"],
                "constraints": [models.UniqueConstraint(fields=("annotation", "term"), name="code_once_on_annotation")],
            },
        ),
        migrations.CreateModel(
            name="OtherName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("relation", models.CharField(choices=[("canonical", "Canonical"), ("via", "Via")], max_length=9)),
                ("iri", models.CharField(db_index=True, max_length=500, verbose_name="IRI")),
                (
                    "annotation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="names", to="annotations.annotation"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("annotation", "relation", "iri"), name="other_name_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("relation", "canonical")),
                        fields=("annotation",),
                        name="other_name_canonical_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Wording",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("exact", models.TextField(blank=True)),
                ("comment", models.TextField(blank=True)),
                ("tags", models.JSONField(default=list)),
                ("codes", models.JSONField(default=list, help_text="Each as vocabulary:slug.")),
                ("said_at", models.DateTimeField()),
                (
                    "annotation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="wordings",
                        to="annotations.annotation",
                    ),
                ),
            ],
            options={
                "ordering": ["-version"],
                "constraints": [models.UniqueConstraint(fields=("annotation", "version"), name="wording_once")],
            },
        ),
        migrations.CreateModel(
            name="Flag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=500)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "annotation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="flags", to="annotations.annotation"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("settled_at", None)),
                        fields=("annotation", "by"),
                        name="flag_once_until_settled",
                    ),
                    models.CheckConstraint(condition=models.Q(("reason", ""), _negated=True), name="flag_has_reason"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "verb",
                    models.CharField(
                        choices=[("hide", "hidden from readers"), ("approve", "shown to its readers")], max_length=7
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "annotation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="decisions",
                        to="annotations.annotation",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), ("verb", "hide"), _negated=True),
                        name="decision_to_hide_has_reason",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="group",
            name="members",
            field=models.ManyToManyField(
                related_name="annotation_groups", through="annotations.Membership", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="annotation",
            name="codes",
            field=models.ManyToManyField(related_name="annotations", through="annotations.Code", to="taxonomy.term"),
        ),
    ]
