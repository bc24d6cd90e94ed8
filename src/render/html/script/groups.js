// The table of groups; a row unfolds to the whole stack, creators, labels and goroutines.

const GROUPS_STEP = 100;
const groupSort = { column: 0, ascending: false };

function groupColumns() {
  const name = (frame) => (frame ? frame.name : '');
  const creator = (group) => (group.creators.length ? frameOf(view.report, group.creators[0].frame) : null);
  const columns = [
    { title: 'Goroutines', value: (group) => group.count, className: 'number', key: 'count' },
    { title: 'Growth', value: growth, className: 'number', key: 'growth' },
    { title: 'State', value: (group) => group.state, ascending: true, key: 'state' },
    { title: 'Waiting', value: (group) => longest(group.wait), key: 'wait' },
    { title: 'Where', value: (group) => name(tellingFrame(group)), ascending: true, key: 'where' },
    { title: 'Created by', value: (group) => name(creator(group)), ascending: true, key: 'creator' },
  ];
  return columns;
}

/** The columns that this dump has something for. */
function shownGroupColumns() {
  const isSeries = shownDump().groups.some((group) => group.past.length);
  const hasCreators = shownDump().groups.some((group) => group.creators.length);
  return groupColumns().filter(({ key }) => (key !== 'growth' || isSeries)
    && (key !== 'wait' || shownDump().hasAges) && (key !== 'creator' || hasCreators));
}

function drawGroups() {
  const columns = shownGroupColumns();
  groupSort.column = Math.min(groupSort.column, columns.length - 1);
  const groups = sorted(filteredGroups(), columns, groupSort);
  const section = freshSection('groups', `Groups (${number(groups.length)})`);
  if (!groups.length) {
    section.append(el('p', {}, view.terms.length ? 'No group passes the filter.' : 'There are no goroutines.'));
    return;
  }
  const table = sortableTable(columns, groupSort, drawGroups, { class: 'groups' });
  section.append(table);
  const most = Math.max(...groups.map((group) => group.count));
  inSteps(section, groups, GROUPS_STEP, (group) => {
    table.append(groupBody(group, columns, most));
    return [];
  });
  section.append(leftOutLine());
}

function leftOutLine() {
  const { groups, goroutines } = shownDump().leftOut;
  const text = `… ${counted(groups, 'smaller group')} with ${counted(goroutines, 'goroutine')} are not in this file: gdump --top all`;
  return groups ? el('p', { class: 'dim' }, text) : '';
}

/** A body of the table: the row, and below it what it unfolds to. */
function groupBody(group, columns, most) {
  const body = el('tbody', { id: `group-${group.id}` });
  const button = el('button', { type: 'button', class: 'unfold', 'aria-expanded': 'false', 'aria-label': 'Unfold' });
  const detail = el('tr', { class: 'detail', hidden: true }, el('td', { colspan: columns.length }));
  const toggle = () => {
    detail.hidden = !detail.hidden;
    button.setAttribute('aria-expanded', String(!detail.hidden));
    if (!detail.firstChild.firstChild) {
      detail.firstChild.append(...groupDetail(group));
    }
  };
  body.addEventListener('unfold', () => { if (detail.hidden) { toggle(); } });
  const row = el('tr', { class: 'summary', on: { click: (event) => {
    const isLink = event.target.closest('a') || String(window.getSelection());
    if (!isLink) { toggle(); }
  } } }, columns.map(({ key, className }, index) =>
    el('td', { class: [key, className || ''].join(' ').trim() }, index === 0 ? button : '', groupCell(group, key, most))));
  body.append(row, detail);
  return body;
}

function groupCell(group, key, most) {
  switch (key) {
    case 'count': return [number(group.count), bar(group.count, most)];
    case 'growth': return [sparkline(group.past.concat(group.count)), signed(growth(group))];
    case 'state': return [el('span', { class: 'state' }, stateText(group)), marks(group)];
    case 'wait': return [waitInWords(group.wait) || '–', youngMark(group)];
    case 'where': return whereCell(group);
    default: return creatorCell(group);
  }
}

