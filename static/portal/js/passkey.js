import "../../mfa/js/webauthn-json.js";
import "../../mfa/js/webauthn.js";
// Joins django-allauth's script to the page: which of its forms it is, and what the browser is asked.
for (const { dataset } of document.querySelectorAll("[data-passkey]")) allauth.webauthn.forms[dataset.passkey](JSON.parse(dataset.options));
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.getElementById("passkey-problem").hidden = false;
});
