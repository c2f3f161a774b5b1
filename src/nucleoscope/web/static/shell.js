// What every page shares: the frame around it, requests to the server, and elements made without HTML text.
// Names of files and classes come from people: they reach the page as text only, never as markup.

/** An element with attributes and children; strings become text. Attributes that start with "on" are listeners. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "colour") made.style.setProperty("--colour", value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Replaces what a place holds; what is null is left out. */
export function fill(place, ...children) {
  place.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
}

/** A class by its name, with its colour before it. */
export function classLabel(name, colour) {
  return element("span", { class: "class" }, element("span", { class: "swatch", colour, "aria-hidden": "true" }), name);
}

/** What the server refused, in its own words. */
export class RefusedError extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

/** The JSON that the server answers; throws a RefusedError with the server's line. */
export async function request(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (failure) {
    if (failure.name === "AbortError") throw failure;
    throw new RefusedError(0, "The server does not answer. Is `nucleoscope serve` still running?");
  }
  const isJson = (answer.headers.get("content-type") ?? "").startsWith("application/json");
  const body = isJson ? await answer.json() : null;
  if (!answer.ok) throw new RefusedError(answer.status, body?.error ?? `The server answered ${answer.status}.`);
  return body;
}

/** Runs something that asks the server; what it refuses shows in the page's element `trouble`. */
export async function guarded(work) {
  const trouble = document.getElementById("trouble");
  trouble.hidden = true;
  try {
    await work();
  } catch (failure) {
    trouble.textContent = failure.message;
    trouble.hidden = false;
  }
}

/** Sends JSON. */
export function sendJson(path, value, method = "POST") {
  const headers = { "Content-Type": "application/json" };
  return request(path, { method, headers, body: JSON.stringify(value) });
}

/** Says something to those who listen to the page. */
export function announce(text) {
  document.getElementById("announced").textContent = text;
}

/** A fraction as people read it. */
export function percent(fraction, digits = 1) {
  return `${(100 * fraction).toFixed(digits)}%`;
}

/**
 * Draws the frame around <main> and returns what the server says of itself:
 * {run, pages, classes: [{name, colour}], models, usual_model}.
 */
export async function startShell() {
  const shell = await request("/api/shell");
  shell.classes.forEach((one, index) => document.documentElement.style.setProperty(`--class-${index}`, one.colour));
  const main = document.querySelector("main");
  main.id = "main";
  main.tabIndex = -1;
  main.before(element("a", { class: "skip", href: "#main" }, "Skip to content"), header(shell));
  main.after(footer());
  document.body.append(element("div", { id: "announced", class: "only-read", role: "status" }));
  return shell;
}

function header(shell) {
  const links = shell.pages.map((page) =>
    element("a", { href: page.path, "aria-current": page.path === location.pathname ? "page" : null }, page.title),
  );
  return element(
    "header",
    { class: "site" },
    element("a", { class: "brand", href: "/" }, "nucleoscope"),
    element("nav", { "aria-label": "Pages" }, ...links),
    element("span", { class: "run" }, shell.run),
    themeButton(),
  );
}

function footer() {
  return element(
    "footer",
    { class: "end" },
    element("span", {}, "Research use only: not a medical device, not for diagnosis."),
    element("a", { href: "/docs" }, "HTTP interface"),
  );
}

function themeButton() {
  const root = document.documentElement;
  const isDark = () => {
    const chosen = root.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const button = element("button", { class: "plain", type: "button" });
  const name = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to ${isDark() ? "light" : "dark"} colours`);
  };
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
    name();
  });
  name();
  return button;
}
