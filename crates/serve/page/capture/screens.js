// Screens and words: which section is shown, in which language, and where the focus goes.

const RTL = ["ar", "fa-AF"];
// Each language is named in itself, so that somebody who reads no other finds it.
export const LANGUAGES = [
  ["ar", "العربية"], ["en", "English"], ["es", "Español"], ["fa-AF", "دری"], ["fr", "Français"],
  ["ht", "Kreyòl ayisyen"], ["pt", "Português"], ["ru", "Русский"], ["uk", "Українська"], ["zh-Hans", "简体中文"],
];

let words = {};
let language = "en";
// Called after a change of language, to fill what is not a fixed text of the page.
let refill = null;

export const id = (name) => document.getElementById(name);
export const lang = () => language;

/** The words for a key, with {n} filled in. */
export function text(key, n) {
  const found = Object.prototype.hasOwnProperty.call(words, key) ? words[key] : key;
  return n === undefined ? found : found.replace("{n}", String(n));
}

/** The first of the browser's languages that the page has; Persian serves as Dari, any Chinese as
 *  simplified. */
export function preferred() {
  for (const wanted of navigator.languages || [navigator.language || "en"]) {
    const primary = wanted.toLowerCase().split("-")[0];
    const found = LANGUAGES.find(([code]) => code.toLowerCase().split("-")[0] === primary)
      || (primary === "prs" && LANGUAGES.find(([code]) => code === "fa-AF"));
    if (found) return found[0];
  }
  return "en";
}

export async function loadLanguage(code) {
  let answer = await fetch("/texts/" + code + ".json", { credentials: "omit" });
  if (!answer.ok) throw new Error("no words for " + code);
  words = await answer.json();
  language = code;
  document.documentElement.lang = code;
  document.documentElement.dir = RTL.includes(code) ? "rtl" : "ltr";
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = text(element.dataset.text);
  }
  id("language-label").textContent = text("language");
  id("by-machine").textContent = text("_note");
  id("video").setAttribute("aria-label", text("preview"));
  id("photo-shown").alt = text("photo_alt");
  id("language").value = code;
  const radio = document.querySelector("input[name=lang][value='" + code + "']");
  if (radio) radio.checked = true;
  if (refill) refill();
  title();
}

/** Fills the select in the header and the choices of the first screen; `chosen` is told the code. */
export function offerLanguages(chosen) {
  const select = id("language");
  for (const [code, name] of LANGUAGES) {
    const option = document.createElement("option");
    option.value = code;
    option.lang = code;
    option.textContent = name;
    select.append(option);
    const label = document.createElement("label");
    const radio = document.createElement("input");
    const words = document.createElement("span");
    radio.type = "radio";
    radio.name = "lang";
    radio.value = code;
    radio.autocomplete = "off";
    radio.addEventListener("change", () => chosen(code));
    words.lang = code;
    words.dir = RTL.includes(code) ? "rtl" : "ltr";
    words.textContent = name;
    label.append(radio, words);
    id("languages").append(label);
  }
  select.disabled = false;
  select.addEventListener("change", () => chosen(select.value));
}

const section = (name) => document.querySelector("[data-screen='" + name + "']");

export function shown() {
  const open = document.querySelector("[data-screen]:not([hidden])");
  return open ? open.dataset.screen : "";
}

function title() {
  const heading = document.querySelector("[data-screen]:not([hidden]) h1");
  const first = heading && heading.textContent.length > 1 ? heading.textContent + " – " : "";
  document.title = first + text("page_title");
}

/** Shows one screen and moves the focus to its heading, so that a screen reader reads on from there.
 *  `fill` writes the words that depend on more than the language; it runs again when that changes. */
export function show(name, fill) {
  refill = fill || null;
  if (refill) refill();
  for (const each of document.querySelectorAll("[data-screen]")) each.hidden = each.dataset.screen !== name;
  title();
  window.scrollTo(0, 0);
  focusHeading(name);
}

export function focusHeading(name) {
  const heading = section(name).querySelector("h1");
  heading.focus({ preventScroll: true });
}

/** Puts paragraphs into an element. They are only ever text. */
export function paragraphs(element, list) {
  element.textContent = "";
  for (const words of list) {
    const p = document.createElement("p");
    p.textContent = words;
    p.dir = "auto";
    element.append(p);
  }
}

/** A screen of a title, paragraphs and buttons. `message`: title, body (keys, or functions that give the
 *  words), actions (pairs of a key and what to do), link (whether to show the link for copying). */
export function message(m) {
  const actions = id("message-actions");
  const said = (key) => (typeof key === "function" ? key() : text(key));
  actions.textContent = "";
  const buttons = (m.actions || []).map(([key, act], index) => {
    const button = document.createElement("button");
    button.type = "button";
    if (index === 0 && !m.calm) button.className = "main";
    button.addEventListener("click", act);
    actions.append(button);
    return [button, key];
  });
  id("message-link").hidden = !m.link;
  id("copy-state").textContent = "";
  if (m.link) id("link").value = m.link;
  show("message", () => {
    id("message-title").textContent = said(m.title);
    paragraphs(id("message-words"), (m.body || []).map(said));
    for (const [button, key] of buttons) button.textContent = said(key);
  });
}

/** Copies the link; where the browser does not let a page copy, it selects it. */
export async function copyLink() {
  const field = id("link");
  field.focus();
  field.setSelectionRange(0, field.value.length);
  let done = false;
  try {
    await navigator.clipboard.writeText(field.value);
    done = true;
  } catch (e) {
    try {
      done = document.execCommand("copy");
    } catch (e2) {
      done = false;
    }
  }
  id("copy-state").textContent = text(done ? "copied" : "copy_self");
}

const HELD = ["H2", "H3", "H4", "P", "UL", "OL", "LI", "DL", "DT", "DD", "TABLE", "THEAD", "TBODY", "TR", "TH",
  "TD", "CAPTION", "STRONG", "EM", "B", "BDI", "CODE", "TIME", "BR"];

/** Rebuilds another page from known elements and plain text alone: whatever else it
 *  holds (styles, scripts, links) cannot come along. */
export function rebuild(from, into) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) {
      into.append(node.data);
    } else if (node.nodeType === Node.ELEMENT_NODE && !/^(STYLE|SCRIPT|TEMPLATE|SVG|TITLE)$/i.test(node.tagName)) {
      // This screen has its own heading, so that of the page is left out.
      if (node.tagName === "H1") continue;
      if (HELD.includes(node.tagName)) {
        const element = document.createElement(node.tagName);
        for (const name of ["lang", "dir", "scope", "colspan", "rowspan"]) {
          if (node.hasAttribute(name)) element.setAttribute(name, node.getAttribute(name));
        }
        rebuild(node, element);
        into.append(element);
      } else {
        rebuild(node, into);
      }
    }
  }
}
