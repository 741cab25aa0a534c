"""What can be said of the action, the workflows and their surroundings without running them."""

import json
import re
import subprocess
import sys
import sysconfig
import tomllib
from importlib import metadata
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
import yaml
from composite_action import ACTION, ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gemaudit import __version__
from gemaudit.lockfiles import is_lockfile_name

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SAMPLES = sorted(path for path in (ROOT / "docs" / "samples").glob("*.yml") if path.name != "gitlab-ci.yml")
GITLAB = ROOT / "docs" / "samples" / "gitlab-ci.yml"
PAGE = (ROOT / "docs" / "github-action.md").read_text(encoding="utf-8")
SCRIPTS = Path(sysconfig.get_path("scripts"))


def tool(name: str, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    line = [str(SCRIPTS / name), *map(str, arguments)]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


class TestZizmor:
    """No known weakness."""

    def test_finds_nothing_in_the_action_and_the_workflows(self) -> None:
        done = tool("zizmor", "--offline", "--no-config", "--format=json", ROOT / "action.yml", *WORKFLOWS)
        assert (done.returncode, json.loads(done.stdout)) == (0, []), done.stdout

    def test_finds_nothing_in_the_samples_but_that_there_is_no_commit_to_pin_yet(self) -> None:
        done = tool("zizmor", "--offline", "--no-config", "--format=json", *SAMPLES)
        found = [(one["ident"], one["locations"][-1]["concrete"]["feature"]) for one in json.loads(done.stdout)]
        assert {ident for ident, _ in found} <= {"unpinned-uses", "unpinned-images"}
        assert all("gemaudit/gemaudit@v" in text for ident, text in found if ident == "unpinned-uses")

    def test_would_find_something(self, tmp_path: Path) -> None:
        text = (ROOT / "action.yml").read_text().replace('exit "$EXIT_CODE"', "exit ${{ inputs.path }}")
        (tmp_path / "action.yml").write_text(text)
        done = tool("zizmor", "--offline", "--no-config", "--format=json", tmp_path / "action.yml")
        assert [one["ident"] for one in json.loads(done.stdout)] == ["template-injection"]


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-actions", [ROOT / "action.yml"]),
        ("vendor.github-workflows", [*WORKFLOWS, *SAMPLES]),
        ("vendor.gitlab-ci", [GITLAB]),
    ],
)
def test_the_schema_is_met(schema: str, files: list[Path]) -> None:
    done = tool("check-jsonschema", "--builtin-schema", schema, *files)
    assert done.returncode == 0, done.stdout + done.stderr


def uses() -> list[tuple[str, str]]:
    lines = [line for path in (ROOT / "action.yml", *WORKFLOWS, *SAMPLES) for line in path.read_text().splitlines()]
    return [(found[1], found[2]) for line in lines if (found := re.search(r"\buses: (\S+)(.*)$", line))]


def test_every_action_is_pinned_to_a_commit_and_says_which_release_it_is() -> None:
    others = [(name, rest) for name, rest in uses() if name != "./" and not name.startswith("gemaudit/")]
    assert others
    for name, rest in others:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name), name
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", rest), rest


def test_one_commit_is_one_release() -> None:
    names = {(name.partition("@")[0], name.partition("@")[2], rest) for name, rest in uses() if "@" in name}
    assert len({name for name, *_ in names}) == len(names)


def test_samples_and_pages_name_this_release() -> None:
    texts = [PAGE, *(path.read_text() for path in (*SAMPLES, GITLAB))]
    named = {
        found for text in texts for found in re.findall(r"gemaudit@v([\d.]+)|rev: v([\d.]+)|gemaudit==([\d.]+)", text)
    }
    assert {"".join(groups) for groups in named} == {__version__}


