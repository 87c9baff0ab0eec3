"use strict";
/* Passkeys: a form with data-passkey="get" or "create" asks the browser for one, puts what it answers into the field `credential`, and is sent.
   The options come from the JSON element named in data-options, or are asked for at the form's own address. */

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const known = (list) => (list || []).map((each) => ({ ...each, id: bytes(each.id) }));

async function options(form) {
  const element = form.dataset.options && document.getElementById(form.dataset.options);
  if (element) return Object.values(JSON.parse(element.textContent))[0].publicKey;
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error("no options");
  return (await answer.json()).request_options.publicKey;
}

async function create(asked) {
  const publicKey = { ...asked, challenge: bytes(asked.challenge), user: { ...asked.user, id: bytes(asked.user.id) }, excludeCredentials: known(asked.excludeCredentials) };
  publicKey.authenticatorSelection = { ...asked.authenticatorSelection, residentKey: "required", requireResidentKey: true, userVerification: "required" };
  const made = await navigator.credentials.create({ publicKey });
  return [made, { attestationObject: text(made.response.attestationObject), transports: made.response.getTransports ? made.response.getTransports() : [] }];
}

async function get(asked) {
  const got = await navigator.credentials.get({ publicKey: { ...asked, challenge: bytes(asked.challenge), allowCredentials: known(asked.allowCredentials) } });
  const { authenticatorData, signature, userHandle } = got.response;
  return [got, { authenticatorData: text(authenticatorData), signature: text(signature), userHandle: userHandle ? text(userHandle) : null }];
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  const problem = form.querySelector("[data-passkey-error]");
  form.hidden = false;
  form.querySelector("button").addEventListener("click", async () => {
    problem.hidden = true;
    try {
      const [credential, response] = await { create, get }[form.dataset.passkey](await options(form));
      form.elements.credential.value = JSON.stringify({
        id: credential.id,
        rawId: text(credential.rawId),
        type: credential.type,
        authenticatorAttachment: credential.authenticatorAttachment,
        clientExtensionResults: credential.getClientExtensionResults(),
        response: { clientDataJSON: text(credential.response.clientDataJSON), ...response },
      });
      form.submit();
    } catch {
      problem.hidden = false;
    }
  });
}
