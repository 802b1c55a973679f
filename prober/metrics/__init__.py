"""The figures of the robot, for Prometheus."""

from prober.metrics.figures import Figures

__all__ = ["Figures"]
