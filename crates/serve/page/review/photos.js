// The two photos side by side, what the program found in them, and their size on the screen.

import { id, make, draw, fill } from "./screens.js";
import { time } from "./words.js";

const NAMES = { probe: "From the check", reference: "On file" };

let views = [];

/** Shows what was kept of a case's photos; `ended` says that the review is over and they are deleted. */
export function showPhotos(photos, ended) {
  views = [];
  const kept = Object.keys(NAMES).filter((which) => photos[which]);
  id("photos").hidden = id("photos-title").hidden = ended && !kept.length;
  fill(id("photos"), ...Object.keys(NAMES).map((which) => figure(which, photos[which], ended)));
  id("tools").hidden = !kept.length;
  id("marks").checked = false;
  id("zoom").value = "100";
  mark();
  zoom();
  explain(kept, ended);
}

/** Photos leave the page with the case. */
export function forgetPhotos() {
  views = [];
  fill(id("photos"));
}

function explain(kept, ended) {
  id("no-photos").hidden = kept.length === 2 || ended;
  if (kept.length === 2 || ended) return;
  id("no-photos-what").textContent = kept.length
    ? "One of the two photos was not kept, so the photos cannot be compared here."
    : "The photos were not kept, so they cannot be compared here.";
  id("no-photos-do").textContent = "The applicant did not agree to keep them for a review, or the time to keep them "
    + "is over. Neither says anything about them. Invite the person: compare the face with a document "
    + "or a photo that they bring. Then say here what you found.";
}

function figure(which, photo, ended) {
  const caption = make("figcaption", {}, NAMES[which]);
  if (!photo) {
    return make("figure", {}, caption,
      make("p", { class: "gone" }, ended ? "Deleted when the review ended." : "This photo was not kept."));
  }
  const image = make("img", { alt: "Photo " + NAMES[which].toLowerCase(), src: photo.image });
  const marks = marksOf(photo);
  const sheet = make("div", { class: "sheet" }, image, marks);
  // It can be scrolled once it is enlarged, so the keyboard must get there.
  const view = make("div", { class: "view", role: "group", tabindex: "0", "aria-label": "Photo " + NAMES[which].toLowerCase() + ", scrolls when enlarged" }, sheet);
  views.push({ view, sheet, marks, centre: centreOf(photo) });
  return make("figure", {}, caption, view,
    make("p", { class: "small" }, "Taken ", time(photo.taken_at)),
    make("p", { class: "small" }, "Kept until ", time(photo.keep_until), " at most"),
    make("ul", { class: "quality", "aria-label": "Quality of this photo" }, ...(photo.quality || []).map(bar)));
}

function bar({ name, value }) {
  const part = Math.max(0, Math.min(100, value));
  return make("li", {},
    make("span", {}, make("span", {}, name), make("span", {}, Math.round(value) + " of 100")),
    draw("svg", { class: "bar", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
      draw("rect", { class: "track", width: 100, height: 8, "vector-effect": "non-scaling-stroke" }),
      draw("rect", { class: "part", width: part, height: 8 })));
}

/** The face's frame and its points, in the photo's own pixels. Lines keep their width however large the
 *  photo is shown, and each is drawn twice, dark below light, to show on every photo. */
function marksOf(photo) {
  const [w, h] = photo.size;
  const shapes = [];
  const twice = (kind, path) => {
    for (const layer of ["under", "over"]) {
      shapes.push(draw("path", { class: kind + " " + layer, d: path, "vector-effect": "non-scaling-stroke" }));
    }
  };
  if (photo.box) {
    const [x, y, bw, bh] = photo.box;
    twice("line", "M" + x + " " + y + "h" + bw + "v" + bh + "h" + -bw + "z");
  }
  // A line of no length with round ends is a dot.
  if (photo.landmarks) twice("dot", photo.landmarks.map(([x, y]) => "M" + x + " " + y + "h0").join(""));
  return draw("svg", { viewBox: "0 0 " + w + " " + h, "aria-hidden": "true", focusable: "false" }, ...shapes);
}

/** The middle of the face, as parts of the photo's width and height. */
function centreOf(photo) {
  if (!photo.box) return [0.5, 0.5];
  const [x, y, w, h] = photo.box;
  return [(x + w / 2) / photo.size[0], (y + h / 2) / photo.size[1]];
}

function mark() {
  const on = id("marks").checked;
  id("marks-hint").hidden = !on;
  for (const { marks } of views) {
    if (on) marks.removeAttribute("hidden");
    else marks.setAttribute("hidden", "");
  }
}

/** Both photos get the same size, with the face in the middle of what is seen. */
function zoom() {
  const part = Number(id("zoom").value);
  id("zoom-said").textContent = part + " %";
  for (const { view, sheet, centre } of views) {
    sheet.style.width = part + "%";
    view.scrollLeft = centre[0] * view.scrollWidth - view.clientWidth / 2;
    view.scrollTop = centre[1] * view.scrollHeight - view.clientHeight / 2;
  }
}

id("marks").addEventListener("change", mark);
id("zoom").addEventListener("input", zoom);
