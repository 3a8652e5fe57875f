"""Tables of a capability's own: rows of one organisation behind the same walls as the house's."""

from boardwell.kernel.clock import now
from boardwell.kernel.ids import is_id
from boardwell.kernel.rows import PrefixedIdField, Stamped, TenantRow

__all__ = ["PrefixedIdField", "Stamped", "TenantRow", "is_id", "now"]
