"""A slug is looked up in any case of letters."""

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
