
/* What the reader does becomes a view, and the view becomes the page and its address. */
(() => {
  const form = document.getElementById("filter"), dialog = document.getElementById("details");
  const size = document.getElementById("size");
  const MOST_CHOICES = 500;
  let view = { ...DEFAULTS };

  function offer(name, counts) {
    const select = form.elements[name];
    const names = [...counts].sort(([a, m], [b, n]) => n - m || ORDER.compare(a, b)).slice(0, MOST_CHOICES).map(([key]) => key);
    names.sort(ORDER.compare);
    select.append(...names.map((value) => element("option", { value }, value)));
    select.closest("label").hidden = !names.length;
  }

  function tally(values) {
    const counts = new Map();
    for (const value of values) if (value) counts.set(value, (counts.get(value) || 0) + 1);
    return counts;
  }

  function offerAll() {
    offer("advisory", tally(REPOSITORIES.flatMap((one) => heldNames(one, "advisory"))));
    offer("package", tally(REPOSITORIES.flatMap((one) => heldNames(one, "package"))));
    offer("ruby", tally(REPOSITORIES.flatMap((one) => one.rubies)));
    offer("libc", tally(REPOSITORIES.flatMap((one) => one.libcs)));
    offer("visibility", tally(REPOSITORIES.map((one) => one.visibility)));
    offer("topic", tally(REPOSITORIES.flatMap((one) => one.topics)));
  }

  function heldNames(one, field) {
    const names = [];
    for (let at = 1; at < one.held.length; at += 5) names.push(FINDINGS[one.held[at]][field]);
    return names;
  }

  /* A value that is no choice becomes one, so that the form always says what is asked for. */
  function put(name, value) {
    const field = form.elements[name];
    if (field.type === "checkbox") {
      field.checked = value === "1";
      return;
    }
    if (field.tagName === "SELECT" && ![...field.options].some((option) => option.value === value)) {
      field.append(element("option", { value }, value));
    }
    field.value = value;
  }

  function show() {
    for (const name of Object.keys(DEFAULTS)) if (form.elements[name]) put(name, view[name]);
    if (![...size.options].some((option) => option.value === view.size)) view.size = DEFAULTS.size;
    size.value = view.size;
    const isHidden = ["advisory", "package", "ruby", "libc", "visibility", "topic"].some((name) => view[name]);
    if (isHidden) document.getElementById("more").open = true;
    view.page = String(draw(sorted(chosen(view), view.sort), view));
  }

  function remember() {
    const query = queryOf(view);
    history.replaceState(null, "", location.href.split("#")[0] + (query ? `#repositories?${query}` : ""));
  }

  function change(changes) {
    view = { ...view, page: "1", ...changes };
    show();
    remember();
  }

  function read() {
    const values = new FormData(form), changes = {};
    for (const name of Object.keys(DEFAULTS)) if (form.elements[name]) changes[name] = (values.get(name) || "").trim();
    change(changes);
  }

  function open(name) {
    const one = REPOSITORIES.find((candidate) => candidate.name === name);
    if (!one) {
      if (dialog.open) dialog.close();
      return;
    }
    document.getElementById("details-title").replaceChildren(...breakable(one.name));
    document.getElementById("details-body").replaceChildren(...detailsOf(one));
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  }

  /* An address without a query leads somewhere on the page and leaves the view as it is. */
  function follow() {
    const [id, query] = location.hash.slice(1).split(/\?(.*)/s);
    if (query === undefined) return;
    view = viewOf(query);
    show();
    open(view.open);
    if (!view.open && id) document.getElementById(id)?.scrollIntoView();
  }

  dialog.addEventListener("close", () => {
    if (!view.open) return;
    const name = view.open;
    view = { ...view, open: "" };
    remember();
    [...TABLE.querySelectorAll("tbody a.name")].find((anchor) => anchor.textContent === name)?.focus();
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.getElementById("close").addEventListener("click", () => dialog.close());
  form.addEventListener("input", read);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("reset").addEventListener("click", () => change({ ...DEFAULTS, size: view.size }));
  document.getElementById("previous").addEventListener("click", () => change({ page: String(Number(view.page) - 1) }));
  document.getElementById("next").addEventListener("click", () => change({ page: String(Number(view.page) + 1) }));
  size.addEventListener("change", () => change({ size: size.value }));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    if (event.target.matches("input[type=search], select")) return;
    event.preventDefault();
    form.elements.q.focus();
  });
  addEventListener("hashchange", follow);

  document.documentElement.classList.add("scripted");
  sortable((next) => change({ sort: next(view.sort) }));
  offerAll();
  form.hidden = false;
  document.getElementById("excerpt")?.remove();
  show();
  follow();
})();
