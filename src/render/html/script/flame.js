// The flame graph: outermost frames on top, as wide as the goroutines below them. The last row of a
// stack is its state.

const ROW = 19;
const flame = { root: null, zoom: null, search: '', width: 0 };

/** A tree of the stacks of `groups`. */
function flameTree(groups) {
  const root = { name: 'all', kind: 'root', value: 0, children: new Map(), parent: null, depth: 0 };
  for (const group of groups.filter((one) => one.count > 0)) {
    root.value += group.count;
    let node = root;
    for (let at = group.frames.length - 1; at >= 0; at -= 1) {
      node = flameChild(node, group.frames[at].name, group.frames[at].isUser ? 'user' : 'library', group.count);
    }
    flameChild(node, `[${group.state}]`, 'state', group.count);
  }
  return root;
}

function flameChild(node, name, kind, count) {
  let child = node.children.get(name);
  if (!child) {
    child = { name, kind, value: 0, children: new Map(), parent: node, depth: node.depth + 1 };
    node.children.set(name, child);
  }
  child.value += count;
  return child;
}

function drawFlame() {
  const groups = filteredGroups();
  flame.root = flameTree(groups);
  flame.zoom = flame.root;
  const search = el('input', { type: 'search', value: flame.search, placeholder: 'Highlight frames', 'aria-label': 'Highlight frames', spellcheck: 'false',
    on: { input: (event) => { flame.search = event.target.value; paintFlame(); } } });
  const reset = el('button', { type: 'button', id: 'flame-reset', on: { click: () => zoomFlame(flame.root) } }, 'Whole graph');
  const section = freshSection('flame', 'Flame graph', search, reset, el('span', { id: 'flame-said', class: 'dim', role: 'status' }));
  section.append(el('div', { id: 'flame-graph' }), el('p', { class: 'dim' }, flameNote()));
  paintFlame();
}

function flameNote() {
  const { goroutines } = shownDump().leftOut;
  const missing = goroutines ? ` ${counted(goroutines, 'goroutine')} in smaller groups are not in it.` : '';
  return `Outermost function on top; widths are goroutines; the last row is the state.${missing}`;
}

function zoomFlame(node) {
  flame.zoom = node;
  paintFlame();
  const chosen = byId('flame-graph').querySelector('[data-zoomed]');
  if (chosen) { chosen.focus(); }
}

/** The nodes to paint with their places: those above the zoomed one at full width, and all below it. */
function flameLayout(width) {
  const boxes = [];
  for (let node = flame.zoom; node; node = node.parent) {
    boxes.unshift({ node, x: 0, width });
  }
  const place = (node, x, perGoroutine) => {
    let left = x;
    const children = [...node.children.values()].sort((a, b) => b.value - a.value);
    for (const child of children) {
      const wide = child.value * perGoroutine;
      if (wide >= 1) {
        boxes.push({ node: child, x: left, width: wide });
        place(child, left, perGoroutine);
      }
      left += wide;
    }
  };
  place(flame.zoom, 0, width / Math.max(1, flame.zoom.value));
  return boxes;
}

function paintFlame() {
  const graph = byId('flame-graph');
  const width = Math.max(280, graph.clientWidth);
  flame.width = width;
  byId('flame-reset').hidden = flame.zoom === flame.root;
  if (!flame.root.value) {
    graph.replaceChildren(el('p', {}, 'Nothing to show.'));
    return;
  }
  const boxes = flameLayout(width);
  const height = (Math.max(...boxes.map((box) => box.node.depth)) + 1) * ROW;
  const wanted = flame.search.toLowerCase();
  const image = svg('svg', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'group', 'aria-label': 'Flame graph' },
    ...boxes.map((box) => flameBox(box, wanted)));
  graph.replaceChildren(image);
  sayFlame(wanted);
}

function flameBox({ node, x, width }, wanted) {
  const isFound = wanted && node.name.toLowerCase().includes(wanted);
  const text = `${node.name}: ${counted(node.value, 'goroutine')}, ${percent(node.value, flame.root.value)}`;
  const isAbove = node.depth < flame.zoom.depth;
  const box = svg('g', {
    class: `box ${node.kind}${isFound ? ' found' : ''}${isAbove ? ' above' : ''}`, tabindex: node === flame.zoom ? 0 : -1,
    role: 'button', 'aria-label': text, 'data-zoomed': node === flame.zoom,
  }, svg('title', {}, text), svg('rect', { x, y: node.depth * ROW, width: Math.max(0.5, width - 1), height: ROW - 1, 'data-tone': tone(node) }));
  const letters = Math.floor((width - 8) / 6.7);
  if (letters >= 3) {
    box.append(svg('text', { x: x + 4, y: node.depth * ROW + 13 }, fitName(node.name, letters)));
  }
  box.node = node;
  box.addEventListener('click', () => zoomFlame(node === flame.zoom && node.parent ? node.parent : node));
  box.addEventListener('keydown', (event) => flameKey(event, node));
  return box;
}

/** One of a few tones, the same for all functions of a package. */
function tone(node) {
  const name = node.name.slice(0, Math.max(0, node.name.lastIndexOf('.')));
  let hash = 7;
  for (let at = 0; at < name.length; at += 1) {
    hash = (hash * 31 + name.charCodeAt(at)) % 1009;
  }
  return hash % 4;
}

/** The end of a name says most, so its package's directories go first. */
function fitName(name, letters) {
  const slash = name.slice(0, (name + '(').indexOf('(')).lastIndexOf('/') + 1;
  const short = name.length > letters ? name.slice(slash) : name;
  return short.length > letters ? `${short.slice(0, Math.max(1, letters - 1))}…` : short;
}

/** Arrows move between boxes, Enter zooms, Escape shows all. */
function flameKey(event, node) {
  const siblings = node.parent ? [...node.parent.children.values()].sort((a, b) => b.value - a.value) : [node];
  const at = siblings.indexOf(node);
  const [firstChild] = [...node.children.values()].sort((a, b) => b.value - a.value);
  const targets = { ArrowUp: node.parent, ArrowDown: firstChild, ArrowLeft: siblings[at - 1], ArrowRight: siblings[at + 1] };
  if (event.key === 'Enter' || event.key === ' ') {
    zoomFlame(node);
  } else if (event.key === 'Escape') {
    zoomFlame(flame.root);
  } else if (event.key in targets) {
    const boxes = [...byId('flame-graph').querySelectorAll('.box')];
    const box = boxes.find((one) => one.node === targets[event.key]);
    if (box) { box.focus(); }
  } else {
    return;
  }
  event.preventDefault();
}

/** How many goroutines have a frame that is searched for. */
function sayFlame(wanted) {
  const countFound = (node) => (node.name.toLowerCase().includes(wanted) ? node.value
    : [...node.children.values()].reduce((sum, child) => sum + countFound(child), 0));
  const found = wanted ? countFound(flame.root) : 0;
  byId('flame-said').textContent = wanted ? `${counted(found, 'goroutine')}, ${percent(found, flame.root.value) || '0 %'}` : '';
}
