
/* Elements are made here and nowhere else. Text becomes text, and never markup. */

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value) made.setAttribute(key, value);
  made.append(...children.flat().filter((child) => child !== "" && child !== null));
  return made;
}

const ICON = { critical: "critical", high: "high", medium: "medium", low: "low" };

const badge = (severity) => element("span", { class: `badge ${ICON[severity] || ""}` }, severity);
const faint = (...children) => element("span", { class: "faint" }, ...children);
const link = (address, ...children) => element("a", { href: address, rel: "noopener noreferrer" }, ...children);
const number = (value) => value.toLocaleString("en");
const counted = (value, word, many = `${word}s`) => `${number(value)} ${value === 1 ? word : many}`;

/* The text with what stands in backticks as code. */
function marked(sentence) {
  return sentence.split(/`([^`]+)`/).map((part, at) => (at % 2 ? element("code", {}, part) : part));
}

/* The path, which may go on in a new line after a slash. */
function breakable(path) {
  return path.split("/").flatMap((part, at) => (at ? ["/", element("wbr"), part] : [part]));
}

/* A button that copies the text of an element; where the browser forbids it, the text is selected for the reader. */
function copier(source, label = "Copy") {
  const button = element("button", { type: "button", class: "copy" }, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = label; }, 1500);
    } catch {
      getSelection().selectAllChildren(source);
    }
  });
  return button;
}
