"""How the application uses Ruby: servers, configuration, gems."""

import pytest

from gemaudit.environments import Stated, discover, server_config, stated_facts
from gemaudit.environments.ruby_text import statements
from gemaudit.environments.switches import command_traits, sanitizer_traits, switch_traits
from gemaudit.model.document import Document
from gemaudit.model.environment import Environment
from gemaudit.model.lockfile import GemfileDependency, Lockfile, Package, Source

RUBYGEMS = Source(kind="gem", remotes=("https://rubygems.org/",))
FORK = "plugin :tmp_restart\nworkers 2\n"


def locked(*names: str, direct: bool = True, origin: Source = RUBYGEMS) -> Lockfile:
    return Lockfile(
        path="Gemfile.lock",
        packages=tuple(Package(name=name, version="1.0", origin=origin, line=5) for name in names),
        dependencies=tuple(GemfileDependency(name=name) for name in names if direct),
    )


def environment(files: dict[str, str], lockfile: Lockfile | None = None, ruby: str = "3.4.5") -> Environment:
    documents = [Document(path, text) for path, text in {"Dockerfile": f"FROM ruby:{ruby}", **files}.items()]
    return discover(documents, lockfile or locked(), Stated()).environments[0]


def used(place: Environment) -> list[str]:
    return [f"{fact.value}@{fact.path}:{fact.line}" for fact in place.facts if fact.name in {"feature", "jit"}]


@pytest.mark.parametrize(
    ("gem", "features"),
    [
        ("puma", ["threads"]),
        ("sidekiq", ["threads"]),
        ("good_job", ["threads"]),
        ("unicorn", ["fork"]),
        ("resque", ["fork"]),
        ("nakayoshi_fork", ["fork"]),
        ("falcon", ["fiber-scheduler", "fiber"]),
        ("solid_queue", []),
        ("rails", []),
    ],
)
def test_a_server_in_the_gemfile_is_used(gem: str, features: list[str]) -> None:
    assert sorted(used(environment({}, locked(gem)))) == sorted(f"{word}@Gemfile.lock:5" for word in features)
    assert used(environment({}, locked(gem, direct=False))) == []


def test_puma_beside_another_server_may_be_for_the_browser_tests() -> None:
    assert used(environment({}, locked("puma", "unicorn"))) == ["fork@Gemfile.lock:5"]


def test_a_gem_tests_itself_with_the_servers_in_its_gemfile() -> None:
    assert used(environment({}, locked("puma", origin=Source(kind="path", remotes=(".",))))) == []


def test_only_deployments_are_used_as_the_configuration_says() -> None:
    workflow = "jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n    - uses: ruby/setup-ruby@v1\n"
    names = {"Dockerfile": "FROM ruby:3.4", "Dockerfile.dev": "FROM ruby:3.4", ".github/workflows/ci.yml": workflow}
    found = discover([Document(path, text) for path, text in names.items()], locked("puma"), Stated()).environments
    assert {place.id: used(place) for place in found} == {
        "ci/a": [],
        "docker/dev": [],
        "production": ["threads@Gemfile.lock:5"],
    }


def test_what_the_user_denies_stays_denied() -> None:
    stated = Stated(command_line=stated_facts(features=["no-threads"], jit=["none"], ruby="3.4.5"))
    documents = [Document("config/application.rb", "config.load_defaults 8.0\n")]
    (place,) = discover(documents, locked("puma", "railties"), stated).environments
    assert [fact.value for fact in place.facts if fact.name in {"feature", "jit"}] == ["none", "no-threads"]


