"""A span of time."""

from __future__ import annotations

from datetime import datetime

Span = tuple[datetime, datetime]
"""From an instant up to another."""
