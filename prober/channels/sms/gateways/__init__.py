"""The ways to an SMSC, one file each."""
