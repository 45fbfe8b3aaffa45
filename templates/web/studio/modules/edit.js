/* The edit page: saves as one goes, one save at a time, and shows what others change. */
import { action, checkSoon, lookAt, renderMail, reveal } from "./mail.js";
import { active, all, around, byId, fieldsOf, find, focusOn, nameOf, on, onShown, read, say, wordsOf } from "./swap.js";

const PAUSE = 900;
let queue = Promise.resolve();
let swapping = false;
/** @type {EventSource | undefined} */
let source;
/** @type {ReturnType<typeof setTimeout>} */
let pause;
/** @type {HTMLFormElement | null} */
let chosen = null;

const edit = () => /** @type {HTMLElement} */ (find("#edit"));
/** @param {Element} box */
const areaOf = box => /** @type {HTMLTextAreaElement} */ (find("textarea", box));
/** @param {Element} box */
const wasOf = box => /** @type {HTMLInputElement} */ (find("input[name^='was:']", box)).value;
/** @param {HTMLElement} box */
const nameIn = box => box.dataset.field || "";
/** @param {string} field @param {ParentNode} within */
const boxOf = (field, within) => find(`[data-field="${CSS.escape(field)}"]`, within);
const boxes = () => all("[data-field]", edit());
/** @param {Element} box */
const isDirty = box => areaOf(box).value !== areaOf(box).defaultValue;
const told = () => find("#saved")?.dataset.kind;
const dirty = () => boxes().filter(isDirty);
const typed = () => Object.fromEntries(dirty().map(box => [nameIn(box), areaOf(box).value]));
/** @param {Element | null} [part] what is shown in the mail then */
const render = part => renderMail(typed(), part);

/** What a text that is not saved yet is kept under in the browser. @param {string} field */
const key = field => `studio/${find("#workspace")?.dataset.issue}/${field}`;

/** Keeps a text of a field, so that no word is lost; without one, forgets what was kept.
 * @param {string} field @param {{ text: string, seen: string }} [draft] */
function keep(field, draft) {
  try {
    localStorage[key(field)] = JSON.stringify(draft || null);
  } catch {
    // No room, or not allowed: the words are still in their field.
  }
}

/** @param {string} field @returns {{ text: string, seen: string } | null} */
function kept(field) {
  try {
    return JSON.parse(localStorage[key(field)] || null);
  } catch {
    return null;
  }
}

/** @param {string} words @param {"" | "bad" | "busy"} [kind] */
function tell(words, kind = "") {
  const place = find("#saved-words");
  if (!place) return;
  /** @type {HTMLElement} */ (place.parentElement).dataset.kind = kind;
  place.textContent = words;
  if (kind === "bad") say(words);
}

/** @param {string} [more] */
function tellSaved(more = "") {
  if (dirty().length) tell("Writing…", "busy");
  else tell(`Saved ${new Date().toTimeString().slice(0, 5)}${more}`);
  checkSoon();
}

/** Runs after what is in flight, whether or not that could be done. @param {() => Promise<void>} work */
const then = work => queue = queue.then(work).catch(() => tell("Offline", "bad"));

/** @param {URLSearchParams} [body] @param {string} [url] */
async function ask(body, url = `${action()}/edit`) {
  const answer = await read(url, body);
  const there = find("#edit", answer.page);
  if (!there) throw new Error(answer.url);
  return { ...answer, there, problem: wordsOf(".notice.bad", there) };
}

/** @param {string} field */
async function save(field) {
  const box = boxOf(field, edit());
  if (!box || !isDirty(box) || "conflict" in box.dataset) return;
  const area = areaOf(box);
  const text = area.value;
  try {
    const body = new URLSearchParams({ do: "save", seen: area.dataset.seen || "", [`text:${field}`]: text, [`was:${field}`]: area.defaultValue });
    const { there, ok, problem } = await ask(body);
    const other = boxOf(field, there);
    if (other && "conflict" in other.dataset) {
      box.replaceWith(other);
      tell("Not saved: both texts are shown", "bad");
      return say(wordsOf("", other));
    }
    if (!ok) return tell(`Not saved, kept here: ${problem}`, "bad");
    const seen = area.dataset.seen = there.dataset.revision || "";
    area.defaultValue = text;
    keep(field, isDirty(box) ? { text: area.value, seen } : undefined);
    if (told() === "bad") render();
    // What others changed meanwhile is shown when the editor asks for it: nothing moves by itself.
    if (Number(there.dataset.before) <= Number(edit().dataset.revision)) put(there);
    const by = other && find(".by", other);
    if (by && box.isConnected) find(".by", box)?.replaceWith(by);
    tellSaved();
  } catch {
    tell("Offline: your words are kept here", "bad");
    later(3000);
  }
}

