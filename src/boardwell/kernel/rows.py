"""Abstract models: rows that belong to an organisation, with managers that fail closed and a tripwire."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models

from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.ids import MAX_LENGTH, new_id

if TYPE_CHECKING:
    _TextField = models.CharField[str, str]
else:
    _TextField = models.CharField


class PrefixedIdField(_TextField):
    """A text primary key such as jrn_01jd3…, made on construction."""

    def __init__(self, prefix: str = "row", **kwargs: Any) -> None:
        self.prefix = prefix
        kwargs.setdefault("max_length", MAX_LENGTH)
        kwargs.setdefault("primary_key", True)
        kwargs.setdefault("editable", False)
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "prefix": self.prefix}

    def has_default(self) -> bool:
        return True

    def get_default(self) -> str:
        return new_id(self.prefix)


class TenantQuerySet[Row: models.Model](models.QuerySet[Row]):
    """Narrowed to the current organisation, and for outsiders to their accounts."""


class TenantManager[Row: models.Model](models.Manager[Row]):
    """`objects`: raises NoContext without a context, filters by organisation and account with one."""

    use_in_migrations = False

    def get_queryset(self) -> models.QuerySet[Row]:
        rows = super().get_queryset()
        if tenancy.is_unscoped():
            return rows
        context = tenancy.current()
        rows = rows.filter(organisation_id=context.organisation_id)
        boundary = getattr(self.model, "account_boundary", None)
        if boundary and context.actor.account_ids is not None:
            rows = rows.filter(**{f"{boundary}__in": context.actor.account_ids})
        return rows


class TenantRow(models.Model):
    """A row of one organisation.

    `account_boundary` names the column that holds the customer's account, where the row belongs to one:
    an outsider never hydrates a row of an account that is not theirs, however it was reached.
    """

    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[TenantManager[Self]] = TenantManager()

    account_boundary: ClassVar[str | None] = None

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **more: Any) -> Self:
        """The tripwire: refuses a row of somebody else, whichever manager or join brought it."""
        row = super().from_db(db, field_names, values, **more)
        if not tenancy.is_unscoped():
            _refuse_foreign(row)
        return row

    def save(self, **kwargs: Any) -> None:
        """Fills in the organisation from the context; refuses to write for another one."""
        if not tenancy.is_unscoped():
            context = tenancy.current()
            if not self.organisation_id:
                self.organisation_id = context.organisation_id
            if self.organisation_id != context.organisation_id:
                raise tenancy.Trespass(f"{type(self).__name__} of another organisation")
        super().save(**kwargs)


def _refuse_foreign(row: TenantRow) -> None:
    context = tenancy.current()
    loaded = row.__dict__
    if loaded.get("organisation_id", context.organisation_id) != context.organisation_id:
        raise tenancy.Trespass(f"{type(row).__name__} of another organisation")
    boundary = row.account_boundary
    allowed = context.actor.account_ids
    if boundary and allowed is not None and boundary in loaded and loaded[boundary] not in allowed:
        raise tenancy.Trespass(f"{type(row).__name__} of another account")


class Stamped(models.Model):
    """When a row was made and last changed, in UTC."""

    created_at = models.DateTimeField(default=now, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
