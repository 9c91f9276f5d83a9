// A classic script, run before anything is painted: the colours chosen last time, without a flash of the others.
(function () {
  var root = document.documentElement;
  root.classList.add("js");
  try {
    var chosen = localStorage.getItem("theme");
    if (chosen === "day" || chosen === "night") root.setAttribute("data-theme", chosen);
  } catch (_error) {
    // Storage is closed in some private windows; the device's own setting holds then.
  }
})();
