import inspect
import pkgutil
import random
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gemaudit.environments
from gemaudit.environments import PATTERNS, SOURCES, Source, Stated, discover, gemfile_lock
from gemaudit.environments.facts import merge
from gemaudit.environments.images import parse_image
from gemaudit.environments.names import parse_banner, parse_ruby_name
from gemaudit.environments.observation import Observation, excerpt, lines_of
from gemaudit.environments.sources import PRECEDENCE
from gemaudit.model.document import Document
from gemaudit.model.environment import CPUS, ENGINES, LIBCS, MULTIPLE, OSES, Environment, Fact
from gemaudit.model.lockfile import LockedRuby, Lockfile

PATHS = (
    *(source.patterns[0].replace("*", "x") for source in SOURCES),
    *("Dockerfile", "Dockerfile.dev", "docker/Dockerfile", ".github/workflows/ci.yml", ".github/workflows/b.yaml"),
    *(".ruby-version", ".tool-versions", "mise.toml", ".config/mise.toml", "Gemfile", "gems.rb", "app/Dockerfile"),
)
PIECES = (
    *(
        "FROM ",
        "ruby",
        ":",
        "3.4.5",
        "3.4",
        "-alpine",
        " AS base",
        "ARG V=",
        "$V",
        "${V:-",
        "}",
        "\\\n",
        "ENV RUBYOPT=",
    ),
    *(
        "--yjit",
        "RUN <<EOF\n",
        "EOF",
        "gem update --system 3.6.9",
        "apk add ruby",
        "@sha256:",
        "jruby-",
        "head",
        "asan",
    ),
    *("jobs:\n  a:\n    runs-on: ubuntu-latest\n", "    steps:\n", "    - uses: ruby/setup-ruby@v1\n", "      with: {"),
    *("ruby-version: ", "${{ matrix.ruby }}", "    strategy: {matrix: {ruby: [", "]}}\n", "include", "&a", "*a", "- "),
    *("[tools]\n", "ruby = ", "ruby ", '"', "'", ", ", "engine: ", "file: ", "~> ", "#", "\n", "\r\n", "\r", "\x85"),
    *("services:\n  web:\n", "    build: {context: ., args: [V=3.4]}\n", "    image: ", "    <<: ", "FROM $V\n"),
    *("image: ruby:3.4\n", "extends: ", "parallel: {matrix: [", "executors:\n", "docker:\n", "<< parameters.v >>"),
    *("service: a\n", "builder:\n", "  arch: arm64\n", "<%= 1 %>", "bundle exec puma", "web: ", "bin/jobs"),
    *("workers 2\n", "GC.compact\n", "if ", "end\n", " do\n", "config.load_defaults 8.0\n", "config.yjit = false\n"),
    *("//", "/*", "*/", '"image": ', '"packages": ["ruby@3.4.5"]', "[[tools.ruby]]\nversion = ", "-fsanitize=address"),
    *("\u2028", "\x00", "\ud800", " ", "\t", "{", "[", ":", "`"),
)
fragments = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
texts = st.one_of(
    fragments, st.text(max_size=200), st.builds("".join, st.lists(st.one_of(fragments, st.text(max_size=9))))
)
versions = st.sampled_from(["3.4.5", "3.4.7", "3.4", "3", "head", "jruby-9.4.7.0", "jruby", "system", "3.5.0-preview1"])
#: Documents that say something, mixed with documents of noise.
speaking = st.one_of(
    st.builds(lambda version: Document("Dockerfile", f"FROM ruby:{version}-alpine\n"), versions),
    st.builds(lambda version: Document("docker/Dockerfile", f"ARG V={version}\nFROM ruby:$V\n"), versions),
    st.builds(lambda version: Document(".ruby-version", f"{version}\n"), versions),
    st.builds(lambda version: Document(".tool-versions", f"ruby {version}\n"), versions),
    st.builds(lambda version: Document("Gemfile", f"ruby '{version}'\n"), versions),
    st.builds(
        lambda version, name: Document(
            name, f"services:\n  web:\n    build: {{context: ., args: {{V: '{version}'}}}}\n    command: puma\n"
        ),
        versions,
        st.sampled_from(["compose.yml", "docker-compose.prod.yml"]),
    ),
    st.builds(
        lambda version: Document("config/deploy.yml", f"service: a\nbuilder:\n  args:\n    V: '{version}'\n"), versions
    ),
    st.builds(lambda version: Document(".gitlab-ci.yml", f"image: ruby:{version}\na: {{}}\n"), versions),
    st.builds(lambda text: Document("config/application.rb", text), st.sampled_from(["GC.compact", "config.yjit = 1"])),
    st.just(Document("config/puma.rb", "workers 2")),
    st.just(Document("Procfile", "web: bundle exec puma")),
    st.builds(lambda version: Document("mise.toml", f"[tools]\nruby = '{version}'\n"), versions),
    st.builds(
        lambda version: Document(
            ".github/workflows/ci.yml",
            "jobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: ruby/setup-ruby@v1\n"
            f"        with: {{ ruby-version: '{version}' }}\n",
        ),
        st.one_of(versions, st.sampled_from(["default", ".tool-versions", "${{ inputs.ruby }}"])),
    ),
)
documents = st.one_of(speaking, st.builds(Document, st.sampled_from(PATHS), texts))
rubies = st.builds(LockedRuby, version=versions, line=st.just(3), text=st.just("ruby"))
lockfiles = st.one_of(
    st.none(),
    st.builds(Lockfile, path=st.sampled_from(["Gemfile.lock", "app/Gemfile.lock"]), ruby=st.one_of(st.none(), rubies)),
)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
@given(text=texts)
def test_a_source_never_raises_and_quotes_what_is_there(source: Source, text: str) -> None:
    document = Document(source.patterns[0].replace("*", "x"), text)
    observation = source.observe(document)
    for fact in _facts_of(observation):
        assert fact.path == document.path
        assert fact.source == source.name
        lines = lines_of(text)
        assert 1 <= fact.line <= len(lines)
        assert fact.text == excerpt(lines[fact.line - 1])
        assert len(fact.text) <= 120
    for diagnostic in observation.diagnostics:
        assert diagnostic.path == document.path
        assert 0 <= diagnostic.line <= len(lines_of(text))
        assert diagnostic.level in {"warning", "notice"}


