"""The HTML page: what it says, and that nothing an input says becomes a part of it."""

import re
import subprocess
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files
from typing import get_args
from xml.etree.ElementTree import Element

import html5lib
import pytest
from golden_files import FOLDER, assert_same
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from report_sample import EVIL, LOCK, affected, main_audit, others, plan, report

from gemaudit.model.advisory import Evidence
from gemaudit.model.environment import FactName
from gemaudit.model.plan import OUTCOMES, Move, Plan, Step
from gemaudit.model.policy import Policy
from gemaudit.model.report import Audit, Report
from gemaudit.reporting import Style, render
from gemaudit.reporting.html_shell import is_link, marked
from gemaudit.reporting.sanitize import PROSE, mapped, prose, visible
from gemaudit.reporting.undecided import grouped
from gemaudit.reporting.words import listing

#: Fields that an input or an advisory may fill with anything.
FREE = frozenset(
    {"version", "path", "lockfile", "text", "value", "actual", "expected", "reason", "requirement", "target", "current"}
    | {"commands", "before", "after", "note", "otherwise", "message", "hint", "code", "title", "workarounds", "paths"}
    | {"aliases", "environment", "platforms", "sha256", "id", "frames", "url", "name", "description", "workaround"}
    | {"confirm", "source", "cvss", "regex", "revision", "built"}
)
#: The page keeps what the reports for programs need, or says it in words of its own.
UNSEEN = frozenset({"id", "revision", "built"})
#: Facts are named by the model.
NAMES = frozenset({*get_args(FactName), "platform"})
#: What would be markup, a script or an address of one, were it not escaped.
ATTACKS = (
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x=\'',
    "' autofocus onfocus=alert(1) '",
    "-->]]><svg/onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "\u202egnp.exe\u2066",
    "&lt;b&gt;&#x3c;",
    "</textarea></title><base href=//evil.example>",
    "`</code><b>`",
    "long" * 300,
)
ELEMENTS = frozenset(
    re.findall(
        r"\w+",
        """
        a b body button code dd del details div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 head header html input ins
        label legend li link main meta ol option output p path pre rect script section select span style summary svg
        table tbody td th thead title tr ul wbr
        """,
    )
)


def page_of(*audits: Audit, policy: Policy | None = None) -> str:
    shown = replace(report(), audits=audits, unused_ignores=(), policy=policy or Policy())
    return render("html", shown, Style())


def parsed(text: str) -> Element:
    root: Element = html5lib.parse(text, namespaceHTMLElements=False)
    return root


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def body_of(text: str) -> Element:
    """What a reader sees: the body without the script at its end."""
    (body,) = named(parsed(text), "body")
    for script in body.findall("script"):
        body.remove(script)
    return body


def named(root: Element, name: str) -> list[Element]:
    return [element for element in root.iter() if element.tag.rpartition("}")[2] == name]


def of_class(root: Element, name: str) -> list[Element]:
    return [element for element in root.iter() if name in element.get("class", "").split()]


def without_assets(text: str) -> str:
    """The page without its style and script, which are files of their own and have no place in a golden file."""
    text = re.sub(r"<(style|script)>.*?</\1>", r"<\1>…</\1>", text, flags=re.DOTALL)
    return re.sub(r"sha256-[A-Za-z0-9+/=]+", "sha256-…", text)


def test_page() -> None:
    assert_same(FOLDER / "sample.html", without_assets(render("html", report(), Style())))


def test_the_style_asked_for_changes_nothing() -> None:
    assert render("html", report(), Style(show_all=True, color=True, width=40)) == render("html", report(), Style())


