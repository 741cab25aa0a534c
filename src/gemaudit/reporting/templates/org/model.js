
"use strict";
/* The data as `reporting/org/dashboard_data.py` writes it, read into what the page speaks of. */

const DATA = JSON.parse(document.getElementById("data").textContent);
const COUNTS = [...DATA.severities, "undecided"];
const UNDECIDED = 1, SUPPRESSED = 2, NEW = 4;

const text = (at) => DATA.strings[at];

const FINDINGS = DATA.findings.map(([advisory, title, severity, kind, packageKind, name, version]) => ({
  advisory: text(advisory), title: text(title), severity: DATA.severities[severity], rank: severity, kind: text(kind),
  packageKind: text(packageKind), package: text(name), version: text(version),
}));

const STEPS = DATA.steps.map(([kind, name, current, target, outcome, closes, commands]) => ({
  kind: text(kind), package: text(name), current: text(current), target: text(target), outcome: text(outcome),
  closes: closes.map(text), commands: commands.map(text),
}));

const RUNS = DATA.runs.map(([environment, ruby, libc, platform]) => ({
  environment: text(environment), ruby: text(ruby), libc: text(libc), platform: text(platform),
}));

const NOTES = DATA.notes.map(([level, code, message, hint]) => ({
  level: text(level), code: text(code), message: text(message), hint: text(hint),
}));

/* The rows of a flat list that has so many numbers for each. */
function* rows(flat, width) {
  for (let at = 0; at < flat.length; at += width) yield flat.slice(at, at + width);
}

function repository(row, rank) {
  const [name, url, standing, visibility, flags, topics, lockfiles, packages, audited, head, reason, steps, fixable,
    held, plan, runs, problems, fixed] = row;
  const counts = new Array(COUNTS.length).fill(0);
  let fresh = 0;
  for (let at = 0; at < held.length; at += 5) {
    const flag = held[at + 2];
    if (flag & NEW) fresh += 1;
    if (flag & SUPPRESSED) continue;
    counts[flag & UNDECIDED ? COUNTS.length - 1 : FINDINGS[held[at + 1]].rank] += 1;
  }
  const state = DATA.standings[standing];
  return {
    rank, name, state, counts, fresh, fixable, steps, lockfiles, packages, head, held, plan, runs, problems, fixed,
    url: url === 1 ? DATA.base + name : url,
    isAudited: state !== "nothing" && state !== "failed",
    visibility: text(visibility), isArchived: Boolean(flags & 1), isFork: Boolean(flags & 2),
    topics: topics.map(text), audited: text(audited), reason: reason < 0 ? null : NOTES[reason],
    rubies: named(runs, "ruby"), libcs: named(runs, "libc"),
  };
}

function named(runs, field) {
  const names = new Set();
  for (let at = 1; at < runs.length; at += 2) names.add(RUNS[runs[at]][field]);
  names.delete("");
  return [...names];
}

const REPOSITORIES = DATA.repositories.map(repository);
