"""The versions of cases whose source, organisation or place was merged or split."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0011_identity_of_what_stands"),
    ]

    operations = [
        migrations.AlterField(
            model_name="currentversion",
            name="act",
            field=models.CharField(
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
                    ("regrouped", "a source, organisation or place of it was merged or split"),
                    ("quoted", "a passage that it quotes was corrected"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="version",
            name="act",
            field=models.CharField(
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
                    ("regrouped", "a source, organisation or place of it was merged or split"),
                    ("quoted", "a passage that it quotes was corrected"),
                ],
                max_length=10,
            ),
        ),
    ]
