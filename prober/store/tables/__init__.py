"""The tables of the store, one list of them for the code and its migrations."""

from prober.store.tables.base import METADATA, UNCHECKED
from prober.store.tables.items import BASELINES, PHASES, VERDICTS
from prober.store.tables.people import IMPROVEMENT_CHANGES, IMPROVEMENTS, OPINIONS, REVIEWS
from prober.store.tables.results import (
    CAPTURES,
    EVIDENCE,
    LATE_REPLIES,
    LEASE_REQUESTS,
    LEASES,
    LINES,
    ORDERS,
    QUARANTINES,
    RUNS,
    SILENCES,
    STEPS,
    TIMINGS,
)
from prober.store.tables.rollups import KEYS, ROLLED, ROLLUPS, SERIES, STALE
from prober.store.tables.service import (
    ALARMS,
    INCIDENT_CHANGES,
    INCIDENT_PROBES,
    INCIDENTS,
    LEADERS,
    PROBE_RESULTS,
    STARTS,
    TICKETS,
)

__all__ = [
    "ALARMS",
    "BASELINES",
    "CAPTURES",
    "EVIDENCE",
    "IMPROVEMENTS",
    "IMPROVEMENT_CHANGES",
    "INCIDENTS",
    "INCIDENT_CHANGES",
    "INCIDENT_PROBES",
    "KEYS",
    "LATE_REPLIES",
    "LEADERS",
    "LEASES",
    "LEASE_REQUESTS",
    "LINES",
    "METADATA",
    "OPINIONS",
    "ORDERS",
    "PHASES",
    "PROBE_RESULTS",
    "QUARANTINES",
    "REVIEWS",
    "ROLLED",
    "ROLLUPS",
    "RUNS",
    "SERIES",
    "SILENCES",
    "STALE",
    "STARTS",
    "STEPS",
    "TICKETS",
    "TIMINGS",
    "UNCHECKED",
    "VERDICTS",
]
