"""The audit log: insert-only, guarded by the database."""

from typing import Any

from flask import g, has_request_context, request

from marketplace.accounts.models import AuditEntry
from marketplace.core.clock import wall
from marketplace.core.db import db


def record(
    action: str,
    *,
    user_id: int | None = None,
    organisation_id: int | None = None,
    object_kind: str = "",
    object_public_id: str = "",
    **details: Any,
) -> None:
    """Write one line in the present transaction. `details` must hold no secret and no personal data."""
    address = request_id = ""
    if has_request_context():
        address, request_id = request.remote_addr or "", g.get("request_id", "")
    db.session.add(
        AuditEntry(
            at=wall(),
            action=action,
            user_id=user_id,
            organisation_id=organisation_id,
            object_kind=object_kind,
            object_public_id=object_public_id,
            address=address,
            request_id=request_id,
            details=details,
        )
    )
