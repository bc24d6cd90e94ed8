// The report's data: where it comes from, and what can be looked up in it.
//
// report  { version, command, frames: [[function, file, line, kind]], words: {word: [[title, text]]}, dumps }
//         kind of a frame: 0 the program's, 1 the standard library's, 2 no function
// dump    { name, facts, account, missing, preamble, notes, problems, moreProblems, takenAt, goroutines,
//           shown, hasIds, hasAges, setApart, states, findings, fine, groups, leftOut }
// group   { id, title, count, states: [[state, count]], wait, stack: [frame], creators, labels, past, withId,
//           members: [[goid, minutes or -1, creator's goid or 0, label set or -1, started]], labelSets, … }
// wait    [known, unknown, min, median, max] in minutes

/** The report: what is embedded in the page, or what the page's server has. */
async function loadReport() {
  const element = byId('report');
  return isServed() ? ask(serverPath(element.dataset.source)) : JSON.parse(element.textContent);
}

/** Takes the report as the one that is shown. */
async function takeReport() {
  view.report = await loadReport();
  view.report.dumps.forEach((dump) => prepareDump(view.report, dump));
}

const GOID = 0, MINUTES = 1, CREATOR = 2, LABELS = 3, STARTED = 4;

/** Adds to `dump` what is looked up often. */
function prepareDump(report, dump) {
  dump.groupsById = new Map();
  dump.goroutinesById = new Map();
  dump.children = new Map();
  for (const group of dump.groups) {
    const alike = dump.groupsById.get(group.id) || [];
    dump.groupsById.set(group.id, alike.concat(group));
    group.frames = group.stack.map((number) => frameOf(report, number));
    group.state = group.states.map(([state]) => state).join(', ') || 'unknown';
    for (const member of group.members) {
      addGoroutine(dump, group, member);
    }
  }
}

function addGoroutine(dump, group, member) {
  const id = member[GOID];
  if (dump.goroutinesById.has(id)) {
    return;
  }
  const goroutine = {
    id, group, minutes: member[MINUTES], creator: member[CREATOR], started: member[STARTED],
    labels: member[LABELS] < 0 ? '' : group.labelSets[member[LABELS]],
  };
  dump.goroutinesById.set(id, goroutine);
  if (goroutine.creator) {
    const siblings = dump.children.get(goroutine.creator);
    if (siblings) {
      siblings.push(goroutine);
    } else {
      dump.children.set(goroutine.creator, [goroutine]);
    }
  }
}

function frameOf(report, number) {
  const [name, file, line, kind] = report.frames[number];
  return { number, name, file, line, isUser: kind === 0, isCall: kind !== 2 };
}

/** The frame that says most: the program's innermost, else the outermost. */
function tellingFrame(group) {
  return group.frames.find((frame) => frame.isUser) || group.frames[group.frames.length - 1];
}

/** What a state or a kind of finding means, as pairs of title and text. A name may be any word, also one
 * that every object has. */
function meaningOf(word) {
  return Object.hasOwn(view.report.words, word) ? view.report.words[word] : null;
}

/** The longest wait of a group or state in minutes; -1 if none is known. */
function longest(wait) {
  return wait[4] === null ? -1 : wait[4];
}

/** How many goroutines a group has more than in the first dump of the series. */
function growth(group) {
  return group.past.length ? group.count - group.past[0] : 0;
}
