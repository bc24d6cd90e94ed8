//! The rows of a table of known goroutines, and the lines of `.gdumpignore`.

use super::pattern::Pattern;
use super::without_vendor;
use crate::error::{Error, Result};
use crate::model::{WaitKind, wait};

/// A goroutine that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The function it is known by.
    pub pattern: Pattern,
    /// Where that function stands.
    pub place: Place,
    /// The states that it must be in; empty if any will do.
    pub states: Vec<String>,
    /// A function that is in its stack too.
    pub with: Option<Pattern>,
    /// The function must be in the stack twice.
    pub twice: bool,
    /// Whose goroutine it is.
    pub library: String,
    /// What it does.
    pub meaning: String,
    /// Whether it is a leak.
    pub class: Class,
    /// When it is suspicious after all, or why it is; empty if there is nothing to say.
    pub note: String,
    /// Where this is known from.
    pub source: String,
}

/// Where a function must stand for a goroutine to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Innermost, below functions that only wait.
    Top,
    /// Anywhere in the stack.
    Any,
    /// It started the goroutine.
    CreatedBy,
}

/// What is known of a goroutine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// No leak, up to a number if there is one.
    Benign {
        /// More of them are suspicious.
        max: Option<i64>,
    },
    /// It is known, but may be fine or not.
    Depends,
    /// Something is wrong.
    Suspect,
}

/// What an entry is matched against.
pub(super) struct Look<'a> {
    /// The functions of the stack that are shown, innermost first, as they are printed.
    pub(super) visible: &'a [&'a str],
    /// All of them, those of the runtime too, without the paths of modules that vendor them.
    pub(super) functions: &'a [&'a str],
    /// The function that started the goroutine.
    pub(super) creator: Option<&'a str>,
    /// Its state; `unknown` or empty if it has none.
    pub(super) state: &'a str,
}

impl Entry {
    /// Whether `count` of these goroutines are no leak.
    pub fn is_benign(&self, count: i64) -> bool {
        match self.class {
            Class::Benign { max } => max.is_none_or(|max| count <= max),
            Class::Depends | Class::Suspect => false,
        }
    }

    pub(super) fn matches(&self, look: &Look<'_>) -> bool {
        let any = |pattern: &Pattern| look.functions.iter().any(|f| pattern.matches(f));
        let in_place = match self.place {
            Place::Top => is_top(&self.pattern, look.visible),
            Place::Any => any(&self.pattern),
            Place::CreatedBy => look.creator.is_some_and(|creator| self.pattern.matches(creator)),
        };
        let of = |pattern: &Pattern| look.functions.iter().filter(|f| pattern.matches(f)).count();
        in_place
            && self.fits_state(look.state)
            && self.with.as_ref().is_none_or(any)
            && (!self.twice || of(&self.pattern) >= 2)
    }

    /// A state that is not known fits.
    ///
    /// What is known to be idle waits in its own way. When it waits for a lock, wants to send, or does
    /// so on a nil channel, it is not idle, so that a row without states does not fit.
    fn fits_state(&self, state: &str) -> bool {
        let kind = WaitKind::of_state(state);
        if kind.is_unknown() {
            return true;
        }
        if self.states.is_empty() {
            let benign = matches!(self.class, Class::Benign { .. }) && self.library != IGNORED;
            return !benign || !is_stuck(kind);
        }
        self.states.iter().any(|wanted| wanted == wait::plain(state))
    }
}

fn is_stuck(kind: WaitKind) -> bool {
    kind.is_lock() || kind.is_forever() || kind == WaitKind::Send
}

/// Packages whose functions only wait for what their caller wants: they are not what a goroutine does.
const WAITING: &[&str] = &["sync.", "internal/sync.", "internal/poll.", "time.Sleep", "runtime."];

/// Whether the innermost function matches, or the one below those that only wait.
fn is_top(pattern: &Pattern, functions: &[&str]) -> bool {
    let mut functions = functions.iter().map(|function| without_vendor(function));
    let waits = |function: &&str| WAITING.iter().any(|prefix| function.starts_with(prefix));
    let Some(first) = functions.next() else { return false };
    if pattern.matches(first) {
        return true;
    }
    waits(&first)
        && functions.find(|function| !waits(function)).is_some_and(|name| pattern.matches(name))
}

