//! The shape of what stands before each line of a text: its punctuation is the same in each line, its
//! words may differ. Which of the words differ, and which tell one process from another, is learned.

use super::rule::Rule;
use super::runs::Runs;

/// A line prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    tokens: Vec<Token>,
    /// How many of them are words.
    words: usize,
    /// Length of the prefix that it was learned from.
    width: usize,
    /// What closes each line, such as the right side of a box; may be empty.
    suffix: Vec<u8>,
    /// For the user.
    name: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// Letters and digits, with what stands behind the points between digits: `35`, `1.37s`, `10.0.0.1`.
    /// A number may be filled up by blanks in front.
    Word { number: bool },
    /// Blanks, none or more.
    Gap,
    /// Blanks, one or more.
    Blanks,
    /// The blanks that end the prefix, as many as this.
    Last(usize),
    /// This byte.
    Byte(u8),
}

/// Fewest columns of a prefix whose continuation lines may be indented instead.
const MIN_CONTINUED: usize = 16;

impl Shape {
    /// The shape of `prefix`, and of the `suffix` that closes the lines; with what is known of each word.
    pub(super) fn learn(prefix: &[u8], suffix: &[u8]) -> (Self, Vec<Rule>) {
        let runs = Runs::of(prefix);
        let mut tokens = Vec::new();
        let mut rules = Vec::new();
        let mut at = 0;
        while let Some(byte) = prefix.get(at) {
            let rest = prefix.get(at..).unwrap_or_default();
            at += if *byte == b' ' {
                let length = count(rest, |byte| *byte == b' ');
                let after = matches!(tokens.last(), Some(Token::Word { .. }));
                tokens.push(Token::blanks(length, rest.get(length).copied(), after));
                length
            } else if is_word(*byte) {
                let length = word(rest);
                tokens.push(Token::Word { number: byte.is_ascii_digit() });
                let text = rest.get(..length).unwrap_or_default();
                let varies = runs.vary(at, at + length);
                rules.push(if varies { Rule::Free } else { Rule::Equal(text.to_vec()) });
                length
            } else {
                tokens.push(Token::Byte(*byte));
                1
            };
        }
        let name = if prefix.trim_ascii().is_empty() {
            "indentation"
        } else if runs.is_syslog() {
            "syslog prefix"
        } else if rules.contains(&Rule::Free) {
            "time stamp prefix"
        } else {
            "line prefix"
        };
        let (words, width) = (rules.len(), prefix.len());
        (Self { tokens, words, width, suffix: suffix.to_vec(), name }, rules)
    }

    /// Where the text starts and ends that `line` holds; `each` is given every word of the prefix with its
    /// index. `None` if the shape of the line is another.
    pub(super) fn read<'l>(
        &self,
        line: &'l [u8],
        each: &mut dyn FnMut(usize, &'l [u8]),
    ) -> Option<(usize, usize)> {
        let start = self.walk(line, each).or_else(|| self.continuation(line))?;
        Some((start, self.end(line).max(start)))
    }

    /// For the user.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Where the text of `line` ends: before the suffix and the blanks that fill the line up to it.
    fn end(&self, line: &[u8]) -> usize {
        let text = line.trim_ascii_end();
        match text.strip_suffix(self.suffix.as_slice()) {
            Some(text) if !self.suffix.is_empty() => text.trim_ascii_end().len(),
            _ => line.len(),
        }
    }

    /// Where the text starts behind the prefix that `line` starts with.
    fn walk<'l>(&self, line: &'l [u8], each: &mut dyn FnMut(usize, &'l [u8])) -> Option<usize> {
        let mut at = 0;
        let mut words = 0;
        for token in &self.tokens {
            let rest = line.get(at..)?;
            let blanks = || count(rest, |byte| *byte == b' ');
            at += match token {
                Token::Word { number } => {
                    let filled = if *number { blanks() } else { 0 };
                    let found = rest.get(filled..)?;
                    let length = Some(word(found)).filter(|length| *length > 0)?;
                    each(words, found.get(..length)?);
                    words += 1;
                    filled + length
                }
                Token::Gap => blanks(),
                Token::Blanks => Some(blanks()).filter(|blanks| *blanks > 0)?,
                // What is written to a log often loses its blanks at the end.
                Token::Last(_) if rest.is_empty() => 0,
                Token::Last(most) => Some(blanks().min(*most)).filter(|blanks| *blanks > 0)?,
                Token::Byte(byte) if rest.first() == Some(byte) => 1,
                Token::Byte(_) => return None,
            };
        }
        Some(at)
    }

    /// journalctl indents the further lines of an entry by the width of the prefix.
    fn continuation(&self, line: &[u8]) -> Option<usize> {
        let blank = line.get(..self.width)?.iter().all(|byte| *byte == b' ');
        (self.width >= MIN_CONTINUED && blank && self.words > 0).then_some(self.width)
    }
}

impl Token {
    /// A run of `length` blanks before the byte `next`, `after` a word or not.
    fn blanks(length: usize, next: Option<u8>, after: bool) -> Self {
        match next {
            None => Self::Last(length),
            // A number is filled up, or a name before what parts it from the text.
            Some(next) if next.is_ascii_digit() && !after => Self::Gap,
            Some(next) if !is_word(next) => Self::Gap,
            Some(_) => Self::Blanks,
        }
    }
}

