"""The scan of many repositories: which ones, which of their files, and what those say."""
