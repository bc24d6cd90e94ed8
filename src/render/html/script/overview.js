// What the dump is, the verdict, the series, the states, and what is behind the report.

function drawOverview() {
  const dump = shownDump();
  const section = byId('overview');
  document.title = `${dump.name} – gdump report`;
  section.replaceChildren(
    el('h1', {}, dump.name),
    el('p', { class: 'facts' }, dump.facts.concat(dump.facts.includes(dump.takenAt) ? [] : dump.takenAt || []).join(' · ')),
    el('p', { class: 'facts' }, dump.account),
    verdict(dump),
  );
  if (dump.missing) {
    section.append(el('p', { class: 'warning' }, dump.missing));
  }
  if (dump.preamble) {
    section.append(el('pre', { class: 'preamble' }, dump.preamble));
  }
  dump.notes.forEach((note) => section.append(el('p', { class: 'note' }, `Note: ${note}`)));
}

function verdict(dump) {
  const worst = dump.findings.find((finding) => finding.severity !== 'info');
  if (!worst) {
    return dump.missing
      ? el('p', { class: 'verdict' }, badge('low', 'not whole'), ' Nothing wrong in what is here of the dump.')
      : el('p', { class: 'verdict' }, badge('ok', 'ok'), ' Nothing wrong in sight.');
  }
  return el('p', { class: 'verdict' }, badge(worst.severity, worst.severity), ' ',
    el('a', { href: `#f-${worst.id}` }, worst.title));
}

function badge(className, text) {
  return el('span', { class: `badge ${className}` }, text);
}

// -- Series

function drawSeries() {
  const dumps = view.report.dumps;
  if (dumps.length < 2) {
    return;
  }
  byId('series').hidden = false;
  const section = freshSection('series', 'Series');
  section.append(seriesChart(dumps.map((dump) => dump.goroutines)));
  // Dumps of a process have the same name: the time tells them apart.
  const isUnique = new Set(dumps.map((dump) => dump.name)).size === dumps.length;
  const time = (dump) => (dump.takenAt || '').replace('T', ' ').replace('Z', '');
  const rows = dumps.map((dump, index) => {
    const worst = dump.findings[0];
    const name = isUnique ? dump.name : time(dump) || dump.name;
    const choose = el('button', { type: 'button', class: 'link', title: dump.name, on: { click: () => showDump(index) } }, name);
    const before = index ? dump.goroutines - dumps[index - 1].goroutines : 0;
    return el('tr', { class: index === view.index ? 'chosen' : null },
      el('td', { class: isUnique ? null : 'time' }, choose), isUnique ? el('td', { class: 'time' }, time(dump)) : null,
      el('td', { class: 'number' }, number(dump.goroutines)),
      el('td', { class: 'number' }, index ? signed(before) : ''),
      el('td', {}, worst ? [badge(worst.severity, worst.severity), ' ', worst.title] : 'nothing'));
  });
  const titles = [...(isUnique ? ['Dump'] : []), 'Taken', 'Goroutines', 'Change', 'Worst finding'];
  const head = titles.map((title) => el('th', { scope: 'col', class: ['Goroutines', 'Change'].includes(title) ? 'number' : null }, title));
  section.append(el('div', { class: 'wide' }, el('table', {}, el('thead', {}, el('tr', {}, head)), el('tbody', {}, rows))));
}

function signed(n) {
  return n > 0 ? `+${number(n)}` : number(n).replace('-', '−');
}

/** A line over the dumps, from zero. */
function seriesChart(values) {
  const width = 640, height = 96, left = 4, top = 6;
  const most = Math.max(1, ...values);
  const points = linePoints(values, most, width - 2 * left, height - 2 * top)
    .map(([x, y]) => [x + left, y + top]);
  const dots = points.map(([x, y], index) => svg('circle',
    { cx: x, cy: y, r: index === view.index ? 4 : 2.5, class: index === view.index ? 'chosen' : null }));
  const label = `Goroutines over the dumps: ${values.map(number).join(', ')}`;
  return svg('svg', { class: 'series', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label },
    svg('polyline', { points: points.map((point) => point.join(',')).join(' ') }), ...dots);
}

