
/* Which repositories are looked at: what the filter says is one object, and the same object is in the address. */

const DEFAULTS = {
  q: "", state: "", severity: "", new: "", advisory: "", package: "", ruby: "", libc: "", visibility: "", topic: "",
  sort: "", page: "1", size: "50", open: "",
};

/* A view from the part of the address after `?`; what the page does not know is left out. */
function viewOf(query) {
  const given = new URLSearchParams(query);
  const view = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS)) if (given.has(name)) view[name] = given.get(name);
  return view;
}

function queryOf(view) {
  const changed = Object.entries(view).filter(([name, value]) => value !== DEFAULTS[name]);
  return new URLSearchParams(changed).toString();
}

const words = (query) => query.toLowerCase().split(/\s+/).filter(Boolean);

/* For each word, the findings and topics that hold it, so that no text is searched twice. */
function matcher(query) {
  const tests = words(query).map((word) => {
    const findings = FINDINGS.map((one) => `${one.advisory}\n${one.title}\n${one.package}`.toLowerCase().includes(word));
    return (one) => one.name.toLowerCase().includes(word)
      || one.topics.some((topic) => topic.toLowerCase().includes(word))
      || holds(one, (finding) => findings[finding]);
  });
  return (one) => tests.every((test) => test(one));
}

/* Whether one of its findings fulfils the test of finding and flags. */
function holds(one, test) {
  for (let at = 0; at < one.held.length; at += 5) if (test(one.held[at + 1], one.held[at + 2])) return true;
  return false;
}

/* All that is asked of findings is asked of one and the same. */
function findingTest(view) {
  if (!(view.severity || view.advisory || view.package || view.new)) return null;
  const wanted = FINDINGS.map((one) => (!view.severity || one.severity === view.severity)
    && (!view.advisory || one.advisory === view.advisory) && (!view.package || one.package === view.package));
  return (finding, flags) => wanted[finding] && !(flags & SUPPRESSED) && !(view.severity && flags & UNDECIDED)
    && (!view.new || Boolean(flags & NEW));
}

function chosen(view) {
  const matches = matcher(view.q), test = findingTest(view);
  return REPOSITORIES.filter((one) => (!view.state || one.state === view.state || (view.state === "audited" && one.isAudited))
    && (!view.ruby || one.rubies.includes(view.ruby)) && (!view.libc || one.libcs.includes(view.libc))
    && (!view.visibility || one.visibility === view.visibility) && (!view.topic || one.topics.includes(view.topic))
    && (!test || holds(one, test)) && matches(one));
}

const SORTS = {
  name: (one) => one.name, new: (one) => one.fresh, fixable: (one) => one.fixable,
  ruby: (one) => one.rubies.join(), libc: (one) => one.libcs.join(),
};
COUNTS.forEach((name, at) => { SORTS[name] = (one) => one.counts[at]; });
const ORDER = new Intl.Collator("en", { numeric: true });

/* The repositories in the order that `sort` names, from the greatest where it begins with `-`; worst first otherwise. */
function sorted(list, sort) {
  const key = SORTS[sort.replace(/^-/, "")];
  if (!key) return list;
  const sign = sort.startsWith("-") ? -1 : 1;
  return [...list].sort((one, other) => {
    const a = key(one), b = key(other);
    return sign * (typeof a === "number" ? a - b : ORDER.compare(a, b)) || one.rank - other.rank;
  });
}
