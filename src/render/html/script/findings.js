// Findings with their evidence, root first, and what was found fine.

const OPEN = 3;
const FINDINGS_STEP = 20;

function drawFindings() {
  const dump = shownDump();
  const count = dump.findings.length;
  const section = freshSection('findings', count ? `Findings (${number(count)})` : 'Findings');
  if (!count) {
    section.append(el('p', {}, 'Nothing wrong in sight.'));
  }
  inSteps(section, dump.findings, FINDINGS_STEP, (finding) =>
    [findingBlock(finding, dump.findings.indexOf(finding) < OPEN && finding.severity !== 'info')]);
  if (dump.fine.length) {
    section.append(fineBlock(dump));
  }
}

function findingBlock(finding, isOpen) {
  const details = el('details', { class: `finding ${finding.severity}`, id: `f-${finding.id}`, open: isOpen },
    el('summary', {}, badge(finding.severity, finding.severity), el('span', { class: 'category' }, finding.category),
      el('strong', {}, finding.title),
      el('span', { class: 'dim kind' }, `${counted(finding.count, 'goroutine')} · ${finding.kind} · ${finding.confidence}`)));
  whenOpened(details, () => findingBody(finding));
  return details;
}

/** Fills `details` when it is opened for the first time. */
function whenOpened(details, make) {
  const fill = () => {
    if (details.open && !details.dataset.filled) {
      details.dataset.filled = 'yes';
      details.append(...make());
    }
  };
  details.addEventListener('toggle', fill);
  fill();
}

function findingBody(finding) {
  return [
    finding.root ? rootBlock(finding.root) : '',
    finding.chain && finding.chain.victims.length ? victimList(finding.chain) : '',
    sentences('Evidence', finding.evidence),
    sentences('Next', finding.next),
    involved(finding),
    explanation(finding.kind),
  ].filter(Boolean);
}

function rootBlock(root) {
  const who = root.goids.length ? [`goroutine `, goroutineLink(root.goids[0])] : ['one goroutine'];
  const others = root.goids.length > 1 ? ' and others alike' : '';
  const frames = root.stack.map((frame) => frameOf(view.report, frame));
  return el('div', { class: 'root' },
    el('p', {}, el('strong', {}, who, others), ' ', el('span', { class: 'state' }, `[${root.state}]`), ` ${root.role}`),
    stackList(frames, root.blocking));
}

/** Who waits for whom, below the root. */
function victimList(chain) {
  const items = chain.victims.map((victim) => {
    const frame = victim.frame === null ? null : frameOf(view.report, victim.frame);
    return el('li', {}, el('span', { class: 'count' }, number(victim.count)), ' ',
      el('span', { class: 'state' }, `[${victim.state}]`), ' ', frame ? [functionName(frame.name), ' ', place(frame)] : '',
      el('span', { class: 'dim' }, ` ${victim.role} `), idList(victim.goids, victim.goids.length ? victim.count : 0),
      victim.victims.length ? victimList(victim) : '');
  });
  if (chain.moreVictims) {
    items.push(el('li', { class: 'dim' }, `… ${number(chain.moreVictims)} more`));
  }
  return el('ul', { class: 'victims' }, items);
}

function sentences(title, texts) {
  if (!texts.length) {
    return '';
  }
  return el('div', { class: title.toLowerCase() }, el('h3', {}, title),
    el('ul', {}, texts.map((text) => el('li', {}, withCode(text)))));
}

/** Text with what stands between backticks as code. */
function withCode(text) {
  const parts = text.split('`');
  return parts.length % 2 ? parts.map((part, index) => (index % 2 ? el('code', {}, part) : part)) : [text];
}

function involved(finding) {
  const links = finding.groups.filter((id) => shownDump().groupsById.has(id)).map((id) => {
    const group = shownDump().groupsById.get(id)[0];
    const frame = tellingFrame(group);
    return el('li', {}, el('a', { href: `#group-${id}` }, `${number(group.count)} ${group.state}`), ' ',
      frame ? functionName(frame.name) : '');
  });
  const more = finding.allGroups - links.length;
  if (links.length && more > 0) {
    links.push(el('li', { class: 'dim' }, `… ${counted(more, 'more group')}`));
  }
  const ids = finding.goids.length ? el('p', {}, 'Goroutines ', idList(finding.goids, finding.count)) : '';
  return links.length || ids ? el('div', {}, el('h3', {}, 'Concerned'), el('ul', {}, links), ids) : '';
}

/** What a kind of finding or a state means. */
function explanation(word) {
  const parts = meaningOf(word);
  if (!parts) {
    return '';
  }
  return el('details', { class: 'about' }, el('summary', {}, `What ${word} means`),
    parts.map(([title, text]) => el('p', {}, title ? el('strong', {}, `${title.replace(/\?$/, '')}: `) : '', withCode(text))));
}

function fineBlock({ fine, missing }) {
  const title = missing ? 'Known harmless, of what is here of the dump' : 'Looked at and found fine';
  const total = fine.reduce((sum, [, count]) => sum + count, 0);
  const rows = fine.map(([why, count, ids]) => {
    const id = ids.find((one) => shownDump().groupsById.has(one));
    return el('li', {}, el('span', { class: 'count' }, number(count)), ' ', id ? el('a', { href: `#group-${id}` }, why) : why);
  });
  return el('details', { class: 'fine' },
    el('summary', {}, badge('ok', 'ok'), ` ${title}: ${counted(total, 'goroutine')}`), el('ul', {}, rows));
}
