/* The comparisons of an issue by dragging; each has buttons that do the same. */
import { act, submitEdit } from "./edit.js";
import { toggle } from "./keys.js";
import { all, around, find, on } from "./swap.js";

/** @type {HTMLElement | null} */
let dragged = null;

/** Where what is dragged would be put; marks that place. @param {DragEvent} event @param {boolean} isMarked */
function placeOf(event, isMarked) {
  const place = dragged && around(event, "#picks > [data-item], #left-out");
  for (const one of all(".over")) one.classList.remove("over");
  if (!place || place === dragged) return null;
  event.preventDefault();
  place.classList.toggle("over", isMarked);
  return place;
}

export function startDrag() {
  on("pointerdown", event => {
    const item = around(event, "[data-grip]")?.closest("[data-item]");
    if (item && event.pointerType === "mouse") /** @type {HTMLElement} */ (item).draggable = true;
  });
  on("dragstart", event => {
    dragged = event.target instanceof Element && event.target.matches("[data-item]") ? around(event, "*") : null;
    event.dataTransfer?.setData("text/plain", "pick");
  });
  on("dragover", event => {
    placeOf(event, true);
  });
  on("drop", event => {
    const to = placeOf(event, false);
    if (!to || !dragged) return;
    const { place, slug = "" } = dragged.dataset;
    if (to.dataset.place) act(new URLSearchParams({ do: `${place ? "move" : "add"}-${to.dataset.place}`, slug }), dragged);
    else if (place) toggle(/** @type {HTMLElement} */ (find("[data-key=x]", dragged)));
  });
  on("dragend", event => {
    placeOf(event, false);
    if (dragged) dragged.draggable = false;
    dragged = null;
  });
  on("keydown", event => {
    const form = around(event, "textarea[data-line]")?.closest("form");
    if (event.key !== "Enter" || !form) return;
    event.preventDefault();
    submitEdit(form, null);
  });
}
