//! Names that would command a terminal, run in a browser or calculate in a spreadsheet.

use gdump::model::Dump;
use gdump::render::convert::{Extra, Tag, Target};

use super::{convert, convert_with};
use crate::support::{csv_rows, is_understood, parse};

/// A dump whose every name is hostile.
pub(super) fn dumps() -> Vec<Dump> {
    let long = "x".repeat(100_000);
    let text = format!(
        "goroutine 1 [\u{1b}[31mred\u{202e}]:\n\
         main.<script>alert</script>(0xc000012345)\n\t/x/\u{1b}]0;title\u{7}.go:1 +0x1\n\
         main.\"&'<b>;x()\n\t=cmd|'/c calc'!A1.go:2 +0x1\n\
         main.{long}()\n\t/{long}.go:3\n\
         created by =HYPERLINK(\"http://x\") in goroutine 7\n\t+1.go:5\n\n\
         goroutine 2 [select] {{\"=1+1\": \"@SUM(A1)\\n,\\\"\\u202e\\x1b[2J\"}}:\n\
         main.a;b()\n\t-2+3.go:1 +0x1\n\n\
         goroutine 3 [=1+1]:\n-main.x()\n\t@x.go:1 +0x1\n"
    );
    let dumps = parse(text.as_bytes(), "=evil\u{1b}[31m,\"<script>\u{202e}.txt").unwrap();
    assert_eq!(dumps[0].len(), 3);
    dumps
}

const TARGETS: &[Target] = &[
    Target::Debug2,
    Target::Json,
    Target::Ndjson,
    Target::Csv,
    Target::Folded,
    Target::Speedscope,
    Target::Svg,
    Target::Dot,
];

#[test]
fn nothing_commands_a_terminal() {
    for to in TARGETS {
        let extra = Extra { root: vec![Tag::Input], leaf: vec![Tag::Label("=1+1".to_owned())] };
        let text = String::from_utf8(convert_with(&dumps(), *to, extra)).unwrap();
        let bad = text
            .chars()
            .find(|c| (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || *c == '\u{202e}');
        assert_eq!(bad, None, "{to:?}");
    }
}

#[test]
fn no_cell_is_a_formula() {
    let rows = csv_rows(&convert(&dumps(), Target::Csv));
    assert_eq!(rows.len(), 4);
    for cell in rows.iter().flatten() {
        let number = cell.parse::<f64>().is_ok();
        assert!(number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
    }
    let cells: Vec<_> = rows.into_iter().flatten().collect();
    assert!(cells.iter().any(|cell| cell == "'=1+1"), "{cells:?}");
}

#[test]
fn folded_lines_keep_their_shape() {
    let text = String::from_utf8(convert(&dumps(), Target::Folded)).unwrap();
    assert_eq!(text.lines().count(), 3);
    assert!(text.contains("main.a:b 1\n"), "{text}");
}

/// What is written of hostile names as traceback text is a dump again.
#[test]
fn traceback_text_is_read_again() {
    let text = convert(&dumps(), Target::Debug2);
    let again = parse(&text, "again").unwrap();
    assert_eq!((again.len(), again[0].len()), (1, 3));
    assert!(is_understood(&again[0]), "{:?}", again[0].problems);
    assert_eq!(text, convert(&again, Target::Debug2));
}
