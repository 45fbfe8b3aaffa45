/* The preview: new mail is put into its frame where the old one was scrolled to. */
import { all, byId, find, focusOn, read } from "./swap.js";

const FRAMED = ["desktop", "phone", "dark", "plain"];
let busy = false;
/** @type {Record<string, string> | null} */
let next = null;
/** @type {Element | null | undefined} */
let toShow;
/** @type {ReturnType<typeof setTimeout>} */
let alarm;

export const action = () => find("#workspace")?.dataset.action || "";
const pane = () => /** @type {HTMLElement} */ (find("#pane"));
const frame = () => /** @type {HTMLIFrameElement | null} */ (find("#mail"));

/** Renders the mail with texts that are being typed: one at a time, the newest next.
 * @param {Record<string, string>} typed
 * @param {Element | null} [part] what is brought into view then */
export async function renderMail(typed, part) {
  next = typed;
  toShow = part || toShow;
  if (busy) return;
  busy = true;
  while (next) {
    const texts = next;
    next = null;
    try {
      if (frame()) await intoFrame(texts);
      else await refreshPane(location.href);
    } catch {
      // The bar above says that the studio can't be reached; the mail shown last stays.
    }
  }
  busy = false;
  if (toShow) reveal(toShow);
  toShow = null;
}

/** @param {Record<string, string>} typed */
async function intoFrame(typed) {
  await ownPage();
  const { view = "", who = "" } = pane().dataset;
  const body = new URLSearchParams({ view, who });
  for (const [field, text] of Object.entries(typed)) body.set(`text:${field}`, text);
  const answer = await fetch(`${action()}/mail`, { method: "POST", body });
  const html = await answer.text();
  const box = frame();
  const inside = box?.contentWindow;
  if (!inside) return;
  const page = inside.document.documentElement;
  const top = inside.scrollY;
  if (answer.ok) page.innerHTML = html;
  else if (page.lastElementChild) page.lastElementChild.textContent = html;
  inside.scrollTo(0, top);
  box.dataset.shown = `${Number(box.dataset.shown || 0) + 1}`;
}

/** Waits for the frame's own page: the blank one before has no styles, and would be replaced by it. */
async function ownPage() {
  const isEarly = (page = frame()?.contentDocument) => page?.URL === "about:blank" || page?.readyState === "loading";
  while (isEarly()) await new Promise((later) => setTimeout(later, 20));
}

/** Fetches what the gate finds, a moment after the last change, and puts it where it concerns. */
export function checkSoon() {
  clearTimeout(alarm);
  alarm = setTimeout(async () => {
    try {
      const { page } = await read(`${action()}?checks=1`);
      for (const place of all("[data-checks]")) {
        const found = byId(place.id, page);
        if (found && found.innerHTML !== place.innerHTML) place.innerHTML = found.innerHTML;
      }
    } catch {
      // They are asked for again after the next change.
    }
  }, 500);
}

/** Shows the preview that a page has. @param {string} url */
async function refreshPane(url) {
  const there = find("#preview", (await read(url)).page);
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
  const box = frame();
  history.replaceState(null, "", `${address.pathname}${address.search}`);
  if (box && FRAMED.includes(view) && who === pane().dataset.who) {
    for (const link of all("[data-look]")) link.ariaCurrent = link.dataset.look === view ? "true" : null;
    box.className = pane().dataset.view = view;
  } else {
    const focused = document.activeElement?.id || "preview";
    await refreshPane(address.href);
    focusOn(byId(focused));
    if (!frame()) return;
  }
  await renderMail(typed);
}

/** Brings the part that is being edited into view. @param {Element} field */
export function reveal(field) {
  const view = frame()?.contentWindow;
  if (!view) return;
  const item = field.closest("[data-link]") || (field.closest("#end") && find("#picks > :last-child"));
  const link = item?.getAttribute("data-link");
  const links = link ? all(`a[href="${CSS.escape(link)}"]`, view.document) : [];
  const isQuote = field.closest(".quote"); // which stands above the last of its links
  const box = links.at(isQuote ? -1 : 0)?.getBoundingClientRect();
  if (!box || (!isQuote && item?.matches(":first-child"))) view.scrollTo(0, 0);
  else if (box.top < 0 || box.bottom > view.innerHeight) view.scrollBy(0, box.top - view.innerHeight * (isQuote ? 0.8 : 0.3));
}