function linePoints(values, most, width, height) {
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  return values.map((value, index) => [index * step, height - (Math.max(0, value) * height) / most]);
}

/** A small line for a table. */
function sparkline(values) {
  const width = 64, height = 16;
  const points = linePoints(values, Math.max(1, ...values), width - 2, height - 2);
  return svg('svg', { class: 'spark', viewBox: `-1 -1 ${width} ${height}`, 'aria-hidden': 'true' },
    svg('polyline', { points: points.map((point) => point.join(',')).join(' ') }));
}

// -- States

const stateSort = { column: 1, ascending: false };

function drawStates() {
  const dump = shownDump();
  const columns = [
    { title: 'State', value: (row) => row.state, ascending: true },
    { title: 'Goroutines', value: (row) => row.count, className: 'number' },
    { title: 'Waiting', value: (row) => longest(row.wait) },
    { title: 'Share', value: (row) => row.count, className: 'share' },
  ];
  const section = freshSection('states', 'States');
  const table = sortableTable(columns, stateSort, drawStates, { class: 'states' });
  table.append(el('tbody', {}, sorted(dump.states, columns, stateSort).map((row) => stateRow(dump, row))));
  section.append(table);
}

function stateRow(dump, row) {
  const only = () => setFilter(`state:"${row.state}"`);
  const [[, meaning]] = meaningOf(row.state) || [['', '']];
  const young = row.wait[1] && longest(row.wait) >= 0 ? `, ${number(row.wait[1])} under a minute or no GC yet` : '';
  return el('tr', {},
    el('td', {}, el('button', { type: 'button', class: 'link state', title: meaning, on: { click: only } }, row.state),
      row.inferred ? el('span', { class: 'dim' }, ' inferred') : '',
      row.leaked ? el('span', { class: 'leaked' }, ` ${number(row.leaked)} leaked`) : ''),
    el('td', { class: 'number' }, number(row.count)),
    el('td', {}, waitInWords(row.wait) || (dump.hasAges ? '–' : ''), el('span', { class: 'dim' }, young)),
    el('td', { class: 'share' }, bar(row.count, dump.shown), el('span', { class: 'percent' }, percent(row.count, dump.shown))));
}

// -- About

function drawAbout() {
  const dump = shownDump();
  const section = freshSection('about', 'About this report');
  const leftOut = dump.leftOut.groups
    ? ` ${counted(dump.leftOut.groups, 'smaller group')} with ${counted(dump.leftOut.goroutines, 'goroutine')} are not in this file; gdump --top all puts them in.`
    : '';
  section.append(
    el('p', {}, `${dump.name}: ${dump.account}.${dump.setApart ? ` Set apart: ${dump.setApart}.` : ''}${leftOut}`),
    el('p', {}, `Ages are Go's own: it counts minutes from a garbage collection, so they are approximate, and a goroutine without an age may be old.`),
    problemList(dump),
    el('p', { class: 'dim' }, `Made by gdump ${view.report.version} (gdump ${view.report.command} --format html). The file needs no network and sends nothing.`),
    el('p', { class: 'dim keys' }, 'Keys: ', el('kbd', {}, '/'), ' filter, ', el('kbd', {}, 'Esc'), ' clear, ',
      el('kbd', {}, '['), ' ', el('kbd', {}, ']'), ' other dump, arrows and ', el('kbd', {}, 'Enter'), ' in the flame graph.'),
  );
}

function problemList(dump) {
  if (!dump.problems.length) {
    return '';
  }
  const items = dump.problems.map((problem) => el('li', {},
    el('span', { class: 'place' }, `${problem.line}:${problem.column}`), ` ${problem.message}`,
    problem.excerpt ? el('pre', {}, problem.excerpt) : ''));
  const total = dump.problems.length + dump.moreProblems;
  const more = dump.moreProblems ? el('p', {}, `… ${number(dump.moreProblems)} more`) : '';
  return el('details', {}, el('summary', {}, counted(total, 'problem')), el('ul', {}, items), more);
}
