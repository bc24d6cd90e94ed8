// Making elements, and numbers in words. Whatever comes from a dump becomes a text node, never markup.

/** The state of the page: the report, the dump that is shown, and what the user has typed. */
const view = { report: null, index: 0, terms: [], goroutine: null };

const shownDump = () => view.report.dumps[view.index];
const byId = (id) => document.getElementById(id);

/** An element with attributes (`on` is an object of listeners) and children; strings become text nodes. */
function el(name, attributes, ...children) {
  const element = document.createElement(name);
  setAttributes(element, attributes);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

function svg(name, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

function setAttributes(element, attributes) {
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === 'on') {
      Object.entries(value).forEach(([event, listener]) => element.addEventListener(event, listener));
    } else if (value === true) {
      element.setAttribute(key, '');
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(key, String(value));
    }
  }
}

/** Empties the section `id`, gives it a heading, and returns it. */
function freshSection(id, title, ...beside) {
  const section = byId(id);
  section.replaceChildren(el('div', { class: 'heading' }, el('h2', {}, title), beside));
  return section;
}

const number = (n) => n.toLocaleString('en-US');

function counted(n, noun) {
  return `${number(n)} ${noun}${n === 1 ? '' : 's'}`;
}

function percent(count, total) {
  if (total <= 0 || count <= 0) {
    return '';
  }
  const whole = Math.round((count * 100) / total);
  return whole === 0 ? '<1 %' : `${whole} %`;
}

/** Minutes as in `3h12m`. */
function minutesInWords(minutes) {
  const days = Math.floor(minutes / 1440), hours = Math.floor(minutes / 60) % 24, rest = minutes % 60;
  if (days) {
    return hours ? `${days}d${hours}h` : `${days}d`;
  }
  if (hours) {
    return rest ? `${hours}h${rest}m` : `${hours}h`;
  }
  return `${rest}m`;
}

function waitInWords(wait) {
  const [, , least, , most] = wait;
  if (most === null) {
    return '';
  }
  return least === most ? minutesInWords(most) : `${minutesInWords(least)}–${minutesInWords(most)}`;
}

/** The end of a path that says where a file is. */
function shortPath(file) {
  return file.split(/[/\\]/).slice(-2).join('/');
}

function place(frame) {
  if (!frame.file) {
    return '';
  }
  const line = frame.line ? `:${frame.line}` : '';
  return el('span', { class: 'place', title: frame.file + line }, shortPath(frame.file) + line);
}

/** A function's name: its package dim, so that what differs stands out. */
function functionName(name) {
  const end = Math.min(...['[', '('].map((c) => (name.indexOf(c) < 0 ? name.length : name.indexOf(c))));
  const slash = name.slice(0, end).lastIndexOf('/') + 1;
  const parts = slash > 0 ? [el('span', { class: 'path' }, name.slice(0, slash)), name.slice(slash)] : [name];
  return el('span', { class: 'function' }, parts);
}

/** A bar of `part` in `whole`. */
function bar(part, whole) {
  const fill = el('span', { class: 'fill' });
  fill.style.width = `${whole > 0 ? Math.max(0, Math.min(100, (part * 100) / whole)) : 0}%`;
  return el('span', { class: 'bar', 'aria-hidden': 'true' }, fill);
}

/** A link to a goroutine if it is told in this page, else its id. */
function goroutineLink(id) {
  const isTold = isServed() || shownDump().goroutinesById.has(id);
  return isTold ? el('a', { class: 'goid', href: `#g${id}` }, String(id)) : el('span', { class: 'goid' }, String(id));
}

function idList(ids, total) {
  const links = ids.flatMap((id) => [goroutineLink(id), ' ']);
  const more = total - ids.length;
  return el('span', { class: 'ids' }, links, more > 0 ? el('span', { class: 'dim' }, `… ${number(more)} more`) : '');
}

/** The first `step` of the rows that `make` makes of `items`, and a button for more. */
function inSteps(container, items, step, make) {
  let shown = 0;
  const button = el('button', { type: 'button', class: 'more', on: { click: more } });
  function more() {
    const next = items.slice(shown, shown + step);
    shown += next.length;
    button.before(...next.flatMap(make));
    const rest = items.length - shown;
    button.hidden = rest === 0;
    button.textContent = `Show ${number(Math.min(rest, step))} of ${number(rest)} more`;
  }
  container.append(button);
  more();
}
