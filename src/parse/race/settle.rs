//! Reports of the race detector belong to the dump that they stand beside.

use crate::model::{Access, Dump, DumpBuilder, Format, Frame, Race, StackId, StrId};

/// Gives the races of dumps that are nothing but reports to the next dump of the input, else to the last
/// one: the goroutines in a report are no state of a process that could be compared with one.
/// Reports alone stay a dump.
pub(in crate::parse) fn settle(dumps: Vec<Dump>) -> Vec<Dump> {
    let is_race = |dump: &Dump| dump.format == Format::Race;
    if dumps.iter().all(is_race) || !dumps.iter().any(is_race) {
        return dumps;
    }
    let mut settled: Vec<Dump> = Vec::with_capacity(dumps.len());
    let mut waiting = Vec::new();
    for dump in dumps {
        if is_race(&dump) {
            waiting.push(dump);
        } else {
            // Those of one are put before those of the next by going back.
            let waiting = waiting.drain(..).rev();
            settled.push(waiting.fold(dump, |dump, reports| with_races(dump, &reports, 0)));
        }
    }
    if let Some(last) = settled.pop() {
        let waiting = waiting.iter();
        settled.push(waiting.fold(last, |dump, reports| with_races(dump, reports, usize::MAX)));
    }
    settled
}

/// Adds the races of `reports` before the one at the index `at`, and what was not understood of them.
pub(in crate::parse) fn add_races(builder: &mut DumpBuilder, reports: &Dump, at: usize) {
    let mut races = Vec::with_capacity(reports.races().len());
    for race in reports.races() {
        let accesses = race.accesses.iter().map(|access| Access {
            state: string(builder, reports, access.state),
            stack: stack(builder, reports, access.stack),
            created: stack(builder, reports, access.created),
            ..*access
        });
        races.push(Race { accesses: accesses.collect() });
    }
    builder.insert_races(at, races);
    builder.count_problems(reports.more_problems);
    for problem in &reports.problems {
        builder.push_problem(problem.clone());
    }
}

/// `dump` with the races, lines and problems of `reports`.
fn with_races(dump: Dump, reports: &Dump, at: usize) -> Dump {
    let mut builder = DumpBuilder::of(dump);
    add_races(&mut builder, reports, at);
    let account = builder.account();
    account.skipped_lines += reports.account.understood_lines + reports.account.skipped_lines;
    account.ignored_lines += reports.account.ignored_lines;
    account.problem_lines += reports.account.problem_lines;
    builder.finish()
}

fn string(builder: &mut DumpBuilder, from: &Dump, id: StrId) -> StrId {
    builder.string(from.str(id).as_bytes())
}

/// The stack `id` of another dump.
fn stack(builder: &mut DumpBuilder, from: &Dump, id: StackId) -> StackId {
    let frames: Vec<_> = from
        .stack(id)
        .iter()
        .map(|frame| {
            let frame = match from.frame(*frame) {
                Frame::Call { function, file, line, kind } => Frame::Call {
                    function: string(builder, from, function),
                    file: string(builder, from, file),
                    line,
                    kind,
                },
                other => other,
            };
            builder.frame(frame)
        })
        .collect();
    builder.stack(&frames)
}
