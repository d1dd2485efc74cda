import annotations.models
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotations", "0003_settle_notes")]

    operations = [
        migrations.AlterField(
            model_name="annotation",
            name="uid",
            field=models.CharField(default=annotations.models.new_uid, editable=False, max_length=16, unique=True),
        ),
        migrations.AddConstraint(
            model_name="annotation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("audience", "group"), ("group__isnull", False)),
                    models.Q(models.Q(("audience", "group"), _negated=True), ("group", None)),
                    _connector="OR",
                ),
                name="annotation_group_where_audience_is_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="annotation",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="annotation",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="annotation",
            constraint=models.CheckConstraint(
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
        ),
    ]
