"""Which GitHub is asked, and as whom; a token goes nowhere else and shows nowhere."""

import copy
import json
import logging
import pickle
import sys
from pathlib import Path

import httpx
import pytest
import respx
from played_github import API, QUICK, SECRET, page, run

from gemaudit.adapters.forges import FORGES, forge_of
from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.github import GitHub
from gemaudit.adapters.forges.github_api import site_of
from gemaudit.adapters.forges.tokens import Token, github_token, gitlab_token, token_of_gh
from gemaudit.model.repository import Source

VARIABLES = {
    "GH_TOKEN": "one",
    "GITHUB_TOKEN": "two",
    "GH_ENTERPRISE_TOKEN": "three",
    "GITHUB_ENTERPRISE_TOKEN": "four",
    "GITLAB_TOKEN": "five",
    "CI_JOB_TOKEN": "six",
}


def bearer(token: Token | None) -> str:
    return token.bearer()["Authorization"].removeprefix("Bearer ") if token else ""


class TestAddresses:
    @pytest.mark.parametrize(
        ("address", "host", "rest", "graphql"),
        [
            ("https://api.github.com", "github.com", "https://api.github.com/", "https://api.github.com/graphql"),
            ("https://github.com/", "github.com", "https://api.github.com/", "https://api.github.com/graphql"),
            ("https://API.GitHub.com/graphql", "github.com", "https://api.github.com/", "https://api.github.com/graphql"),
            ("https://acme.ghe.com", "acme.ghe.com", "https://api.acme.ghe.com/", "https://api.acme.ghe.com/graphql"),
            ("https://api.acme.ghe.com/", "acme.ghe.com", "https://api.acme.ghe.com/", "https://api.acme.ghe.com/graphql"),
            ("https://git.acme.test", "git.acme.test", "https://git.acme.test/api/v3/", "https://git.acme.test/api/graphql"),
            ("https://git.acme.test/api/v3/", "git.acme.test", "https://git.acme.test/api/v3/", "https://git.acme.test/api/graphql"),
            ("https://git.acme.test:8443", "git.acme.test:8443", "https://git.acme.test:8443/api/v3/", "https://git.acme.test:8443/api/graphql"),
            ("http://127.0.0.1:8080", "127.0.0.1:8080", "http://127.0.0.1:8080/api/v3/", "http://127.0.0.1:8080/api/graphql"),
            ("http://localhost:9", "localhost:9", "http://localhost:9/api/v3/", "http://localhost:9/api/graphql"),
            (" https://git.acme.test \n", "git.acme.test", "https://git.acme.test/api/v3/", "https://git.acme.test/api/graphql"),
        ],
    )  # fmt: skip
    def test_the_site_and_its_apis_are_meant(self, address: str, host: str, rest: str, graphql: str) -> None:
        site = site_of(address)
        assert (site.host, str(site.rest), site.graphql) == (host, rest, graphql)

    @pytest.mark.parametrize(
        "address",
        [
            "",
            "github.com",
            "http://github.com",
            "http://git.acme.test",
            "http://10.0.0.1",
            "https://user:password@github.com",
            "https://github.com/acme",
            "https://github.com?x=1",
            "https://github.com#x",
            "ftp://github.com",
            "https://git hub.com",
            "https://github.com:99999",
            "https://\u0000",
            "file:///etc/passwd",
        ],
    )
    def test_another_address_is_refused(self, address: str) -> None:
        with pytest.raises(Fault) as caught:
            site_of(address)
        assert (caught.value.code, caught.value.is_final) == ("unusable-api-url", True)
        assert "password" not in repr(caught.value.diagnostic())

    @respx.mock
    def test_a_server_of_ones_own_is_asked_at_its_address(self) -> None:
        route = respx.post("https://git.acme.test/api/graphql").mock(return_value=page([]))

        async def ask(github: GitHub) -> str:
            async for _ in github.repositories([Source("org", "acme")]):
                pass
            return github.host

        assert run(ask, api_url="https://git.acme.test") == "git.acme.test"
        assert route.calls.last.request.headers["authorization"] == f"Bearer {SECRET}"


