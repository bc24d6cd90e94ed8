//! Text from dumps made harmless for chats and trackers: no markup, no mention, no link, no HTML.
//!
//! Whatever is not a plain word stands in a code span, where neither GitHub nor a chat looks for markup,
//! mentions or addresses. Backslashes would do on GitHub, but chats show them.

use crate::render::escape::visible;

/// A sentence of a finding: its words, and what is code in it, in code spans. What the sentence itself
/// marks with backticks stays marked.
pub(super) fn sentence(text: &str) -> String {
    let text = visible(text);
    let parts: Vec<&str> = text.split('`').collect();
    // An odd number of backticks marks nothing.
    if parts.len().is_multiple_of(2) {
        return words(&text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (index, part) in parts.into_iter().enumerate() {
        if index % 2 == 1 {
            out.push_str(&code(part));
        } else {
            out.push_str(&words(part));
        }
    }
    out
}

/// `text` as one code span.
pub(super) fn code(text: &str) -> String {
    let text = inside_code(&visible(text));
    let trimmed = text.trim();
    if trimmed.is_empty() { String::new() } else { format!("`{trimmed}`") }
}

/// `text`, which has no invisible characters, as it may stand in a code span or a fenced block.
/// Backticks would end it; `<!here>` and `<@U1>` call people also from code in a chat's own format.
pub(super) fn inside_code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut is_open = false;
    while let Some(c) = letters.next() {
        let number = |next: &char| next.is_ascii_digit() || matches!(next, ' ' | '-' | '=');
        match c {
            '`' => out.push('\''),
            '<' if !letters.peek().is_some_and(number) => {
                out.push('‹');
                is_open = true;
            }
            '>' if is_open => out.push('›'),
            c => out.push(c),
        }
    }
    out
}

fn words(text: &str) -> String {
    let one = |word| {
        let (before, core, after) = split(word);
        let core = if is_plain(core) { core.to_owned() } else { code(core) };
        format!("{before}{core}{after}")
    };
    text.split(' ').map(one).collect::<Vec<_>>().join(" ")
}

/// A word between the punctuation around it. Brackets that belong to a name stay with it: `Get()`,
/// `(*cache).Get`.
fn split(word: &str) -> (&str, &str, &str) {
    let bare = word.trim_start_matches(['"', '\'']);
    let bare = if bare.starts_with("(*") { bare } else { bare.trim_start_matches('(') };
    let closing = |c| ",;:.?!\"'".contains(c) || (c == ')' && !bare.contains('('));
    let core = bare.trim_end_matches(closing);
    let start = word.len() - bare.len();
    let end = start + core.len();
    (word.get(..start).unwrap_or(""), core, word.get(end..).unwrap_or(""))
}

/// Whether no format sees anything in `word`.
fn is_plain(word: &str) -> bool {
    let harmless = |c: char| c.is_alphanumeric() || "-',%×·…–—’".contains(c);
    let number = word.chars().all(|c| c.is_ascii_digit() || ".,".contains(c));
    // Trackers take these for the number of an issue and for a commit.
    let reference = word.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("gh-"))
        || (word.len() >= 7 && word.chars().all(|c| c.is_ascii_hexdigit()));
    number || matches!(word, "+" | "=" | "/" | "→") || (word.chars().all(harmless) && !reference)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    /// What a reader of Markdown sees as text outside of code; fails if there is any markup.
    fn outside_code(markdown: &str) -> Result<String, TestCaseError> {
        let mut outside = String::new();
        for event in Parser::new_ext(markdown, Options::all()) {
            match event {
                Event::Text(text) => outside.push_str(&text),
                Event::Code(_) | Event::Start(Tag::Paragraph) | Event::End(_) => {}
                other => prop_assert!(false, "{other:?} in {markdown:?}"),
            }
        }
        Ok(outside)
    }

    proptest! {
        #[test]
        fn a_sentence_is_text_and_code_whatever_it_is(text in "\\PC{0,40}", name in "[-a*_`<>!@#\\[\\]()|~:/.& 1\n]{0,24}") {
            // It stands behind words of ours.
            let outside = outside_code(&format!("It is {}", sentence(&format!("in {name} {text}"))))?;
            for mark in ["@", "://", "www.", "<", "#", "`"] {
                prop_assert!(!outside.contains(mark), "{mark} in {outside:?}");
            }
        }

        #[test]
        fn a_span_of_code_is_one(text in "[-a*_`<>!@#\\[\\]()|~:/.& 1\n]{1,24}") {
            let markdown = format!("It is {}", code(&text));
            prop_assert!(outside_code(&markdown)?.trim_end() == "It is");
            prop_assert!(!markdown.contains("<!") && !markdown.contains("<@"));
        }
    }

    #[test]
    fn names_stand_in_code_and_words_stay() {
        for (text, markdown) in [
            (
                "237 goroutines wait for the mutex in main.(*cache).Get;",
                "237 goroutines wait for the mutex in `main.(*cache).Get`;",
            ),
            (
                "held at cache.go:12 (likely), by 1,024 of them.",
                "held at `cache.go:12` (likely), by 1,024 of them.",
            ),
            ("since Go 1.21, main.f() returns", "since Go 1.21, `main.f()` returns"),
            ("run `go tool addr2line BINARY`, then", "run `go tool addr2line BINARY`, then"),
            ("(*T).wait is slow", "`(*T).wait` is slow"),
        ] {
            assert_eq!(sentence(text), markdown);
        }
    }

    #[test]
    fn nothing_is_markup_mention_link_or_html() {
        for (text, markdown) in [
            ("@here <!channel> #1 GH-1", "`@here` `‹!channel›` `#1` `GH-1`"),
            ("[x](http://evil.example) evil.com", "`[x](http://evil.example)` `evil.com`"),
            (
                "<script>alert(1)</script> <b onclick=x>",
                "`‹script›alert(1)‹/script›` `‹b` `onclick=x>`",
            ),
            ("**bold** _a_ ~~s~~ | \\ &lt;", "`**bold**` `_a_` `~~s~~` `|` `\\` `&lt`;"),
            ("a `` ` odd", "a `''` `'` odd"),
            ("a\n# head\u{202e}", "`a\\n#` `head\\u{202e}`"),
            ("![i](x) :tada: $x$", "`![i](x)` `:tada`: `$x$`"),
        ] {
            assert_eq!(sentence(text), markdown);
        }
    }
}
