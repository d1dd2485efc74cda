"""ORCID iDs: sixteen characters, the last a checksum by ISO 7064 MOD 11-2.

Source: support.orcid.org, "Structure of the ORCID Identifier".
"""

import re

from django.core.exceptions import ValidationError

ORCID_PATTERN = re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]")
ORCID_URL_PREFIX = re.compile(r"^(https?://)?(www\.)?orcid\.org/", re.IGNORECASE)
ORCID_SEPARATORS = re.compile(
    r"[\s/\-\N{HYPHEN}-\N{HORIZONTAL BAR}\N{MINUS SIGN}]"
)  # may separate the groups or follow the iD


def normalise_orcid(text: str) -> str:
    """The bare iD of pasted text: an address, a lower-case x, missing or typographic hyphens."""
    digits = ORCID_SEPARATORS.sub("", ORCID_URL_PREFIX.sub("", text.strip())).upper()
    return "-".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def check_character(digits: str) -> str:
    """The checksum of the first fifteen digits."""
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    rest = (12 - total % 11) % 11
    return "X" if rest == 10 else str(rest)


def validate_orcid(value: str) -> None:
    """Raise ValidationError unless `value` is a well-formed iD with a correct checksum."""
    if not ORCID_PATTERN.fullmatch(value):
        raise ValidationError(
            "An ORCID iD looks like 0000-0002-1825-0097: four groups of four digits. "
            "Copy yours from your page on orcid.org, or leave this empty.",
            code="shape",
        )
    if check_character(value.replace("-", "")[:15]) != value[-1]:
        raise ValidationError(
            "This ORCID iD has a typing mistake: its last character does not match the others. "
            "Copy it again from your page on orcid.org.",
            code="checksum",
        )
