// Pages say UTC. The tooltip of each time is the reader's own, and the foot says how far that is from UTC.
const parts = new Intl.DateTimeFormat("en", { timeZoneName: "longOffset" }).formatToParts();
const zone = parts.find(({ type }) => type === "timeZoneName").value.replace("GMT", "UTC");
const own = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

document.addEventListener("htmx:load", ({ detail }) => {
  if (!new Date().getTimezoneOffset()) return;
  document.querySelector("[data-zone]")?.replaceChildren(`, yours is ${zone}`);
  for (const time of detail.elt.querySelectorAll("time[datetime]")) {
    time.title = `${own.format(new Date(time.dateTime.replace(" ", "T")))} in your time zone`;
  }
});
