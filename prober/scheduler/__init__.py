"""When probes are played: planned instants, starts that come in time, and those that do not."""

from prober.scheduler.lateness import Lateness
from prober.scheduler.ticking import Scheduler
from prober.scheduler.timetable import Timetable

__all__ = ["Lateness", "Scheduler", "Timetable"]