class TestTokens:
    @pytest.mark.parametrize(
        ("host", "missing", "expected"),
        [
            ("github.com", (), "one"),
            ("github.com", ("GH_TOKEN",), "two"),
            ("acme.ghe.com", (), "one"),
            ("github.com", ("GH_TOKEN", "GITHUB_TOKEN"), ""),
            ("git.acme.test", (), "three"),
            ("git.acme.test", ("GH_ENTERPRISE_TOKEN",), "four"),
            ("git.acme.test", ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"), ""),
            ("127.0.0.1:8080", ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"), ""),
            ("evilghe.com", ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"), ""),
        ],
    )
    def test_each_host_has_its_own(self, host: str, missing: tuple[str, ...], expected: str) -> None:
        environment = {name: value for name, value in VARIABLES.items() if name not in missing}
        assert bearer(github_token(environment, host)) == expected

    def test_a_workflow_has_the_token_of_its_own_server(self) -> None:
        environment = {"GITHUB_TOKEN": "two", "GITHUB_API_URL": "https://git.acme.test/api/v3"}
        assert bearer(github_token(environment, "git.acme.test")) == "two"
        assert bearer(github_token(environment, "git.other.test")) == ""

    def test_gitlab_has_its_own(self) -> None:
        assert bearer(gitlab_token(VARIABLES)) == "five"
        assert gitlab_token({"CI_JOB_TOKEN": "six"}) is None

    @pytest.mark.parametrize("value", ["a b", "a\n", "a\r\nX: y", "\u00e9", "a\x7f", "a\x00", "x" * 5_000])
    def test_what_no_header_can_carry_is_refused(self, value: str) -> None:
        with pytest.raises(Fault) as caught:
            github_token({"GH_TOKEN": value}, "github.com")
        assert (caught.value.code, caught.value.is_final) == ("unusable-token", True)
        assert "`GH_TOKEN`" in caught.value.message
        assert value not in repr(caught.value.diagnostic())

    def test_it_shows_in_nothing(self) -> None:
        token = Token(SECRET, "`GH_TOKEN`")
        assert SECRET not in f"{token} {token!r} {vars(Token)} {GitHub(token=token)!r}"
        with pytest.raises(TypeError):
            pickle.dumps(token)
        with pytest.raises(TypeError):
            copy.deepcopy(token)

    @respx.mock
    def test_it_shows_in_no_log(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        respx.post(API + "graphql").mock(side_effect=[httpx.Response(502), httpx.ReadError(SECRET), page([])])

        async def ask(github: GitHub) -> None:
            async for _ in github.repositories([Source("org", "acme")]):
                pass

        run(ask)
        assert caplog.records
        assert SECRET not in caplog.text

    @respx.mock
    @pytest.mark.parametrize(
        ("address", "variable"),
        [("https://api.github.com", "`GH_TOKEN`"), ("http://127.0.0.1:8080", "`GH_ENTERPRISE_TOKEN`")],
    )
    def test_the_hint_names_the_variable_that_counts(self, address: str, variable: str) -> None:
        respx.post(site_of(address).graphql).respond(401)

        async def ask(github: GitHub) -> Fault:
            pages = [page async for page in github.repositories([Source("org", "acme")])]
            return pages[0].unlisted[0][1]

        fault = run(ask, api_url=address)
        assert variable in fault.hint
        environment = {variable.strip("`"): "x"}
        assert github_token(environment, site_of(address).host) is not None


class TestTool:
    """The token that `gh` keeps, on request."""

    @staticmethod
    def tool(folder: Path, script: str) -> str:
        path = folder / "gh"
        path.write_text(f"#!{sys.executable}\nimport json, sys, time\n{script}\n")
        path.chmod(0o755)
        return str(path)

    def test_it_is_asked_for_the_host(self, tmp_path: Path) -> None:
        said = tmp_path / "said"
        program = self.tool(tmp_path, f"open({str(said)!r}, 'w').write(json.dumps(sys.argv[1:]))\nprint('gho_x')")
        assert bearer(token_of_gh("github.com", program=program)) == "gho_x"
        assert json.loads(said.read_text()) == ["auth", "token", "--hostname=github.com"]

    @pytest.mark.parametrize(
        ("script", "expected"),
        [
            ("sys.exit('no oauth token found for github.com')", "no-gh-token"),
            ("print('')", "unusable-token"),
            ("print('a b')", "unusable-token"),
            ("sys.stdout.buffer.write(bytes([255]))", "no-gh-token"),
        ],
    )
    def test_it_may_have_none(self, tmp_path: Path, script: str, expected: str) -> None:
        with pytest.raises(Fault) as caught:
            token_of_gh("github.com", program=self.tool(tmp_path, script))
        assert (caught.value.code, caught.value.is_final) == (expected, True)

    def test_it_may_not_be_there(self, tmp_path: Path) -> None:
        with pytest.raises(Fault) as caught:
            token_of_gh("github.com", program=str(tmp_path / "gh"))
        assert caught.value.code == "no-gh"

    def test_it_is_not_waited_for_for_ever(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gemaudit.adapters.forges.tokens._LONGEST_TO_ASK", 0.2)
        with pytest.raises(Fault) as caught:
            token_of_gh("github.com", program=self.tool(tmp_path, "time.sleep(60)"))
        assert caught.value.code == "no-gh-token"


class TestForges:
    def test_each_has_its_address_and_name(self) -> None:
        hosts = {name: forge_of(name, environment=VARIABLES).host for name in FORGES}
        assert hosts == {"github": "github.com", "gitlab": "gitlab.com"}
        assert {forge_of(name, environment=VARIABLES).name for name in FORGES} == set(FORGES)

    def test_nobody_without_a_token_asks_github(self) -> None:
        with pytest.raises(Fault) as caught:
            forge_of("github", environment={"GH_ENTERPRISE_TOKEN": SECRET})
        assert (caught.value.code, "GH_TOKEN" in caught.value.hint) == ("no-token", True)

    def test_the_address_is_that_of_the_user(self) -> None:
        forge = forge_of("github", api_url="https://git.acme.test/api/v3", environment=VARIABLES, limits=QUICK)
        assert forge.host == "git.acme.test"

    def test_there_are_no_others(self) -> None:
        with pytest.raises(ValueError, match="there are github, gitlab"):
            forge_of("sourceforge", environment={})

    def test_the_tool_of_one_forge_has_no_tokens_of_another(self) -> None:
        with pytest.raises(Fault) as caught:
            forge_of("gitlab", environment=VARIABLES, ask_gh=True)
        assert caught.value.code == "no-gh-token"
