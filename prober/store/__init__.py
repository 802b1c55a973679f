"""Where results live: one database, one writer, every finished step committed at once."""
