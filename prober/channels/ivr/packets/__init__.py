"""The packets of a call, kept as evidence: captured where the machine allows it, chosen, and without secrets."""
