//! From a goroutine's text to its row.

use memchr::memchr;

use super::Debug2;
use super::Phase;
use super::block::first_word;
use super::block::words;
use super::header::header_goid;
use super::heads;
use super::lines::At;
use super::lines::Line;
use super::lines::line_at;
use super::mangled::LineKind;
use super::mangled::line_kind;
use super::paths::Stack;
use super::paths::Walked;
use super::reader::Reader;
use crate::model::ArgWord;
use crate::model::Frame;
use crate::model::Head;
use crate::model::HeadId;
use crate::model::Row;
use crate::model::StackId;
use crate::parse::Hot;
use crate::parse::expect::Expected;
use crate::parse::infer::infer_leaf;
use crate::parse::place::Text;

impl Debug2 {
    /// Deals with the goroutine at `at` if all of its text is known: the position behind it.
    pub(super) fn recognised(&mut self, text: &Text<'_>, at: usize) -> Option<usize> {
        let between = matches!(self.phase, Phase::Body | Phase::Threads);
        if !between || self.hot != Hot::Stacks || !self.unavailable.is_empty() {
            return None;
        }
        let (header, len) = self.known_header(text.bytes.get(at..)?)?;
        let heads::Known { goid, head, labels, running } = header;
        // Of goroutines that run there are few, and they may begin a new dump; so may the first again.
        if running || self.first.is_some_and(|(first, _)| first == goid) {
            return None;
        }
        let walked = self.graph.walk(text.bytes, at + len)?;
        let known = self.paths.get(walked, self.graph.nodes());
        let path = known.unwrap_or_else(|| self.new_path(walked));
        let Stack { id: stack, creator, .. } = path;
        let creator_goid = walked.creator_goid;
        let index = self.builder.push(Row { goid, creator_goid, stack, head, creator, labels });
        let account = self.builder.account();
        account.understood_lines += path.lines + 1;
        account.whole += 1;
        self.mid_line = false;
        // Without words a stack is counted only until its path is known.
        let sampled = (self.words || known.is_none()) && self.is_sample(stack);
        if self.words && (sampled || path.evidence) {
            self.graph.arguments(text.bytes, sampled, &mut self.block.arguments);
            self.keep_arguments(text, index, sampled);
        }
        Some(walked.end)
    }

    fn new_path(&mut self, walked: Walked) -> Stack {
        let mut path = self.graph.new_path(&mut self.block.frames);
        path.id = self.builder.stack(&self.block.frames);
        // The first of a stack may be the only one.
        if self.seen.get(path.id.index()).is_some_and(|seen| *seen > 0) {
            self.paths.insert(walked, self.graph.nodes(), path);
        }
        path
    }

    /// The header at the start of `text`, with the length of its line, if its head is known.
    fn known_header(&mut self, text: &[u8]) -> Option<(heads::Known, usize)> {
        if let Some(known) = self.heads.known(text) {
            return Some(known);
        }
        let newline = memchr(b'\n', text)?;
        let header = self.heads.remembered(&mut self.builder, text.get(..newline)?)?;
        Some((header, newline + 1))
    }

    pub(super) fn read(&mut self, text: &Text<'_>, at: usize) -> bool {
        let (builder, known, block) = (&mut self.builder, &mut self.known, &mut self.block);
        Reader { text, builder, known, block, plain: self.plain }.goroutine(at)
    }

    /// Takes over the lines and problems of the block, and `more` understood lines.
    pub(super) fn count_lines(&mut self, more: u64) {
        let account = self.builder.account();
        let understood = self.block.understood_lines + more;
        account.understood_lines += understood.saturating_sub(self.block.glued);
        account.skipped_lines += self.block.skipped_lines;
        account.ignored_lines += self.block.ignored_lines;
        account.problem_lines += self.block.problem_lines;
        for problem in self.block.problems.drain(..) {
            self.builder.push_problem(problem);
        }
        self.builder.count_problems(std::mem::take(&mut self.block.more_problems));
    }

    /// A goroutine whose header is at `at`.
    pub(super) fn goroutine(
        &mut self,
        text: &Text<'_>,
        at: usize,
        line: Line<'_>,
    ) -> Option<usize> {
        let header = match self.heads.header(&mut self.builder, line.text) {
            Ok(header) => header,
            Err(error) => return self.bad_header(text, at, line, error),
        };
        self.stack_of(text, at, line, &header, line.next)
    }

