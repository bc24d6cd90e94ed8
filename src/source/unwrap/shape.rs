//! The shape of a line prefix: what of it changes from line to line, and what does not.
//!
//! Only the digits of time stamps may change. All else must stay as it is, or lines of another
//! process (`web-2  | `, `app[124]: `) would get between those of the dump.

/// A line prefix, learned from one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    tokens: Vec<Token>,
    /// Length of the prefix that it was learned from.
    width: usize,
    /// The prefix has a time stamp with the name of the month, as syslog's has.
    syslog: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// These bytes.
    Literal(Vec<u8>),
    /// Digits.
    Digits,
    /// A fraction of a second, or nothing: Go drops the zeros at its end, and then the point.
    Fraction,
    /// Spaces that fill up a number (`Nov  3`), or none.
    Padding,
    /// The name of a month or weekday.
    Name,
}

/// Fewest columns of a prefix whose continuation lines may be indented instead.
const MIN_CONTINUED: usize = 16;

impl Shape {
    /// The shape of `prefix`.
    pub(super) fn learn(prefix: &[u8]) -> Self {
        let runs = Runs::of(prefix);
        let mut tokens = Vec::new();
        let mut index = 0;
        while let Some(run) = runs.get(index) {
            index += 1;
            match run.kind {
                Kind::Digits if runs.varies(index - 1) => {
                    tokens.push(Token::Digits);
                    if runs.are_seconds(index - 1) {
                        tokens.push(Token::Fraction);
                        if runs.is_fraction(index + 1) {
                            index += 2;
                        }
                    }
                }
                Kind::Spaces if runs.varies(index) => tokens.push(Token::Padding),
                Kind::Letters if runs.is_varying_name(index - 1) => tokens.push(Token::Name),
                _ => match tokens.last_mut() {
                    Some(Token::Literal(bytes)) => bytes.extend_from_slice(run.bytes),
                    _ => tokens.push(Token::Literal(run.bytes.to_vec())),
                },
            }
        }
        let syslog = tokens.contains(&Token::Name);
        Self { tokens, width: prefix.len(), syslog }
    }

    /// The length of the prefix that `line` starts with; None if its shape is another.
    pub(super) fn matches(&self, line: &[u8]) -> Option<usize> {
        self.match_tokens(line).or_else(|| self.match_continuation(line))
    }

    /// The prefix is only indentation.
    pub(super) fn is_blank(&self) -> bool {
        self.tokens.iter().all(|token| match token {
            Token::Literal(bytes) => bytes.trim_ascii().is_empty(),
            _ => false,
        })
    }

    /// For the user.
    pub(super) fn name(&self) -> &'static str {
        if self.is_blank() {
            "indentation"
        } else if self.syslog {
            "syslog prefix"
        } else if self.tokens.contains(&Token::Digits) {
            "time stamp prefix"
        } else {
            "line prefix"
        }
    }

    fn match_tokens(&self, line: &[u8]) -> Option<usize> {
        let mut at = 0;
        for (index, token) in self.tokens.iter().enumerate() {
            let rest = line.get(at..)?;
            at += match token {
                Token::Literal(bytes) if rest.starts_with(bytes) => bytes.len(),
                // An empty payload: what is written to a log often loses its blanks at the end.
                Token::Literal(bytes) => {
                    let last = index + 1 == self.tokens.len();
                    return (last && rest == bytes.trim_ascii_end()).then_some(line.len());
                }
                Token::Digits => {
                    Some(count(rest, u8::is_ascii_digit)).filter(|&count| count > 0)?
                }
                Token::Fraction => match rest {
                    [b'.' | b',', digits @ ..] => match count(digits, u8::is_ascii_digit) {
                        0 => 0,
                        digits => digits + 1,
                    },
                    _ => 0,
                },
                Token::Padding => count(rest, |byte| *byte == b' '),
                Token::Name => rest.get(..3).filter(|name| is_name(name))?.len(),
            };
        }
        Some(at)
    }

    /// journalctl indents the further lines of an entry by the width of the prefix.
    fn match_continuation(&self, line: &[u8]) -> Option<usize> {
        let indent = line.get(..self.width)?;
        let blank = indent.iter().all(|byte| *byte == b' ');
        (self.width >= MIN_CONTINUED && blank && !self.is_blank()).then_some(self.width)
    }
}

fn count(bytes: &[u8], is: impl Fn(&u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| is(byte)).count()
}

fn is_name(letters: &[u8]) -> bool {
    const NAMES: [&[u8]; 19] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec", b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun",
    ];
    NAMES.contains(&letters)
}

/// The prefix cut where the kind of bytes changes.
struct Runs<'a>(Vec<Run<'a>>);

