
/* The table of repositories: one page of it at a time. */

const TABLE = document.getElementById("table");
const COLUMNS = [...COUNTS, "new", "fixable"];

const valuesOf = (one) => [...one.counts, one.fresh, one.fixable];

function addressOf(view, changes) {
  const query = queryOf({ ...view, ...changes });
  return query ? `#repositories?${query}` : "#repositories?";
}

function rowOf(one, view) {
  const cells = valuesOf(one).map((value, at) => element("td", { "data-label": COLUMNS[at], class: value ? COLUMNS[at] : "none" },
    one.isAudited || value ? number(value) : ""));
  return element("tr", {},
    element("th", { scope: "row" },
      element("a", { class: "name", href: addressOf(view, { open: one.name }) }, ...breakable(one.name)), " ", endingOf(one)),
    ...cells,
    element("td", { class: "words", "data-label": "ruby" }, one.rubies.join(", ")),
    element("td", { class: "words", "data-label": "C library" }, one.libcs.join(", ")));
}

function endingOf(one) {
  if (one.state === "failed") {
    const kept = one.audited ? `; as of ${one.audited.slice(0, 10)}` : "";
    const reason = one.reason ? marked(one.reason.message) : ["the scan did not say why"];
    return element("span", { class: "detail failing" }, "failed: ", ...reason, kept);
  }
  const told = [one.state === "nothing" && "nothing to audit", one.isArchived && "archived", one.isFork && "fork"];
  return told.some(Boolean) ? element("span", { class: "detail faint" }, told.filter(Boolean).join(" · ")) : "";
}

function draw(list, view) {
  const size = Math.min(Math.max(parseInt(view.size, 10) || 50, 1), 250);
  const pages = Math.max(Math.ceil(list.length / size), 1);
  const page = Math.min(Math.max(parseInt(view.page, 10) || 1, 1), pages);
  const start = (page - 1) * size;
  TABLE.tBodies[0].replaceChildren(...list.slice(start, start + size).map((one) => rowOf(one, view)));
  for (const head of TABLE.tHead.rows[0].cells) {
    const direction = { [head.dataset.sort]: "ascending", [`-${head.dataset.sort}`]: "descending" }[view.sort];
    if (direction) head.setAttribute("aria-sort", direction);
    else head.removeAttribute("aria-sort");
  }
  TABLE.hidden = !list.length;
  document.getElementById("none").hidden = list.length > 0;
  document.getElementById("pager").hidden = list.length <= 25;
  document.getElementById("previous").disabled = page === 1;
  document.getElementById("next").disabled = page === pages;
  document.getElementById("span").textContent = `${number(Math.min(start + 1, list.length))}–${number(Math.min(start + size, list.length))} of ${number(list.length)}`;
  document.getElementById("matches").textContent = `${number(list.length)} of ${counted(REPOSITORIES.length, "repository", "repositories")}`;
  return page;
}

/* Names of columns become buttons; numbers are first sorted from the greatest. */
function sortable(sort) {
  for (const head of TABLE.tHead.rows[0].cells) {
    const button = element("button", { type: "button", class: "sort" }, head.textContent);
    const name = head.dataset.sort;
    const first = COLUMNS.includes(name) ? `-${name}` : name, second = COLUMNS.includes(name) ? name : `-${name}`;
    button.addEventListener("click", () => sort((current) => (current === first ? second : first)));
    head.replaceChildren(button);
  }
}