    /// The goroutine with this `header`, which is in `line` at `at`, and whose stack starts at `from`.
    fn stack_of(
        &mut self,
        text: &Text<'_>,
        at: usize,
        line: Line<'_>,
        header: &heads::Known,
        from: usize,
    ) -> Option<usize> {
        let heads::Known { goid, head, labels, running } = *header;
        if !self.read(text, from) {
            return None;
        }
        // A header alone, without its newline: the input ends here.
        self.block.cut |= !line.whole;
        let again = self.printed_again(goid);
        let runs = running
            && !self.block.unavailable
            && !self.block.frames.is_empty()
            && !self.is_in_system_call();
        if runs && self.ran && again.is_none() && self.phase != Phase::Threads {
            return Some(at);
        }
        if self.is_second_dump(goid, head) {
            return Some(at);
        }
        self.ran |= runs;
        self.gccgo |= self.block.gccgo;
        self.plain |= !self.block.arguments.is_empty();
        self.check_stack(text, at, line);
        self.push(text, Row { goid, head, labels, ..Row::default() }, again);
        if self.hot == Hot::Stacks && self.graph.learn(text.bytes, line.next, &self.block) {
            self.paths.clear();
        }
        Some(self.block.end)
    }

    /// A header without a stack: Go prints none so, but with `stack unavailable`, so that the stack was lost
    /// on the way.
    fn check_stack(&mut self, text: &Text<'_>, at: usize, line: Line<'_>) {
        let block = &mut self.block;
        let has_stack = !block.frames.is_empty() || block.unavailable || block.created;
        if !has_stack && !block.cut && block.ancestors.is_empty() {
            block.lost += 1;
            let message = "expected a stack below this header";
            self.builder.problem(|| text.problem(at, line.text.len(), message));
        }
    }

    /// Whether the goroutine `goid` with this head begins another dump: it began this one, and has waited
    /// for another time since. Dumps by SIGQUIT have no `[running]` goroutine.
    fn is_second_dump(&mut self, goid: u64, head: HeadId) -> bool {
        if self.phase == Phase::Threads {
            return false;
        }
        let dump = self.builder.dump();
        let Some((first, known)) = self.first else {
            self.first = Some((goid, head));
            return false;
        };
        let minutes = |id: HeadId| dump.head(id).minutes;
        first == goid && !dump.is_empty() && minutes(known) != minutes(head)
    }

    /// Whether the goroutine that was read is in a system call or in C: Go 1.26 and later may print one
    /// as running while the world is stopped. Whoever writes a dump, and begins it, is in Go.
    fn is_in_system_call(&self) -> bool {
        let dump = self.builder.dump();
        match self.block.frames.first().map(|frame| dump.frame(*frame)) {
            Some(Frame::Call { function, .. }) => is_system_call(dump.str(function)),
            _ => false,
        }
    }

    /// The index of the goroutine if it was printed before without its stack, and now with it.
    ///
    /// A goroutine that runs on another thread is printed as `goroutine running on other thread; stack
    /// unavailable`, and again with its frames when that thread dies too: of two concurrent map writes,
    /// or with GOTRACEBACK=crash.
    fn printed_again(&self, goid: u64) -> Option<usize> {
        if self.block.unavailable || self.block.frames.is_empty() {
            return None;
        }
        self.unavailable.get(&goid).copied()
    }

    /// Adds the goroutine that was read into the block, whose header is in `row`; in place of the one
    /// at the index `again` if that is given.
    fn push(&mut self, text: &Text<'_>, row: Row, again: Option<usize>) {
        let head = if self.block.cut { self.cut(row.head) } else { row.head };
        let stack = self.builder.stack(&self.block.frames);
        let (creator, creator_goid) = (self.block.creator, self.block.creator_goid);
        let row = Row { creator_goid, stack, head, creator, ..row };
        self.mid_line = !text.bytes.get(..self.block.end).is_some_and(|read| read.ends_with(b"\n"));
        self.count_lines(1);
        if let Some(index) = again {
            self.unavailable.remove(&row.goid);
            self.builder.replace(index, row);
            self.builder.account().repeated += 1;
            return;
        }
        let index = self.builder.push(row);
        if self.block.unavailable {
            self.unavailable.entry(row.goid).or_insert(index);
        }
        let account = self.builder.account();
        if self.block.cut {
            account.cut_off += 1;
        } else if self.block.lost == 0 {
            account.whole += 1;
        } else if self.block.frames.is_empty() {
            account.not_understood += 1;
        } else {
            account.partial += 1;
        }
        self.builder.push_ancestors(std::mem::take(&mut self.block.ancestors));
        let sampled = self.is_sample(stack);
        if self.words {
            self.keep_arguments(text, index, sampled);
        }
    }

    /// `head` of a goroutine whose text is cut off.
    fn cut(&mut self, head: HeadId) -> HeadId {
        let head = Head { cut: true, ..self.builder.dump().head(head) };
        self.builder.head(head)
    }

    /// Counts a goroutine with this stack. True for the first ones, whose arguments are all kept.
    fn is_sample(&mut self, stack: StackId) -> bool {
        if self.seen.len() <= stack.index() {
            self.seen.resize(stack.index() + 1, 0);
        }
        self.seen.get_mut(stack.index()).is_some_and(|seen| {
            *seen = seen.saturating_add(1);
            *seen <= ArgWord::SAMPLES
        })
    }

