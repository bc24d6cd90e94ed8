// Tables that are sorted by a click on a heading.

/**
 * A table with sortable columns.
 * columns: [{ title, value(item), className, ascending }]; `ascending` is the direction of the first click.
 * sort: { column, ascending }, changed by clicks, after which `redraw` is called.
 */
function sortableTable(columns, sort, redraw, attributes) {
  const heads = columns.map((column, index) => {
    const isSorted = sort.column === index;
    const choose = () => {
      sort.ascending = isSorted ? !sort.ascending : Boolean(column.ascending);
      sort.column = index;
      redraw();
    };
    const order = sort.ascending ? 'ascending' : 'descending';
    return el('th', { class: column.className, scope: 'col', 'aria-sort': isSorted ? order : null },
      el('button', { type: 'button', on: { click: choose } }, column.title));
  });
  return el('table', attributes, el('thead', {}, el('tr', {}, heads)));
}

/** `items` in the order that `sort` says; equal ones stay in their order. */
function sorted(items, columns, sort) {
  const value = columns[sort.column].value;
  const sign = sort.ascending ? 1 : -1;
  return items.map((item) => [value(item), item])
    .sort(([a], [b]) => sign * (typeof a === 'string' ? a.localeCompare(b, 'en') : a - b))
    .map(([, item]) => item);
}
