"""Parameters that others hang onto our links: pages drop them, machine endpoints refuse them."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import make_case

pytestmark = [pytest.mark.django_db, pytest.mark.once]

TRACKERS = [
    *(
        "fbclid=1",
        "utm_source=mail&utm_medium=x",
        "gclid=a",
        "mc_cid=1&mc_eid=2",
        "msclkid=1",
        "dclid=z",
        "UTM_Campaign=q",
    ),
    *(
        "_ga=2.1",
        "igshid=x",
        "mkt_tok=y",
        "_hsenc=1&_hsmi=2",
        "twclid=1",
        "ttclid=2",
        "yclid=3",
        "gbraid=4",
        "srsltid=5",
    ),
]


@pytest.mark.parametrize("tracker", TRACKERS)
@pytest.mark.parametrize("path", ["/cases/", "/", "/cases/a-case/"])
def test_a_page_is_found_without_its_trackers(client: Client, path: str, tracker: str) -> None:
    make_case()
    response = client.get(f"{path}?{tracker}")
    assert (response.status_code, response["Location"]) == (302, path)
    assert client.get(f"{path}?{tracker}", follow=True).status_code == 200


def test_what_is_ours_is_kept_in_its_order(client: Client) -> None:
    response = client.get("/cases/?q=caf%C3%A9+%26+co&fbclid=1&type=peer-support&utm_source=x&type=joint-action")
    assert response["Location"] == "/cases/?q=caf%C3%A9+%26+co&type=peer-support&type=joint-action"
    assert client.head("/cases/?fbclid=1").status_code == 302


@pytest.mark.parametrize("path", ["/api/v1/results/", "/api/v1/cases/", "/export/cases.csv"])
def test_machine_endpoints_stay_strict(client: Client, path: str) -> None:
    response = client.get(f"{path}?fbclid=1")
    assert (response.status_code, [each["parameter"] for each in response.json()["errors"]]) == (400, ["fbclid"])


def test_an_unknown_parameter_is_no_tracker(client: Client) -> None:
    assert client.get("/cases/?utm=1").status_code == 400