/** Saves all that is not saved. */
function saveAll() {
  const form = chosen;
  clearTimeout(pause);
  chosen = null;
  if (form) act(fieldsOf(form), active());
  const unsaved = dirty();
  for (const box of unsaved) then(() => save(nameIn(box)));
  if (!unsaved[0] && told() === "busy") tell("All is saved");
  return queue;
}

/** @param {number} wait */
function later(wait) {
  clearTimeout(pause);
  pause = setTimeout(saveAll, wait);
}

/** Saves a choice. Arrow keys pass over others on their way to it: those are not meant.
 * @param {HTMLInputElement} radio */
function choose(radio) {
  if (chosen && chosen !== radio.form) saveAll();
  chosen = radio.form;
  later(radio.matches(":focus-visible") ? PAUSE : 0);
}

/** Leaves for another page once all is saved; what can't be saved keeps the page open, and is told.
 * @param {HTMLAnchorElement} link */
async function leaveBy(link) {
  await saveAll();
  if (dirty().length) find("#saved")?.scrollIntoView({ block: "center" });
  else location.href = link.href;
}

/** Puts a page's list in place of this one: focus, what is open, and what is being written stay.
 * @param {HTMLElement} there @param {Element | null} [toFocus] */
function put(there, toFocus = active()) {
  const here = edit();
  const name = nameOf(toFocus);
  const item = toFocus?.closest("[data-item]")?.id;
  const area = toFocus instanceof HTMLTextAreaElement ? toFocus : null;
  const [start, end] = [area?.selectionStart || 0, area?.selectionEnd || 0];
  swapping = true;
  for (const one of all("details[open][id]", here)) byId(one.id, there)?.setAttribute("open", "");
  for (const one of all("[data-checks]", here)) {
    const two = byId(one.id, there);
    if (two && !two.innerHTML.trim()) two.innerHTML = one.innerHTML;
  }
  for (const box of boxes()) {
    const other = boxOf(nameIn(box), there);
    const mine = areaOf(box);
    if (!other || "conflict" in other.dataset) continue;
    if (!isDirty(box) && !("conflict" in box.dataset)) {
      if (mine !== toFocus) continue;
      if (areaOf(other).value === mine.value) mine.dataset.seen = areaOf(other).dataset.seen;
    }
    other.replaceWith(box);
  }
  const top = scrollY;
  here.replaceWith(there);
  const again = name && find(name, there);
  focusOn(again && !again.matches(":disabled") ? again : item ? byId(item) : null);
  if (area && active() === area) area.setSelectionRange(start, end);
  scrollTo({ top, behavior: "instant" });
  swapping = false;
}

/** Makes a change other than of a text. @param {URLSearchParams} fields @param {Element | null} focus */
export function act(fields, focus) {
  for (const name of [...fields.keys()]) if (/^(text|was):/.test(name)) fields.delete(name);
  saveAll();
  return then(async () => {
    fields.set("seen", edit().dataset.revision || "");
    try {
      const { there, url, problem } = await ask(fields);
      const { textContent } = /** @type {Element} */ (find("h1"));
      put(there, focus);
      say(problem || wordsOf("#saved", there));
      if (problem) find("[role=alert]", there)?.scrollIntoView({ block: "center" });
      else tellSaved(find("h1")?.textContent === textContent ? "" : ", new subject");
      const target = byId(decodeURIComponent(new URL(url).hash.slice(1)) || "edit");
      if (!edit().contains(active())) focusOn(target);
      render(byId(`pick-${fields.get("slug")}`));
    } catch {
      tell("Offline: nothing was changed", "bad");
    }
  });
}

