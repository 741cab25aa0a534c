"""Who we are to a server: found as Bundler finds it, sent nowhere else and shown to nobody."""

import base64
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from server import BASALT, Client, GemServer, Reply, code, versions

from gemaudit.adapters.rubygems import GemServers
from gemaudit.adapters.rubygems.credentials import Credentials, Netrc
from gemaudit.adapters.rubygems.server import server_of
from gemaudit.adapters.rubygems.settings import read_settings
from gemaudit.model.gem_index import Wanted

LOGIN = "somebody:hunter2secret"
CERTIFICATE = Path(__file__).with_name("localhost.pem")
KEY = "BUNDLE_127__0__0__1"
FOUND = 3  # files of the index


@pytest.fixture
def server() -> Iterator[GemServer]:
    with GemServer().running() as server:
        server.login = LOGIN
        yield server


@pytest.fixture
def secured() -> Iterator[GemServer]:
    with GemServer().running(certificate=CERTIFICATE) as server:
        yield server


@pytest.fixture
def client(tmp_path: Path, server: GemServer) -> Client:
    return Client(tmp_path, server)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def stated_in(folder: Path, place: str, server: GemServer) -> dict[str, str]:
    """Write the login where a user may keep it, and return the environment that says so."""
    files = {
        "file of the user": "home/.bundle/config",
        "address in a file": "home/.bundle/config",
        "BUNDLE_USER_CONFIG": "elsewhere",
        "BUNDLE_USER_HOME": "elsewhere/config",
        "file of the project": "project/.bundle/config",
        "BUNDLE_APP_CONFIG": "project/settings/config",
        ".netrc": "home/.netrc",
        "NETRC": "other",
    }
    variables = {
        "variable": {KEY: LOGIN},
        "variable of an address": {f"BUNDLE_HTTP://127__0__0__1:{server.port}/": LOGIN},
        "BUNDLE_USER_CONFIG": {place: str(folder / "elsewhere")},
        "BUNDLE_USER_HOME": {place: str(folder / "elsewhere")},
        "BUNDLE_APP_CONFIG": {place: "settings"},
        "NETRC": {place: str(folder / "other")},
    }
    texts = {
        "address in a file": f'BUNDLE_HTTP://127__0__0__1:{server.port}: "{LOGIN}"\n',
        ".netrc": "machine 127.0.0.1 login somebody password hunter2secret\n",
        "NETRC": "machine 127.0.0.1 login somebody password hunter2secret\n",
    }
    if file := files.get(place):
        write(folder / file, texts.get(place, f'---\n{KEY}: "{LOGIN}"\n'))
    return variables.get(place, {})


PLACES = (
    "variable",
    "variable of an address",
    "file of the user",
    "address in a file",
    "BUNDLE_USER_CONFIG",
    "BUNDLE_USER_HOME",
    "file of the project",
    "BUNDLE_APP_CONFIG",
    ".netrc",
    "NETRC",
)


@pytest.mark.parametrize("place", PLACES)
def test_a_login_is_found_where_bundler_finds_it(client: Client, server: GemServer, place: str) -> None:
    environment = stated_in(client.folder, place, server)
    wanted = Wanted(server.url, "basalt")
    servers = client.servers(environment=environment, project=client.folder / "project")
    assert len(versions(servers.listings([wanted])[wanted])) == FOUND


def test_a_login_in_the_address_wins(client: Client, server: GemServer) -> None:
    assert len(versions(client.ask(remote=server.url_as(LOGIN), environment={KEY: "other:one"}))) == FOUND


def test_an_escaped_login_is_unescaped(client: Client, server: GemServer) -> None:
    server.login = "some@body:a:b/c"
    assert len(versions(client.ask(environment={KEY: "some%40body:a%3Ab%2Fc"}))) == FOUND


def test_settings_that_are_to_be_ignored_are(client: Client, server: GemServer) -> None:
    stated_in(client.folder, "file of the user", server)
    assert code(client.ask(environment={"BUNDLE_IGNORE_CONFIG": "1"})) == "gem-server-login"


def test_the_hint_names_the_setting_that_is_missing(client: Client) -> None:
    problem = client.ask().problem
    assert problem is not None
    assert problem.hint == (
        "`bundle config set --global 127.0.0.1 USERNAME:PASSWORD`, or set the variable `BUNDLE_127__0__0__1`"
    )


@pytest.mark.parametrize("name", ["all", "https://gems.example.invalid", "gems.example.invalid"])
def test_a_mirror_is_asked_in_its_own_name(client: Client, server: GemServer, name: str) -> None:
    key = "BUNDLE_MIRROR__" + name.replace(".", "__").upper()
    environment = {key: server.url_as(LOGIN), "BUNDLE_GEMS__EXAMPLE__INVALID": "not:forthemirror"}
    assert len(versions(client.ask(remote="https://gems.example.invalid/", environment=environment))) == FOUND


