"""The API endpoint that enters and changes many cases as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import exceptions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from cases import actions
from cases.actions.rules import require_perm
from cases.derived.representations import insert_origin, load_representations
from cases.history.writing import ChangeInfo
from cases.models import Act, Case
from cases.record.addresses import FreeSlugs
from cases.record.registers import Registers
from cases.serializers import CaseSerializer
from cases.serializers.fields import FieldErrors, PartSerializer
from taxonomy.api import ParameterlessView

from .cases import CHANGE_REASON, CaseAPIView, CaseMoved, CaseOutOfDate, case_etag, patched_record, with_slug

T = TypeVar("T")

MAX_CASES_AT_ONCE = 200
RECORD_PLACES = ("create", "record", "patch")


@extend_schema_field(CaseSerializer)
class RecordBodyField(serializers.DictField):
    """A record that the view validates."""


@extend_schema_field(OpenApiTypes.OBJECT)
class PatchField(serializers.DictField):
    """A merge patch of a record."""


class CaseWriteSerializer(PartSerializer):
    """A new case, or a change of one that stands."""

    create = RecordBodyField(required=False, help_text="The record of a new case, which becomes a draft.")  # type: ignore[assignment]  # a field
    change = serializers.SlugField(required=False, max_length=120, help_text="The slug of the case to change.")
    version = serializers.IntegerField(
        required=False, min_value=0, max_value=2**31 - 1, help_text="The version from which the change was made."
    )
    record = RecordBodyField(required=False, help_text="What the changed case says, whole.")
    patch = PatchField(required=False, help_text="Or what changes, as a merge patch (RFC 7396).")

    def validate(self, attrs: Mapping[str, Any]) -> Mapping[str, Any]:
        if wrong := dict(item_mistakes(attrs)):
            raise exceptions.ValidationError(wrong)
        return attrs


def item_mistakes(item: Mapping[str, Any]) -> FieldErrors:
    """What is wrong with an item whose values are right by themselves."""
    given = [name for name in RECORD_PLACES if name in item]
    if "create" in item:
        yield from ((name, "A new case does not have this: give create alone.") for name in item if name != "create")
    elif "change" not in item:
        yield "non_field_errors", "Give create, with a record; or change, with a slug, version, and record or patch."
    elif "version" not in item:
        yield "version", "Say from which version the change was made, so that nobody's work is overwritten."
    elif len(given) != 1:
        yield "record", "Give either record or patch."


class WrittenCaseSerializer(serializers.Serializer[Any]):
    """A case as it was written."""

    slug = serializers.CharField()
    state = serializers.CharField()
    version = serializers.IntegerField()
    etag = serializers.CharField(help_text="For If-Match, when it is changed next.")
    url = serializers.URLField(help_text="Where it is read.")


class CaseWrite(NamedTuple):
    """An item that was read: where its record stands, the record, and which case it changes, if that is there."""

    place: str
    data: Any
    slug: str
    version: int
    case: Case | None


class CasesStale(exceptions.ValidationError):
    """412: all that is wrong is that cases were changed meanwhile."""

    status_code = status.HTTP_412_PRECONDITION_FAILED


BATCH_EXAMPLE = OpenApiExample(
    "A new case, and a change",
    [
        {"create": {"title": "Peer support in Oslo", "kind": "named-case", "summary": "…"}},
        {"change": "sharon", "version": 3, "patch": {"summary": "Better words."}},
    ],
    request_only=True,
)


class CaseBatch(CaseAPIView, ParameterlessView):
    """Many cases at once."""

    @extend_schema(
        operation_id="cases_batch",
        request=CaseWriteSerializer(many=True),
        responses=WrittenCaseSerializer(many=True),
        parameters=[CHANGE_REASON],
        examples=[BATCH_EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """Enter and change up to 200 cases as one: all of them, or none.

        Each item either has `create`, or `change`, `version`, and `record` or `patch`. Every mistake is told at once,
        by the item's index. The answer names the cases in the order of the items.
        """
        items, reason = self.items(request.data), self.reason()
        with transaction.atomic():
            writes = self.writes(items)
            self.registers = Registers.named_in([write.data for write in writes])
            cases = self.written(writes, reason)
        return Response(self.told(cases))

    def items(self, data: Any) -> list[dict[str, Any]]:
        """The items in the right shape. Raises ValidationError by index."""
        if not isinstance(data, list) or not 0 < len(data) <= MAX_CASES_AT_ONCE:
            raise exceptions.ValidationError(
                {"non_field_errors": [f"Give a list of 1 to {MAX_CASES_AT_ONCE} items, each with create or change."]}
            )
        serializer, mistakes, items = CaseWriteSerializer(), {}, []
        for index, each in enumerate(data):
            try:
                items.append(serializer.run_validation(each))
            except exceptions.ValidationError as error:
                mistakes[str(index)] = error.detail
        if mistakes := mistakes or repeated(items):
            raise exceptions.ValidationError(mistakes)
        return items

    def writes(self, items: Sequence[Mapping[str, Any]]) -> list[CaseWrite]:
        """What is to be written, each with its case, locked in the order in which every writer locks."""
        slugs = [item["change"] for item in items if "change" in item]
        readable = Case.objects.readable_by(self.request.user).filter(slug__in=slugs)
        list(readable.order_by("pk").select_for_update(of=("self",)).values_list("pk"))
        cases = {case.slug: case for case in readable.whole()}
        free = FreeSlugs("cases", {str(item["create"].get("slug")) for item in items if "create" in item})
        return [case_write(item, cases.get(item.get("change", "")), free) for item in items]

    def written(self, writes: Sequence[CaseWrite], reason: str) -> list[Case]:
        """Write all items together. If a rule refuses them, write one by one to say which."""
        checked = for_each(writes, self.checked)
        try:
            with transaction.atomic():
                return self.write(checked, reason)
        except exceptions.ValidationError:
            for_each(checked, lambda write: self.write([write], reason))
            raise

    def checked(self, write: CaseWrite) -> CaseWrite:
        """The item with its record validated; refused if its case is not there, was changed or is not to be changed."""
        if write.place == "create":
            return write._replace(data=self.record(write.data))
        case = write.case or self.find(write.slug)
        require_perm(self.curator, "edit", case)
        if case.version != write.version:
            raise CaseOutOfDate(actions.StaleCase(case, write.version), self.curator)
        return write._replace(data=self.record(write.data, case))

    def write(self, writes: Sequence[CaseWrite], reason: str) -> list[Case]:
        """Write validated items, and return their cases in the same order."""
        entered = [write.data for write in writes if not write.case]
        changes = [actions.CaseChange(write.case, write.data, write.version) for write in writes if write.case]
        with self.writing():
            new = iter(actions.create_cases(entered=entered, by=self.curator, reason=reason))
            info = ChangeInfo(self.curator, Act.CHANGED, reason)
            changed = iter(actions.change_cases(changes=changes, by=self.curator, info=info))
        return [next(changed if write.case else new) for write in writes]

    def told(self, cases: Sequence[Case]) -> list[dict[str, Any]]:
        """What is said of each case that was written."""
        documents = map(insert_origin, load_representations([case.pk for case in cases], "document"))
        return [
            {
                "slug": case.slug,
                "state": case.state,
                "version": case.version,
                "etag": case_etag(case, document),
                "url": reverse("case-detail", args=[case.slug], request=self.request),
            }
            for case, document in zip(cases, documents, strict=True)
        ]


def for_each(writes: Sequence[CaseWrite], do: Callable[[CaseWrite], T]) -> list[T]:
    """Do something with every item, and undo it where it fails. Raises ValidationError with all mistakes, by index."""
    done: list[T] = []
    mistakes: dict[str, Any] = {}
    stale = 0
    for index, write in enumerate(writes):
        try:
            with transaction.atomic():
                done.append(do(write))
        except CaseOutOfDate as error:
            stale += 1
            mistakes[str(index)] = {"version": [str(error.detail)]}
        except exceptions.ValidationError as error:
            mistakes[str(index)] = {write.place: error.detail}
        except (exceptions.APIException, PermissionDenied, CaseMoved) as error:
            mistakes[str(index)] = {"change": [what_refuses(error)]}
    if mistakes:
        raise (CasesStale if stale == len(mistakes) else exceptions.ValidationError)(mistakes)
    return done


def repeated(items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The mistakes of items that have the slug of an earlier one, by index."""
    first: dict[str, int] = {}
    mistakes: dict[str, Any] = {}
    for index, item in enumerate(items):
        slug = item.get("change") or item.get("create", {}).get("slug")
        if isinstance(slug, str) and slug and first.setdefault(slug, index) != index:
            what = [f"Item {first[slug]} has this slug already: say all of a case in one item."]
            mistakes[str(index)] = {"change": what} if "change" in item else {"create": {"slug": what}}
    return mistakes


def case_write(item: Mapping[str, Any], case: Case | None, free: FreeSlugs) -> CaseWrite:
    place = next(name for name in RECORD_PLACES if name in item)
    data = with_slug(item[place], free) if place == "create" else item[place]
    if case and place == "patch":
        data = patched_record(case, data, merge=True)
    return CaseWrite(place, data, item.get("change", ""), item.get("version", 0), case)


def what_refuses(error: Exception) -> str:
    if isinstance(error, CaseMoved):
        return f"This case has another address now: {error.found.address}."
    return str(error.detail if isinstance(error, exceptions.APIException) else error)
