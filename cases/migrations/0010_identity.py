"""Things of the registers are known by their words; a slug is only an address, and a merged one leads on."""

import django.db.models.deletion
import taxonomy.slugs
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0009_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalorganisation",
            name="replaced_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                help_text="The one that its slug means now.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="cases.organisation",
            ),
        ),
        migrations.AddField(
            model_name="historicalplace",
            name="admin_area",
            field=models.CharField(
                blank=True,
                help_text="Of its country: state, province, county, where that tells it from others of its name.",
                max_length=200,
                verbose_name="administrative area",
            ),
        ),
        migrations.AddField(
            model_name="historicalplace",
            name="replaced_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                help_text="The one that its slug means now.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="cases.place",
            ),
        ),
        migrations.AddField(
            model_name="historicalsource",
            name="replaced_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                help_text="The one that its slug means now.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="cases.source",
            ),
        ),
        migrations.AddField(
            model_name="organisation",
            name="identity",
            field=models.CharField(blank=True, db_index=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="organisation",
            name="likeness",
            field=models.CharField(blank=True, db_index=True, editable=False, max_length=120),
        ),
        migrations.AddField(
            model_name="organisation",
            name="replaced_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                help_text="The one that its slug means now.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaces",
                to="cases.organisation",
            ),
        ),
        migrations.AddField(
            model_name="place",
            name="admin_area",
            field=models.CharField(
                blank=True,
                help_text="Of its country: state, province, county, where that tells it from others of its name.",
                max_length=200,
                verbose_name="administrative area",
            ),
        ),
        migrations.AddField(
            model_name="place",
            name="identity",
            field=models.CharField(blank=True, db_index=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="place",
            name="likeness",
            field=models.CharField(blank=True, db_index=True, editable=False, max_length=120),
        ),
        migrations.AddField(
            model_name="place",
            name="replaced_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                help_text="The one that its slug means now.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaces",
                to="cases.place",
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="doi_key",
            field=models.CharField(blank=True, editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name="source",
            name="identity",
            field=models.CharField(blank=True, db_index=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="source",
            name="likeness",
            field=models.CharField(blank=True, db_index=True, editable=False, max_length=120),
        ),
        migrations.AddField(
            model_name="source",
            name="replaced_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                help_text="The one that its slug means now.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaces",
                to="cases.source",
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="url_key",
            field=models.CharField(blank=True, editable=False, max_length=64, null=True),
        ),
        migrations.AlterField(
            model_name="historicalorganisation",
            name="slug",
            field=models.SlugField(max_length=120, validators=[taxonomy.slugs.validate_new_slug]),
        ),
        migrations.AlterField(
            model_name="historicalplace",
            name="slug",
            field=models.SlugField(max_length=120, validators=[taxonomy.slugs.validate_new_slug]),
        ),
        migrations.AlterField(
            model_name="historicalsource",
            name="slug",
            field=models.SlugField(max_length=80, validators=[taxonomy.slugs.validate_new_slug]),
        ),
        migrations.AlterField(
            model_name="organisation",
            name="slug",
            field=models.SlugField(max_length=120, unique=True, validators=[taxonomy.slugs.validate_new_slug]),
        ),
        migrations.AlterField(
            model_name="place",
            name="slug",
            field=models.SlugField(max_length=120, unique=True, validators=[taxonomy.slugs.validate_new_slug]),
        ),
        migrations.AlterField(
            model_name="source",
            name="slug",
            field=models.SlugField(max_length=80, unique=True, validators=[taxonomy.slugs.validate_new_slug]),
        ),
        migrations.AddIndex(
            model_name="source",
            index=models.Index(
                condition=models.Q(("doi_key__isnull", False)), fields=["doi_key"], name="source_doi_key"
            ),
        ),
        migrations.AddIndex(
            model_name="source",
            index=models.Index(
                condition=models.Q(("url_key__isnull", False)), fields=["url_key"], name="source_url_key"
            ),
        ),
    ]
