// Zoom and search. Only numbers and names that are in the document are used; nothing is evaluated.
(function () {
  "use strict";
  var svg = document.documentElement;
  var box = document.getElementById("frames");
  var total = Number(box.dataset.total) || 1;
  var details = document.getElementById("details");
  var first = details.textContent;
  var letter = 7.2;
  var frames = Array.prototype.map.call(box.children, function (g) {
    var title = g.firstElementChild.textContent;
    return {
      g: g, rect: g.children[1], text: g.children[2], title: title,
      name: title.slice(0, title.lastIndexOf(" · ", title.lastIndexOf(" · ") - 1)),
      x: Number(g.dataset.x), w: Number(g.dataset.w), d: Number(g.dataset.d)
    };
  });
  var zoomed = frames[0];
  svg.removeAttribute("width");
  svg.setAttribute("width", "100%");

  // A name without the directories of its package if need be, then without its start.
  function shortened(name, letters) {
    if (name.length <= letters) { return name; }
    var path = name.search(/[[(]/);
    var slash = (path < 0 ? name : name.slice(0, path)).lastIndexOf("/");
    var short = name.slice(slash + 1);
    return short.length <= letters ? short : "…" + short.slice(short.length - letters + 1);
  }

  function draw() {
    var width = svg.getBoundingClientRect().width || 1200;
    frames.forEach(function (f) {
      var above = f.d < zoomed.d && f.x <= zoomed.x && f.x + f.w >= zoomed.x + zoomed.w;
      var inside = f.d >= zoomed.d && f.x >= zoomed.x && f.x + f.w <= zoomed.x + zoomed.w;
      f.g.style.display = above || inside ? "" : "none";
      f.g.classList.toggle("above", above);
      if (!above && !inside) { return; }
      var left = above ? 0 : (f.x - zoomed.x) / zoomed.w * 100;
      var wide = above ? 100 : f.w / zoomed.w * 100;
      f.rect.setAttribute("x", left + "%");
      f.rect.setAttribute("width", wide + "%");
      f.text.setAttribute("x", left + "%");
      var letters = Math.floor(wide / 100 * width / letter) - 1;
      f.text.textContent = letters < 3 ? "" : shortened(f.name, letters);
    });
  }

  function search(pattern) {
    var regex = null;
    if (pattern) {
      try { regex = new RegExp(pattern, "i"); } catch (error) { details.textContent = String(error); return; }
    }
    var sum = 0;
    var end = -1;
    frames.forEach(function (f) {
      var found = regex !== null && f.d > 0 && regex.test(f.name);
      f.g.classList.toggle("found", found);
      // Parents come before their children, and what is further left comes first.
      if (found && f.x >= end) { sum += f.w; end = f.x + f.w; }
    });
    first = regex === null ? "" : "found: " + sum + " goroutines, " + (sum / total * 100).toFixed(2) + " %";
    details.textContent = first;
  }

  frames.forEach(function (f) {
    f.g.addEventListener("click", function () { zoomed = f; draw(); });
    f.g.addEventListener("mouseover", function () { details.textContent = f.title; });
    f.g.addEventListener("mouseout", function () { details.textContent = first; });
  });
  document.getElementById("reset").addEventListener("click", function () { zoomed = frames[0]; draw(); });
  document.getElementById("search").addEventListener("click", function () {
    var pattern = window.prompt("Part of a function's name, or a regular expression", "");
    if (pattern !== null) { search(pattern); }
  });
  window.addEventListener("resize", draw);
  draw();
}());
