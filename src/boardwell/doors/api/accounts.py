"""Accounts over the API."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router

from boardwell.domain.accounts.actions.save_account import create_account, upsert_account
from boardwell.domain.accounts.queries import account_by_id, account_list, contacts_of
from boardwell.doors.api.answers import AccountLines, AccountOut, AccountSaved, replies
from boardwell.doors.api.entry import as_key, once
from boardwell.doors.api.paging import opened, sealed
from boardwell.doors.api.reading import In

router = Router(tags=["accounts"])


class AccountIn(In):
    """A company or a person that is being onboarded."""

    name: str = Field(max_length=200)
    external_id: str = Field(default="", max_length=120)
    source: str = Field(default="api", max_length=40)
    country: str | None = Field(default=None, max_length=2)
    website: str | None = Field(default=None, max_length=200)
    email_domains: list[str] | None = Field(default=None, max_length=50)


@router.get("/accounts", response=replies(AccountLines), summary="List accounts")
@as_key
def accounts(request: HttpRequest, response: HttpResponse, search: str = "", after: str = "") -> dict[str, Any]:
    """By name, fifty a page; `Link` leads to the next page, or `next_cursor` goes into `after`."""
    rows, cursor = account_list(search=search.replace("\x00", "")[:200], after=opened(after, "accounts"))
    return {
        "data": [{"id": row.id, "name": row.name, "external_id": row.external_id, "source": row.source} for row in rows],
        "next_cursor": sealed(request, response, cursor, "accounts"),
    }


@router.post("/accounts", response=replies(AccountSaved), summary="Save an account")
@as_key
def save(request: HttpRequest, body: AccountIn) -> Any:
    """With an external id, the account of that id is created or brought up to date; without one, a new account is made."""
    values = body.model_dump(exclude={"source", "external_id"}, exclude_none=True)

    def act() -> dict[str, Any]:
        if not body.external_id:
            return {"id": create_account(**values), "outcome": "created"}
        account_id, word = upsert_account(source=body.source, external_id=body.external_id, **values)
        return {"id": account_id, "outcome": word}

    return once(request, "accounts.save", act)


@router.get("/accounts/{account_id}", response=replies(AccountOut), summary="One account with its people")
@as_key
def account(request: HttpRequest, account_id: str) -> dict[str, Any]:
    """What is known about the account, and its active contacts."""
    row = account_by_id(account_id)
    return {
        "id": row.id, "name": row.name, "external_id": row.external_id, "source": row.source, "country": row.country,
        "website": row.website, "email_domains": row.email_domains,
        "contacts": [{"id": one.id, "name": one.name, "email": one.email, "role": one.role} for one in contacts_of(row.id)],
    }  # fmt: skip