@pytest.mark.parametrize(
    ("text", "features"),
    [
        ("workers 2", ["fork@2"]),
        ("workers(2)", ["fork@2"]),
        ("workers :auto", ["fork@2"]),
        ('workers ENV.fetch("WEB_CONCURRENCY", 2)', ["fork@2"]),
        ('workers ENV.fetch("WEB_CONCURRENCY") { 2 }', ["fork@2"]),
        ("workers Integer(ENV['WEB_CONCURRENCY'] || 2)", ["fork@2"]),
        ('workers ENV.fetch("WEB_CONCURRENCY", "2").to_i', ["fork@2"]),
        ("fork_worker", ["fork@2"]),
        ("nakayoshi_fork true", ["compaction@2"]),
        ("plugin :solid_queue", ["fork@2", "threads@2"]),
        ("before_fork do\n  GC.compact\nend\nworkers 1", ["fork@5"]),
        ("workers 0", []),
        ('workers ENV.fetch("WEB_CONCURRENCY", 0)', []),
        ('workers ENV.fetch("WEB_CONCURRENCY")', []),
        ("# workers 2", []),
        ("workers 2 if ENV['X']", []),
        ("workers 2 unless Rails.env.development?", []),
        ("if ENV['X']\n  workers 2\nend", []),
        ("on_windows ||\n  workers 2", []),
        ('plugin :solid_queue if ENV["SOLID_QUEUE_IN_PUMA"]', []),
        ("threads 5, 5", []),
        ("x = <<~TEXT\nworkers 2\nTEXT\n", []),
        ("=begin\nworkers 2\n=end\n", []),
        ("__END__\nworkers 2", []),
        ("workers 2\nend", []),
        ("workers 2\nputs 'a\nb'", []),
        ("case 1\nwhen 1\n  workers 2\nend", []),
        ("def x\n  workers 2\nend", []),
        ("[1].each do\n  workers 2\nend", []),
        ("foo(\n  workers 2\n)", []),
    ],
)
def test_puma_is_set_up_by_lines_that_surely_run(text: str, features: list[str]) -> None:
    place = environment({"config/puma.rb": f"\n{text}\n"}, locked("puma", direct=False))
    assert used(place) == [word.replace("@", "@config/puma.rb:") for word in features]


def test_the_configuration_of_a_server_that_is_not_there_says_nothing() -> None:
    assert used(environment({"config/puma.rb": "workers 2"}, locked("unicorn", direct=False))) == []
    assert server_config.observe(Document("config/puma.rb", "workers 2")).usages


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("config/initializers/gc.rb", "GC.auto_compact = true", ["auto-compaction", "compaction"]),
        ("config/boot.rb", "GC.compact", ["compaction"]),
        ("config.ru", "GC.verify_compaction_references(toward: :empty)", ["compaction"]),
        ("config.ru", "Process.warmup", ["compaction"]),
        ("config.ru", "GC.compact if GC.respond_to?(:compact)", ["compaction"]),
        ("config.ru", "if defined?(GC.compact)\n  GC.compact\nend", ["compaction"]),
        ("config.ru", "if defined?(GC.compact)\n  1\nelse\n  GC.compact\nend", []),
        ("config.ru", "GC.auto_compact = false", []),
        ("config.ru", "puts 'GC.compact'", []),
        ("config.ru", "GC.auto_compact = ENV['X']", []),
        ("config/application.rb", "module A\n  class B < C\n    config.load_defaults 7.2\n  end\nend", ["yjit"]),
        ("config/application.rb", 'config.load_defaults "8.1"', ["yjit"]),
        ("config/application.rb", "config.load_defaults 7.1", []),
        ("config/application.rb", "config.load_defaults 7.2\nconfig.yjit = false", []),
        ("config/application.rb", "config.load_defaults 7.2\nconfig.yjit = ENV['X'] if y", []),
        ("config/application.rb", "config.load_defaults 7.2\n# config.yjit = false", ["yjit"]),
        ("config/application.rb", "config.load_defaults VERSION", []),
        (
            "config/initializers/enable_yjit.rb",
            "if defined?(RubyVM::YJIT.enable)\n config.after_initialize do\n  RubyVM::YJIT.enable\n end\nend",
            ["yjit"],
        ),
    ],
)
def test_the_configuration_of_rails(path: str, text: str, expected: list[str]) -> None:
    found = environment({path: text}, locked("railties", direct=False))
    assert sorted(word.partition("@")[0] for word in used(found)) == expected


