document.querySelectorAll("table.sortable").forEach(function (table) {
  var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
  heads.forEach(function (head, column) {
    head.tabIndex = 0;
    function sort() {
      var down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      var body = table.tBodies[0];
      Array.prototype.slice.call(body.rows).map(function (row, place) {
        var cell = row.cells[column];
        return { row: row, place: place, key: cell.dataset.key || "", text: cell.textContent };
      }).sort(function (a, b) {
        var missing = (a.key === "") - (b.key === "") && (/missing/.test(a.row.cells[column].className) - /missing/.test(b.row.cells[column].className));
        if (missing) return missing;
        var numeric = a.key !== "" && b.key !== "" && !isNaN(a.key) && !isNaN(b.key);
        var order = numeric ? a.key - b.key : (a.key || a.text).localeCompare(b.key || b.text);
        return (down ? -order : order) || a.place - b.place;
      }).forEach(function (entry) { body.appendChild(entry.row); });
    }
    head.addEventListener("click", sort);
    head.addEventListener("keydown", function (event) { if (event.key === "Enter") sort(); });
  });
});
