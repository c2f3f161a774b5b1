// Runs before the page is drawn, so that a chosen theme does not flash: a plain script, not a module.
{
  const kept = localStorage.getItem("theme");
  if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
}
