//! A baseline: the groups of goroutines that are accepted, and how many of each. A text that people
//! review: sorted, one line a group.
//!
//! ```text
//! gdump baseline 1
//! #   max  group             state         functions, innermost first
//!      64  00c4f1b2a6d7e893  chan receive  main.(*pool).worker  # as many as the pool has
//! ```
//!
//! The first line is the version. What counts are the number and the fingerprint; state and functions say
//! who that is. ` # ` begins a comment, which updates keep. Blank lines and lines that begin with `#` are
//! for people.

use std::collections::BTreeMap;

use crate::error::{Error, Result};

/// The first line.
const VERSION: &str = "gdump baseline 1";

const HEAD: &str = "\
# Goroutines that are accepted: `gdump check --baseline FILE` trips on groups that are not here and on
# more of them than max. Written by `gdump check --update FILE`, which raises max, adds and removes lines,
# and keeps what is raised by hand and comments behind ` # `.
#    max  group             state, functions (innermost first)
";

/// Accepted groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// By fingerprint.
    pub entries: BTreeMap<u64, Entry>,
}

/// One accepted group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// So many are accepted.
    pub max: i64,
    /// State and functions, for people.
    pub name: String,
    /// What somebody wrote about it.
    pub comment: String,
}

/// What an update did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Updated {
    /// Groups that were not accepted before.
    pub added: usize,
    /// Groups of which more are accepted now.
    pub raised: usize,
    /// Groups that are not there any more.
    pub removed: usize,
}

impl Baseline {
    /// Reads a baseline; `name` is the file's, for errors.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        let mut lines = (1u32..).zip(text.lines());
        let first = lines.next().map_or("", |(_, line)| line).trim();
        if first != VERSION {
            let what = if first.starts_with("gdump baseline") {
                format!("its version is not known to this gdump, which writes `{VERSION}`")
            } else {
                format!("it is no baseline: the first line must be `{VERSION}`")
            };
            return Err(Error::Usage(format!(
                "{name}: {what}\n  write one with: gdump check --update FILE DUMP"
            )));
        }
        let mut entries: BTreeMap<u64, Entry> = BTreeMap::new();
        for (number, line) in lines {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (id, entry) = entry(line).ok_or_else(|| {
                Error::Usage(format!(
                    "{name}:{number}: expected a number and a fingerprint of 16 digits, such as\n  \
                     64  00c4f1b2a6d7e893  chan receive  main.(*pool).worker"
                ))
            })?;
            entries.insert(id, entry);
        }
        Ok(Self { entries })
    }

    /// Takes over what there is: `groups` are fingerprint, count and name.
    pub fn update(&mut self, groups: BTreeMap<u64, (i64, String)>) -> Updated {
        let mut updated = Updated::default();
        let before = self.entries.len();
        self.entries.retain(|id, _| groups.contains_key(id));
        updated.removed = before - self.entries.len();
        for (id, (count, name)) in groups {
            let Some(known) = self.entries.get_mut(&id) else {
                updated.added += 1;
                self.entries.insert(id, Entry { max: count, name, comment: String::new() });
                continue;
            };
            updated.raised += usize::from(count > known.max);
            known.max = known.max.max(count);
            known.name = name;
        }
        updated
    }

    /// The text of the file: sorted by name, so that a change is a changed line.
    pub fn write(&self) -> String {
        let mut lines: Vec<(&str, u64, &Entry)> =
            self.entries.iter().map(|(id, entry)| (&*entry.name, *id, entry)).collect();
        lines.sort_by_key(|(name, id, _)| (*name, *id));
        let mut text = format!("{VERSION}\n{HEAD}");
        for (name, id, entry) in lines {
            let comment = match &*entry.comment {
                "" => String::new(),
                comment => format!("  # {comment}"),
            };
            let line = format!("{:>8}  {id:016x}  {name}{comment}", entry.max);
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

fn entry(line: &str) -> Option<(u64, Entry)> {
    let (line, comment) = line.split_once(" # ").unwrap_or((line, ""));
    let (max, rest) = line.trim().split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    let (id, name) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let id =
        Some(id).filter(|id| id.len() == 16).and_then(|id| u64::from_str_radix(id, 16).ok())?;
    let max = max.parse().ok()?;
    let (name, comment) = (name.trim().to_owned(), comment.trim().to_owned());
    Some((id, Entry { max, name, comment }))
}

/// State and functions as they stand in a line: nothing in them begins a comment or a line.
pub fn name<'n>(state: &str, functions: impl Iterator<Item = &'n str>) -> String {
    /// Functions that a line shows.
    const FUNCTIONS: usize = 6;
    let clean = |text: &str| -> String {
        let clean = |c: char| if c.is_control() || c == '#' { '\u{fffd}' } else { c };
        text.chars().map(clean).collect()
    };
    let mut names: Vec<String> = functions.take(FUNCTIONS + 1).map(clean).collect();
    if names.len() > FUNCTIONS {
        names.truncate(FUNCTIONS);
        names.push("…".to_owned());
    }
    format!("{}  {}", clean(state), names.join(" < "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let groups = |list: &[(u64, i64, &str)]| -> BTreeMap<u64, (i64, String)> {
            list.iter().map(|(id, n, name)| (*id, (*n, (*name).to_owned()))).collect()
        };
        let mut baseline = Baseline::default();
        let hostile = name("select\n", ["main.a # b", "main.c\r"].into_iter());
        baseline.update(groups(&[(7, 64, "chan receive  main.w"), (9, 3, &hostile)]));
        let text = baseline.write();
        assert_eq!(Baseline::parse(&text, "f").unwrap(), baseline);
        let edited = text.replace("64  ", "99  ").replace("main.w", "main.w  # the # pool");
        let mut edited = Baseline::parse(&edited, "f").unwrap();
        let updated = edited.update(groups(&[(7, 70, "chan receive  main.w"), (8, 1, "x")]));
        assert_eq!(updated, Updated { added: 1, raised: 0, removed: 1 });
        assert_eq!(edited.entries[&7].max, 99);
        assert_eq!(edited.entries[&7].comment, "the # pool");
        assert_eq!(Baseline::parse(&edited.write(), "f").unwrap(), edited);
    }

    #[test]
    fn errors_name_file_line_and_remedy() {
        let error = |text: &str| Baseline::parse(text, "base.txt").unwrap_err().to_string();
        assert!(error("hello").contains("base.txt: it is no baseline"));
        assert!(error("gdump baseline 9\n").contains("version"));
        assert!(error("gdump baseline 1\n\n12 main.f\n").starts_with("base.txt:3: expected"));
    }
}
