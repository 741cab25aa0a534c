from situation import Reach, Situation, defect, plain, release

SITUATIONS = (
    Situation(
        name="free upgrade",
        gemfile='gem "ffi"',
        releases=plain("ffi", "1.15.0", "1.16.0"),
        defects=(defect("ffi 0...1.16.0"),),
        reach=(Reach(gem="ffi", level="alone", to="1.16.0"),),
    ),
    Situation(
        name="two",
        gemfile='gem "karafka", "~> 1.0"',
        releases=(release("karafka 1.0.0", "ffi ~> 1.15.0"),release("karafka 2.0.0", "ffi ~> 1.15"), *plain("ffi", "1.15.0", "1.16.0")),
        defects=(defect("ffi 0...1.16.0"),),
        reach=(Reach(gem="ffi", level="gemfile", to="1.16.0"),),
    ),
)
