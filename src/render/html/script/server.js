// What only the page of `gdump serve` has: an expression that the server filters by, all goroutines of the
// dump a page at a time, new dumps as they come, and files that are dropped on the page. All of it talks to
// the server that the page came from, and to nobody else.

const PAGE = 100;
const LOOK_EVERY = 2000;
const server = { version: 0, auto: true, skip: 0, sort: 'dump', group: '', asked: 0 };

const isServed = () => Boolean(byId('report').dataset.source);
const asked = (name) => new URLSearchParams(location.search).get(name) || '';
const expression = () => asked('where');

/** A path of the server with the source and the expression in force, and `more`. */
function serverPath(path, more) {
  const query = new URLSearchParams(more || {});
  for (const name of ['source', 'where']) {
    if (asked(name)) {
      query.set(name, asked(name));
    }
  }
  return query.size ? `${path}?${query}` : path;
}

/** The server's answer to a request; an error has the server's words. */
async function request(path, options) {
  const answer = await fetch(path, options);
  if (!answer.ok) {
    throw new Error((await answer.text()).trim() || `${answer.status} ${answer.statusText}`);
  }
  return answer;
}

/** What the server answers as JSON. */
async function ask(path) {
  return (await request(path)).json();
}

function startServed() {
  drawServerBar();
  document.addEventListener('dragover', (event) => { event.preventDefault(); document.body.classList.add('drop'); });
  document.addEventListener('dragleave', (event) => { if (!event.relatedTarget) { document.body.classList.remove('drop'); } });
  document.addEventListener('drop', dropped);
  setInterval(lookForNews, LOOK_EVERY);
  lookForNews();
}

function drawServerBar() {
  const input = el('input', {
    id: 'where', type: 'search', spellcheck: 'false', autocomplete: 'off', value: expression(),
    placeholder: 'where, asked of all goroutines: state == "select" && wait > 10m', 'aria-label': 'Expression',
  });
  const form = el('form', { class: 'where', on: { submit: (event) => { event.preventDefault(); filterBy(input.value); } } },
    input, el('button', { type: 'submit' }, 'Apply'));
  const file = el('input', { id: 'file', type: 'file', hidden: true, on: { change: () => sendFile(file.files[0]) } });
  const source = el('select', { id: 'source', hidden: true, 'aria-label': 'Process or files', on: { change: () => go({ source: source.value }) } });
  byId('served').replaceChildren(source, form,
    el('button', { type: 'button', on: { click: () => file.click() } }, 'Open a file'), file,
    el('button', { id: 'auto', type: 'button', hidden: true, on: { click: toggleAuto } }),
    el('pre', { id: 'wrong', class: 'warning', role: 'alert', hidden: true }),
    el('span', { id: 'news', class: 'dim', role: 'status' }));
  byId('served').hidden = false;
}

/** The page with another expression; its address can be handed on. What is wrong with one is said here. */
async function filterBy(text) {
  const where = text.trim();
  const wrong = byId('wrong');
  wrong.hidden = true;
  if (where && view.report && view.report.dumps.length) {
    const query = new URLSearchParams({ dump: view.index, top: 0, where, ...(asked('source') ? { source: asked('source') } : {}) });
    try {
      await request(`/api/goroutines?${query}`);
    } catch (error) {
      wrong.textContent = error.message;
      wrong.hidden = false;
      return;
    }
  }
  go({ where });
}

/** The page with other parameters. */
function go(changes) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value) {
      query.set(name, value);
    } else {
      query.delete(name);
    }
  }
  const address = new URL(location.href);
  address.search = query.size ? `?${query}` : '';
  location.assign(address);
}

/** The sources to choose from, if there are several. */
function drawSources(state) {
  const select = byId('source');
  select.hidden = state.sources.length < 2;
  const options = state.sources.map(({ name, trouble }, index) => [String(index), trouble ? `${name} (no answer)` : name]);
  const drawn = [...select.options].map((option) => [option.value, option.textContent]);
  if (JSON.stringify(drawn) !== JSON.stringify(options)) {
    select.replaceChildren(...options.map(([value, text]) => el('option', { value }, text)));
  }
  select.value = String(state.source);
}

