"""The curators' group."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from tests.accounts.people import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def permissions_of(group: Group) -> set[str]:
    return {f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.select_related("content_type")}


def what_curators_may() -> set[str]:
    models = [model for app in ("cases", "taxonomy", "interchange") for model in apps.get_app_config(app).get_models()]
    named = [(model.__module__.partition(".")[0], model.__name__.lower()) for model in models]
    parts = "cases: arrangement pathwaylink claim caveat participation citation", "taxonomy: alignment"
    deleted = {f"{app}.delete_{part}" for app, names in (row.split(": ") for row in parts) for part in names.split()}
    return {f"{app}.{verb}_{model}" for app, model in named for verb in ("view", "add", "change")} | deleted


def test_curators_may_view_add_and_change_all_of_it_and_take_out_what_is_part_of_a_case_or_term() -> None:
    assert permissions_of(Group.objects.get(name="Curators")) == what_curators_may()


def test_migrating_again_gives_back_what_is_missing_and_takes_nothing_away() -> None:
    curators = Group.objects.get(name="Curators")
    extra = Permission.objects.get(codename="add_annotation")
    curators.permissions.set([extra])
    call_command("migrate", verbosity=0)
    assert permissions_of(curators) == what_curators_may() | {"annotations.add_annotation"}


def test_the_group_is_whole_where_no_permission_was_made_before() -> None:
    Group.objects.all().delete()
    Permission.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert permissions_of(Group.objects.get(name="Curators")) == what_curators_may()


def test_a_curator_changes_cases_without_being_staff() -> None:
    user = make_user()
    user.groups.add(Group.objects.get(name="Curators"))
    assert (user.has_perm("cases.change_case"), user.has_perm("cases.delete_case"), user.is_staff) == (
        True,
        False,
        False,
    )
