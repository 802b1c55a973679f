"""The composition root: settings in, a robot that plays scenarios out."""

from prober.app.orders import Order, orders, whom
from prober.app.robot import App

__all__ = ["App", "Order", "orders", "whom"]
