"""Figures for Prometheus: names with units, bounded labels."""