def _facts_of(observation: Observation) -> list[Fact]:
    return [
        *observation.facts,
        *(fact for place in observation.places for fact in place.facts),
        *(fact for usage in observation.usages for fact in usage.facts),
    ]


@given(found=st.lists(documents, max_size=6), lockfile=lockfiles)
def test_there_is_always_an_environment_that_is_well_formed(found: list[Document], lockfile: Lockfile | None) -> None:
    discovery = discover(found, lockfile, Stated())
    assert discovery.environments
    ids = [environment.id for environment in discovery.environments]
    assert ids == sorted(set(ids))
    for environment in discovery.environments:
        _assert_well_formed(environment)


def _assert_well_formed(environment: Environment) -> None:
    names = [fact.name for fact in environment.facts if fact.name not in MULTIPLE]
    assert len(names) == len(set(names))
    closed = {"engine": ENGINES, "os": OSES, "cpu": CPUS, "libc": LIBCS}
    for fact in environment.facts:
        assert fact.value in closed.get(fact.name, (fact.value,))
        assert fact.value
    if environment.value("engine") == "ruby":
        assert environment.fact("engine_version") is None
    if environment.value("libc"):
        assert environment.value("os") == "linux"


@given(found=st.lists(documents, max_size=6), lockfile=lockfiles, seed=st.integers())
def test_the_order_of_documents_changes_nothing(found: list[Document], lockfile: Lockfile | None, seed: int) -> None:
    shuffled = list(found)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - an order, not a secret
    assert discover(shuffled, lockfile, Stated()) == discover(found, lockfile, Stated())


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(found=st.lists(speaking, min_size=1, max_size=4), added=speaking)
def test_a_file_about_the_project_changes_nothing_that_a_place_states(found: list[Document], added: Document) -> None:
    def is_place(document: Document) -> bool:
        return document.path.endswith((".yml", "Dockerfile"))

    places = [document for document in found if is_place(document)]
    if not places or is_place(added):
        return
    before = discover(places, None, Stated()).environments
    after = discover([*places, added], None, Stated()).environments
    if before[0].id == "unknown":
        return
    assert [environment.id for environment in before] == [environment.id for environment in after]
    for old, new in zip(before, after, strict=True):
        assert set(old.facts) <= set(new.facts)


