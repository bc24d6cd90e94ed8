// Goroutines one by one: the table of those that are told, and one of them with its creators and children.

const GOROUTINES_STEP = 100;
const goroutineSort = { column: 2, ascending: false };
const ANCESTORS = 32;
const CHILDREN = 100;

const goroutineColumns = [
  { title: 'Goroutine', value: (one) => one.id, className: 'number', ascending: true },
  { title: 'State', value: (one) => one.group.state, ascending: true },
  { title: 'Waiting', value: (one) => one.minutes },
  { title: 'Where', value: (one) => (tellingFrame(one.group) || { name: '' }).name, ascending: true },
  { title: 'Created by', value: (one) => one.creator, className: 'number', ascending: true },
  { title: 'Started', value: (one) => one.started, className: 'number' },
  { title: 'Labels', value: (one) => one.labels, ascending: true, className: 'labels' },
];

/** Whether a goroutine itself passes: its group does, and an id or label that was typed is its own. */
function goroutineMatches(goroutine) {
  const own = (term) => (term.field === 'label' ? goroutine.labels.toLowerCase().includes(term.text)
    : !term.field && /^\d+$/.test(term.text) && goroutine.group.members.some((member) => member[GOID] === Number(term.text))
      ? goroutine.id === Number(term.text) : termHolds(goroutine.group, term));
  return view.terms.every((term) => own(term) !== term.not);
}

function drawGoroutines() {
  const dump = shownDump();
  const section = freshSection('goroutines', 'Goroutines');
  if (!dump.hasIds) {
    section.append(el('p', { class: 'dim' }, 'This format has no goroutine ids. For ids, ages and creators take /debug/pprof/goroutine?debug=2.'));
    return;
  }
  const all = [...dump.goroutinesById.values()].filter((one) => !one.group.namedOnly && goroutineMatches(one));
  section.append(el('div', { id: 'goroutine' }), el('p', { class: 'dim' }, toldLine(dump, all.length)));
  drawGoroutine();
  const table = sortableTable(goroutineColumns, goroutineSort, drawGoroutines, { class: 'goroutines' });
  const body = el('tbody');
  table.append(body);
  section.append(el('div', { class: 'wide' }, table));
  inSteps(section, sorted(all, goroutineColumns, goroutineSort), GOROUTINES_STEP, (one) => {
    body.append(goroutineRow(one));
    return [];
  });
}

function toldLine(dump, shown) {
  const told = dump.goroutinesById.size;
  const sample = told < dump.shown ? `; of each group those that have waited longest are in this file, ${number(told)} of ${number(dump.shown)} in all` : '';
  return `${counted(shown, 'goroutine')}${sample}`;
}

function goroutineRow(one) {
  const frame = tellingFrame(one.group);
  return el('tr', {},
    el('td', { class: 'number' }, goroutineLink(one.id)),
    el('td', { class: 'state' }, one.group.state),
    el('td', {}, ageOf(one)),
    el('td', {}, frame ? [functionName(frame.name), ' ', place(frame)] : ''),
    el('td', { class: 'number' }, one.creator ? goroutineLink(one.creator) : ''),
    el('td', { class: 'number' }, one.started ? number(one.started) : ''),
    el('td', { class: 'labels' }, one.labels));
}

function ageOf(goroutine) {
  return goroutine.minutes < 0 ? '–' : minutesInWords(goroutine.minutes);
}

/** The goroutine that was chosen: what it does, who started it, whom it started. */
function drawGoroutine() {
  const panel = byId('goroutine');
  const one = shownDump().goroutinesById.get(view.goroutine);
  if (panel && !one && view.goroutine && isServed()) {
    drawServedGoroutine(panel, view.goroutine);
    return;
  }
  if (!panel || !one) {
    if (panel) { panel.replaceChildren(); }
    return;
  }
  const creator = one.group.creators.length === 1 ? frameOf(view.report, one.group.creators[0].frame) : null;
  panel.replaceChildren(
    el('div', { class: 'heading' }, el('h3', {}, `Goroutine ${one.id}`),
      el('button', { type: 'button', on: { click: closeGoroutine } }, 'Close')),
    el('p', {}, el('span', { class: 'state' }, `[${one.group.state}]`), one.minutes < 0 ? '' : ` waiting for ${minutesInWords(one.minutes)}`,
      ' · ', el('a', { href: `#group-${one.group.id}` }, one.group.count === 1 ? 'its group' : `one of ${counted(one.group.count, 'goroutine')} alike`),
      one.labels ? ` · ${one.labels}` : ''),
    stackList(one.group.frames),
    creator ? el('p', {}, 'created by ', functionName(creator.name), ' ', place(creator)) : '',
    el('h3', {}, 'Creators'), ancestorList(one),
    el('h3', {}, `Started by it (${number(one.started)})`), childList(one));
}

function closeGoroutine() {
  view.goroutine = null;
  drawGoroutine();
}

/** The creators upwards as far as they are told. */
function ancestorList(goroutine) {
  const items = [];
  let id = goroutine.creator;
  const seen = new Set([goroutine.id]);
  while (id && items.length < ANCESTORS && !seen.has(id)) {
    seen.add(id);
    const creator = shownDump().goroutinesById.get(id);
    items.push(el('li', {}, relative(id, creator)));
    id = creator ? creator.creator : 0;
  }
  return items.length ? el('ol', { class: 'plain' }, items) : el('p', { class: 'dim' }, 'The dump names none.');
}

function relative(id, goroutine) {
  if (!goroutine) {
    return [goroutineLink(id), el('span', { class: 'dim' }, ' has ended, or is not in this file')];
  }
  const frame = tellingFrame(goroutine.group);
  return [goroutineLink(id), ' ', el('span', { class: 'state' }, `[${goroutine.group.state}]`), ' ', frame ? functionName(frame.name) : ''];
}

function childList(goroutine) {
  const children = shownDump().children.get(goroutine.id) || [];
  const items = children.slice(0, CHILDREN).map((child) => el('li', {}, relative(child.id, child)));
  const more = goroutine.started - items.length;
  if (more > 0) {
    items.push(el('li', { class: 'dim' }, `… ${number(more)} more`));
  }
  return items.length ? el('ul', { class: 'plain' }, items) : el('p', { class: 'dim' }, 'None that is still there.');
}
