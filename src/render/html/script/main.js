// Starts the page: tabs, theme, keys, links.

const SECTIONS = [['findings', 'Findings'], ['series', 'Series'], ['states', 'States'], ['groups', 'Groups'],
  ['flame', 'Flame graph'], ['goroutines', 'Goroutines']];
const THEMES = ['auto', 'dark', 'light'];

async function start() {
  setTheme(storedTheme());
  byId('theme').addEventListener('click', nextTheme);
  await takeReport();
  if (!view.report.dumps.length) {
    startServed();
    byId('main').prepend(el('p', { id: 'empty' }, 'There is no dump yet: drop one here, or open a file. It stays on this machine.'));
    document.documentElement.dataset.ready = 'yes';
    return;
  }
  view.index = view.report.dumps.length - 1;
  byId('filter').addEventListener('input', applyFilter);
  document.addEventListener('keydown', pageKey);
  window.addEventListener('hashchange', followHash);
  window.addEventListener('resize', repaint);
  // Who compares asks what grew.
  if (view.report.dumps.length > 1 && ['diff', 'trend'].includes(view.report.command)) {
    groupSort.column = 1;
  }
  showDump(view.index);
  followHash();
  if (isServed()) {
    startServed();
  }
  document.documentElement.dataset.ready = 'yes';
}

function showDump(index) {
  view.index = index;
  view.goroutine = null;
  drawNav();
  drawTabs();
  drawOverview();
  drawFindings();
  drawSeries();
  drawStates();
  applyFilter();
  drawAbout();
  if (isServed()) {
    turnTo(0);
  }
}

function drawNav() {
  const isSeries = view.report.dumps.length > 1;
  byId('sections').replaceChildren(...SECTIONS.filter(([id]) => id !== 'series' || isSeries)
    .map(([id, title]) => el('a', { href: `#${id}` }, title)));
}

function drawTabs() {
  const dumps = view.report.dumps;
  // Dumps of a process have the same name: the time tells them apart.
  const isUnique = new Set(dumps.map((dump) => dump.name)).size === dumps.length;
  const title = (dump) => (isUnique || !dump.takenAt ? shortPath(dump.name) : dump.takenAt.slice(11, 19));
  byId('dumps').hidden = dumps.length < 2;
  byId('dumps').replaceChildren(...dumps.map((dump, index) => el('button', {
    type: 'button', role: 'tab', 'aria-selected': String(index === view.index), tabindex: index === view.index ? 0 : -1,
    title: dump.name, on: { click: () => showDump(index) },
  }, title(dump), el('span', { class: 'dim' }, ` ${number(dump.goroutines)}`))));
  showTab(byId('dumps').children[view.index]);
}

/** Scrolls the row of tabs so far that a tab is in sight. */
function showTab(tab) {
  const row = byId('dumps');
  const end = tab ? tab.offsetLeft - row.offsetLeft + tab.offsetWidth : 0;
  if (tab && (end > row.scrollLeft + row.clientWidth || tab.offsetLeft - row.offsetLeft < row.scrollLeft)) {
    row.scrollLeft = Math.max(0, end - row.clientWidth / 2);
  }
}

// -- Links: #g16 is a goroutine, #group-… a group, #f-… a finding

function followHash() {
  const target = decodeURIComponent(location.hash.slice(1));
  const goroutine = /^g(\d+)$/.exec(target);
  if (goroutine && (isServed() || shownDump().goroutinesById.has(Number(goroutine[1])))) {
    view.goroutine = Number(goroutine[1]);
    drawGoroutine();
    byId('goroutine').scrollIntoView({ block: 'start' });
  } else if (target.startsWith('group-')) {
    openGroup(target.slice('group-'.length));
  } else if (target.startsWith('f-') && byId(target)) {
    byId(target).open = true;
    byId(target).scrollIntoView({ block: 'start' });
  }
}

/** Shows a group's row unfolded; what hides it, a filter or its place far down, is taken away. */
function openGroup(id) {
  const groups = shownDump().groupsById.get(id);
  if (!groups) {
    return;
  }
  if (!byId(`group-${id}`)) {
    setFilter(id);
  }
  const body = byId(`group-${id}`);
  if (body) {
    body.dispatchEvent(new Event('unfold'));
    body.scrollIntoView({ block: 'start' });
  }
}

// -- Keys

function pageKey(event) {
  const isTyping = event.target.matches('input, textarea, select');
  if (event.key === 'Escape' && event.target === byId('filter')) {
    setFilter('');
  } else if (isTyping || event.ctrlKey || event.metaKey || event.altKey) {
    return;
  } else if (event.key === '/') {
    byId('filter').focus();
  } else if (event.key === '[' && view.index > 0) {
    showDump(view.index - 1);
  } else if (event.key === ']' && view.index + 1 < view.report.dumps.length) {
    showDump(view.index + 1);
  } else {
    moveTab(event);
    return;
  }
  event.preventDefault();
}

function moveTab(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const index = view.index + (step || 0);
  if (step && event.target.getAttribute('role') === 'tab' && index >= 0 && index < view.report.dumps.length) {
    showDump(index);
    byId('dumps').children[index].focus();
  }
}

// -- Light and dark

function storedTheme() {
  try {
    const stored = localStorage.getItem('gdump-theme');
    return THEMES.includes(stored) ? stored : 'auto';
  } catch {
    return 'auto';
  }
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  byId('theme').textContent = { auto: 'Theme: auto', dark: 'Theme: dark', light: 'Theme: light' }[theme];
}

function nextTheme() {
  const theme = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length];
  setTheme(theme);
  try {
    localStorage.setItem('gdump-theme', theme);
  } catch {
    // The page works without a memory.
  }
}

function repaint() {
  if (flame.width !== Math.max(280, byId('flame-graph').clientWidth)) {
    paintFlame();
  }
}

start().catch((error) => {
  if (isServed()) {
    drawServerBar(); // An expression that is wrong can be mended.
  }
  byId('main').prepend(el('p', {}, 'The report cannot be shown:'), el('pre', { class: 'warning' }, error.message));
  throw error;
});
