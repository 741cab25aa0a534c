"""What scans have found, in one SQLite file."""
