"""Text without the credentials that addresses in lockfiles carry."""

_HIDDEN = "***"


def redact(text: str) -> str:
    """Return `text` without the passwords and tokens of the addresses in it.

    An address keeps a user name only where it cannot be a token: without a password, and under ssh or git.
    The values of a query are hidden one and all.
    """
    if "@" not in text and "://" not in text:
        return text
    return " ".join(_redact_word(word) for word in text.split(" "))


def _redact_word(word: str) -> str:
    scheme, separator, rest = word.partition("://")
    if not separator:
        return _redact_scp(word)
    rest, question, query = rest.partition("?")
    rest = _redact_authority(scheme, rest)
    if question:
        rest += "?" + "&".join(_redact_pair(pair) for pair in query.split("&"))
    return scheme + separator + rest


def _redact_authority(scheme: str, rest: str) -> str:
    authority, slash, path = rest.partition("/")
    if "@" in path and _is_cut_short(authority):
        return path.rpartition("@")[2]
    user, at, host = authority.rpartition("@")
    if at and _is_login(scheme, user):
        host = user + at + host
    return host + slash + path


def _is_cut_short(authority: str) -> bool:
    """Whether a password with a slash in it ended the authority: what follows its colon is no port."""
    _, colon, port = authority.rpartition(":")
    return "@" not in authority and bool(colon) and not port.isdigit() and not port.endswith("]")


def _is_login(scheme: str, user: str) -> bool:
    return ":" not in user and scheme.rpartition("+")[2].lower() in {"ssh", "git"}


def _redact_pair(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return name + equals + _HIDDEN if equals else _HIDDEN


def _redact_scp(word: str) -> str:
    """`git@host:path` stays as it is; `user:password@host:path` loses the part before the `@`."""
    user, at, host = word.partition("@")
    return host if at and ":" in user and "/" not in user else word