function stateText(group) {
  return group.states.length > 1
    ? group.states.slice(0, 2).map(([state, count]) => `${number(count)} ${state}`).join(', ') + (group.states.length > 2 ? ', …' : '')
    : group.state;
}

function marks(group) {
  const all = [[group.leaked, 'leaked'], [group.locked, 'locked to thread'], [group.cut, 'cut off']];
  return all.filter(([count]) => count).map(([count, what]) =>
    el('span', { class: 'mark' }, count === group.count ? what : `${number(count)} ${what}`));
}

function youngMark(group) {
  const young = group.wait[1];
  return young && longest(group.wait) >= 0 ? el('span', { class: 'dim block' }, `${number(young)} under 1m`) : '';
}

function whereCell(group) {
  const frame = tellingFrame(group);
  const caller = group.frames.filter((one) => one.isUser).find((one) => frame && one.name !== frame.name);
  return [
    group.title ? el('strong', { class: 'block' }, group.title) : '',
    frame ? el('span', { class: 'block' }, functionName(frame.name), ' ', place(frame)) : '(no stack)',
    group.meaning ? el('span', { class: 'dim block' }, group.meaning) : '',
    caller ? el('span', { class: 'dim block' }, 'called by ', functionName(caller.name), ' ', place(caller)) : '',
  ];
}

function creatorCell(group) {
  if (!group.creators.length) {
    return '';
  }
  const [first] = group.creators;
  const more = group.creators.length - 1 + group.moreCreators;
  const frame = frameOf(view.report, first.frame);
  return [functionName(frame.name), ' ', place(frame), more ? el('span', { class: 'dim block' }, `and ${counted(more, 'other')}`) : ''];
}

// -- What a row unfolds to

function groupDetail(group) {
  return [
    el('div', { class: 'columns' },
      el('div', {}, el('h3', {}, group.stacks > 1 ? `Stack (one of ${number(group.stacks)})` : 'Stack'), stackList(group.frames)),
      el('div', {}, creatorList(group), labelTable(group), explanation(group.states.length ? group.states[0][0] : ''))),
    memberTable(group),
  ].filter(Boolean);
}

function creatorList(group) {
  if (!group.creators.length) {
    return '';
  }
  const items = group.creators.map((creator) => {
    const frame = frameOf(view.report, creator.frame);
    const goroutines = creator.goid ? [' in goroutine ', goroutineLink(creator.goid)]
      : creator.goroutines ? ` in ${counted(creator.goroutines, 'goroutine')}` : '';
    return el('li', {}, el('span', { class: 'count' }, number(creator.count)), ' ', functionName(frame.name), ' ', place(frame), goroutines);
  });
  const more = group.moreCreators ? el('li', { class: 'dim' }, `… ${counted(group.moreCreators, 'more go statement')}`) : '';
  return el('div', {}, el('h3', {}, 'Created by'), el('ul', { class: 'plain' }, items, more));
}

function labelTable(group) {
  if (!group.labels.length) {
    return '';
  }
  const items = group.labels.map((label) => {
    const values = label.values.slice(0, 8).flatMap(([value, count]) => [
      el('button', { type: 'button', class: 'chip', on: { click: () => setFilter(`label:"${label.key}=${value}"`) } },
        value === '' ? '""' : value, el('span', { class: 'dim' }, ` ${number(count)}`)), ' ']);
    const more = label.distinct - Math.min(8, label.values.length);
    return el('li', {}, el('strong', {}, label.key), ' ', values, more > 0 ? el('span', { class: 'dim' }, `… ${counted(more, 'more value')}`) : '');
  });
  return el('div', {}, el('h3', {}, 'Labels'), el('ul', { class: 'plain' }, items));
}

function memberTable(group) {
  if (!group.members.length) {
    return '';
  }
  const ids = group.members.map((member) => member[GOID]);
  const more = group.withId - ids.length;
  const which = more > 0 ? `${number(ids.length)} of ${number(group.withId)}, those that have waited longest` : counted(ids.length, 'goroutine');
  return el('div', {}, el('h3', {}, `Goroutines (${which})`), idList(ids, group.withId));
}
