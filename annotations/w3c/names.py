"""IRIs of this catalogue's resources in documents; they are the addresses of the resources."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

from django.conf import settings
from django.urls import Resolver404, ResolverMatch, get_script_prefix, resolve, reverse
from django.utils.crypto import salted_hmac

from accounts.models import User
from cases.models import Case
from taxonomy.models import Term

from ..models import Audience, Group

T = TypeVar("T")

PROFILE = JSONLD_CONTEXT = "http://www.w3.org/ns/anno.jsonld"
LDP_CONTEXT = "http://www.w3.org/ns/ldp.jsonld"
JSONLD_MEDIA_TYPE = f'application/ld+json; profile="{PROFILE}"'
OA_NAMESPACE = "http://www.w3.org/ns/oa#"


def absolute_url(path: str) -> str:
    """A path with the site's origin, which comes from a setting, so that request headers cannot change it."""
    return f"{settings.BASE_URL}{path}"


def case_iri(case: Case) -> str:
    return _iri("cases:case", case.slug)


def term_iri(term: Term) -> str:
    return _iri("taxonomy:term", term.vocabulary.slug, term.slug)


def _iri(view_name: str, *names: str) -> str:
    return absolute_url(_path(get_script_prefix(), view_name, names))


@lru_cache(maxsize=2_000)
def _path(_script_prefix: str, view_name: str, names: Sequence[str]) -> str:
    """The path of a view: kept, as documents name the same few cases and terms again and again."""
    return reverse(view_name, args=names)


def audience_iri(audience: str, group: Group | None) -> str:
    """The IRI of a note's audience: the address of its group, or a fixed IRI for "private" and "public"."""
    if group is not None:
        return absolute_url(group.get_absolute_url())
    return f"{_iri('annotations:container')}#{audience}"


def author_iri(user: User) -> str:
    """The address of the author's ORCID iD, or a pseudonym that reveals nothing but is always the same."""
    if user.orcid:
        return f"https://orcid.org/{user.orcid}"
    name = salted_hmac("annotations.author", str(user.pk), algorithm="sha256").hexdigest()[:20]
    return f"{_iri('annotations:container')}#author-{name}"


def resolve_iri(iri: str) -> ResolverMatch | None:
    """The view at an IRI of this site; None for other sites and unknown addresses."""
    origin = f"{settings.BASE_URL}/"
    if not iri.startswith(origin):
        return None
    path = iri[len(origin) - 1 :].partition("#")[0].partition("?")[0]
    for candidate in (path, f"{path}/"):
        try:
            return resolve(candidate)
        except (Resolver404, ValueError):
            continue
    return None


def parse_audience_iri(iri: str) -> tuple[str, str] | None:
    """The audience and group uid that an IRI of this site denotes; None for other IRIs."""
    for audience in (Audience.PRIVATE, Audience.PUBLIC):
        if iri == audience_iri(audience, None):
            return str(audience), ""
    match = resolve_iri(iri)
    if match is None or not match.view_name.startswith("annotations:"):
        return None
    return str(Audience.GROUP), str(match.kwargs.get("uid", "")) if match.view_name == "annotations:group" else ""


def motivation_name(word: str) -> str:
    """The short name of a motivation or purpose in the JSON-LD context, such as `commenting`.

    >>> motivation_name("oa:commenting"), motivation_name("http://www.w3.org/ns/oa#commenting"), motivation_name("http://example.org/doubting")
    ('commenting', 'commenting', 'http://example.org/doubting')
    """
    return word.removeprefix(OA_NAMESPACE).removeprefix("oa:")


def single_or_list(values: list[T]) -> T | list[T]:
    """A single value by itself, as JSON-LD's own examples have it; several as a list."""
    return values[0] if len(values) == 1 else values
