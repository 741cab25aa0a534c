# frozen_string_literal: true

# Answers questions about versions, requirements and platforms with the RubyGems that runs it.
# Reads one JSON object from standard input and writes one to standard output; see test_rubygems_oracle.py.

require "json"
require "rubygems"

def refused_as_nil
  yield
rescue ArgumentError
  nil
end

def version_facts(text)
  refused_as_nil do
    version = Gem::Version.new(text)
    {
      text: version.to_s,
      segments: version.segments,
      prerelease: version.prerelease? ? true : false,
      release: version.release.to_s,
      bump: version.bump.to_s,
    }
  end
end

def satisfied(parts, version)
  refused_as_nil { Gem::Requirement.new(*parts).satisfied_by?(Gem::Version.new(version)) }
end

def requirement_facts(parts)
  refused_as_nil do
    requirement = Gem::Requirement.new(*parts)
    { text: requirement.to_s, list: requirement.as_list, none: requirement.none? }
  end
end

def platform_facts(text)
  platform = Gem::Platform.new(text)
  platform == Gem::Platform::RUBY ? [nil, platform, nil] : platform.to_a
end

# `match_gem?` asks the same of the two platforms in `Gem.platforms`, of which the second is the machine's own.
def installs(gem, host)
  locals = [Gem::Platform::RUBY, Gem::Platform.new(host)].uniq
  Gem::Platform.send(:match_platforms?, Gem::Platform.new(gem), locals)
end

# Until RubyGems 3.7 the ranking of variants belonged to Bundler.
SPECIFICITY =
  if Gem::Platform.respond_to?(:platform_specificity_match)
    Gem::Platform.method(:platform_specificity_match)
  else
    begin
      require "bundler/gem_helpers"
      Bundler::GemHelpers.method(:platform_specificity_match)
    rescue LoadError, NameError
      nil
    end
  end

def best_indices(gems, host)
  fitting = gems.each_index.select { |index| installs(gems[index], host) }
  scores = fitting.to_h do |index|
    [index, SPECIFICITY.call(Gem::Platform.new(gems[index]), Gem::Platform.new(host))]
  end
  fitting.select { |index| scores[index] == scores.values.min }
end

questions = JSON.parse($stdin.read)
answers = {
  rubygems: Gem::VERSION,
  versions: questions["versions"].map { |text| version_facts(text) },
  orders: questions["orders"].map { |left, right| Gem::Version.new(left) <=> Gem::Version.new(right) },
  requirements: questions["requirements"].map { |parts| requirement_facts(parts) },
  admissions: questions["admissions"].map { |parts, version| satisfied(parts, version) },
  platforms: questions["platforms"].map { |text| platform_facts(text) },
  installations: questions["installations"].map { |gem, host| installs(gem, host) ? true : false },
  choices: SPECIFICITY && questions["choices"].map { |gems, host| best_indices(gems, host) },
}
$stdout.write(JSON.generate(answers))
