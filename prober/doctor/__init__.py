"""Looks over a machine and a workspace, and says what is wrong with them and how to mend it."""
