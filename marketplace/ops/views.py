"""`/healthz` and `/readyz`."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from marketplace.ops import health
from marketplace.web.access import enter

blueprint = Blueprint("ops", __name__)


@blueprint.get("/healthz")
@enter.public
def healthz() -> ResponseReturnValue:
    """The process answers; asks nothing of anything else."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@enter.public
def readyz() -> ResponseReturnValue:
    """200 when this instance can serve, else 503; strangers learn no more than that."""
    ready = all(health.readiness().values())
    return jsonify(status="ready" if ready else "not ready"), 200 if ready else 503