/** Looks for other comparisons. @param {URL} url */
async function search(url) {
  history.replaceState(null, "", url);
  put((await ask(undefined, url.href)).there);
  say(`${all("#matches [data-item]").length} found`);
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} submitter */
export function submitEdit(form, submitter) {
  const clash = submitter?.closest("[data-conflict]");
  const fields = fieldsOf(form, submitter);
  if (clash) {
    settle(/** @type {HTMLElement} */ (clash), areaOf(clash).value);
    saveAll();
  } else if (form.method === "get") {
    const url = new URL(form.action);
    url.search = fields.toString();
    if (edit().contains(form)) then(() => search(url));
    else lookAt(url.href, typed());
  } else {
    const item = submitter?.closest("[data-item]");
    const isGone = /drop|add/.test(`${fields.get("do")}`);
    act(fields, isGone && item ? find(`#${item.id} ~ [data-item]`) || item.previousElementSibling : submitter);
  }
}

/** Ends a conflict: the other's text was saved, `text` is in the field. @param {HTMLElement} box @param {string} text */
function settle(box, text) {
  const area = areaOf(box);
  area.defaultValue = wasOf(box); // which is shown too, where nobody has typed since
  area.value = text;
  delete box.dataset.conflict;
  find(".clash", box)?.remove();
}

/** Takes the other's text of a conflict. @param {HTMLElement} box */
function takeTheirs(box) {
  settle(box, wasOf(box));
  keep(nameIn(box));
  areaOf(box).focus();
  tellSaved();
  render();
}

/** Shows what others have changed; what is being written stays. */
async function showOthers() {
  await then(async () => put((await ask(undefined, location.href)).there));
  tellSaved();
  render();
}

function listen() {
  source?.close();
  if (!find("#workspace") || document.hidden) return;
  const { revision = "", state = "" } = edit().dataset;
  source = new EventSource(`${action()}/events?seen=${revision}&state=${state}`);
  source.addEventListener("templates", () => render());
  source.addEventListener("change", event => then(async () => {
    const news = JSON.parse(event.data);
    const hint = find("#hint");
    const now = edit().dataset;
    if (!hint || (news.revision <= Number(now.revision) && news.state === now.state)) return;
    /** @type {HTMLElement} */ (hint.firstElementChild).textContent = `${news.said}.`;
    hint.hidden = false;
    say(news.said);
  }));
}

/** Brings back what was written here and not saved. */
function bringBack() {
  for (const box of boxes()) {
    const draft = kept(nameIn(box));
    const area = areaOf(box);
    if (!draft || area.readOnly || "conflict" in box.dataset) continue;
    if (draft.text === area.value) {
      keep(nameIn(box));
      continue;
    }
    area.value = draft.text;
    area.dataset.seen = draft.seen;
  }
  if (!dirty().length) return checkSoon();
  tell("Unsaved words are back", "busy");
  render();
  saveAll();
}

/** @param {Event} event */
function onInput(event) {
  const box = around(event, "[data-field]");
  if (!box) return;
  const area = areaOf(box);
  keep(nameIn(box), { text: area.value, seen: area.dataset.seen || "" });
  if (told() !== "bad") tell("Writing…", "busy");
  render();
  later(PAUSE);
}

/** @param {MouseEvent} event */
function onClick(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || !edit()) return;
  const link = /** @type {HTMLAnchorElement | null} */ (around(event, "a[href]"));
  if (around(event, "#hint button")) showOthers();
  const drop = around(event, ".drop > summary")?.nextElementSibling;
  if (drop) setTimeout(() => find("[name=because]", drop)?.focus());
  if (!link) return;
  const box = link.matches("[data-theirs]") && around(event, "[data-field]");
  const isLook = link.matches("[data-look]");
  if (!box && !isLook && (link.target || link.hash || !(chosen || dirty().length))) return;
  event.preventDefault();
  if (box) takeTheirs(box);
  else if (isLook) lookAt(link.href, typed());
  else leaveBy(link);
}

export function startEditing() {
  onShown(() => {
    listen();
    if (edit()) bringBack();
  });
  on("input", onInput);
  on("click", onClick);
  on("focusin", event => {
    const at = around(event, "[data-item], [data-item] *, [data-field] *");
    if (at && !swapping) reveal(at);
  });
  on("focusout", event => {
    if (!swapping && around(event, "[data-field] textarea")) saveAll();
  });
  on("change", event => {
    const one = around(event, "#edit input[type=radio]");
    if (one) choose(/** @type {HTMLInputElement} */ (one));
  });
  on("visibilitychange", () => {
    if (edit() && document.hidden) saveAll();
    listen();
  });
  addEventListener("online", () => edit() && saveAll());
}
