// A status region is announced when it changes, not when the page loads: insert its initial text again.
const region = document.getElementById("messages");
if (region?.childElementCount) setTimeout(() => region.replaceChildren(...region.childNodes), 200);