def test_a_mirror_of_the_projects_file_gets_nobody_elses_login(client: Client, server: GemServer) -> None:
    write(client.folder / "project/.bundle/config", f"BUNDLE_MIRROR__ALL: {server.url}\n")
    wanted = Wanted("https://gems.example.invalid/", "basalt")
    servers = client.servers(environment={"BUNDLE_GEMS__EXAMPLE__INVALID": LOGIN}, project=client.folder / "project")
    assert code(servers.listings([wanted])[wanted]) == "gem-server-login"
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize("by_name", [True, False])
def test_another_origin_gets_nothing(client: Client, server: GemServer, by_name: bool) -> None:
    with GemServer().running() as other:
        host = "localhost" if by_name else "127.0.0.1"
        server.reply("basalt", Reply(302, headers={"Location": f"http://x:y@{host}:{other.port}/info/basalt"}))
        listing = client.ask(environment={KEY: LOGIN, "BUNDLE_LOCALHOST": LOGIN})
        assert len(versions(listing)) == FOUND
        assert "authorization" in server.requests[0].headers
        assert ["authorization" in request.headers for request in other.requests] == [False]


def test_the_same_origin_gets_it_again(client: Client, server: GemServer) -> None:
    server.reply("basalt", Reply(302, headers={"Location": "/other/info/basalt"}))
    assert len(versions(client.ask(environment={KEY: LOGIN}))) == FOUND


@pytest.mark.parametrize("remote", ["http://gems.example.invalid/", f"http://{LOGIN}@gems.example.invalid/"])
def test_no_login_travels_unencrypted(client: Client, remote: str) -> None:
    assert code(client.ask(remote=remote, environment={"BUNDLE_GEMS__EXAMPLE__INVALID": LOGIN})) == (
        "insecure-gem-server"
    )


def test_a_default_of_netrc_is_for_nobody(tmp_path: Path) -> None:
    text = "machine a.example login me password x\ndefault login me password hunter2secret\n"
    netrc = Netrc({"NETRC": str(write(tmp_path / "netrc", text))})
    assert netrc.get("b.example") is None
    found = netrc.get("a.example")
    assert found is not None
    assert base64.b64decode(found.header.removeprefix("Basic ")) == b"me:x"


def test_rubygems_org_is_asked_at_its_index_and_as_nobody(tmp_path: Path) -> None:
    environment = {"BUNDLE_RUBYGEMS__ORG": LOGIN, "BUNDLE_INDEX__RUBYGEMS__ORG": LOGIN, "HOME": str(tmp_path)}
    settings, _ = read_settings(environment, None)
    server = server_of("https://rubygems.org", settings, Netrc(environment))
    assert str(server.url) == "https://index.rubygems.org/"
    assert server.credentials is None


# The project's own file must not choose whom its user trusts.
@pytest.mark.parametrize(
    ("place", "found"), [("variable", True), ("user", True), ("project", False), ("folder", False)]
)
def test_certificates(tmp_path: Path, secured: GemServer, place: str, found: bool) -> None:
    client = Client(tmp_path, secured)
    setting = f"BUNDLE_SSL_CA_CERT: {CERTIFICATE}\n"
    environment = {}
    if place == "variable":
        environment["BUNDLE_SSL_CA_CERT"] = str(CERTIFICATE)
    elif place == "folder":
        environment["BUNDLE_SSL_CA_CERT"] = str(tmp_path)
    else:
        write(tmp_path / ("home" if place == "user" else "project") / ".bundle/config", setting)
    wanted = Wanted(secured.url, "basalt")
    listing = client.servers(environment=environment, project=tmp_path / "project").listings([wanted])[wanted]
    if found:
        assert len(versions(listing)) == FOUND
    else:
        assert listing.problem is not None
        assert listing.problem.message == "the certificate of the gem server cannot be verified"
        assert (secured.requests, secured.connections) == ([], 1)


def test_certificates_that_cannot_be_read_are_a_problem(tmp_path: Path, secured: GemServer) -> None:
    environment = {"BUNDLE_SSL_CA_CERT": str(tmp_path / "nowhere.pem")}
    assert code(Client(tmp_path, secured).ask(environment=environment)) == "unreadable-certificates"


