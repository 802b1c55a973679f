"""Who is told of an incident, and how: from stored changes to what was sent."""

from prober.alerts.base import Around, Texter
from prober.alerts.sending import Sender, understood
from prober.alerts.telling import Alerts
from prober.alerts.tickets import Desk
from prober.alerts.words import Writer

__all__ = ["Alerts", "Around", "Desk", "Sender", "Texter", "Writer", "understood"]
