# frozen_string_literal: true

# Says what the Bundler that runs it makes of the lines of a compact index and of its own settings.
# Reads {"lines": [...], "keys": [...], "remotes": [...]} from standard input and writes one JSON object to standard
# output; see test_bundler_index_oracle.py.

Encoding.default_external = Encoding::UTF_8
$VERBOSE = nil

require "bundler"
require "bundler/compact_index_client"
require "bundler/endpoint_specification"
require "bundler/source/rubygems/remote"
require "json"

PARSER =
  if defined?(Bundler::CompactIndexClient::GemParser)
    Bundler::CompactIndexClient::GemParser.new
  else
    require "rubygems/resolver/api_set/gem_parser"
    Gem::Resolver::APISet::GemParser.new
  end

def requirement(value)
  value && value.as_list.sort
end

def facts(line)
  version, platform, dependencies, metadata = PARSER.parse(line)
  spec = Bundler::EndpointSpecification.new("gem", version, platform || "ruby", nil, dependencies, metadata)
  {
    version: version, platform: platform || "ruby",
    dependencies: spec.dependencies.map { |value| [value.name, requirement(value.requirement)] },
    ruby: requirement(spec.instance_variable_get(:@required_ruby_version)),
    rubygems: requirement(spec.instance_variable_get(:@required_rubygems_version)),
    checksum: spec.checksum.respond_to?(:digest) ? spec.checksum.digest : spec.checksum
  }
rescue StandardError => e
  { refused: e.class.name }
end

# The address with its user, as Bundler asks it.
def asked(remote)
  Bundler::Source::Rubygems::Remote.new(Bundler::URI(remote.end_with?("/") ? remote : "#{remote}/")).uri.to_s
end

question = JSON.parse($stdin.read)
puts JSON.generate(
  bundler: Bundler::VERSION,
  lines: question["lines"].map { |line| facts(line) },
  keys: question["keys"].map { |name| Bundler.settings.key_for(name) },
  remotes: question["remotes"].map { |remote| asked(remote) }
)