def test_encryption_is_not_given_up(tmp_path: Path, secured: GemServer, server: GemServer) -> None:
    secured.reply("basalt", Reply(302, headers={"Location": f"{server.url}info/basalt"}))
    environment = {"BUNDLE_SSL_CA_CERT": str(CERTIFICATE)}
    assert code(Client(tmp_path, secured).ask(environment=environment)) == "redirected-gem-server"
    assert server.requests == []


@pytest.mark.parametrize(
    "text", ["{", "a: [b", "\x00", "- a\n- b\n", f"{KEY}: [x]\n", "[" * 5_000, "x" * 300_000, "\t{"]
)
def test_settings_that_cannot_be_read_stop_nothing(client: Client, server: GemServer, text: str) -> None:
    server.login = ""
    write(client.folder / "home/.bundle/config", text)
    write(client.folder / "home/.netrc", "machine hunter2secret\nsomething")
    servers = client.servers()
    wanted = Wanted(server.url, "basalt")
    assert len(versions(servers.listings([wanted])[wanted])) == FOUND
    assert "unreadable-netrc" in {remark.code for remark in servers.diagnostics}
    assert {remark.code for remark in servers.diagnostics} <= {"unreadable-netrc", "unreadable-bundle-config"}
    assert "hunter2secret" not in repr(servers.diagnostics)


ECHO = f"{LOGIN} {base64.b64encode(LOGIN.encode()).decode()}"


@pytest.mark.parametrize("place", [*PLACES, "remote"])
@pytest.mark.parametrize(
    "reply",
    [
        None,
        Reply(401, ECHO.encode()),
        Reply(403, ECHO.encode()),
        Reply(500, ECHO.encode()),
        Reply(429, ECHO.encode(), {"Retry-After": LOGIN}),
        Reply(302, headers={"Location": f"ftp://{LOGIN}@127.0.0.1/{LOGIN}"}),
        Reply(302, headers={"Location": f"http://{LOGIN}@[127.0.0.1/"}),
        Reply(200, f"<html>{ECHO}</html>".encode()),
        Reply(200, f"{BASALT}{ECHO}\n".encode()),
        Reply(200, BASALT.encode(), missing=5),
    ],
    ids=lambda reply: str(reply and (reply.status, len(reply.body))),
)
def test_a_secret_is_shown_to_nobody(
    client: Client,
    server: GemServer,
    place: str,
    reply: Reply | None,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    environment = stated_in(client.folder, place, server) if place != "remote" else {}
    wanted = Wanted(server.url_as(LOGIN) if place == "remote" else server.url, "basalt")
    if reply:
        server.reply("basalt", *[reply] * 5)
    servers = client.servers(environment=environment, project=client.folder / "project")
    with caplog.at_level(logging.DEBUG):
        listing = servers.listings([wanted])[wanted]
    assert any("authorization" in request.headers for request in server.requests)
    # The HTTP library's own debug log holds what the server says in its headers.
    records = [record.getMessage() for record in caplog.records]
    records = [record for record in records if not record.startswith("receive_response_headers.complete")]
    seen = [
        repr(listing),
        str(listing.problem),
        repr(servers),
        repr(servers.diagnostics),
        *records,
        *[str(path.relative_to(client.folder)) for path in (client.folder / "cache").rglob("*")],
        *capfd.readouterr(),
    ]
    for secret in ("hunter2secret", "somebody", base64.b64encode(LOGIN.encode()).decode()):
        assert [text for text in seen if secret in text] == []


def test_nothing_that_holds_a_secret_prints_it(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), KEY: LOGIN}
    write(tmp_path / ".netrc", "machine h.example login somebody password hunter2secret\n")
    settings, _ = read_settings(environment, None)
    netrc = Netrc(environment)
    held = [
        settings,
        netrc,
        Credentials.of_userinfo(LOGIN),
        server_of("https://127.0.0.1/", settings, netrc),
        server_of(f"https://{LOGIN}@h.example/", settings, netrc),
        GemServers(environment=environment),
    ]
    assert [item for item in held if "hunter2secret" in f"{item!r}{item}"] == []


@pytest.mark.parametrize("remote", [f"{LOGIN}@h", f"file://{LOGIN}@h/x", f"ftp://{LOGIN}@h/", f"http://{LOGIN}@h;/"])
def test_an_address_that_is_refused_is_not_shown(client: Client, remote: str) -> None:
    listing = client.ask(remote=remote)
    assert code(listing) == "unsupported-gem-server"
    assert "hunter2secret" not in repr(listing)
    assert "somebody" not in repr(listing)


def test_a_token_in_the_path_is_not_shown(client: Client, server: GemServer) -> None:
    server.reply("basalt", Reply(500))
    listing = client.ask(remote=f"{server.url}hunter2secret/")
    assert "hunter2secret" not in repr(listing)
    assert listing.problem is not None