    /// Keeps words of the arguments in the block: all of them if `sampled`, else what is evidence, which
    /// is the first word of a call of package sync unless Go marks it as stale.
    fn keep_arguments(&mut self, text: &Text<'_>, index: usize, sampled: bool) {
        let Ok(row) = u32::try_from(index) else { return };
        for arguments in &self.block.arguments {
            // The shortest address is longer than three bytes.
            if arguments.len <= 3 || !(arguments.evidence || sampled) {
                continue;
            }
            let Ok(frame) = u16::try_from(arguments.frame) else { return };
            let list = text.bytes.get(arguments.at..).unwrap_or_default();
            if sampled {
                words(list, arguments.len, |position, value, exact| {
                    let word = ArgWord { row, frame, position, exact, value };
                    self.builder.push_arg(word, arguments.evidence);
                });
            } else if let Some(value) = first_word(list) {
                let word = ArgWord { row, frame, position: 0, exact: true, value };
                self.builder.push_arg(word, true);
            }
        }
    }

    /// A header that is not understood: cut off at the end of the input, annotated, wrapped, or damaged. A
    /// damaged one is a problem; its stack is kept.
    fn bad_header(
        &mut self,
        text: &Text<'_>,
        at: usize,
        line: Line<'_>,
        Expected { what, rest }: Expected<'_>,
    ) -> Option<usize> {
        if let Some((header, note)) = self.heads.annotated(&mut self.builder, line.text) {
            // The note may be the first call: the newline between the two was lost.
            let is_call =
                matches!(line_kind(note), LineKind::Call | LineKind::Frame | LineKind::Mark);
            let from = if is_call { at + line.text.len() - note.len() } else { line.next };
            let end = self.stack_of(text, at, line, &header, from)?;
            self.builder.account().understood_lines -= u64::from(is_call && end != at);
            return Some(end);
        }
        if !line.whole {
            self.builder.account().cut_off += 1;
            self.builder.account().understood_lines += 1;
            return Some(line.next);
        }
        if let Some(done) = self.wrapped_header(text, at, line) {
            return done;
        }
        if !self.read(text, line.next) {
            return None;
        }
        // `goroutine 7 [select] hangs`: a line of prose.
        if self.block.frames.is_empty() && !line.text.trim_ascii_end().ends_with(b":") {
            self.builder.account().ignored_lines += 1;
            return Some(line.next);
        }
        let column = line.text.len() - rest.len();
        let message = format!("expected {what}");
        self.builder.problem(|| text.problem(at + column, line.text.len() - column, message));
        self.builder.account().problem_lines += 1;
        let goid = header_goid(line.text).unwrap_or(Row::NO_GOID);
        self.push_headless(text, goid);
        Some(self.block.end)
    }

    /// A header that was wrapped over two lines; `None` if it was not.
    #[allow(clippy::option_option, reason = "whether it is one, and whether more text is needed")]
    fn wrapped_header(
        &mut self,
        text: &Text<'_>,
        at: usize,
        line: Line<'_>,
    ) -> Option<Option<usize>> {
        let second = match line_at(text, line.next) {
            At::Line(second) => second,
            At::More => return Some(None),
            At::End => return None,
        };
        let joined = [line.text, second.text].concat();
        let header = self.heads.header(&mut self.builder, &joined).ok()?;
        let before = self.builder.dump().len();
        let end = self.stack_of(text, at, line, &header, second.next);
        if self.builder.dump().len() > before {
            let message = "a line was wrapped here; it was joined with the next";
            self.builder.problem(|| text.problem(at, line.text.len(), message));
            // The header's own line is counted already.
            self.builder.account().understood_lines -= 1;
            self.builder.account().problem_lines += 2;
        }
        Some(end)
    }

    /// Adds the goroutine in the block, whose header was damaged or is missing.
    pub(super) fn push_headless(&mut self, text: &Text<'_>, goid: u64) {
        if self.block.frames.is_empty() {
            self.builder.account().not_understood += 1;
            self.count_lines(0);
            return;
        }
        let head = self.builder.head(Head { cut: self.block.cut, ..Head::default() });
        self.block.lost += 1;
        let index = self.builder.dump().len();
        self.push(text, Row { goid, head, ..Row::default() }, None);
        // There is no line of its header among those that were understood.
        self.builder.account().understood_lines -= 1;
        infer_leaf(&mut self.builder, index);
    }
}

/// Whether `function` enters the system or C.
fn is_system_call(function: &str) -> bool {
    const PACKAGES: &[&str] = &[
        "syscall.",
        "internal/syscall/unix.",
        "internal/runtime/syscall.",
        "runtime/internal/syscall.",
        "golang.org/x/sys/unix.",
        "runtime.cgocall",
    ];
    PACKAGES.iter().any(|start| function.starts_with(start)) || function.contains("._Cfunc_")
}
