//! Text from dumps made harmless: a dump may hold anything, also what commands a terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// `text` with control characters, direction marks and other invisible characters written out:
/// `\x1b`, `\n`, `\u{202e}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        let _ = match c {
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            '\t' => out.write_str("\\t"),
            c if is_hidden(c) && c.is_ascii() => write!(out, "\\x{:02x}", u32::from(c)),
            c if is_hidden(c) => write!(out, "\\u{{{:x}}}", u32::from(c)),
            c => out.write_char(c),
        };
    }
    Cow::Owned(out)
}

/// Whether `c` is a control character, a direction mark or otherwise invisible.
pub(super) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_commands_the_terminal() {
        assert_eq!(visible("main.(*ΔΣ).ждать"), "main.(*ΔΣ).ждать");
        assert_eq!(visible("a\x1b[2Jb\r\n\tc\x07"), "a\\x1b[2Jb\\r\\n\\tc\\x07");
        assert_eq!(visible("\u{202e}evil\u{9b}31m"), "\\u{202e}evil\\u{9b}31m");
    }
}
