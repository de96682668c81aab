// Sorting by a click on a column's head; the table is complete and sorted by mean rank without it.
document.querySelectorAll("table.sortable").forEach((table) => {
  const heads = table.querySelectorAll("th[data-column]");
  heads.forEach((head) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const column = Number(head.dataset.column);
      const before = head.getAttribute("aria-sort");
      const first = head.dataset.first || "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const order = before === first ? other : first;
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
      const body = table.tBodies[0];
      [...body.rows]
        .sort((left, right) => {
          const [a, b] = [value(left), value(right)];
          const [x, y] = [Number(a), Number(b)];
          if (a === "" || b === "") return (a === "") - (b === "");
          return sign * (Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x - y);
        })
        .forEach((row) => body.append(row));
    });
  });
});
