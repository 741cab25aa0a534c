# frozen_string_literal: true

# Runs Bundler and builds gems in forks of one process that has loaded both already; see real_bundler.py.
# Each line of standard input is a job, each line of standard output the result of one, in the order in which they end.

gem "bundler"
require "bundler"
require "bundler/cli"
require "bundler/cli/common"
require "bundler/cli/lock"
require "bundler/cli/update"
require "bundler/fetcher"
require "bundler/fetcher/downloader"
require "bundler/friendly_errors"
require "bundler/compact_index_client"
require "bundler/source/rubygems/remote"
require "bundler/uri_credentials_filter"
require "bundler/vendored_persistent"
require "bundler/vendored_tmpdir"
require "bundler/vendored_uri"
require "digest/md5"
require "etc"
require "fileutils"
require "json"
require "rubygems/package"

# The situations are about this machine, whatever the machine that runs them.
HOST = Gem::Platform.new("x86_64-linux")
LIMIT = 120 # seconds
# A job mostly waits for the server, so more of them than the machine has processors go together well.
WORKERS = 4

# Loaded here, each is loaded once and not once a job.
def load_all(container, except: [])
  (container.constants - except).each { |name| container.const_get(name) if container.autoload?(name) }
end

def pretend_host
  Gem::Platform.instance_variable_set(:@local, HOST)
  Gem.platforms = [Gem::Platform::RUBY, HOST]
end

# The `bundle` of this machine without installed gems, even Ruby's own: Bundler would choose among them, too.
def forget_installed_gems(folder)
  Gem.define_singleton_method(:default_specifications_dir) { File.join(folder, "none") }
  # `require` takes what is missing from Ruby's library then.
  Gem.define_singleton_method(:find_unresolved_default_spec) { |_path| nil }
  ENV.update("GEM_HOME" => folder, "GEM_PATH" => folder)
  Gem.paths = ENV
end

def bundle(job)
  Dir.chdir(job["folder"])
  Bundler.reset_paths! # they are those of the environment in which Bundler was loaded
  Bundler.with_friendly_errors { Bundler::CLI.start(job["arguments"], debug: true) }
end

def specification(release)
  Gem::Specification.new do |spec|
    spec.name, spec.version, spec.platform = release.values_at("name", "version", "platform")
    spec.summary = spec.description = "A stub"
    spec.authors = ["Nobody"]
    spec.homepage = "https://example.org"
    spec.license = "MIT"
    spec.files = ["lib/stub.rb"]
    spec.required_ruby_version = release["ruby"].split(", ") unless release["ruby"].empty?
    spec.required_rubygems_version = release["rubygems"].split(", ") unless release["rubygems"].empty?
    release["dependencies"].each { |name, requirement| spec.add_dependency(name, *requirement.split(", ")) }
  end
end

def build(job)
  Dir.chdir(job["folder"])
  Gem::DefaultUserInteraction.ui = Gem::SilentUI.new
  FileUtils.mkdir_p("lib")
  File.write("lib/stub.rb", "")
  job["releases"].each { |release| Gem::Package.build(specification(release), true) }
end

STARTING = Mutex.new

# The child and where to read what it writes. One at a time: a child that inherits the pipe of another keeps it open.
def start(job)
  STARTING.synchronize do
    reader, writer = IO.pipe
    child = fork { work(job, writer) }
    writer.close
    [child, reader]
  end
end

def work(job, output)
  $stdin.reopen(File::NULL)
  $stdout.reopen(output)
  $stderr.reopen(output)
  ENV.update(job["environment"])
  GC.disable # a job is over before its garbage matters
  send(job["task"], job)
end

# What a child wrote, and how it ended; a child that takes too long is killed.
def outcome(job)
  child, reader = start(job)
  watch = Thread.new { sleep(LIMIT) && Process.kill(:KILL, child) }
  said = reader.read
  _, status = Process.wait2(child)
  watch.kill
  { id: job["id"], status: status.exitstatus || -1, output: said.force_encoding(Encoding::UTF_8).scrub }
end

load_all(Bundler, except: %i[Deployment GemHelper])
load_all(Bundler::Source)
load_all(Bundler::UI)
Gem.load_yaml
pretend_host
forget_installed_gems(ARGV.fetch(0))
jobs = Queue.new
results = Mutex.new
workers = Array.new(WORKERS) do
  Thread.new do
    while (job = jobs.pop)
      line = JSON.generate(outcome(job))
      results.synchronize { $stdout.write(line, "\n") && $stdout.flush }
    end
  end
end
puts JSON.generate(
  ruby: RUBY_VERSION, rubygems: Gem::VERSION, bundler: Bundler::VERSION, loaded: Gem::Specification.map(&:name)
)
$stdout.flush
$stdin.each_line { |line| jobs << JSON.parse(line) }
jobs.close
workers.each(&:join)
