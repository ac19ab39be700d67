// What the page knows, and which name leads where. Screens lead to one another in circles; so that their
// files need not, each file offers its ways here by name, and buttons and other files go by these names.

export const state = {
  info: null,       // what GET /v1/capture said
  agreed: false,    // set by the button alone, never kept
  way: "move",
  live: null,       // the session under way: {id, stop}
  run: 0,           // counts starts, so that an answer to an earlier one is not taken for this one
  decision: null,
  back: null,       // where "back" leads from what is held and the appeal
  receipt: null,
};

const ways = {};

/** Names what this file's screens and buttons do. */
export function offer(named) {
  Object.assign(ways, named);
}

export const go = (name, ...more) => ways[name](...more);

/** Every button says in `data-do` where it leads. */
export function listenToButtons() {
  const running = new Set();
  // A second press while the first is still at work does nothing, but for Start: who left the line may
  // begin again while the older try still waits for its answer, which it then ignores.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-do]");
    if (!button || (running.has(button.dataset.do) && button.dataset.do !== "start")) return;
    running.add(button.dataset.do);
    try {
      await go(button.dataset.do);
    } finally {
      running.delete(button.dataset.do);
    }
  });
}
