"""What came in as a file, remembered."""

from django.db import models


class LoadedRecord(models.Model):
    """A record that the catalogue's own files brought, and its state just then.

    What differs from that state now was edited by a person and is never overwritten; what is gone was deleted by one
    and is never brought back.
    """

    register = models.CharField(max_length=20)
    slug = models.CharField(max_length=120)
    checksum = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["register", "slug"], name="loaded_record_once")]

    def __str__(self) -> str:
        return f"{self.register}/{self.slug}"