class TestWorkflows:
    """Least privilege."""

    @pytest.mark.parametrize("path", [*WORKFLOWS, *SAMPLES], ids=lambda path: path.name)
    def test_permissions_are_those_of_each_job(self, path: Path) -> None:
        workflow = load(path)
        assert workflow["permissions"] == {}
        assert all("permissions" in job for job in workflow["jobs"].values())
        assert "concurrency" in workflow

    @pytest.mark.parametrize("path", [*WORKFLOWS, *SAMPLES], ids=lambda path: path.name)
    def test_no_checkout_keeps_credentials(self, path: Path) -> None:
        steps = [step for job in load(path)["jobs"].values() for step in job["steps"]]
        checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
        assert all(step["with"]["persist-credentials"] is False for step in checkouts)

    def test_the_tests_run_on_every_python_of_the_package(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        said = {one.rpartition(" ")[2] for one in project["classifiers"] if re.search(r"Python :: 3\.\d+$", one)}
        assert set(load(WORKFLOWS[-1])["jobs"]["tests"]["strategy"]["matrix"]["python"]) == said


class TestAction:
    """What action.yml promises."""

    def test_nothing_is_interpolated_into_a_script(self) -> None:
        assert all("${{" not in step["run"] for step in ACTION["runs"]["steps"])

    def test_it_uses_no_other_action(self) -> None:
        assert all("uses" not in step for step in ACTION["runs"]["steps"])

    def test_only_the_token_has_a_default(self) -> None:
        assert {name for name, spec in ACTION["inputs"].items() if "default" in spec} == {"token"}

    def test_the_page_names_every_input_and_output(self) -> None:
        tables = re.findall(r"^## (Inputs|Outputs)\n(.*?)(?=^## )", PAGE, re.DOTALL | re.MULTILINE)
        named = {title: set(re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)) for title, text in tables}
        words = {
            title: {word for cell in cells for word in re.findall(r"`([\w-]+)`", cell)}
            for title, cells in named.items()
        }
        assert words == {"Inputs": set(ACTION["inputs"]), "Outputs": set(ACTION["outputs"])}

    def test_every_input_reaches_a_step(self) -> None:
        values = " ".join(str(value) for step in ACTION["runs"]["steps"] for value in step["env"].values())
        assert set(re.findall(r"inputs\.([\w-]+)", values)) == set(ACTION["inputs"])


def pins() -> dict[str, str]:
    text = (ROOT / "action" / "requirements.txt").read_text()
    blocks = [block for block in re.split(r"\n(?=\S)", text) if not block.startswith("#")]
    assert all("--hash=sha256:" in block for block in blocks)
    found = [re.match(r"([\w.-]+)==([\w.]+)", block) for block in blocks]
    return {canonicalize_name(match[1]): match[2] for match in found if match}


class TestRequirements:
    """The hashed requirements; `python action/lock.py` writes them."""

    def test_they_are_what_the_project_asks_for(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())
        for text in (*project["project"]["dependencies"], *project["build-system"]["requires"]):
            asked = Requirement(text)
            assert asked.specifier.contains(pins()[canonicalize_name(asked.name)]), text

    def test_the_tool_that_writes_them_names_itself(self) -> None:
        assert "python action/lock.py" in (ROOT / "action" / "requirements.txt").read_text().splitlines()[1]