words = st.sampled_from(["engine", "ruby", "engine_version", "build", "os", "libc", "bundler", "jit", "feature"])
facts = st.builds(
    Fact,
    name=words,
    value=st.sampled_from(["ruby", "3.4.5", "none", "no-ractor", "ractor", "linux", "darwin"]),
    path=st.sampled_from(["a", "b"]),
)
layers = st.lists(st.lists(facts, max_size=5).map(tuple), max_size=4)


@given(strong=layers, weak=layers)
def test_a_weaker_layer_takes_nothing_away(
    strong: Sequence[tuple[Fact, ...]], weak: Sequence[tuple[Fact, ...]]
) -> None:
    stated = [fact for fact in merge(strong) if fact.value != "compaction"]
    assert set(stated) <= set(merge([*strong, *weak]))


@given(text=texts)
def test_names_images_and_banners_never_raise(text: str) -> None:
    parse_ruby_name(text)
    parse_banner(text)
    parse_image(text)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_a_source_reads_long_texts_in_little_time(source: Source) -> None:
    # Ten times a quadratic step would be minutes here; the test runner's patience is the measure.
    others = ("ENV A=$A", "ARG A=1\n", "FROM a AS b\n", "${A:-", "ruby [\n", '"\\', "a: &a [*a]\n")
    for piece in (*PIECES, *others):
        source.observe(Document(source.patterns[0].replace("*", "x"), piece * (30_000 // len(piece))))


def test_every_source_module_is_in_the_table() -> None:
    modules = [
        import_module(f"gemaudit.environments.{found.name}")
        for found in pkgutil.iter_modules(gemaudit.environments.__path__)
    ]
    observing = {module.__name__ for module in modules if inspect.isfunction(getattr(module, "observe", None))}
    # The lockfile is read by its own stage and handed in.
    assert observing - {gemfile_lock.__name__} == {source.module for source in SOURCES}
    assert {import_module(source.module).NAME for source in SOURCES} == {source.name for source in SOURCES}


def test_every_source_has_a_rank_and_stands_in_that_order() -> None:
    ranks = [PRECEDENCE.index(source.name) for source in SOURCES]
    assert ranks == sorted(ranks)
    assert set(PRECEDENCE) - {source.name for source in SOURCES} == {"command-line", "config", gemfile_lock.NAME}


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    code = "import sys; sys.path[:] = {}; before = set(sys.modules); import gemaudit.environments; print(*{} - before)"
    loaded = "({'yaml', 'tomli', 'difflib', 'fnmatch'} & set(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-S", "-c", code.format(sys.path, loaded)], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == ""


def test_a_source_is_imported_when_a_document_of_its_kind_turns_up() -> None:
    code = (
        "import sys; from gemaudit.environments import SOURCES, Stated, discover; "
        "from gemaudit.model.document import Document; "
        "loaded = lambda: {source.name for source in SOURCES if source.module in sys.modules}; "
        "print(*loaded()); discover([Document('.ruby-version', '3.4.5')], None, Stated()); "
        "print(*loaded())"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "\nruby-version\n"


def test_every_pattern_is_relative_and_unique() -> None:
    assert len(set(PATTERNS)) == len(PATTERNS)
    assert not [pattern for pattern in PATTERNS if pattern.startswith("/")]
    assert max(part.count("*") for pattern in PATTERNS for part in pattern.split("/")) == 1
