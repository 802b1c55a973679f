"""Reports: runs in, one document out. Nothing here queries, and nothing it writes needs another file or the network."""
