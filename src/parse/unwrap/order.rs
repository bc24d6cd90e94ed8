//! Which lines of a traceback may follow which: how well a sequence of lines was put together.

use std::collections::HashMap;

use crate::parse::debug1::LineKind as RecordKind;
use crate::parse::debug1::line_kind as record_kind;
use crate::parse::debug2::LineKind;
use crate::parse::debug2::line_kind;

/// What a line is in a dump of either text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Header,
    Call,
    File,
    /// A call or creator with its file.
    Whole,
    Creator,
    Mark,
    /// A line of a record at debug=1 that may stand first in it.
    Record,
    /// One that may not.
    RecordFrame,
    Blank,
    Other,
}

impl Kind {
    /// The kind of `line`.
    pub(super) fn of(line: &[u8]) -> Self {
        match record_kind(line) {
            Some(RecordKind::Header | RecordKind::Record) => return Self::Record,
            Some(RecordKind::Frame | RecordKind::Labels) => return Self::RecordFrame,
            None => {}
        }
        match line_kind(line) {
            LineKind::Header => Self::Header,
            LineKind::Call => Self::Call,
            LineKind::File => Self::File,
            LineKind::Frame | LineKind::WholeCreator => Self::Whole,
            LineKind::Creator => Self::Creator,
            LineKind::Mark => Self::Mark,
            LineKind::Blank => Self::Blank,
            LineKind::Other => Self::Other,
        }
    }

    /// Whether it is a line of a stack or record.
    pub(super) fn is_structure(self) -> bool {
        !matches!(self, Self::Blank | Self::Other)
    }

    /// Whether a line of this kind may stand directly behind one of the kind `before`.
    fn may_follow(self, before: Self) -> bool {
        match before {
            Self::Header => {
                matches!(self, Self::Call | Self::Whole | Self::Creator | Self::Mark)
            }
            Self::Call | Self::Creator => self == Self::File,
            Self::File | Self::Whole | Self::Mark => {
                !matches!(self, Self::File | Self::Record | Self::RecordFrame)
            }
            Self::Blank | Self::Other => {
                matches!(self, Self::Header | Self::Record | Self::Blank | Self::Other)
            }
            Self::Record | Self::RecordFrame => {
                matches!(self, Self::Record | Self::RecordFrame | Self::Blank | Self::Other)
            }
        }
    }
}

/// How well a sequence of lines was put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    /// Lines of stacks and records.
    pub(super) lines: usize,
    /// Those of them that may not stand where they do.
    pub(super) wrong: usize,
}

impl Order {
    /// The order of a sequence. What stands before its first line, and behind its last, is not known.
    pub(super) fn of(kinds: impl Iterator<Item = Kind>) -> Self {
        let mut order = Self::default();
        let mut before: Option<Kind> = None;
        for kind in kinds {
            order.lines += usize::from(kind.is_structure());
            let is_wrong = before.is_some_and(|before| {
                !kind.may_follow(before) && (kind.is_structure() || before.is_structure())
            });
            order.wrong += usize::from(is_wrong);
            before = Some(kind);
        }
        order
    }

    /// The order of sequences that are told apart by `key`.
    pub(super) fn apart<K: std::hash::Hash + Eq>(lines: impl Iterator<Item = (K, Kind)>) -> Self {
        let mut sequences: HashMap<K, Vec<Kind>> = HashMap::new();
        for (key, kind) in lines {
            sequences.entry(key).or_default().push(kind);
        }
        let mut order = Self::default();
        #[allow(clippy::iter_over_hash_type, reason = "sums do not depend on the order")]
        for kinds in sequences.into_values() {
            let one = Self::of(kinds.iter().copied());
            order.lines += one.lines;
            // A line alone is put together with nothing.
            let alone = kinds.len() == 1 && one.lines == 1;
            order.wrong += one.wrong + usize::from(alone);
        }
        order
    }

    /// Whether a sequence is in order from its last line to its first: calls stand before their headers.
    pub(super) fn is_backwards(kinds: &[Kind]) -> bool {
        let is_call = |kind: Option<&Kind>| {
            matches!(kind, Some(Kind::Call | Kind::Whole | Kind::Creator | Kind::Mark))
        };
        let headers = kinds.iter().enumerate().filter(|(_, kind)| **kind == Kind::Header);
        let (mut before, mut behind) = (0, 0);
        for (at, _) in headers {
            before += usize::from(at.checked_sub(1).is_some_and(|at| is_call(kinds.get(at))));
            behind += usize::from(is_call(kinds.get(at + 1)));
        }
        let back = Self::of(kinds.iter().rev().copied());
        before > 2 * behind && back.wrong < Self::of(kinds.iter().copied()).wrong
    }

    /// Whether this is clearly the better order of the same lines, allowing for `cuts` places where
    /// sequences are cut off.
    pub(super) fn is_better_than(self, other: Self, cuts: usize) -> bool {
        self.wrong + 2 <= other.wrong && 2 * self.wrong <= other.wrong + 2 * cuts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(lines: &[&str]) -> (usize, usize) {
        let order = Order::of(lines.iter().map(|line| Kind::of(line.as_bytes())));
        (order.lines, order.wrong)
    }

    #[test]
    fn stacks_have_an_order() {
        let good = [
            "log",
            "goroutine 7 [select]:",
            "main.f()",
            "\t/src/a.go:5",
            "created by main.g",
            "\t/src/a.go:9 +0x1",
            "",
            "goroutine 8 [select]:",
            "main.f() /src/a.go:5",
        ];
        assert_eq!(order(&good), (7, 0));
        let mut back = good;
        back.reverse();
        assert_eq!(order(&back).1, 4);
        let kinds = |lines: &[&str]| -> Vec<Kind> {
            lines.iter().map(|line| Kind::of(line.as_bytes())).collect()
        };
        assert!(Order::is_backwards(&kinds(&back)) && !Order::is_backwards(&kinds(&good)));
        let mixed = [
            "goroutine 7 [select]:",
            "goroutine 9 [select]:",
            "main.f()",
            "main.g()",
            "\t/src/a.go:5",
            "\t/src/b.go:5",
        ];
        assert_eq!(order(&mixed), (6, 3));
        let apart = Order::apart(
            mixed.iter().enumerate().map(|(at, line)| (at % 2, Kind::of(line.as_bytes()))),
        );
        assert_eq!(apart.wrong, 0);
        assert_eq!(
            order(&["goroutine profile: total 3", "3 @ 0x1 0x2", "#\t0x1\tmain.f+0x1\t/a.go:5"]),
            (3, 0)
        );
    }
}
