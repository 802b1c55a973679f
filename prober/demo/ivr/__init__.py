"""The demo operator's telephone door: an IVR that speaks recorded Mandarin."""
