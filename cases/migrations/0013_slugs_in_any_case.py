"""A slug is looked up in any case of letters, and what was merged cannot newly be chosen."""

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0012_regrouped"),
        ("taxonomy", "0001_squashed_0003_first_version"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="case",
            name="places",
            field=models.ManyToManyField(
                blank=True, limit_choices_to={"replaced_by": None}, related_name="cases", to="cases.place"
            ),
        ),
        migrations.AlterField(
            model_name="citation",
            name="source",
            field=models.ForeignKey(
                limit_choices_to={"replaced_by": None},
                on_delete=django.db.models.deletion.PROTECT,
                related_name="citations",
                to="cases.source",
            ),
        ),
        migrations.AlterField(
            model_name="claim",
            name="source",
            field=models.ForeignKey(
                help_text="Who says so.",
                limit_choices_to={"replaced_by": None},
                on_delete=django.db.models.deletion.PROTECT,
                related_name="claims",
                to="cases.source",
            ),
        ),
        migrations.AlterField(
            model_name="participation",
            name="organisation",
            field=models.ForeignKey(
                limit_choices_to={"replaced_by": None},
                on_delete=django.db.models.deletion.PROTECT,
                related_name="participations",
                to="cases.organisation",
            ),
        ),
        migrations.AlterField(
            model_name="passage",
            name="source",
            field=models.ForeignKey(
                limit_choices_to={"replaced_by": None},
                on_delete=django.db.models.deletion.PROTECT,
                related_name="passages",
                to="cases.source",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(django.db.models.functions.text.Lower("slug"), name="case_slug_any_case"),
        ),
        migrations.AddIndex(
            model_name="oldaddress",
            index=models.Index(django.db.models.functions.text.Lower("slug"), name="old_address_any_case"),
        ),
        migrations.AddIndex(
            model_name="organisation",
            index=models.Index(django.db.models.functions.text.Lower("slug"), name="organisation_slug_any_case"),
        ),
        migrations.AddIndex(
            model_name="place",
            index=models.Index(django.db.models.functions.text.Lower("slug"), name="place_slug_any_case"),
        ),
        migrations.AddIndex(
            model_name="source",
            index=models.Index(django.db.models.functions.text.Lower("slug"), name="source_slug_any_case"),
        ),
    ]