/// Reads a table; `name` is its name in errors.
pub(super) fn parse(text: &str, name: &str) -> Result<Vec<Entry>> {
    let rows = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim_end_matches('\r')));
    rows.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            row(line).map_err(|what| Error::Usage(format!("{name}:{number}: {what}")))
        })
        .collect()
}

fn row(line: &str) -> Result<Entry, String> {
    let mut columns = line.split('\t').map(str::trim);
    let mut next = |what: &str| {
        columns.next().filter(|text| !text.is_empty()).ok_or_else(|| {
            format!("there is no {what}: a row is pattern, match, library, meaning, class with a tab between")
        })
    };
    let mut entry = Entry {
        pattern: Pattern::new(next("pattern")?),
        place: Place::Any,
        states: Vec::new(),
        with: None,
        twice: false,
        library: String::new(),
        meaning: String::new(),
        class: Class::Depends,
        note: String::new(),
        source: String::new(),
    };
    place(next("match")?, &mut entry)?;
    next("library")?.clone_into(&mut entry.library);
    next("meaning")?.clone_into(&mut entry.meaning);
    entry.class = class(next("class")?)?;
    columns.next().unwrap_or_default().clone_into(&mut entry.note);
    columns.next().unwrap_or_default().clone_into(&mut entry.source);
    match columns.next() {
        Some(more) => Err(format!("`{more}` is one column too many")),
        None => Ok(entry),
    }
}

/// Reads `any state "A|B" with FUNCTION twice` into `entry`.
fn place(text: &str, entry: &mut Entry) -> Result<(), String> {
    let (word, mut rest) = text.split_once(' ').unwrap_or((text, ""));
    entry.place = match word {
        "top" => Place::Top,
        "any" => Place::Any,
        "created-by" | "created_by" => Place::CreatedBy,
        _ => return Err(format!("match is `{word}`, not top, any or created-by")),
    };
    while !rest.trim().is_empty() {
        rest = rest.trim();
        if let Some(quoted) = rest.strip_prefix("state \"") {
            let (states, after) = quoted.split_once('"').ok_or("a state has no closing quote")?;
            entry.states = states.split('|').map(str::to_owned).collect();
            rest = after;
        } else if let Some(with) = rest.strip_prefix("with ") {
            let (function, after) = with.split_once(' ').unwrap_or((with, ""));
            entry.with = Some(Pattern::new(function));
            rest = after;
        } else if let Some(after) = rest.strip_prefix("twice") {
            entry.twice = true;
            rest = after;
        } else {
            return Err(format!("`{rest}` is not state \"…\", with FUNCTION, or twice"));
        }
    }
    Ok(())
}

fn class(text: &str) -> Result<Class, String> {
    match text {
        "benign" => Ok(Class::Benign { max: None }),
        "depends" => Ok(Class::Depends),
        "suspect" => Ok(Class::Suspect),
        _ => match text.strip_prefix("benign max ").and_then(|max| max.parse().ok()) {
            Some(max) => Ok(Class::Benign { max: Some(max) }),
            None => Err(format!("class is `{text}`, not benign, benign max N, depends or suspect")),
        },
    }
}

/// The library of what the user ignores.
const IGNORED: &str = "ignored";

/// Reads `.gdumpignore`: `top=…`, `any=…` or `created-by=…` on each line, with `#` before comments.
pub(super) fn parse_ignored(text: &str, name: &str) -> Result<Vec<Entry>> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            ignored(line, &format!("{name}:{number}")).ok_or_else(|| {
                Error::Usage(format!(
                    "{name}:{number}: `{line}` is not top=FUNCTION, any=FUNCTION or created-by=FUNCTION"
                ))
            })
        })
        .collect()
}

fn ignored(line: &str, at: &str) -> Option<Entry> {
    let (key, function) = line.split_once('=')?;
    // A name has no blanks, so what follows one is a comment.
    let function = function.trim().split([' ', '\t']).next().filter(|text| !text.is_empty())?;
    let place = match key.trim() {
        "top" => Place::Top,
        "any" => Place::Any,
        "created-by" | "created_by" => Place::CreatedBy,
        _ => return None,
    };
    Some(Entry {
        pattern: Pattern::new(function),
        place,
        states: Vec::new(),
        with: None,
        twice: false,
        library: IGNORED.to_owned(),
        meaning: format!("set aside by {at}"),
        class: Class::Benign { max: None },
        note: String::new(),
        source: at.to_owned(),
    })
}