#[derive(Clone, Copy)]
struct Run<'a> {
    kind: Kind,
    bytes: &'a [u8],
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
    fn of(prefix: &'a [u8]) -> Self {
        let kind = |byte: u8| match byte {
            b'0'..=b'9' => Kind::Digits,
            b' ' => Kind::Spaces,
            byte if byte.is_ascii_alphabetic() => Kind::Letters,
            _ => Kind::Other,
        };
        let together = |a: &u8, b: &u8| kind(*a) == kind(*b) && kind(*a) != Kind::Other;
        let run =
            |bytes: &'a [u8]| Run { kind: bytes.first().map_or(Kind::Other, |b| kind(*b)), bytes };
        Self(prefix.chunk_by(together).map(run).collect())
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

#[cfg(test)]
mod tests {
    use super::Shape;

    #[track_caller]
    fn check(learned: &str, others: &[&str], foreign: &[&str]) {
        let shape = Shape::learn(learned.as_bytes());
        for prefix in others.iter().chain([&learned]) {
            let line = format!("{prefix}main.main()");
            assert_eq!(shape.matches(line.as_bytes()), Some(prefix.len()), "{prefix}: {shape:?}");
            let empty = prefix.trim_end();
            assert_eq!(shape.matches(empty.as_bytes()), Some(empty.len()), "empty: {prefix}");
        }
        for prefix in foreign {
            let line = format!("{prefix}main.main()");
            assert_eq!(shape.matches(line.as_bytes()), None, "{prefix}: {shape:?}");
        }
    }

    #[test]
    fn constant_prefixes() {
        check("web-1  | ", &[], &["web-2  | ", "db-1   | ", ""]);
        check("[pod/web-7d9f/app] ", &[], &["[pod/web-8d9f/app] "]);
        check("app[123]: ", &[], &["app[124]: "]);
        check("stderr: ", &[], &["stdout: "]);
        check("\u{1b}[36mweb-1  | \u{1b}[0m", &[], &["\u{1b}[33mweb-2  | \u{1b}[0m"]);
    }

    #[test]
    fn time_stamps() {
        check("2026/11/23 09:18:35 ", &["2026/11/24 00:00:00 "], &["x", "2026-11-23 09:18:35 "]);
        check("2026/11/23 09:18:35.123456 ", &["2026/11/23 09:18:36.000001 "], &[]);
        check(
            "2026-11-23T09:18:35.12Z ",
            &["2026-11-23T09:18:36Z ", "2026-11-23T09:18:36.123456789Z "],
            &["2026-11-23T09:18:36.123456789+01:00 "],
        );
        check("2026-11-23T09:18:35Z ", &["2026-11-23T09:18:36.5Z "], &[]);
        check("2026-11-23T09:18:35+01:00 ", &["2027-01-01T00:00:00.5+01:00 "], &[]);
        check("09:18:35,123 [main] ", &["09:18:36,001 [main] "], &["09:18:36,001 [pool] "]);
        check("1732352609.123 ", &["1732352610.1 "], &[]);
        check("[   12.345678] ", &["[  123.345678] ", "[12345.000000] "], &[]);
        check("20261123T091835Z ", &["20261124T000000Z "], &[]);
        check("23/Nov/2026:09:18:35 +0100 ", &["01/Dec/2026:09:18:36 +0100 "], &[]);
        check("Mon Nov 23 09:18:35 2026 ", &["Tue Dec  1 09:18:35 2026 "], &[]);
    }

    #[test]
    fn syslog_and_journald() {
        check(
            "Nov 23 09:03:29 host app[123]: ",
            &["Nov 24 00:00:00 host app[123]: ", "Dec  1 00:00:00 host app[123]: "],
            &["Nov 23 09:03:29 host app[124]: ", "Nov 23 09:03:29 host db[123]: "],
        );
        check(
            "Nov  3 09:03:29.123456 host app[123]: ",
            &["Nov 13 09:03:29.000001 host app[123]: "],
            &[],
        );
        check(
            "2026-11-23T09:03:29+0100 host app[123]: ",
            &["2026-11-23T09:03:30+0100 host app[123]: "],
            &["2026-11-23T09:03:30+0100 host app[1234567]: "],
        );
        check(
            "<13>1 2026-11-23T09:03:29.123456Z host app 123 - - ",
            &["<13>1 2026-11-23T09:03:30.1Z host app 123 - - "],
            &["<14>1 2026-11-23T09:03:30.1Z host app 123 - - "],
        );
        let shape = Shape::learn(b"Nov 23 09:03:29 host app[123]: ");
        assert_eq!(shape.matches(b"                               main.main()"), Some(31));
    }

    #[test]
    fn klog_and_heroku() {
        check(
            "I1123 09:18:35.123456       1 file.go:12] ",
            &["I1124 00:00:00.000001       1 file.go:12] "],
            &["I1123 09:18:35.123456       1 file.go:13] "],
        );
        check(
            "2026-11-23T09:18:35.123456+00:00 app[web.1]: ",
            &["2026-11-23T09:18:36.123456+00:00 app[web.1]: "],
            &["2026-11-23T09:18:35.123456+00:00 app[web.2]: "],
        );
    }

    #[test]
    fn indentation() {
        let shape = Shape::learn(b"    ");
        assert!(shape.is_blank());
        assert_eq!(shape.matches(b"    \t/x.go:5"), Some(4));
        assert_eq!(shape.matches(b""), Some(0));
        assert_eq!(shape.matches(b"  x"), None);
    }
}
