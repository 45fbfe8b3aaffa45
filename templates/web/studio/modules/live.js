/* Follows a sending by server-sent events: only while it is sent and the page is looked at. */
import { find, refresh, say } from "./swap.js";

const SAY_EVERY = 30_000;
/** @type {EventSource | null} */
let source = null;
let saidAt = 0;

function close() {
  source?.close();
  source = null;
}

export function watchProgress() {
  close();
  const part = find("[data-events]");
  if (!part || document.hidden) return;
  source = new EventSource(part.dataset.events || "");
  source.addEventListener("progress", event => {
    const live = find("#live");
    if (live) live.innerHTML = event.data;
    if (Date.now() - saidAt < SAY_EVERY) return;
    saidAt = Date.now();
    say(find(".progress-line")?.textContent || "");
  });
  source.addEventListener("state", () => {
    close();
    refresh();
  });
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) close();
  else if (find("[data-events], [data-due]")) refresh();
});
