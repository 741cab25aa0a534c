"""What is not installed with gemaudit itself."""


def missing(extra: str, error: ImportError) -> ImportError:
    """What to raise where an engine cannot be imported."""
    return ImportError(
        f"`gemaudit.batch.{extra}` needs `{error.name or extra}`, which is not installed; "
        f"run `pip install 'gemaudit[{extra}]'`",
        name=error.name,
    )
