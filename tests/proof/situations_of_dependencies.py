"""Situations in which the fix asks for other gems."""

from situation import Situation, at, defect, plain, release

DEPENDENCIES = (
    Situation(
        name="the fix needs another gem",
        gemfile='gem "nokogiri"',
        releases=(
            *plain("nokogiri", "1.15.0"),
            release("nokogiri 1.15.1", "crass ~> 1.4"),
            *plain("crass", "1.3.0", "1.4.0", "2.0.0"),
        ),
        defects=(defect("nokogiri 0...1.15.1"),),
        reach=(at("nokogiri", "alone", "1.15.1"),),
    ),
    Situation(
        name="the fix does without another gem",
        gemfile='gem "nokogiri"',
        releases=(release("nokogiri 1.15.0", "crass ~> 1.4"), *plain("nokogiri", "1.15.1"), *plain("crass", "1.4.0")),
        defects=(defect("nokogiri 0...1.15.1"),),
        reach=(at("nokogiri", "alone", "1.15.1"),),
    ),
    Situation(
        name="the fix needs a later release of a locked gem",
        gemfile='gem "nokogiri"\ngem "crass"',
        releases=(
            release("nokogiri 1.15.0", "crass ~> 1.4"),
            release("nokogiri 1.15.1", "crass ~> 1.6"),
            *plain("crass", "1.4.0", "1.6.0"),
        ),
        defects=(defect("nokogiri 0...1.15.1"),),
        reach=(at("nokogiri", "dependencies", "1.15.1"),),
        moves=(("crass", "1.6.0"),),
    ),
    Situation(
        name="the fix needs a later release of a gem that the Gemfile pins",
        gemfile='gem "nokogiri"\ngem "crass", "~> 1.4.0"',
        releases=(
            release("nokogiri 1.15.0", "crass ~> 1.4"),
            release("nokogiri 1.15.1", "crass ~> 1.6"),
            *plain("crass", "1.4.0", "1.6.0"),
        ),
        defects=(defect("nokogiri 0...1.15.1"),),
        reach=(at("nokogiri", "gemfile", "1.15.1"),),
    ),
    Situation(
        name="the fix needs a release of a locked gem that is not there",
        gemfile='gem "nokogiri"',
        releases=(
            release("nokogiri 1.15.0", "crass ~> 1.4"),
            release("nokogiri 1.15.1", "crass ~> 1.6"),
            *plain("crass", "1.4.0", "1.5.0"),
        ),
        defects=(defect("nokogiri 0...1.15.1"),),
        reach=(at("nokogiri", "nothing"),),
    ),
    Situation(
        name="a later fix has dependencies that go together",
        gemfile='gem "nokogiri"',
        releases=(
            release("nokogiri 1.15.0", "crass ~> 1.4"),
            release("nokogiri 1.15.1", "crass ~> 1.6"),
            release("nokogiri 1.15.2", "crass ~> 1.4"),
            *plain("crass", "1.4.0"),
        ),
        defects=(defect("nokogiri 0...1.15.1"),),
        reach=(at("nokogiri", "alone", "1.15.2"),),
    ),
    Situation(
        name="the fix needs a later release of what another gem holds back",
        gemfile='gem "nokogiri"\ngem "parser"',
        releases=(
            release("nokogiri 1.15.0", "crass ~> 1.4"),
            release("nokogiri 1.15.1", "crass ~> 1.6"),
            release("parser 3.0.0", "crass < 1.6"),
            release("parser 3.1.0", "crass < 2"),
            *plain("crass", "1.4.0", "1.6.0"),
        ),
        defects=(defect("nokogiri 0...1.15.1"),),
        reach=(at("nokogiri", "dependencies", "1.15.1"),),
        moves=(("parser", "3.1.0"), ("crass", "1.6.0")),
    ),
    Situation(
        name="two defective gems that have to move together",
        gemfile='gem "nokogiri"',
        releases=(
            release("nokogiri 1.15.0", "mini_portile2 ~> 2.7.0"),
            release("nokogiri 1.16.0", "mini_portile2 ~> 2.8.0"),
            *plain("mini_portile2", "2.7.0", "2.8.0"),
        ),
        defects=(defect("nokogiri 0...1.16.0"), defect("mini_portile2 0...2.8.0")),
        reach=(at("nokogiri", "dependencies", "1.16.0"), at("mini_portile2", "parents", "2.8.0")),
    ),
    Situation(
        name="two defective gems whose fixes exclude each other",
        gemfile='gem "nokogiri"\ngem "mini_portile2"',
        releases=(
            release("nokogiri 1.15.0", "mini_portile2 ~> 2.7.0"),
            release("nokogiri 1.15.1", "mini_portile2 ~> 2.7.0"),
            *plain("mini_portile2", "2.7.0", "2.8.0"),
        ),
        defects=(defect("nokogiri 0...1.15.1"), defect("mini_portile2 0...2.8.0")),
        reach=(at("nokogiri", "alone", "1.15.1"), at("mini_portile2", "nothing")),
    ),
)
