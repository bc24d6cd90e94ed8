// The filter box: words that must all be found, `-word` must not, `state:`, `by:`, `label:`, `file:` look in
// one place, and a number is also a goroutine's id.

function parseFilter(text) {
  const terms = [];
  for (const match of text.matchAll(/(-?)(?:(state|by|label|file|func):)?(?:"([^"]*)"|(\S+))/gi)) {
    const [, minus, field, quoted, plain] = match;
    const wanted = (quoted !== undefined ? quoted : plain).toLowerCase();
    if (wanted) {
      terms.push({ not: minus === '-', field: (field || '').toLowerCase(), text: wanted });
    }
  }
  return terms;
}

/** What each field of a group looks like to the filter; made once. */
function searchable(group) {
  if (!group.searchable) {
    const creators = group.creators.map((creator) => frameOf(view.report, creator.frame));
    const labels = group.labels.map((label) => label.values.map(([value]) => `${label.key}=${value}`).join('\n'));
    const texts = {
      state: group.state, func: group.frames.map((frame) => frame.name).join('\n'),
      file: group.frames.map((frame) => `${frame.file}:${frame.line}`).join('\n'),
      by: creators.map((frame) => `${frame.name}\n${frame.file}:${frame.line}`).join('\n'),
      label: labels.concat(group.labelSets).join('\n'),
    };
    Object.keys(texts).forEach((key) => { texts[key] = texts[key].toLowerCase(); });
    texts[''] = Object.values(texts).concat(group.title || '', group.meaning || '', group.id).join('\n').toLowerCase();
    group.searchable = texts;
  }
  return group.searchable;
}

function termHolds(group, term) {
  const isId = !term.field && /^\d+$/.test(term.text);
  const byNumber = isId && group.members.some((member) => member[GOID] === Number(term.text));
  return byNumber || searchable(group)[term.field].includes(term.text);
}

function matches(group) {
  return view.terms.every((term) => termHolds(group, term) !== term.not);
}

/** The groups of the shown dump that pass the filter; those that only findings name are left out. */
function filteredGroups() {
  return shownDump().groups.filter((group) => !group.namedOnly && matches(group));
}

function setFilter(text) {
  byId('filter').value = text;
  applyFilter();
}

function applyFilter() {
  view.terms = parseFilter(byId('filter').value);
  const groups = filteredGroups();
  const count = groups.reduce((sum, group) => sum + group.count, 0);
  const isOn = view.terms.length > 0;
  byId('filtered').textContent = isOn ? `${counted(count, 'goroutine')}, ${counted(groups.length, 'group')}` : '';
  drawGroups();
  drawFlame();
  drawGoroutines();
}
