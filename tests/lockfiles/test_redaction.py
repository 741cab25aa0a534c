import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemaudit.lockfiles.redaction import redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://rubygems.org/", "https://rubygems.org/"),
        ("https://user:secret@gems.example.org/", "https://gems.example.org/"),
        ("https://secret@gems.example.org/a/b", "https://gems.example.org/a/b"),
        ("https://user:sec@ret@gems.example.org/", "https://gems.example.org/"),
        ("https://user:sec/ret@gems.example.org/", "gems.example.org/"),
        ("https://gems.example.org:8443/@scope/", "https://gems.example.org:8443/@scope/"),
        ("https://[::1]/@scope/", "https://[::1]/@scope/"),
        ("https://gems.example.org/?token=secret&a=secret", "https://gems.example.org/?token=***&a=***"),
        ("https://gems.example.org/?secret", "https://gems.example.org/?***"),
        ("ssh://git@example.org/a.git", "ssh://git@example.org/a.git"),
        ("git+ssh://git@example.org/a.git", "git+ssh://git@example.org/a.git"),
        ("ssh://git:secret@example.org/a.git", "ssh://example.org/a.git"),
        ("git@example.org:a/b.git", "git@example.org:a/b.git"),
        ("oauth2:secret@example.org:a/b.git", "example.org:a/b.git"),
        ("../gems/one@2", "../gems/one@2"),
        ("C:/gems/one@2", "C:/gems/one@2"),
        ("  remote https://a:secret@example.org/ https://b:secret@example.org/", None),
    ],
)
def test_redact(text: str, shown: str | None) -> None:
    assert "secret" not in redact(text)
    assert shown is None or redact(text).removeprefix("https://") == shown.removeprefix("https://")


_WORD = st.text("abcXYZ019-._~%!$&'()*+,;=", min_size=1)


@given(user=_WORD, password=_WORD, scheme=st.sampled_from(["https", "http", "ssh", "git", "s3"]))
def test_no_password_survives(user: str, password: str, scheme: str) -> None:
    assert redact(f"{scheme}://{user}:{password}@example.org/a") == f"{scheme}://example.org/a"
