"""How things of this catalogue are called in documents: by absolute IRIs, which are their addresses."""

from __future__ import annotations

from django.conf import settings
from django.urls import Resolver404, ResolverMatch, resolve, reverse
from django.utils.crypto import salted_hmac

from accounts.models import User
from cases.models import Case
from taxonomy.models import Term

from ..models import Audience, Group

PROFILE = JSONLD_CONTEXT = "http://www.w3.org/ns/anno.jsonld"
LDP_CONTEXT = "http://www.w3.org/ns/ldp.jsonld"
JSONLD_MEDIA_TYPE = f'application/ld+json; profile="{PROFILE}"'
OA_NAMESPACE = "http://www.w3.org/ns/oa#"


def absolute_url(path: str) -> str:
    """Return a path of this site with its origin, which is a setting: no header of a request changes it."""
    return f"{settings.BASE_URL}{path}"


def case_iri(case: Case) -> str:
    return absolute_url(case.get_absolute_url())


def term_iri(term: Term) -> str:
    return absolute_url(term.get_absolute_url())


def audience_iri(audience: str, group: Group | None) -> str:
    """Return the IRI of a note's readers: its group's address, or a name for its author alone and for everyone."""
    if group is not None:
        return absolute_url(group.get_absolute_url())
    return absolute_url(f"{reverse('annotations:container')}#{audience}")


def author_iri(user: User) -> str:
    """Return an ORCID iD as an address, or a name that says nothing of its bearer but that it is the same one."""
    if user.orcid:
        return f"https://orcid.org/{user.orcid}"
    name = salted_hmac("annotations.author", str(user.pk), algorithm="sha256").hexdigest()[:20]
    return absolute_url(f"{reverse('annotations:container')}#author-{name}")


def resolve_iri(iri: str) -> ResolverMatch | None:
    """Return what stands at an IRI of this site; None for one elsewhere, or where nothing stands."""
    origin = f"{settings.BASE_URL}/"
    if not iri.startswith(origin):
        return None
    path = iri[len(origin) - 1 :].partition("#")[0].partition("?")[0]
    for tried in (path, f"{path}/"):
        try:
            return resolve(tried)
        except (Resolver404, ValueError):
            continue
    return None


def parse_audience_iri(iri: str) -> tuple[str, str] | None:
    """Return the audience that an IRI of ours means, and the uid of its group; None for an IRI of somebody else."""
    for audience in (Audience.PRIVATE, Audience.PUBLIC):
        if iri == audience_iri(audience, None):
            return str(audience), ""
    match = resolve_iri(iri)
    if match is None or not match.view_name.startswith("annotations:"):
        return None
    return str(Audience.GROUP), str(match.kwargs.get("uid", "")) if match.view_name == "annotations:group" else ""


def motivation_name(word: str) -> str:
    """Return a motivation or purpose as the JSON-LD context names it: `commenting`, however it was written.

    >>> motivation_name("oa:commenting"), motivation_name("http://www.w3.org/ns/oa#commenting"), motivation_name("http://example.org/doubting")
    ('commenting', 'commenting', 'http://example.org/doubting')
    """
    return word.removeprefix(OA_NAMESPACE).removeprefix("oa:")


def single_or_list(values: list[str]) -> str | list[str]:
    """Return a single value as it is, several as a list."""
    return values[0] if len(values) == 1 else values
