//! Which digits and names in a line prefix change from line to line: those of time stamps.

fn is_name(letters: &[u8]) -> bool {
    const NAMES: [&[u8]; 19] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec", b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun",
    ];
    NAMES.contains(&letters)
}

/// The prefix cut where the kind of bytes changes.
pub(super) struct Runs<'a>(Vec<Run<'a>>);

#[derive(Clone, Copy)]
struct Run<'a> {
    kind: Kind,
    bytes: &'a [u8],
    /// Where it starts in the prefix.
    at: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Digits,
    Letters,
    Spaces,
    /// One byte.
    Other,
}

impl<'a> Runs<'a> {
    /// The runs of `prefix`.
    pub(super) fn of(prefix: &'a [u8]) -> Self {
        let kind = |byte: u8| match byte {
            b'0'..=b'9' => Kind::Digits,
            b' ' => Kind::Spaces,
            byte if byte.is_ascii_alphabetic() => Kind::Letters,
            _ => Kind::Other,
        };
        let together = |a: &u8, b: &u8| kind(*a) == kind(*b) && kind(*a) != Kind::Other;
        let mut at = 0;
        let run = |bytes: &'a [u8]| {
            let start = at;
            at += bytes.len();
            Run { kind: bytes.first().map_or(Kind::Other, |b| kind(*b)), bytes, at: start }
        };
        Self(prefix.chunk_by(together).map(run).collect())
    }

    /// Whether all digits and letters between `start` and `end` of the prefix change from line to line.
    pub(super) fn vary(&self, start: usize, end: usize) -> bool {
        let mut any = false;
        let first = self.0.partition_point(|run| run.at < start);
        for (index, run) in self.0.iter().enumerate().skip(first) {
            if run.at >= end {
                break;
            }
            any |= run.kind == Kind::Digits || self.is_varying_name(index);
            let varies = match run.kind {
                Kind::Digits => self.varies(index),
                // `23T09`, `35Z`, `12s`, `I1123`
                Kind::Letters => run.bytes.len() == 1 || self.is_varying_name(index),
                Kind::Spaces | Kind::Other => true,
            };
            if !varies {
                return false;
            }
        }
        any
    }

    /// Whether there is a time stamp with the name of the month, as syslog has it.
    pub(super) fn is_syslog(&self) -> bool {
        (0..self.0.len()).any(|index| self.is_varying_name(index))
    }

    fn get(&self, index: usize) -> Option<Run<'a>> {
        self.0.get(index).copied()
    }

    /// The length of the digits that are `step` runs from `index`; 0 if no digits are there.
    fn digits(&self, index: usize, step: isize) -> usize {
        let run = index.checked_add_signed(step).and_then(|index| self.get(index));
        run.filter(|run| run.kind == Kind::Digits).map_or(0, |run| run.bytes.len())
    }

    /// The single byte that is `step` runs from `index`; 0 if there is none.
    fn byte(&self, index: usize, step: isize) -> u8 {
        let run = index.checked_add_signed(step).and_then(|index| self.get(index));
        match run.map(|run| run.bytes) {
            Some(&[byte]) => byte,
            _ => 0,
        }
    }

    fn letters(&self, index: usize, step: isize) -> &'a [u8] {
        let run = index.checked_add_signed(step).and_then(|index| self.get(index));
        run.filter(|run| run.kind == Kind::Letters).map_or(b"", |run| run.bytes)
    }

    /// Whether the run at `index` is digits that change from line to line.
    fn varies(&self, index: usize) -> bool {
        self.digits(index, 0) > 0
            && (self.is_time(index)
                || self.is_date(index)
                || self.is_fraction(index)
                || self.is_zone(index)
                || self.is_klog_date(index)
                || self.is_long(index))
    }

    /// `09` in `09:18:35`, each of the three.
    fn is_time(&self, index: usize) -> bool {
        let before = self.byte(index, -1) == b':' && (1..=2).contains(&self.digits(index, -2));
        let after = self.byte(index, 1) == b':' && self.digits(index, 2) == 2;
        self.digits(index, 0) <= 2 && (before || after)
    }

    /// `35` in `09:18:35`.
    fn are_seconds(&self, index: usize) -> bool {
        self.byte(index, -3) == b':'
            && self.byte(index, -1) == b':'
            && self.is_time(index)
            && self.byte(index, 1) != b':'
    }

    /// `123` in `09:18:35.123`, and in `1732352609.123`.
    fn is_fraction(&self, index: usize) -> bool {
        let point = matches!(self.byte(index, -1), b'.' | b',');
        let seconds = index.checked_sub(2).is_some_and(|index| self.are_seconds(index));
        self.digits(index, 0) > 0 && point && (seconds || self.digits(index, -2) >= 10)
    }

    /// `2026`, `11` or `23` in `2026-11-23`, `23` in `Nov 23`, `2026` in `Nov 23 09:03:29 2026`.
    fn is_date(&self, index: usize) -> bool {
        let numeric = [0, -2, -4].into_iter().any(|start| {
            let digit = |step| self.digits(index, start + step);
            let separator = self.byte(index, start + 1);
            let shape = (digit(0), digit(2), digit(4));
            let long = matches!(shape, (4, 1..=2, 1..=2) | (1..=2, 1..=2, 4));
            separator == self.byte(index, start + 3)
                && (long && b"-/.".contains(&separator)
                    || shape == (2, 2, 2) && b"-/".contains(&separator))
        });
        let named = is_name(self.letters(index, -2)) || is_name(self.letters(index, 2));
        let year = self.digits(index, 0) == 4
            && self.byte(index, -1) == b' '
            && index.checked_sub(2).is_some_and(|index| self.are_seconds(index));
        numeric || named || year
    }

    /// `01` and `00` in `09:18:35+01:00`, `0100` in `09:18:35.123+0100`.
    fn is_zone(&self, index: usize) -> bool {
        let sign = matches!(self.byte(index, -1), b'+' | b'-');
        let time = matches!(self.byte(index, -3), b':' | b'.' | b',');
        sign && time && self.digits(index, -2) > 0 && matches!(self.digits(index, 0), 2 | 4)
    }

    /// `1123` in klog's and glog's `I1123 09:18:35.123456`.
    fn is_klog_date(&self, index: usize) -> bool {
        index == 1
            && self.digits(index, 0) == 4
            && b"IWEFD".contains(&self.byte(index, -1))
            && self.byte(index, 3) == b':'
    }

    /// A count of seconds or the like, a compact date: `1732352609`, `20261123T091835Z`, the
    /// kernel's `[   12.345678]`. Neither a part of an id (`5d974694987abc`) nor that of a process
    /// (`app[1234567]`).
    fn is_long(&self, index: usize) -> bool {
        let stands_alone = [self.letters(index, -1), self.letters(index, 1)]
            .iter()
            .all(|run| matches!(run, [] | [b'T' | b'Z' | b't' | b's']));
        let length = self.digits(index, 0);
        let process = self.byte(index, -1) == b'[' && self.byte(index, 1) == b']' && length < 10;
        let uptime = self.byte(index, 1) == b'.' && self.digits(index, 2) == 6;
        stands_alone && (length >= 6 && !process || uptime)
    }

    /// Letters that name a month or weekday beside digits of a date.
    fn is_varying_name(&self, index: usize) -> bool {
        let beside = self.digits(index, 2) > 0 || self.digits(index, -2) > 0;
        // `Mon Jan  2 15:04:05`
        let weekday = is_name(self.letters(index, 2));
        is_name(self.letters(index, 0)) && (beside || weekday)
    }
}