def installer() -> Any:
    spec = spec_from_file_location("install", ROOT / "action" / "install.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestInstallation:
    """What `install.py` refuses; that it installs is shown by every run of the action."""

    def refused(self, tmp_path: Path, version: str) -> str:
        environment = {
            "RUNNER_TEMP": str(tmp_path),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "INPUT_VERSION": version,
        }
        line = [sys.executable, "-I", str(ROOT / "action" / "install.py")]
        done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2
        assert list(tmp_path.iterdir()) == []
        return done.stdout

    @pytest.mark.parametrize(
        "version", ["latest", "1.0; touch pwned", "--index-url=https://evil.example", "1.0 evil", "@x"]
    )
    def test_a_version_that_is_none(self, tmp_path: Path, version: str) -> None:
        assert self.refused(tmp_path, version).startswith("::error title=gemaudit::`version` names no release%0Ahint: ")

    def test_no_python(self, tmp_path: Path) -> None:
        script = next(step["run"] for step in ACTION["runs"]["steps"] if step["id"] == "install")
        line = ["/bin/sh", "-e", "-c", script]
        done = subprocess.run(line, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (2, "")
        assert done.stdout.startswith("::error title=gemaudit::there is no `python3`%0Ahint: ")

    @pytest.mark.parametrize(
        ("module", "name", "value", "word"),
        [("sys", "version_info", (3, 9), "`python3` is 3.9"), ("os", "name", "nt", "Linux and macOS")],
    )
    def test_a_machine_that_will_not_do(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        module: str,
        name: str,
        value: Any,
        word: str,
    ) -> None:
        install = installer()
        monkeypatch.setenv("INPUT_VERSION", "")
        with monkeypatch.context() as patch:
            patch.setattr(getattr(install, module), name, value)
            code = install.main()
        assert code == 2
        assert word in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("version", "words"),
        [("", ["--no-index", "--no-build-isolation", str(ROOT)]), ("1.2.0rc1", ["gemaudit==1.2.0rc1"])],
    )
    def test_dependencies_are_hashed_and_the_package_is_the_checkout_or_a_release(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, words: list[str]
    ) -> None:
        lines: list[list[str]] = []
        install = installer()
        monkeypatch.setattr(install.subprocess, "run", lambda line, **_: lines.append(line))
        monkeypatch.setattr(install.venv.EnvBuilder, "create", lambda _, folder: Path(folder).mkdir())
        install._install(ROOT, version, tmp_path / "x", tmp_path / "x" / "bin" / "python")
        hashed, own = lines
        assert {"--require-hashes", "--only-binary=:all:", str(ROOT / "action" / "requirements.txt")} <= set(hashed)
        assert own[own.index("--no-compile") + 1 :] == words
        assert all("--no-deps" in line for line in lines)

    def test_a_machine_without_pip(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def missing(_: str) -> str:
            raise metadata.PackageNotFoundError

        install = installer()
        monkeypatch.setattr(metadata, "version", missing)
        install.venv.EnvBuilder(symlinks=True).create(str(tmp_path))
        pip = install._pip(tmp_path / "bin" / "python")
        done = subprocess.run([*pip, "--version"], capture_output=True, text=True, check=True)
        assert str(tmp_path) in done.stdout


class TestAround:
    """Other ways to run gemaudit."""

    @pytest.mark.parametrize(
        "name",
        [
            *("Gemfile.lock", "gems.locked", "Gemfile.next.lock", "gemfiles/rails_8.gemfile.lock", "a/b/Gemfile.lock"),
            *("Gemfile", "Gemfile.lock.bak", "xGemfile.lock", "yarn.lock", "Gemfile.old.lock"),
        ],
    )
    def test_pre_commit_looks_at_lockfiles(self, name: str) -> None:
        (hook,) = load(ROOT / ".pre-commit-hooks.yaml")
        assert bool(re.search(hook["files"], name)) == is_lockfile_name(Path(name).name)
        assert hook["entry"].split()[0] in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]

    def test_the_image_is_built_from_what_there_is(self) -> None:
        lines = (ROOT / "Dockerfile").read_text().splitlines()
        copied = [word for line in lines if re.match(r"COPY (?!--from)", line) for word in line.split()[1:-1]]
        assert copied
        assert [word for word in copied if not (ROOT / word).exists()] == []

    def test_the_command_of_gitlab_is_one(self) -> None:
        script = load(GITLAB)["gemaudit"]["script"][0]
        line = ["/bin/sh", "-c", script.replace("gemaudit check", 'printf "%s\\n" check')]
        environments: list[dict[str, str]] = [{}, {"CI_MERGE_REQUEST_DIFF_BASE_SHA": "a b;c"}]
        words = [
            subprocess.run(line, env=one, capture_output=True, text=True, check=True).stdout for one in environments
        ]
        assert words[0].split("\n") == ["check", "--report", "junit=gemaudit.xml", "--report", "html=gemaudit.html", ""]
        assert words[1].removeprefix(words[0].rstrip("\n")).split("\n") == ["", "--against", "git:a b;c", ""]
