//! Reads frames without parentheses: gccgo's.

use super::frame::file_line;
use super::gccgo::gccgo_symbol;
use super::gccgo::is_frame;
use super::lines::Line;
use super::reader::Reader;
use super::reader::Step;
use crate::model::CallKind;
use crate::model::Frame;
use crate::parse::gccgo::go_name;

impl Reader<'_, '_> {
    /// Whether `line` is a name below frames of gccgo's.
    pub(super) fn is_gccgo(&self, line: Line<'_>) -> bool {
        self.block.gccgo && matches!(gccgo_symbol(line.text), Ok((b"", ())))
    }

    /// Reads the frame of gccgo's in `line` and `second`, if it is one.
    ///
    /// ```abnf
    /// gccgo-frame     = gccgo-symbol LF HTAB path ":" number LF
    /// ```
    pub(super) fn gccgo_frame(&mut self, line: Line<'_>, second: Line<'_>) -> Option<Step> {
        if !second.whole && self.is_gccgo(line) {
            return Some(self.cut_second(second));
        }
        // Where calls have parentheses a name without is damaged, or no name.
        let is_plain = self.plain || !self.block.arguments.is_empty();
        let is_frame = !is_plain && is_frame(line.text, second.text);
        let (_, place) = file_line(second.text).ok().filter(|_| is_frame)?;
        let function = self.builder.function(&go_name(line.text));
        let file = self.builder.string(place.path);
        // C functions have no package.
        let is_go = line.text.contains(&b'.');
        let kind = if is_go { CallKind::Plain } else { CallKind::NonGo };
        let frame = self.builder.frame(Frame::Call { function, file, line: place.line, kind });
        self.block.gccgo = true;
        self.block.understood_lines += 1;
        Some(self.push_other(frame, second))
    }
}
