/* Proof of work for sign-up forms: <form data-challenge="URL"> with a field called work.
   Works on any page that loads this file; needs https, as the browser's own crypto does. */
"use strict";

const bytes = hex => Uint8Array.from(hex.match(/../g) || [], pair => parseInt(pair, 16));
const hex = buffer => Array.from(new Uint8Array(buffer), one => one.toString(16).padStart(2, "0")).join("");

/* ALTCHA, second version: the first counter whose derived key begins with the prefix. */
async function solve(challenge) {
  const { nonce, salt, cost, keyLength = 32, keyPrefix = "00" } = challenge.parameters;
  const start = bytes(nonce);
  const password = new Uint8Array(start.length + 4);
  password.set(start);
  const rules = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
  for (let counter = 0; ; counter++) {
    new DataView(password.buffer).setUint32(start.length, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derived = hex(await crypto.subtle.deriveBits(rules, key, keyLength * 8));
    if (derived.startsWith(keyPrefix)) return { counter, derivedKey: derived };
  }
}

for (const form of document.querySelectorAll("form[data-challenge]")) {
  for (const notice of form.querySelectorAll("[data-unscripted]")) notice.hidden = true;
  form.addEventListener("submit", async event => {
    const field = form.elements.namedItem("work");
    if (field.value) return;
    event.preventDefault();
    const status = form.querySelector("[data-status]");
    const button = form.querySelector("button");
    button.disabled = true;
    if (status) status.textContent = status.dataset.working || "One moment: your browser shows that it is no robot.";
    try {
      const challenge = await (await fetch(form.dataset.challenge)).json();
      const solution = await solve(challenge);
      field.value = btoa(JSON.stringify({ challenge, solution }));
      form.submit();
    } catch {
      button.disabled = false;
      if (status) status.textContent = status.dataset.failed || "That did not work. Please try once more.";
    }
  });
}
