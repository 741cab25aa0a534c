"""The world: files, the bundled database and tables, the clock."""
