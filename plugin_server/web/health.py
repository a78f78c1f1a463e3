"""Is this process alive, and what is still to do?"""

from flask import Blueprint, current_app, jsonify
from flask.wrappers import Response
from sqlalchemy import text

from plugin_server.jobs.sweep import REPORTS_END
from plugin_server.wiring import Machine

bp = Blueprint("health", __name__)
# How busy a shop is, is nobody else's business: only the pretend world tells it to everyone.
pretend = Blueprint("backlog", __name__)

BACKLOG = text(
    "WITH texts AS (SELECT state, due_at, deadline, decided_at FROM touches"
    "   UNION ALL SELECT state, due_at, deadline, decided_at FROM notices)"
    "SELECT (SELECT count(*) FROM events WHERE state = 'new') AS events_new,"
    " (SELECT count(*) FROM events WHERE state = 'parked') AS events_parked,"
    " (SELECT count(*) FROM carts WHERE state = 'open' AND idle_at <= :now) AS carts_idle,"
    " (SELECT count(*) FROM texts WHERE state IN ('planned', 'held') AND due_at <= :now) AS touches_due,"
    " (SELECT count(*) FROM texts WHERE state IN ('claimed', 'sending')) AS touches_in_hand,"
    " (SELECT count(*) FROM texts WHERE state = 'unknown') AS touches_unknown,"
    " (SELECT count(*) FROM texts WHERE state IN ('planned', 'held') AND deadline <= :now"
    "   OR state = 'unknown' AND decided_at < :silent) AS touches_overdue,"
    " (SELECT count(*) FROM errands WHERE state = 'new' AND due_at <= :now) AS errands_due,"
    " least((SELECT min(due_at) FROM texts WHERE state IN ('planned', 'held')),"
    "       (SELECT min(due_at) FROM errands WHERE state = 'new'),"
    "       (SELECT min(idle_at) FROM carts WHERE state = 'open' AND idle_at IS NOT NULL)) AS next_due"
)


@bp.get("/health")
def health() -> Response:
    """200 if this process reaches its database: for load balancers."""
    machine: Machine = current_app.extensions["machine"]
    with machine.db.system() as c:
        c.execute(text("SELECT 1"))
    return jsonify({"status": "ok"})


@pretend.get("/backlog")
def backlog() -> Response:
    """What waits, in numbers: for the demo's driver. `next_due`: when the next touch or idle cart comes up."""
    machine: Machine = current_app.extensions["machine"]
    with machine.db.system() as c:
        now = machine.clock.now()
        row = c.execute(BACKLOG, {"now": now, "silent": now - REPORTS_END}).one()._asdict()
    next_due = row.pop("next_due")
    return jsonify({**row, "next_due": next_due.isoformat() if next_due else None})
