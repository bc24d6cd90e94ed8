//! A stack in a few lines: the program's own frames, and what the library's mean.

use super::Role;
use crate::model::wait::LockKind;
use crate::model::{StackId, WaitKind};
use crate::render::words::number;
use crate::view::canon::Shown;
use crate::view::meaning::meaning;
use crate::view::{Group, Summary};

/// A row of the right-hand column: words before the function, the function, its place.
pub(super) struct Entry {
    pub(super) role: Role,
    pub(super) before: &'static str,
    pub(super) function: String,
    pub(super) file: String,
    pub(super) line: u32,
    /// Words behind the place.
    pub(super) after: String,
}

impl Entry {
    pub(super) fn words(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            before: "",
            function: text.into(),
            file: String::new(),
            line: 0,
            after: String::new(),
        }
    }
}

/// The frames that say most: the program's innermost, its caller, and what the library does.
pub(super) fn digest(summary: &Summary<'_>, group: &Group<'_>) -> Vec<Entry> {
    let stacks = &summary.stacks;
    let frames: Vec<_> = stacks.visible(group.stack).map(|id| stacks.shown(id)).collect();
    let is_user = |shown: &Shown<'_>| match shown {
        Shown::Call { std, function, .. } => !std && *function != "panic",
        Shown::Address(_) | Shown::Elided(_) => false,
    };
    let lead: Vec<&str> =
        frames.iter().take_while(|f| !is_user(f)).filter_map(|f| f.function()).collect();
    let mut entries = Vec::new();
    let mut user = frames.iter().filter(|frame| is_user(frame));
    let first = user.next();
    let state = group.states.first().map_or("", |state| state.state);
    match (first, frames.last()) {
        (Some(frame), _) => entries.push(entry(frame, Role::User, "")),
        (None, Some(outermost)) => entries.push(entry(outermost, Role::Plain, "")),
        (None, None) => entries.push(Entry::words(Role::Dim, "(no stack)")),
    }
    // What such a state says is not said again.
    let says_all = match WaitKind::of_state(state) {
        WaitKind::Lock(lock) => lock != LockKind::Semaphore,
        kind => matches!(kind, WaitKind::WaitGroup | WaitKind::Cond | WaitKind::Sleep),
    };
    if let Some(meaning) = meaning(&lead).filter(|_| !says_all) {
        entries.push(Entry::words(Role::Dim, meaning));
    } else if let (None, Some(innermost)) = (first, frames.first().filter(|_| frames.len() > 1)) {
        entries.push(entry(innermost, Role::Dim, "in "));
    }
    let different =
        |frame: &&Shown<'_>| frame.function() != first.and_then(|first| first.function());
    entries.extend(user.find(different).map(|frame| entry(frame, Role::Plain, "called by ")));
    entries
}

/// Every frame that is not hidden.
pub(super) fn whole(summary: &Summary<'_>, stack: StackId) -> Vec<Entry> {
    let stacks = &summary.stacks;
    let one = |id| {
        let role = if stacks.is_user(id) { Role::User } else { Role::Dim };
        entry(&stacks.shown(id), role, "")
    };
    stacks.visible(stack).map(one).collect()
}

pub(super) fn entry(shown: &Shown<'_>, role: Role, before: &'static str) -> Entry {
    match *shown {
        Shown::Call { function, file, line, .. } => Entry {
            role,
            before,
            function: function.to_owned(),
            file: file.to_owned(),
            line,
            after: String::new(),
        },
        Shown::Address(address) => Entry { before, ..Entry::words(role, format!("{address:#x}")) },
        Shown::Elided(Some(n)) => {
            Entry::words(Role::Dim, format!("… {} frames elided …", number(n)))
        }
        Shown::Elided(None) => Entry::words(Role::Dim, "… additional frames elided …"),
    }
}
