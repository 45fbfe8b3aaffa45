/* Submits forms without leaving the page; what can't be sent stays in its field. */
import { submitEdit } from "./edit.js";
import { complain, find, show } from "./swap.js";

/** @param {HTMLFormElement} form @param {HTMLElement | null} submitter */
async function submit(form, submitter) {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form, submitter)) fields.append(name, String(value));
  const isGet = form.method === "get";
  const address = new URL(form.action);
  if (isGet) address.search = fields.toString();
  form.setAttribute("aria-busy", "true");
  try {
    const isFile = form.enctype === "multipart/form-data";
    const body = isFile ? new FormData(form, submitter) : fields;
    const answer = await fetch(address, isGet ? {} : { method: "POST", body });
    show(await answer.text(), answer.url);
  } catch {
    complain("The studio can't be reached. Nothing was changed, and what you typed is still here.");
  } finally {
    form.removeAttribute("aria-busy");
  }
}

export function interceptForms() {
  document.addEventListener("submit", event => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.hasAttribute("data-plain") || !find("#main")?.contains(form)) return;
    event.preventDefault();
    if (find("#workspace")?.contains(form)) return submitEdit(form, event.submitter);
    if (form.getAttribute("aria-busy") !== "true") submit(form, event.submitter);
  });
  document.addEventListener("change", event => {
    const field = event.target;
    const form = field instanceof HTMLInputElement || field instanceof HTMLSelectElement ? field.form : null;
    if (form?.hasAttribute("data-live")) form.requestSubmit();
  });
  addEventListener("popstate", () => location.reload());
}