def test_the_policy_allows_the_script_and_the_style_of_the_page_and_nothing_else() -> None:
    root = parsed(render("html", report(), Style()))
    (policy,) = [meta.get("content", "") for meta in named(root, "meta") if meta.get("http-equiv")]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))

    for element, name in (("script", "script-src"), ("style", "style-src")):
        (found,) = named(root, element)
        digest = b64encode(sha256((found.text or "").encode()).digest()).decode()
        assert rules.pop(name) == f"'sha256-{digest}'"
    assert rules == {"default-src": "'none'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}


def harm(root: Element) -> list[str]:
    """Every element and attribute that could do something and is not one of ours."""
    found = [element.tag for element in root.iter() if element.tag.rpartition("}")[2] not in ELEMENTS]
    for element in root.iter():
        for name, value in element.attrib.items():
            address = name.rpartition("}")[2] in {"href", "src", "action", "formaction", "data", "srcset", "background"}
            is_safe = value.startswith("#") or (element.tag == "link" and value.startswith("data:image/svg+xml,"))
            if name.startswith("on") or name == "style" or (address and not is_safe and not is_link(value)):
                found.append(f"{element.tag}[{name}={value}]")
    counts = Counter(element.tag.rpartition("}")[2] for element in root.iter())
    return found + [f"{counts[name]} {name}" for name in ("script", "style", "link", "form") if counts[name] > 1]


def poisoned(poison: str, fields: set[str] | frozenset[str]) -> Report:
    return marked_report(lambda name, text: f"{text}{poison}{text}" if name in fields else text)


def marked_report(change: Callable[[str, str], str]) -> Report:
    """The sample with its strings changed, but for the names of facts, of which no input chooses one."""
    return mapped(report(), lambda name, text: text if name == "name" and text in NAMES else change(name, text))


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_becomes_markup(attack: str) -> None:
    clean, hostile = (parsed(render("html", poisoned(poison, FREE), Style())) for poison in ("x", attack))

    assert harm(hostile) == []
    assert len(list(hostile.iter("script"))) == len(list(clean.iter("script"))) == 1


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_attack_is_shown_as_text(attack: str) -> None:
    # A name is cut beyond 400 characters, and backticks of sentences turn into code.
    expected = visible(attack)[:300].replace("`", "")
    shown = text_of(body_of(render("html", poisoned(attack, FREE), Style())))

    assert " ".join(expected.split()) in shown.replace("`", "")


@settings(max_examples=15)
@given(poison=st.text(st.characters(), max_size=12), fields=st.sets(st.sampled_from(sorted(FREE))))
def test_no_text_becomes_markup(poison: str, fields: set[str]) -> None:
    assert harm(parsed(render("html", poisoned(poison, fields), Style()))) == []


@settings(max_examples=15)
@given(poison=st.text(st.characters(blacklist_characters="`"), min_size=1, max_size=12))
def test_every_text_is_shown(poison: str) -> None:
    """Whatever stands in a field is on the page, spelled out where it could not be seen."""
    changed = set()

    def change(name: str, text: str) -> str:
        if name not in FREE - UNSEEN:
            return text
        changed.add(name)
        return f"«{name}»{poison}«{name}»"

    shown = text_of(body_of(render("html", marked_report(change), Style())))

    assert changed >= FREE - UNSEEN - {"confirm", "cvss", "regex"}
    for name in changed:
        text = f"«{name}»{poison}«{name}»"
        harmless = prose(text) if name in PROSE else visible(text)
        assert " ".join(harmless.split()) in shown, name


def test_ids_are_unique_and_every_link_within_the_page_leads_somewhere() -> None:
    root = parsed(page_of(main_audit(), replace(main_audit(), path="z/Gemfile.lock")))
    ids = Counter(element.get("id") for element in root.iter() if element.get("id"))
    wanted = {
        element.get("href", "")[1:].partition("?")[0]
        for element in named(root, "a")
        if element.get("href", "")[0] == "#"
    }
    referred = {element.get(name, "") for element in root.iter() for name in ("aria-labelledby", "data-copy")} - {""}

    assert [name for name, number in ids.items() if number > 1] == []
    assert (wanted | referred) - set(ids) == set()


def test_a_finding_has_the_id_of_its_advisory() -> None:
    root = parsed(page_of(main_audit()))

    for finding in main_audit().findings:
        (body,) = [element for element in root.iter() if element.get("id") == finding.advisory.id]
        assert "body" in body.get("class", "")


def test_an_id_that_is_no_id_is_not_used_as_one() -> None:
    finding = replace(affected()[0], advisory=replace(affected()[0].advisory, id='x"><b id=plan '))
    root = parsed(page_of(replace(main_audit(), findings=(finding,))))
    (body,) = of_class(root, "body")

    assert re.fullmatch(r"finding-[0-9a-f]{12}", body.get("id", ""))


def test_findings_that_are_the_same_have_different_ids() -> None:
    root = parsed(page_of(replace(main_audit(), findings=affected()[:1] * 4)))
    ids = [body.get("id") for body in of_class(root, "body")]

    assert len(ids) == len(set(ids)) == 4
    assert ids[0] == "GMSA-2024-0001"


def test_every_finding_is_on_the_page_with_what_the_filter_asks() -> None:
    root = parsed(page_of(main_audit()))
    shown = Counter(
        (element.get("data-package"), element.get("data-severity"), element.get("data-status"))
        for element in of_class(root, "finding")
    )
    groups = {
        "affected": "affected",
        "under_investigation": "undecided",
        "not_affected": "ruled-out",
        "fixed": "ruled-out",
    }

    assert shown == Counter(
        (
            finding.package.name,
            finding.advisory.severity,
            "suppressed" if finding.suppression else groups[finding.status],
        )
        for finding in main_audit().findings
    )


def test_what_does_not_apply_is_folded_away_and_there_without_a_script() -> None:
    root = parsed(page_of(main_audit()))
    folded = {text_of(element[0]): element for element in of_class(root, "list") if element.tag == "details"}

    assert set(folded) == {"Ruled out 3", "Suppressed 1"}
    assert all(element.get("open") is None and element.get("hidden") is None for element in folded.values())
    assert "Markdown is ours and reviewed, until 2027-01-31" in text_of(folded["Suppressed 1"])


def test_a_notice_is_worth_knowing_and_no_defect() -> None:
    notice = replace(affected()[0], advisory=replace(affected()[0].advisory, kind="notice"))
    audit = replace(main_audit(), findings=(notice,))

    def statuses(policy: Policy) -> set[str | None]:
        return {element.get("data-status") for element in of_class(parsed(page_of(audit, policy=policy)), "finding")}

    assert statuses(Policy()) == {"note"}
    assert statuses(Policy(tolerated=())) == {"affected"}


def test_the_verdict_comes_first() -> None:
    def verdict(*audits: Audit, policy: Policy | None = None) -> str:
        return text_of(named(parsed(page_of(*audits, policy=policy)), "h1")[0])

    clean = Audit(path=LOCK, sha256="", status="audited", packages=48)
    assert verdict(main_audit()) == "Fail 4 findings at or above the gate (medium)"
    assert verdict(clean) == "Pass no finding at or above the gate (medium)"
    assert verdict(main_audit(), policy=Policy(fail_on=None)) == "Pass there is no gate"
    assert verdict(replace(clean, status="unreadable")) == "Fail some of the input could not be used"
    assert verdict(replace(clean, status="empty")) == "Fail there was nothing to audit"
    assert verdict() == "Fail there was nothing to audit"


def test_a_clean_result_says_what_it_leaves_open() -> None:
    clean = Audit(path=LOCK, sha256="", status="audited", packages=48)
    open_ones = tuple(finding for finding in others() if finding.status == "under_investigation")
    (sure,) = of_class(parsed(page_of(clean)), "clean")
    (unsure,) = of_class(parsed(page_of(replace(clean, findings=open_ones))), "clean")

    assert text_of(sure) == "No known memory-safety defect reaches these 48 packages."
    assert text_of(unsure).endswith("these 48 packages, but 7 findings are undecided.")
    assert of_class(parsed(page_of(replace(clean, status="unreadable"))), "clean") == []


def test_commands_stand_on_the_page_letter_by_letter() -> None:
    step = replace(plan().steps[0], commands=("bundle config set --local x 'a  b'", "bundle install"))
    root = parsed(page_of(replace(main_audit(), plan=Plan(steps=(step,)))))
    texts = {element.get("id"): element.text for element in named(root, "pre")}

    assert texts["lockfile-1-step-1-1"] == "bundle config set --local x 'a  b'"
    assert texts["lockfile-1-commands"] == "bundle config set --local x 'a  b'\nbundle install"


def test_edits_show_both_lines_and_what_is_to_be_done_by_hand() -> None:
    text = text_of(parsed(page_of(main_audit())))

    assert "Edit Dockerfile:1" in text
    assert "FROM ruby:3.4.5-alpine" in text
    assert "FROM ruby:3.4.9-alpine" in text
    assert "Edit Gemfile:3 by hand, so that it asks for 3.4.9" in text


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_is_told(outcome: str) -> None:
    step = replace(plan().steps[2], outcome=outcome)
    root = parsed(page_of(replace(main_audit(), findings=affected()[1:2], plan=Plan(steps=(step,)))))
    (shown,) = of_class(root, "step")
    (ending,) = of_class(root, "ending")

    assert "rdkafka 0.15.0" in text_of(shown)
    assert "Not allowed by the Gemfile (~> 0.15.0, Gemfile:9)" in text_of(shown)
    assert (outcome.replace("-", " ").replace("_", " ") in text_of(shown)) == (outcome != "upgrade")
    assert "0.19.0" in text_of(ending) or outcome == "no_fix"


def test_a_step_says_what_it_rests_on_and_what_moves() -> None:
    moves = (Move(name="ffi", current="1.16.3", target="1.17.4"), Move(name="rake", target="13.0"))
    step = replace(plan().steps[0], moves=moves, verified=True)
    (shown,) = of_class(parsed(page_of(replace(main_audit(), plan=Plan(steps=(step,))))), "step")

    assert "worked out from the gem servers" in text_of(shown)
    assert "Moves ffi 1.16.3 -> 1.17.4, rake 13.0 comes in" in text_of(shown)


def test_a_gem_that_goes_leaves_the_bundle() -> None:
    moves = (Move(name="ffi", current="1.16.3"), Move(name="rake", current="13.0"))
    step = replace(plan().steps[0], target="", moves=moves)
    root = parsed(page_of(replace(main_audit(), findings=affected()[:1], plan=Plan(steps=(step,)))))
    (change,) = of_class(root, "change")
    (ending,) = of_class(root, "ending")

    assert "ffi 1.16.3 leaves the bundle" in text_of(change)
    assert "leaves the bundle" in text_of(ending)
    assert "Moves ffi 1.16.3 leaves the bundle, rake 13.0 leaves the bundle" in text_of(of_class(root, "step")[0])


def test_a_need_says_whether_it_is_met_and_who_says_so() -> None:
    needs = [text_of(element) for element in of_class(parsed(page_of(main_audit())), "needs")[0]]

    assert needs[0] == "Needs RubyGems >= 3.3.22: met by 3.6.9 in production Dockerfile:1"
    assert needs[1].startswith("Needs Bundler >= 2.5.6: not known in ci/test; otherwise Bundler takes the source gem")
    assert needs[2] == "Needs ruby >= 3.5: not met by 3.4.5 Dockerfile:1"


def test_findings_that_the_same_fact_decides_stand_together() -> None:
    groups = of_class(parsed(page_of(main_audit())), "open")
    told = [(text_of(group[0]), len(of_class(group, "finding"))) for group in groups]
    open_ones = [finding for finding in others() if finding.status == "under_investigation"]

    assert [number for _, number in told] == [3, 2, 1, 1]
    assert {title for title, _ in told} == {listing(group.demands) for group in grouped(open_ones)}
    assert 'features = ["ractor"]' in text_of(groups[0])


def test_the_way_in_is_drawn_as_a_tree() -> None:
    (tree,) = of_class(parsed(page_of(main_audit())), "tree")
    direct = next(item for item in tree if text_of(item).startswith("Gemfile"))
    names = [text_of(item[0]) for item in direct[1]]

    assert "karafka" in names
    assert "rdkafka 0.15.0 1 medium" in names
    assert "karafkakarafka-rdkafkaffi 1.16.3 1 high" in text_of(direct)


def test_an_endless_chain_is_cut_and_not_nested() -> None:
    chain = tuple(f"gem-{number}" for number in range(5000))
    root = parsed(page_of(replace(main_audit(), findings=(replace(affected()[0], paths=(chain,)),))))
    (tree,) = of_class(root, "tree")

    assert "4988 gems between" in text_of(tree)
    assert len(of_class(tree, "node")) == 14


@pytest.mark.parametrize("url", ["https://example.org/a?b=c#d", "http://example.org", "HTTPS://EXAMPLE.ORG/"])
def test_addresses_of_the_web_are_links(url: str) -> None:
    finding = replace(
        affected()[0], advisory=replace(affected()[0].advisory, evidence=(Evidence(type="fix", url=url),))
    )
    (evidence,) = of_class(parsed(page_of(replace(main_audit(), findings=(finding,)))), "evidence")

    assert [(link.get("href"), link.get("rel")) for link in named(evidence, "a")] == [(url, "noopener noreferrer")]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " https://example.org",
        "data:text/html,x",
        "//example.org",
        "file:///etc/passwd",
        'https://x"onclick="',
        "https://example.org/\u202e",
        "https:example.org",
        "",
    ],
)
def test_nothing_else_is_a_link(url: str) -> None:
    finding = replace(
        affected()[0], advisory=replace(affected()[0].advisory, evidence=(Evidence(type="fix", url=url),))
    )
    (evidence,) = of_class(parsed(page_of(replace(main_audit(), findings=(finding,)))), "evidence")

    assert named(evidence, "a") == []
    assert visible(url).strip() in text_of(evidence)


