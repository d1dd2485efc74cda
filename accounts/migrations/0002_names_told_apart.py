"""What the names of accounts look like is claimed, so that no new one looks like them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


from plaintext.lookalikes import skeletons

BATCH_SIZE = 2_000


def claim_names(apps, schema_editor):
    """Claim the names of the accounts there are: user names before displayed names, older accounts before newer ones.

    Of two that look alike, the later one keeps its name without a claim.
    """
    user, claim = apps.get_model("accounts", "User"), apps.get_model("accounts", "NameClaim")
    for column in ("username", "name"):
        claims = []
        for key, name in user.objects.order_by("pk").values_list("pk", column).iterator(chunk_size=BATCH_SIZE):
            claims += [claim(user_id=key, skeleton=found[:400]) for found in skeletons(name)]
            if len(claims) >= BATCH_SIZE:
                claim.objects.bulk_create(claims, ignore_conflicts=True)
                claims = []
        claim.objects.bulk_create(claims, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="NameClaim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("skeleton", models.CharField(max_length=400, unique=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="claims", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.RunPython(claim_names, migrations.RunPython.noop, elidable=True),
    ]
