
/* All that is known of one repository. */

const FEASIBLE = new Set(["upgrade", "needs-parent", "needs-gemfile", "configure"]);

function detailsOf(one) {
  const lockfiles = new Set([...firsts(one.held, 5), ...firsts(one.plan, 2), ...firsts(one.runs, 2)]);
  return [facts(one), failure(one), ...[...lockfiles].map((lockfile) => lockfileOf(one, lockfile)),
    one.held.length ? null : nothingHeld(one), problemsOf(one), fixedOf(one)].filter(Boolean);
}

function* firsts(flat, width) {
  for (let at = 0; at < flat.length; at += width) yield flat[at];
}

const ofLockfile = (flat, width, lockfile) => [...rows(flat, width)].filter(([first]) => first === lockfile);

function facts(one) {
  const told = [
    one.visibility, one.isArchived && "archived", one.isFork && "fork", one.topics.join(", "),
    one.lockfiles && `${counted(one.lockfiles, "lockfile")}, ${counted(one.packages, "package")}`,
    one.isAudited && one.audited && `audited ${one.audited}`, one.head && `at ${one.head.slice(0, 12)}`,
  ].filter(Boolean).map((word) => element("li", {}, word));
  if (one.url) told.unshift(element("li", {}, link(one.url, "Repository")));
  return element("ul", { class: "facts" }, ...told);
}

function failure(one) {
  if (one.state !== "failed") return null;
  const kept = one.audited ? `What follows is as of ${one.audited}.` : "It was never audited.";
  return element("div", { class: "diagnostic error" }, element("p", {}, element("b", {}, "failed"), " ",
    ...(one.reason ? [element("code", {}, one.reason.code), " ", ...marked(one.reason.message)] : [])),
  one.reason && one.reason.hint ? element("p", { class: "hint" }, "hint: ", ...marked(one.reason.hint)) : "",
  element("p", {}, kept));
}

function nothingHeld(one) {
  if (one.state === "failed") return null;
  const said = one.state === "nothing" ? "There is nothing to audit." : "Nothing known applies.";
  return element("p", { class: one.state === "nothing" ? "faint" : "clean" }, said);
}

function lockfileOf(one, lockfile) {
  const steps = ofLockfile(one.plan, 2, lockfile).map(([, step]) => STEPS[step]);
  const held = ofLockfile(one.held, 5, lockfile);
  const runs = ofLockfile(one.runs, 2, lockfile).map(([, at]) => RUNS[at]);
  return element("section", {}, element("h3", {}, ...breakable(text(lockfile))),
    ...planOf(steps, held), ...findingsOf(one, text(lockfile), held, steps), ...environmentsOf(runs));
}

function planOf(steps, held) {
  if (!steps.length) return [];
  const all = steps.filter((step) => FEASIBLE.has(step.outcome)).flatMap((step) => step.commands);
  const source = element("pre", { hidden: "hidden" }, all.join("\n"));
  return [
    element("div", { class: "head" }, element("h4", {}, "Plan"), all.length > 1 ? copier(source, "Copy all") : ""), source,
    element("ol", { class: "plan" }, ...steps.map((step) => stepOf(step, held))),
  ];
}

function stepOf(step, held) {
  const closed = new Set(held.filter(([, finding, flags]) => !(flags & SUPPRESSED) && closes(step, FINDINGS[finding])));
  const move = [step.current, step.target].filter(Boolean).join(" → ");
  return element("li", {}, element("div", { class: "step" }, element("p", {}, element("b", { class: "name" }, step.package), " ", move, " ",
    step.outcome === "upgrade" ? "" : element("span", { class: "outcome" }, outcomeOf(step)), " ",
    closed.size ? faint(`${FEASIBLE.has(step.outcome) ? "closes" : "would close"} ${counted(closed.size, "finding")}`) : ""),
  element("div", {}, ...step.commands.map(commandOf))));
}

function commandOf(command) {
  const source = element("pre", {}, command);
  return element("div", { class: "command" }, source, copier(source));
}

const closes = (step, finding) => step.closes.includes(finding.advisory);

/* The step of the finding's own package, or else one that closes it on the way. */
function remedy(steps, finding) {
  const closing = steps.filter((step) => closes(step, finding));
  return closing.find((step) => step.package === finding.package) || closing[0];
}

