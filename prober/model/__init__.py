"""Nouns: frozen dataclasses, standard library only, no input or output, no clock."""
