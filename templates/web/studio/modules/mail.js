/* The preview: new mail is put into its frame where the old one was scrolled to. */
import { find } from "./swap.js";

const CHECK_AFTER = 500;
const FRAMED = ["desktop", "phone", "dark", "plain"];
let busy = false;
/** @type {Record<string, string> | null} */
let next = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let alarm;

const action = () => find("#workspace")?.dataset.action || "";
const pane = () => find("#pane");

/** Renders the mail with texts that are being typed: one at a time, the newest next.
 * @param {Record<string, string>} typed */
export async function renderMail(typed) {
  if (busy) {
    next = typed;
    return;
  }
  busy = true;
  try {
    if (find("#mail")) await intoFrame(typed);
    else await refreshPane(location.href);
  } catch {
    // The bar above says that the studio can't be reached; the mail shown last stays.
  } finally {
    busy = false;
  }
  const later = next;
  next = null;
  if (later) renderMail(later);
  else checkSoon();
}

/** @param {Record<string, string>} typed */
async function intoFrame(typed) {
  const body = new URLSearchParams({ view: pane()?.dataset.view || "", who: pane()?.dataset.who || "" });
  for (const [field, text] of Object.entries(typed)) body.set(`text:${field}`, text);
  const answer = await fetch(`${action()}/mail`, { method: "POST", body });
  const html = await answer.text();
  const frame = /** @type {HTMLIFrameElement | null} */ (find("#mail"));
  const page = frame?.contentDocument?.documentElement;
  const view = frame?.contentWindow;
  if (!frame || !page || !view) return;
  const top = view.scrollY;
  if (answer.ok) page.innerHTML = html;
  else if (page.lastElementChild) page.lastElementChild.textContent = html;
  view.scrollTo(0, top);
  frame.dataset.shown = String(Number(frame.dataset.shown || 0) + 1);
  measure(Number(answer.headers.get("X-Mail-Size")));
}

/** @param {number} size */
function measure(size) {
  const box = find("#size");
  const bar = find("#size-bar");
  const words = find("#size-words");
  if (!size || !box || !bar || !words) return;
  const [cut, budget] = [Number(box.dataset.cut), Number(box.dataset.budget)];
  words.textContent = `${(size / 1024).toFixed(1)} KB`;
  bar.setAttribute("width", String(Math.min(1000, Math.floor((1000 * size) / cut))));
  bar.setAttribute("class", size > cut ? "over" : size > budget ? "near" : "fill");
}

/** Fetches what the gate finds, a moment after the last change, and puts it where it concerns. */
export function checkSoon() {
  clearTimeout(alarm);
  alarm = setTimeout(async () => {
    try {
      const answer = await fetch(`${action()}?checks=1`);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const place of document.querySelectorAll("[data-checks]")) {
        const found = find(`#${CSS.escape(place.id)}`, page);
        if (found && found.innerHTML !== place.innerHTML) place.innerHTML = found.innerHTML;
      }
    } catch {
      // They are asked for again after the next change.
    }
  }, CHECK_AFTER);
}

/** Shows the preview that a page has. @param {string} url */
export async function refreshPane(url) {
  const answer = await fetch(url);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const there = find("#preview", page);
  const size = find("#size");
  if (!there) return;
  if (size) find("#size", there)?.replaceWith(size);
  find("#preview")?.replaceWith(there);
}

/** Looks at the mail another way; between views in a frame it stays where it is scrolled to.
 * @param {string} url @param {Record<string, string>} typed */
export async function lookAt(url, typed) {
  const address = new URL(url, location.href);
  const view = address.searchParams.get("view") || "desktop";
  const who = address.searchParams.get("who") || "";
  history.replaceState(null, "", `${address.pathname}${address.search}`);
  const frame = find("#mail");
  const here = pane();
  if (frame && here && FRAMED.includes(view) && who === here.dataset.who) {
    for (const link of document.querySelectorAll("[data-look]")) {
      if (link.getAttribute("data-look") === view) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    frame.className = view;
    here.dataset.view = view;
  } else {
    const focused = document.activeElement?.id;
    await refreshPane(address.href);
    if (focused) find(`#${CSS.escape(focused)}`)?.focus({ preventScroll: true });
    else find(`[data-look="${CSS.escape(view)}"]`)?.focus({ preventScroll: true });
    if (!find("#mail")) return;
  }
  await renderMail(typed);
}

/** Brings the part that is being edited into view. @param {Element} field */
export function reveal(field) {
  const frame = /** @type {HTMLIFrameElement | null} */ (find("#mail"));
  const [page, view] = [frame?.contentDocument, frame?.contentWindow];
  if (!page || !view) return;
  const item = field.closest("[data-link]") || (field.closest("#end") && find("#picks > :last-child"));
  const link = item?.getAttribute("data-link");
  const part = link && page.querySelector(`a[href="${CSS.escape(link)}"]`);
  const box = part ? part.getBoundingClientRect() : null;
  if (!box) view.scrollTo(0, 0);
  else if (box.top < 0 || box.bottom > view.innerHeight) view.scrollBy(0, box.top - view.innerHeight / 3);
}
