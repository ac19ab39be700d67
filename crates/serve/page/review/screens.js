// Screens: which section is shown, where the focus goes, and making elements from words.

export const id = (name) => document.getElementById(name);

/** Shows one screen and moves the focus to its heading, so that a screen reader reads on from there. */
export function show(name) {
  for (const each of document.querySelectorAll("[data-screen]")) each.hidden = each.dataset.screen !== name;
  const heading = document.querySelector("[data-screen]:not([hidden]) h1");
  document.title = heading.textContent + " – Review desk";
  window.scrollTo(0, 0);
  heading.focus({ preventScroll: true });
}

export function shown() {
  const open = document.querySelector("[data-screen]:not([hidden])");
  return open ? open.dataset.screen : "";
}

/** An element with attributes and children; words are only ever text. */
export function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** As `make`, for drawings. */
export function draw(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Puts children in place of what an element had. */
export function fill(element, ...children) {
  element.textContent = "";
  element.append(...children);
}

/** Terms and what belongs to them, into a `<dl>`. */
export function terms(list, pairs) {
  fill(list, ...pairs.flatMap(([term, what]) => [make("dt", {}, term), make("dd", {}, what)]));
}

/** Asks for another answer: says what is wrong beside the field, and takes the person there. */
export function problem(words, at, field) {
  id(at).textContent = words;
  if (words) {
    field.setAttribute("aria-invalid", "true");
    field.focus();
  } else {
    field.removeAttribute("aria-invalid");
  }
}