// -- New dumps

function toggleAuto() {
  server.auto = !server.auto;
  lookForNews();
}

async function lookForNews() {
  let state;
  try {
    state = await ask(serverPath('/api/state'));
  } catch {
    byId('news').textContent = 'the server is gone; this page stays as it is';
    byId('news').className = 'trouble';
    return;
  }
  const isNew = server.version !== 0 && state.version !== server.version;
  drawSources(state);
  if (byId('empty') && state.every !== null) {
    byId('empty').textContent = 'There is no dump of this process yet; the page shows it when it comes.';
  }
  byId('auto').hidden = state.every === null;
  byId('auto').textContent = server.auto ? 'Pause' : 'Go on';
  byId('auto').title = state.every === null ? '' : `a dump every ${state.every} s`;
  const waiting = isNew && !server.auto ? 'there is a newer dump' : '';
  byId('news').textContent = state.trouble || waiting || (state.every === null ? '' : `every ${state.every} s; ${state.cost || 'waiting for the first dump'}`);
  byId('news').className = state.trouble ? 'trouble' : 'dim';
  if (server.version === 0 || (isNew && server.auto)) {
    const isFirst = server.version === 0;
    server.version = state.version;
    if (!isFirst) {
      await reload();
    }
  }
}

/** Shows what the server has now; what was typed and where one was stays. Who looks at the newest dump
 * sees the new one, who looks at another stays there. */
async function reload() {
  const before = view.report.dumps;
  if (!before.length) {
    location.reload();
    return;
  }
  const place = window.scrollY;
  const shown = shownDump();
  const isNewest = view.index === before.length - 1;
  const unfolded = [...document.querySelectorAll('tbody[id^="group-"] [aria-expanded="true"]')].map((button) => button.closest('tbody').id);
  await takeReport();
  const { dumps } = view.report;
  const same = dumps.findIndex((dump) => dump.name === shown.name && dump.takenAt === shown.takenAt);
  const { skip } = server;
  showDump(isNewest || same < 0 ? dumps.length - 1 : same);
  if (skip) {
    turnTo(skip);
  }
  unfolded.map(byId).filter(Boolean).forEach((body) => body.dispatchEvent(new Event('unfold')));
  window.scrollTo(0, place);
}

// -- All goroutines

/** The goroutines of the dump that is shown, or of one of its groups, a page at a time. */
async function drawAllGoroutines() {
  const asked = ++server.asked;
  const section = byId('all');
  section.hidden = false;
  let page;
  try {
    page = await ask(serverPath('/api/goroutines', {
      dump: view.index, skip: server.skip, top: PAGE, sort: server.sort, ...(server.group ? { group: server.group } : {}),
    }));
  } catch (error) {
    section.replaceChildren(el('p', { class: 'warning' }, error.message));
    return;
  }
  if (asked !== server.asked) {
    return; // Something else was asked for meanwhile.
  }
  const sort = el('select', { 'aria-label': 'Order', on: { change: () => { server.sort = sort.value; turnTo(0); } } },
    [['dump', 'as in the dump'], ['id', 'by id'], ['wait', 'longest wait first']]
      .map(([value, text]) => el('option', { value, selected: server.sort === value }, text)));
  freshSection('all', `All goroutines (${number(page.total)})`, sort);
  if (server.group) {
    section.append(el('p', {}, `of the group ${server.group} `, el('button', { type: 'button', class: 'link', on: { click: () => showAllOf('') } }, 'all groups')));
  }
  const head = ['Goroutine', 'State', 'Waiting', 'Where', 'Created by', 'Labels'].map((title) => el('th', {}, title));
  section.append(el('div', { class: 'wide' }, el('table', { class: 'goroutines' }, el('thead', {}, el('tr', {}, head)), el('tbody', {}, page.rows.map(servedRow)))),
    pager(page));
}