def test_paragraphs_of_an_advisory_stay_paragraphs() -> None:
    advisory = replace(affected()[0].advisory, description="One\nline.\n \n\nAnother `with <code>`.\n")
    root = parsed(page_of(replace(main_audit(), findings=(replace(affected()[0], advisory=advisory),))))
    (body,) = of_class(root, "body")

    assert [text_of(element) for element in body if element.tag == "p"] == ["One line.", "Another with <code>."]
    assert "with <code>" in [element.text for element in named(body, "code")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run `a < b` or `c`", "run <code>a &lt; b</code> or <code>c</code>"),
        ("one ` alone", "one ` alone"),
        ("``", "``"),
        ("<b>", "&lt;b&gt;"),
        ("a\N{NO-BREAK SPACE}b", "a b"),
    ],
)
def test_backticks_are_code(text: str, expected: str) -> None:
    assert marked(text) == expected


def test_hostile_names_are_spelled_out() -> None:
    root = parsed(render("html", report(), Style()))

    assert visible(EVIL)[:60].replace("`", "") in text_of(root).replace("`", "")
    assert harm(root) == []


def test_other_formats_load_no_template_engine() -> None:
    code = "import sys, gemaudit.reporting.text, gemaudit.reporting.json_v1; sys.exit('jinja2' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_step_without_a_target_is_told() -> None:
    step = Step(kind="bundle", name="PLATFORMS", current="", outcome="configure", packages=(affected()[0].package,))
    (shown,) = of_class(parsed(page_of(replace(main_audit(), plan=Plan(steps=(step,))))), "step")

    assert "for ffi 1.16.3" in text_of(shown)


def test_the_script_ends_only_where_it_ends() -> None:
    assets = {
        name: files("gemaudit.reporting").joinpath("templates", name).read_text()
        for name in ("page.js", "base.css", "page.css")
    }

    assert "</" not in assets["page.js"]
    assert "</" not in assets["base.css"] + assets["page.css"]
    assert re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|https?:", assets["page.js"]) == []
    assert re.findall(r"url\(|@import|https?:", assets["base.css"] + assets["page.css"]) == []
