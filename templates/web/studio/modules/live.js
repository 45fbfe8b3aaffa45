/* Follows a sending by server-sent events: only while it is sent and the page is looked at. */
import { find, on, refresh, say } from "./swap.js";

/** @type {EventSource | undefined} */
let source;
let saidAt = 0;

export function watch() {
  source?.close();
  const part = find("[data-events]");
  if (!part || document.hidden) return;
  source = new EventSource(/** @type {string} */ (part.dataset.events));
  source.addEventListener("progress", event => {
    const live = find("#live");
    if (live) live.innerHTML = event.data;
    if (Date.now() - saidAt < 3e4) return;
    saidAt = Date.now();
    say(find(".progress-line")?.textContent);
  });
  source.addEventListener("state", () => {
    source?.close();
    refresh();
  });
}

on("visibilitychange", () => {
  if (document.hidden) source?.close();
  else if (find("[data-events], [data-due]")) refresh();
});