@pytest.mark.parametrize("ruby", ["3.2.9", "3.2", "3", "latest", "3.3.0-preview1"])
def test_rails_enables_no_compiler_where_ruby_may_not_have_it(ruby: str) -> None:
    files = {"config/application.rb": "config.load_defaults 8.0"}
    assert used(environment(files, locked("railties", direct=False), ruby)) == []
    assert used(environment(files, locked("railties", direct=False), "3.4")) == ["yjit@config/application.rb:1"]


def test_another_file_may_take_the_compiler_back() -> None:
    files = {
        "config/application.rb": "config.load_defaults 8.0",
        "config/environments/production.rb": "Rails.application.configure do\n  config.yjit = false\nend",
    }
    assert used(environment(files, locked("railties"))) == []


def test_a_procfile_starts_servers() -> None:
    text = "web: RUBY_YJIT_ENABLE=1 bundle exec puma -w 2\nrelease: bin/jobs\nworker: bundle exec sidekiq -c 5\n"
    (place,) = discover([Document("Procfile", text), Document(".ruby-version", "3.4.5")], None, Stated()).environments
    assert used(place) == ["yjit@Procfile:1", "fork@Procfile:1", "threads@Procfile:1"]
    assert used(environment({"Procfile": text})) == []


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("bundle exec puma -C config/puma.rb", "threads"),
        ('["bundle", "exec", "puma", "-w", "3"]', "threads fork"),
        ("puma -w0", "threads"),
        ("exec bin/puma --workers 2", "threads fork"),
        ("cd app && bundle exec sidekiq", "threads"),
        ("ruby --yjit bin/rails server", "yjit"),
        ('["ruby", "--zjit", "app.rb"]', "zjit"),
        ("ruby app.rb --yjit", ""),
        ("ruby --jit app.rb", ""),
        ("RUBYOPT=--yjit bin/rails s", "yjit"),
        ("./bin/thrust ./bin/rails server", ""),
        ("bin/jobs", "fork threads"),
        ("bin/rails solid_queue:start", "fork threads"),
        ("bundle exec rake environment resque:work QUEUE=*", "fork"),
        ("bundle exec unicorn -c config/unicorn.rb", "fork"),
        ("sh -c 'bundle exec karafka server'", "threads"),
        ("pkill puma", ""),
        ("echo puma", ""),
        ("", ""),
    ],
)
def test_commands_say_what_they_start(command: str, expected: str) -> None:
    assert " ".join(trait.value for trait in command_traits(command)) == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("ASAN_OPTIONS", "detect_leaks=0", "address"),
        ("TSAN_OPTIONS", "x=1", "thread"),
        ("CFLAGS", "-O1 -fsanitize=address,undefined -g", "address undefined"),
        ("CFLAGS", "-O2", ""),
        ("ASAN_OPTIONS", "", ""),
        ("OTHER", "-fsanitize=address", ""),
    ],
)
def test_variables_tell_of_sanitizers(name: str, value: str, expected: str) -> None:
    assert " ".join(trait.value for trait in switch_traits(name, value)) == expected


def test_a_sanitizer_on_an_image_with_a_plain_ruby_leaves_it_open() -> None:
    def sanitizers(text: str) -> list[str]:
        (place,) = discover([Document("Dockerfile", text)], None, Stated()).environments
        return [fact.value for fact in place.all("sanitizer")]

    assert sanitizers("FROM ruby:3.4\nENV ASAN_OPTIONS=detect_leaks=0") == []
    assert sanitizers("FROM ruby:3.4") == ["none"]
    built = "FROM debian:12\nRUN ./configure cflags=-fsanitize=address && make && ruby -v"
    assert sanitizers(built) == ["address"]
    assert sanitizer_traits("-fsanitize=fuzzer") == ()


def test_a_statement_keeps_its_line_and_loses_its_comment() -> None:
    found = statements(["class A", "  x 1 # one", "  y '#'", "end"])
    assert [(item.text, item.line) for item in found] == [("x 1", 2), ("y '#'", 3)]
    assert statements(["x"] * 3000) == ()
    assert statements(["x" * 1000]) == ()
