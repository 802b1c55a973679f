"""Runs as traces, steps as spans, sent by OTLP."""