const byRank = (one, other) => (one[2] & SUPPRESSED) - (other[2] & SUPPRESSED)
  || (one[2] & UNDECIDED) - (other[2] & UNDECIDED) || FINDINGS[one[1]].rank - FINDINGS[other[1]].rank;

function findingsOf(one, lockfile, held, steps) {
  if (!held.length) return [];
  const head = element("thead", {}, element("tr", {}, ...["Severity", "Finding", "Package", "Since", "Closed by"]
    .map((name) => element("th", { scope: "col" }, name))));
  const body = element("tbody", {}, ...held.sort(byRank).map((row) => findingRow(one, lockfile, row, steps)));
  return [element("h4", {}, `Findings `, element("span", { class: "number" }, number(held.length))),
    element("table", { class: "held stacked" }, head, body)];
}

function findingRow(one, lockfile, [, at, flags, line, since], steps) {
  const finding = FINDINGS[at], step = remedy(steps, finding);
  const state = flags & SUPPRESSED ? "suppressed" : flags & UNDECIDED ? "undecided" : "";
  return element("tr", { class: state },
    element("td", {}, badge(finding.severity)),
    element("td", {}, element("b", {}, finding.advisory), " ", state ? element("span", { class: "outcome" }, state) : "", " ",
      flags & NEW ? element("span", { class: "fresh" }, "new") : "", element("p", {}, ...marked(finding.title))),
    element("td", {}, element("span", { class: "name" }, `${finding.package} ${finding.version}`.trim()), " ",
      placeOf(one, lockfile, line)),
    element("td", { class: "since", "data-label": "since" }, text(since).slice(0, 10)),
    element("td", { "data-label": "closed by" }, ...closedBy(step)));
}

function closedBy(step) {
  if (!step) return [faint("no step")];
  const name = element("span", { class: "name" }, `${step.package} ${step.target}`.trim());
  return FEASIBLE.has(step.outcome) ? [name] : [name, " ", faint(outcomeOf(step))];
}

const outcomeOf = (step) => step.outcome.replace(/[-_]/g, " ");

/* Where the lockfile says so, as a link where the forge shows files. */
function placeOf(one, lockfile, line) {
  const label = line ? `line ${line}` : "";
  if (!label || !one.url || !DATA.blob || !/^[0-9a-f]{7,64}$/.test(one.head)) return faint(label);
  const path = lockfile.split("/").map(encodeURIComponent).join("/");
  return link(`${one.url}${DATA.blob}${one.head}/${path}#L${line}`, label);
}

function environmentsOf(runs) {
  if (!runs.length) return [];
  const told = runs.map((run) => element("li", {}, element("b", { class: "name" }, run.environment), " ",
    [run.ruby && `ruby ${run.ruby}`, run.platform || run.libc].filter(Boolean).join(" · ") || faint("nothing is stated")));
  return [element("h4", {}, "Where it runs"), element("ul", { class: "runs" }, ...told)];
}

function problemsOf(one) {
  if (!one.problems.length) return null;
  const told = [...rows(one.problems, 3)].map(([note, path, line]) => {
    const { level, code, message, hint } = NOTES[note];
    const place = [text(path), line || ""].filter(Boolean).join(":");
    return element("li", { class: `diagnostic ${level === "error" || level === "warning" ? level : ""}` },
      element("p", {}, element("b", {}, level), " ", element("code", {}, code), " ", ...marked(message), " ",
        place ? element("code", { class: "place" }, ...breakable(place)) : ""),
      hint ? element("p", { class: "hint" }, "hint: ", ...marked(hint)) : "");
  });
  return element("section", {}, element("h3", {}, "Not read"), element("ul", { class: "diagnostics" }, ...told));
}

function fixedOf(one) {
  if (!one.fixed.length) return null;
  const told = [...rows(one.fixed, 2)].map(([lockfile, at]) => {
    const finding = FINDINGS[at];
    return element("li", {}, badge(finding.severity), " ", element("b", {}, finding.advisory), " ",
      element("span", { class: "name" }, `${finding.package} ${finding.version}`.trim()), " ", faint(text(lockfile)));
  });
  return element("section", {}, element("h3", {}, "Fixed since the last scan"), element("ul", { class: "fixed" }, ...told));
}
