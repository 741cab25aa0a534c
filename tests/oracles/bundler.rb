# frozen_string_literal: true

# Says what the Bundler that runs it reads out of lockfiles.
# Reads {"texts": [...], "platforms": [...]} from standard input and writes one JSON object to standard output:
# for each text what it states, for each platform how RubyGems spells it; see test_bundler_oracle.py.

Encoding.default_external = Encoding::UTF_8
$VERBOSE = nil

require "bundler"
require "bundler/lockfile_parser"
require "json"
require "tmpdir"

def requirement(value)
  value.as_list.sort
end

def dependency(value)
  [value.name, requirement(value.requirement)]
end

def source(value)
  case value
  when Bundler::Source::Git
    options = %w[revision ref branch tag submodules glob].to_h { |key| [key, value.options[key]&.to_s] }
    { kind: "git", remotes: [value.uri], options: options.compact }
  when Bundler::Source::Path
    { kind: "path", remotes: [value.path.to_s], options: {} }
  when Bundler::Source::Rubygems
    { kind: "gem", remotes: value.remotes.map(&:to_s).sort, options: {} }
  end
end

def package(spec)
  {
    name: spec.name, version: spec.version.to_s, platform: spec.platform.to_s, source: source(spec.source),
    dependencies: spec.dependencies.map { |value| dependency(value) }.sort
  }
end

def digests(spec)
  line = spec.source.checksum_store.to_lock(spec)
  line[/\) (\S+)\z/, 1].to_s.split(",").sort
end

def checksums(lockfile)
  return unless lockfile.respond_to?(:checksums) && lockfile.checksums

  lockfile.specs.to_h { |spec| [spec.full_name, digests(spec)] }
end

def ruby(text)
  version = text && Bundler::RubyVersion.from_string(text)
  version && { version: version.versions.first, engine: version.engine, engine_version: version.engine_versions.first }
rescue ArgumentError # before Bundler 2.4, a preview is no version
end

def facts(text)
  lockfile = Bundler::LockfileParser.new(text)
  {
    packages: lockfile.specs.map { |spec| package(spec) },
    platforms: lockfile.platforms.map(&:to_s),
    dependencies: lockfile.dependencies.values.map { |value| dependency(value) + [!value.source.nil?] },
    checksums: checksums(lockfile),
    ruby_text: lockfile.ruby_version,
    ruby: ruby(lockfile.ruby_version),
    bundled_with: lockfile.bundler_version&.to_s,
  }
rescue Bundler::LockfileError => e
  { refused: e.message }
end

question = JSON.parse($stdin.read)
Dir.mktmpdir do |folder|
  ENV["BUNDLE_USER_HOME"] = folder
  File.write(File.join(folder, "Gemfile"), "")
  Dir.chdir(folder) do
    Bundler.ui = Bundler::UI::Silent.new
    puts JSON.generate(
      bundler: Bundler::VERSION,
      answers: question["texts"].map { |text| facts(text) },
      platforms: question["platforms"].to_h { |name| [name, Gem::Platform.new(name).to_s] }
    )
  end
end
