"""The SMS channel: commands sent to a service number, their receipts and their replies."""
