// SPDX-License-Identifier: Apache-2.0
// Passkeys in the browser: makes one, says yes with one, and looks what waits. No number, name or key is kept here.
"use strict";

const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const bytesOf = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
const keysOf = (text) => text.split(" ").filter(Boolean).map((id) => ({ type: "public-key", id: bytesOf(id) }));

// `why`: the name of a text in the page; empty: nothing failed.
function tell(why) {
  const line = document.getElementById("failure");
  line.hidden = !why;
  line.textContent = why ? line.dataset[why] : "";
}

function fill(form, values) {
  for (const [name, value] of Object.entries(values)) {
    let field = form.elements.namedItem(name);
    if (!(field instanceof HTMLInputElement)) {
      field = form.appendChild(document.createElement("input"));
      field.type = "hidden";
      field.name = name;
    }
    field.value = value;
  }
  form.submit();
}

// The phone asks its owner, who may refuse or be away; then nothing is sent.
async function ask(form, how) {
  if (!window.PublicKeyCredential) return tell("unable");
  tell("");
  try {
    fill(form, await how());
  } catch (error) {
    tell(error.name === "InvalidStateError" ? "known" : "again");
  }
}

async function register({ challenge, site, issuer, user, handle, known }) {
  const made = await navigator.credentials.create({
    publicKey: {
      rp: { id: site, name: issuer },
      user: { id: bytesOf(handle), name: user, displayName: user },
      challenge: bytesOf(challenge),
      pubKeyCredParams: [{ type: "public-key", alg: -7 }, { type: "public-key", alg: -257 }],
      excludeCredentials: keysOf(known),
      authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
      attestation: "none",
    },
  });
  return {
    client_data: base64url(made.response.clientDataJSON),
    authenticator_data: base64url(made.response.getAuthenticatorData()),
  };
}

// The challenge: what seimond computes from its own record (core/account/approval.h).
function challengeOf({ id, user, host, service, source }, number) {
  const text = ["seimon-approve-1", id, user, host, service, source, number, "yes"].join("\n");
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}

async function approve({ passkeys, site }, challenge) {
  const given = await navigator.credentials.get({
    publicKey: { rpId: site, challenge, allowCredentials: keysOf(passkeys), userVerification: "required" },
  });
  return {
    answer: "yes",
    credential: base64url(given.rawId),
    client_data: base64url(given.response.clientDataJSON),
    authenticator_data: base64url(given.response.authenticatorData),
    signature: base64url(given.response.signature),
  };
}

for (const part of document.querySelectorAll("[data-challenge] form"))
  part.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(part, () => register(part.parentElement.dataset));
  });

for (const part of document.querySelectorAll(".request form")) {
  // Computed while it is typed: some browsers open the passkey only right behind the press of a button.
  let ready = null;
  let typed = "";
  const number = part.elements.number;
  const data = part.parentElement.dataset;
  number.addEventListener("input", async () => {
    const now = number.value;
    const challenge = await challengeOf(data, now);
    if (now === number.value) [ready, typed] = [challenge, now];
  });
  part.addEventListener("submit", (event) => {
    if (event.submitter && event.submitter.value !== "yes") return;
    event.preventDefault();
    if (!number.value) return number.focus();
    ask(part, async () => approve(data, typed === number.value ? ready : await challengeOf(data, number.value)));
  });
}

// While the page is looked at, for five minutes; a page that is opened again begins anew.
const list = document.querySelector("[data-waiting]");
const until = Date.now() + 5 * 60 * 1000;
async function look() {
  if (Date.now() > until) return;
  if (document.visibilityState === "visible") {
    try {
      const answer = await (await fetch("/ok/waiting", { headers: { Accept: "application/json" } })).json();
      if (answer.waiting.join(" ") !== list.dataset.waiting) return location.assign("/ok");
    } catch (error) {
      // The network is away: it is looked again.
    }
  }
  setTimeout(look, 2000);
}
if (list) {
  setTimeout(look, 2000);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && Date.now() > until) location.assign("/ok");
  });
  const part = document.getElementById("notify");
  if ("serviceWorker" in navigator)
    navigator.serviceWorker.register("/ok-worker.js", { scope: "/ok" }).then((worker) => part && offer(part, worker));
}

// A push message has no content: this phone shows that something waits, and nothing of it (RFC 8030).
async function offer(part, worker) {
  if (!worker.pushManager || !window.Notification) return;
  const now = await worker.pushManager.getSubscription();
  for (const button of part.querySelectorAll("button")) button.hidden = (button.value === "no") !== Boolean(now);
  part.hidden = false;
  part.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const wants = event.submitter && event.submitter.value === "yes";
    ask(event.target, async () => {
      if (!wants) {
        await now.unsubscribe();
        return { endpoint: "" };
      }
      const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(part.dataset.key) });
      return { endpoint: made.endpoint };
    });
  });
}
