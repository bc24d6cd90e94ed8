// A stack, innermost frame first: the program's own frames stand out.

function stackList(frames, blocking) {
  return el('ol', { class: 'stack' }, frames.map((frame, index) => el('li', {
    class: [frame.isUser ? 'user' : 'library', index === blocking ? 'blocking' : ''].join(' ').trim(),
  }, frame.isCall ? functionName(frame.name) : el('span', { class: 'dim' }, frame.name), ' ', place(frame),
  index === blocking ? el('span', { class: 'here' }, ' ◄ here') : '')));
}
