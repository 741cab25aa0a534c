
"use strict";
(() => {
  const each = (selector, action, root = document) => root.querySelectorAll(selector).forEach(action);
  const form = document.getElementById("filter");
  const findings = [...document.querySelectorAll("details.finding")];
  const defaults = form ? new URLSearchParams(state(new FormData(form))).toString() : "";
  const texts = new Map();

  function text(finding) {
    if (!texts.has(finding)) texts.set(finding, finding.textContent.replace(/\s+/g, " ").toLowerCase());
    return texts.get(finding);
  }

  /* The values of the filter, those of one name joined, so that none checked differs from nothing said. */
  function state(values) {
    return [
      ["q", values.get("q").trim()],
      ["package", values.get("package")],
      ["severity", values.getAll("severity").join()],
      ["status", values.getAll("status").join()],
      ["state", values.getAll("state").join()],
    ];
  }

  function apply() {
    const wanted = Object.fromEntries(state(new FormData(form)));
    const words = wanted.q.toLowerCase().split(/\s+/).filter(Boolean);
    const severities = wanted.severity.split(","), statuses = wanted.status.split(","), states = wanted.state.split(",");
    let number = 0;
    for (const finding of findings) {
      const { severity, status, state: age, package: name } = finding.dataset;
      const matches = severities.includes(severity) && statuses.includes(status) && (!age || states.includes(age))
        && (!wanted.package || wanted.package === name) && words.every((word) => text(finding).includes(word));
      finding.hidden = !matches;
      number += matches;
    }
    each("[data-list]", (list) => {
      list.hidden = !list.querySelector("details.finding:not([hidden])");
      if (list.tagName === "DETAILS") list.open = !list.hidden;
    });
    document.getElementById("nothing").hidden = number > 0;
    form.querySelector("output").textContent = `${number} of ${findings.length} findings shown`;
  }

  function remember() {
    const changed = state(new FormData(form)).filter(([name, value]) => new URLSearchParams(defaults).get(name) !== value);
    const query = new URLSearchParams(changed).toString();
    history.replaceState(null, "", location.href.split("#")[0] + (query ? `#findings?${query}` : ""));
  }

  function restore(query) {
    const wanted = new URLSearchParams(defaults);
    new URLSearchParams(query).forEach((value, name) => wanted.set(name, value));
    form.elements.q.value = wanted.get("q");
    form.elements.package.value = wanted.get("package");
    for (const name of ["severity", "status", "state"]) {
      const values = wanted.get(name).split(",");
      each(`input[name=${name}]`, (box) => { box.checked = values.includes(box.value); }, form);
    }
  }

  /* Opens what the address names, whatever the filter hides. */
  function reveal(id) {
    const target = id && document.getElementById(id);
    const finding = target && target.closest("details.finding");
    if (!finding) {
      if (target) target.scrollIntoView();
      return;
    }
    if (finding.hidden) {
      restore("");
      form.querySelector(`input[value="${finding.dataset.status}"]`).checked = true;
      apply();
    }
    for (let at = finding; at; at = at.parentElement.closest("details")) at.open = true;
    const summary = finding.querySelector("summary");
    summary.focus({ preventScroll: true });
    finding.scrollIntoView({ block: "start" });
  }

  function follow() {
    const [id, query] = location.hash.slice(1).split("?");
    if (query !== undefined) {
      restore(query);
      apply();
    }
    reveal(id);
  }

  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = label; }, 1500);
    } catch {
      /* Where the browser forbids it, the text is selected for the reader to copy. */
      source.hidden = false;
      getSelection().selectAllChildren(source);
    }
  }

  each("button.copy", (button) => {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  });

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((details) => { details.open = false; }));

  if (!form) return;
  form.hidden = false;
  document.documentElement.classList.add("with-filter");
  form.addEventListener("input", () => { apply(); remember(); });
  document.getElementById("reset").addEventListener("click", () => { restore(""); apply(); remember(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  const expand = document.getElementById("expand");
  expand.addEventListener("click", () => {
    const open = expand.textContent === "Expand all";
    findings.filter((finding) => !finding.hidden).forEach((finding) => { finding.open = open; });
    expand.textContent = open ? "Collapse all" : "Expand all";
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input[type=search], select");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      form.elements.q.focus();
    }
  });
  addEventListener("hashchange", follow);
  restore("");
  apply();
  follow();
})();
