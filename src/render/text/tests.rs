//! The screen of the fixture.

use crate::render::words::columns;
use crate::render::{Limit, OutputFormat, Style, View, fixture};

const VIEW: View = View::plain(OutputFormat::Text, 80);

#[test]
fn at_80_columns() {
    insta::assert_snapshot!(fixture::render(&fixture::dump(), &VIEW));
}

#[test]
fn at_200_columns() {
    insta::assert_snapshot!(fixture::render(&fixture::dump(), &View { width: 200, ..VIEW }));
}

#[test]
fn whole_stacks_and_problems() {
    let view = View { verbose: true, top: Some(Limit::Most(1)), ids: Limit::All, ..VIEW };
    insta::assert_snapshot!(fixture::render(&fixture::dump(), &view));
}

#[test]
fn in_colour() {
    let view = View { style: Style::colored(), top: Some(Limit::Most(1)), ..VIEW };
    let text = fixture::render(&fixture::dump(), &view);
    assert!(text.contains("\x1b[1;33mapi.(*cache).Get"), "{text}");
    assert!(!text.contains("\x1b[31mall"), "what the dump holds is shown, not obeyed");
}

#[test]
fn no_line_is_wider_than_the_screen() {
    for width in [60, 80, 100, 140, 200] {
        let text = fixture::render(&fixture::dump(), &View { width, ..VIEW });
        for line in text.lines() {
            assert!(columns(line) <= width, "{width}: {line}");
        }
    }
}
