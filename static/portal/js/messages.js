// A status region is read out when it changes, not when it comes with the page: put what came with it in once more.
const region = document.getElementById("messages");
if (region?.childElementCount) setTimeout(() => region.replaceChildren(...region.childNodes), 200);
