"""Abstract models: rows that belong to an organisation, with managers that fail closed and a tripwire."""

from collections.abc import Collection, Iterable
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
    """Rows that were narrowed when the manager made them; what it writes stays within the same walls."""

    def bulk_create(self, objs: Iterable[Row], *args: Any, **kwargs: Any) -> list[Row]:
        """Fills in the organisation like `save`; refuses the whole batch when one row belongs to somebody else."""
        rows = list(objs)
        for row in rows:
            claim(row)
        return super().bulk_create(rows, *args, **kwargs)

    def bulk_update(self, objs: Iterable[Row], fields: Iterable[str], *args: Any, **kwargs: Any) -> int:
        """Refuses the whole batch when one row belongs to somebody else."""
        rows = list(objs)
        for row in rows:
            claim(row)
        return super().bulk_update(rows, fields, *args, **kwargs)

    def update(self, **values: Any) -> int:
        """Never moves a row to another organisation, nor an outsider's to another account."""
        if not tenancy.is_unscoped():
            _refuse_move(self.model, values)
        return super().update(**values)


class TenantManager[Row: models.Model](models.Manager[Row]):
    """`objects`: raises NoContext without a context, filters by organisation and account with one.

    Also the base manager of every tenant row, so that what follows a foreign key, refreshes or saves is narrowed too.
    """

    use_in_migrations = False

    def get_queryset(self) -> TenantQuerySet[Row]:
        rows: TenantQuerySet[Row] = TenantQuerySet(self.model, using=self._db, hints=getattr(self, "_hints", None))
        if tenancy.is_unscoped():
            return rows
        context = tenancy.current()
        boundary = getattr(self.model, "account_boundary", None)
        if boundary and context.actor.account_ids is not None:
            return rows.filter(organisation_id=context.organisation_id, **{f"{boundary}__in": context.actor.account_ids})
        return rows.filter(organisation_id=context.organisation_id)


class _Walled(models.Model):
    """Makes `objects` the base manager too. A class of its own, so that the option enters no migration."""

    objects: ClassVar[TenantManager[Self]] = TenantManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"


class TenantRow(_Walled):
    """A row of one organisation.

    `account_boundary` names the column that holds the customer's account, where the row belongs to one:
    an outsider never hydrates a row of an account that is not theirs, however it was reached.
    """

    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")

    account_boundary: ClassVar[str | None] = None
    append_only: ClassVar[bool] = False
    """Whether the database refuses to change or delete a row once it is written; see `kernel.schema`."""

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
        claim(self)
        super().save(**kwargs)

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Refuses to delete what belongs to somebody else."""
        if not tenancy.is_unscoped():
            _refuse_foreign(self)
        return super().delete(using=using, keep_parents=keep_parents)


def claim(row: models.Model) -> None:
    """Makes a row the acting organisation's before it is written; Trespass when it is another's, or another account's."""
    if tenancy.is_unscoped() or not isinstance(row, TenantRow):
        return
    context = tenancy.current()
    if not row.organisation_id:
        row.organisation_id = context.organisation_id
    _refuse_foreign(row)


def _refuse_foreign(row: TenantRow) -> None:
    context = tenancy.current()
    loaded = row.__dict__
    if loaded.get("organisation_id", context.organisation_id) != context.organisation_id:
        raise tenancy.Trespass(f"{type(row).__name__} of another organisation")
    boundary = row.account_boundary
    allowed = context.actor.account_ids
    if boundary and allowed is not None and boundary in loaded and loaded[boundary] not in allowed:
        raise tenancy.Trespass(f"{type(row).__name__} of another account")


def _refuse_move(model: type[models.Model], values: dict[str, Any]) -> None:
    context = tenancy.current()
    for name in ("organisation", "organisation_id"):
        if name in values and getattr(values[name], "pk", values[name]) != context.organisation_id:
            raise tenancy.Trespass(f"{model.__name__} may not move to another organisation")
    boundary, allowed = getattr(model, "account_boundary", None), context.actor.account_ids
    if boundary and allowed is not None:
        for name in (boundary, boundary.removesuffix("_id")):
            if name in values and getattr(values[name], "pk", values[name]) not in allowed:
                raise tenancy.Trespass(f"{model.__name__} may not move to another account")


class Stamped(models.Model):
    """When a row was made and last changed, in UTC."""

    created_at = models.DateTimeField(default=now, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
