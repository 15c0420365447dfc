// Answers "What can this token do?" in place. Without this script the form opens a page with the answer.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-tryout]");
  if (!form) return;
  event.preventDefault();
  const url = `${form.action}?${new URLSearchParams(new FormData(form))}`;
  try {
    const response = await fetch(url, { headers: { "HX-Request": "true" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const answer = page.querySelector("[data-tryout-answer]");
    const fields = page.querySelector("[data-tryout] .token-form__error");
    if (response.redirected || !answer || fields) return location.assign(url);
    form.querySelector("[data-tryout-answer]").replaceChildren(...answer.childNodes);
  } catch {
    form.querySelector("[data-tryout-answer]").textContent = "The portal cannot be reached. Try again in a moment.";
  }
});
