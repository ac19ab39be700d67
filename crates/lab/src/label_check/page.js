"use strict";
// Everything works on what is in the page: nothing is fetched, and nothing is stored.
const form = document.querySelector("form");
const bar = document.querySelector(".save");
const progress = document.querySelector("#progress");
const cards = [...document.querySelectorAll(".suspect")];
const verdict = (card) => card.querySelector("input:checked").value;
let saved = true;

function count() {
  const judged = cards.filter((card) => verdict(card) !== "").length;
  progress.textContent = `${judged} of ${cards.length} judged` + (saved ? "" : ", not saved yet");
}

form.addEventListener("change", () => { saved = false; count(); });

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const rows = cards.map((card) => `${card.dataset.csv},${verdict(card)}\n`);
  const file = new Blob([`${form.dataset.csv}\n`, ...rows], { type: "text/csv" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = "suspects.csv";
  link.click();
  URL.revokeObjectURL(link.href);
  saved = true;
  count();
});

window.addEventListener("beforeunload", (event) => { if (!saved) event.preventDefault(); });

bar.hidden = false;
count();
