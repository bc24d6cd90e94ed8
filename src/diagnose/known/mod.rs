//! Goroutines that are known: what they are, and up to which number they are no leak.
//!
//! The table `known.tsv` comes with gdump; users add rows in the same form, and ignore goroutines by
//! `.gdumpignore` with goleak's three kinds of match. Their rows count before gdump's own.

mod pattern;
mod table;

use std::sync::LazyLock;

use memchr::memmem::Finder;
use rustc_hash::FxHashMap;

use crate::diagnose::index::Index;
use crate::error::Result;
use crate::model::{Frame, StackId, Symbol};
use crate::view::group::Group;
pub use pattern::Pattern;
pub use table::{Class, Entry, Place};

/// gdump's own table.
const BUILT_IN: &str = include_str!("../known.tsv");

/// Known goroutines.
#[derive(Clone, Debug, Default)]
pub struct Known {
    entries: Vec<Entry>,
    /// Entries by the function of a pattern without wildcards.
    exact: FxHashMap<String, Vec<usize>>,
    /// Entries with wildcards, in their order, and what a function must start with, as far as [`head`]
    /// tells.
    wild: Vec<(usize, Option<u64>)>,
}

impl Known {
    /// gdump's own table.
    pub fn built_in() -> Self {
        // A test sees to it that every row of the table can be read.
        Self::with(table::parse(BUILT_IN, "known.tsv").unwrap_or_default())
    }

    /// Adds the rows of `text`, a table like gdump's own that the user knows as `name`; they count
    /// before those that are there.
    pub fn add_table(&mut self, text: &str, name: &str) -> Result<()> {
        self.put_first(table::parse(text, name)?);
        Ok(())
    }

    /// Adds the lines of `text`, such as `top=main.poll`, which the user knows as `name`; they count
    /// before those that are there.
    pub fn add_ignored(&mut self, text: &str, name: &str) -> Result<()> {
        self.put_first(table::parse_ignored(text, name)?);
        Ok(())
    }

    /// All entries in the order in which they count.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The index of the entry for the goroutines of the group at `index` in `facts`, if they are known.
    pub fn matching(&self, facts: &Index<'_>, index: usize) -> Option<usize> {
        let group = facts.groups.get(index)?;
        // Functions of the runtime that are hidden in all formats alike tell goroutines apart too.
        let functions: Vec<&str> = all(facts, group.stack).map(without_vendor).collect();
        let creator = creator(group).map(without_vendor);
        let look = table::Look {
            visible: facts.names(index),
            functions: &functions,
            creator,
            state: facts.state(index),
        };
        let matches =
            |at: &&usize| self.entries.get(**at).is_some_and(|entry| entry.matches(&look));
        let named = functions.iter().copied().chain(creator);
        let mut exact: Vec<usize> =
            named.filter_map(|function| self.exact.get(function)).flatten().copied().collect();
        exact.sort_unstable();
        let exact = exact.iter().find(matches).copied();
        let heads: Vec<u64> = functions.iter().copied().chain(creator).filter_map(head).collect();
        let before = self.wild.iter().take_while(|(at, _)| exact.is_none_or(|exact| *at < exact));
        let mut wild = before.filter(|(_, start)| start.is_none_or(|start| heads.contains(&start)));
        let wild = wild.find(|(at, _)| matches(&at)).map(|(at, _)| *at);
        wild.or(exact)
    }

    fn put_first(&mut self, mut entries: Vec<Entry>) {
        entries.append(&mut self.entries);
        *self = Self::with(entries);
    }

    fn with(entries: Vec<Entry>) -> Self {
        let mut known = Self { entries, ..Self::default() };
        for (at, entry) in known.entries.iter().enumerate() {
            match entry.pattern.exact() {
                Some(function) => known.exact.entry(function.to_owned()).or_default().push(at),
                None => known.wild.push((at, head(entry.pattern.start()))),
            }
        }
        known
    }
}

/// The first eight bytes of a name, if it has as many.
fn head(name: &str) -> Option<u64> {
    name.as_bytes().first_chunk().copied().map(u64::from_le_bytes)
}

/// The names of all functions in `stack`, innermost first.
fn all<'d>(facts: &Index<'d>, stack: StackId) -> impl Iterator<Item = &'d str> {
    let dump = facts.dump();
    dump.stack(stack).iter().filter_map(|id| match dump.frame(*id) {
        Frame::Call { function, .. } => Some(dump.str(function)),
        Frame::Address(_) | Frame::Elided(_) => None,
    })
}

/// The function that started all goroutines of `group`, if it was one.
fn creator<'d>(group: &Group<'d>) -> Option<&'d str> {
    let first = group.creators.first()?.function;
    group.creators.iter().all(|creator| creator.function == first).then_some(first)
}

/// `function` without the path of the module that vendors its package.
fn without_vendor(function: &str) -> &str {
    static VENDOR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("/vendor/"));
    if VENDOR.find(function.as_bytes()).is_none() {
        return function;
    }
    let package = Symbol::new(function).package();
    match package.rfind("/vendor/") {
        Some(at) => function.get(at + "/vendor/".len()..).unwrap_or(function),
        None => function,
    }
}

#[cfg(test)]
mod tests;