function servedRow(one) {
  const frame = one.stack.find(([, , , isUser]) => isUser) || one.stack[one.stack.length - 1] || ['', '', 0, false];
  const [name, file, line] = frame;
  return el('tr', {},
    el('td', { class: 'number' }, one.id === null ? counted(one.count, 'goroutine') : goroutineLink(Number(one.id))),
    el('td', { class: 'state' }, one.state || 'unknown'),
    el('td', {}, one.minutes === null ? '–' : minutesInWords(one.minutes)),
    el('td', {}, el('details', {}, el('summary', {}, functionName(name), ' ', place({ file, line })),
      servedStack(one))),
    el('td', {}, one.creator, one.created_by ? [' in goroutine ', goroutineLink(Number(one.created_by))] : ''),
    el('td', { class: 'labels' }, one.labels.map(([key, value]) => `${key}=${value}`).join(' ')));
}

function servedStack(one) {
  return el('ol', { class: 'plain' }, one.stack.map(([name, file, line]) => el('li', {}, functionName(name), ' ', place({ file, line }))));
}

/** A goroutine that the report does not tell of, as the server knows it. */
async function drawServedGoroutine(panel, id) {
  let page;
  try {
    page = await ask(serverPath('/api/goroutines', { dump: view.index, goroutine: id, top: 1 }));
  } catch (error) {
    panel.replaceChildren(el('p', { class: 'warning' }, error.message));
    return;
  }
  if (view.goroutine !== id) {
    return; // Another one was chosen meanwhile.
  }
  const [one] = page.rows;
  if (!one) {
    panel.replaceChildren(el('p', { class: 'dim' }, `Goroutine ${id} is not in this dump${expression() ? ', or the expression does not hold for it' : ''}.`));
    return;
  }
  panel.replaceChildren(
    el('div', { class: 'heading' }, el('h3', {}, `Goroutine ${id}`), el('button', { type: 'button', on: { click: closeGoroutine } }, 'Close')),
    el('p', {}, el('span', { class: 'state' }, `[${one.state || 'unknown'}]`), one.minutes === null ? '' : ` waiting for ${minutesInWords(one.minutes)}`,
      one.labels.map(([key, value]) => ` · ${key}=${value}`).join('')),
    servedStack(one),
    one.creator ? el('p', {}, `created by ${one.creator}`, one.created_by ? [' in goroutine ', goroutineLink(Number(one.created_by))] : '') : '');
  panel.scrollIntoView({ block: 'start' });
}

function pager(page) {
  const last = page.skip + page.rows.length;
  const text = page.rows.length ? `${number(page.skip + 1)}–${number(last)} of ${number(page.total)}` : 'none';
  return el('p', { class: 'pager' },
    el('button', { type: 'button', disabled: page.skip === 0, on: { click: () => turnTo(page.skip - PAGE) } }, 'Back'), ` ${text} `,
    el('button', { type: 'button', disabled: last >= page.total, on: { click: () => turnTo(page.skip + PAGE) } }, 'On'));
}

function turnTo(skip) {
  server.skip = Math.max(0, skip);
  drawAllGoroutines();
}

/** All goroutines of the group `id`, or of all groups. */
function showAllOf(id) {
  server.group = id;
  server.skip = 0;
  drawAllGoroutines();
  byId('all').scrollIntoView({ block: 'start' });
}

// -- Files

function dropped(event) {
  event.preventDefault();
  document.body.classList.remove('drop');
  sendFile(event.dataTransfer.files[0]);
}

/** Hands a file to the server, which is on this machine, and shows what is in it. */
async function sendFile(file) {
  if (!file) {
    return;
  }
  byId('news').textContent = `reading ${file.name} …`;
  try {
    await request(`/api/upload?${new URLSearchParams({ name: file.name })}`,
      { method: 'POST', headers: { 'X-Gdump': '1', 'Content-Type': 'application/octet-stream' }, body: file });
    location.assign('/');
  } catch (error) {
    byId('news').textContent = error.message;
  }
}