fn count(bytes: &[u8], is: impl Fn(&u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| is(byte)).count()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The length of the word that `text` starts with; 0 if there is none.
fn word(text: &[u8]) -> usize {
    let mut length = count(text, |byte| is_word(*byte));
    // `35.123`, `35,123`, `1.5s`
    while length > 0
        && matches!(text.get(length..), Some([b'.' | b',', digit, ..]) if digit.is_ascii_digit())
    {
        length += 1 + count(text.get(length + 1..).unwrap_or_default(), |byte| is_word(*byte));
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the text of `line` starts, and whether all words are as they were learned.
    fn fit(learned: &(Shape, Vec<Rule>), line: &str) -> Option<(usize, bool)> {
        let mut same = true;
        let mut each = |index: usize, word: &[u8]| {
            same &= match &learned.1[index] {
                Rule::Equal(known) => known == word,
                Rule::Free | Rule::Key => true,
            };
        };
        let (start, _) = learned.0.read(line.as_bytes(), &mut each)?;
        Some((start, same))
    }

    #[track_caller]
    fn check(learned: &str, others: &[&str], changed: &[&str], foreign: &[&str]) {
        let shape = Shape::learn(learned.as_bytes(), b"");
        let fit = |prefix: &str| fit(&shape, &format!("{prefix}main.main()"));
        for prefix in others.iter().chain([&learned]) {
            assert_eq!(fit(prefix), Some((prefix.len(), true)), "{prefix}: {shape:?}");
            let empty = prefix.trim_end();
            assert_eq!(self::fit(&shape, empty), Some((empty.len(), true)), "{prefix}");
        }
        for prefix in changed {
            assert_eq!(fit(prefix), Some((prefix.len(), false)), "{prefix}: {shape:?}");
        }
        for prefix in foreign {
            assert_eq!(fit(prefix), None, "{prefix}: {shape:?}");
        }
    }

    #[test]
    fn constant_prefixes() {
        check("web-1  | ", &[], &["web-2  | ", "db-1   | ", "db-12| "], &["", "x | "]);
        check("[pod/web-7d9f/app] ", &[], &["[pod/web-8d9f/app] "], &[]);
        check("app[123]: ", &[], &["app[124]: "], &["app: "]);
        check("stderr: ", &[], &["stdout: "], &[]);
        check("995:", &[], &["1000:", " 12:"], &["995-"]);
        check("\u{2502} ", &[], &[], &["| "]);
    }

    #[test]
    fn time_stamps() {
        check(
            "2026/11/23 09:18:35 ",
            &["2026/11/24 00:00:00 "],
            &[],
            &["x", "2026-11-23 09:18:35 "],
        );
        check("2026/11/23 09:18:35.123456 ", &["2026/11/23 09:18:36.000001 "], &[], &[]);
        check(
            "2026-11-23T09:18:35.12Z ",
            &["2026-11-23T09:18:36Z ", "2026-11-23T09:18:36.123456789Z "],
            &[],
            &["2026-11-23T09:18:36.123456789+01:00 "],
        );
        check("2026-11-23T09:18:35Z ", &["2026-11-23T09:18:36.5Z "], &[], &[]);
        check("2026-11-23T09:18:35+01:00 ", &["2027-01-01T00:00:00.5+01:00 "], &[], &[]);
        check("09:18:35,123 [main] ", &["09:18:36,001 [main] "], &["09:18:36,001 [pool] "], &[]);
        check("1732352609.123 ", &["1732352610.1 "], &[], &[]);
        check("[   12.345678] ", &["[  123.345678] ", "[12345.000000] "], &[], &[]);
        check("20261123T091835Z ", &["20261124T000000Z "], &[], &[]);
        check("23/Nov/2026:09:18:35 +0100 ", &["01/Dec/2026:09:18:36 +0100 "], &[], &[]);
        check("Mon Nov 23 09:18:35 2026 ", &["Tue Dec  1 09:18:35 2026 "], &[], &[]);
    }

    #[test]
    fn syslog_and_journald() {
        check(
            "Nov 23 09:03:29 host app[123]: ",
            &["Nov 24 00:00:00 host app[123]: ", "Dec  1 00:00:00 host app[123]: "],
            &["Nov 23 09:03:29 host app[124]: ", "Nov 23 09:03:29 host db[123]: "],
            &[],
        );
        check(
            "<13>1 2026-11-23T09:03:29.123456Z host app 123 - - ",
            &["<13>1 2026-11-23T09:03:30.1Z host app 123 - - "],
            &["<14>1 2026-11-23T09:03:30.1Z host app 123 - - "],
            &[],
        );
        let shape = Shape::learn(b"Nov 23 09:03:29 host app[123]: ", b"");
        assert_eq!(fit(&shape, "                               main.main()"), Some((31, true)));
        assert_eq!(shape.0.name(), "syslog prefix");
    }

    #[test]
    fn klog_and_heroku() {
        check(
            "I1123 09:18:35.123456       1 file.go:12] ",
            &["I1124 00:00:00.000001       1 file.go:12] "],
            &["I1123 09:18:35.123456      12 file.go:13] "],
            &[],
        );
        check(
            "2026-11-23T09:18:35.123456+00:00 app[web.1]: ",
            &["2026-11-23T09:18:36.123456+00:00 app[web.1]: "],
            &["2026-11-23T09:18:35.123456+00:00 app[web.2]: "],
            &[],
        );
    }

    #[test]
    fn boxes_and_indentation() {
        let (shape, _) = Shape::learn("\u{2502} ".as_bytes(), "\u{2502}".as_bytes());
        let line = "\u{2502} main.main()    \u{2502}".as_bytes();
        assert_eq!(shape.read(line, &mut |_, _| {}), Some((4, 15)));
        let shape = Shape::learn(b"    ", b"");
        assert_eq!(shape.0.name(), "indentation");
        assert_eq!(fit(&shape, "    \t/x.go:5"), Some((4, true)));
        assert_eq!(fit(&shape, ""), Some((0, true)));
        assert_eq!(fit(&shape, "x"), None);
    }
}
