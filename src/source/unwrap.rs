//! What loggers put around the lines of a dump, and how it is peeled off again.

/// Text that was peeled out of log lines, with the place that each piece has in the input.
#[derive(Clone, Debug, Default)]
pub struct Clean {
    /// The peeled text.
    pub text: Vec<u8>,
    /// Pieces in order: byte offset in `text`, byte offset in the input, line in the input (from 1).
    pub pieces: Vec<Piece>,
}

/// The start of a piece of peeled text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Byte offset in the peeled text.
    pub at: usize,
    /// Byte offset in the input.
    pub offset: u64,
    /// Line in the input, from 1.
    pub line: u64,
}

/// How the lines of a dump are wrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrapper {
    /// Lines end with `\r\n`.
    Crlf,
}

impl Wrapper {
    /// How `line`, in which a header starts at byte `at`, is wrapped; `None` if it is not.
    pub fn detect(line: &[u8], at: usize) -> Option<Self> {
        (at == 0 && line.ends_with(b"\r")).then_some(Self::Crlf)
    }

    /// Peels `line`; false if it is not wrapped so.
    pub fn peel(&mut self, line: &[u8], offset: u64, number: u64, clean: &mut Clean) -> bool {
        let Some(text) = line.strip_suffix(b"\r") else { return false };
        clean.pieces.push(Piece { at: clean.text.len(), offset, line: number });
        clean.text.extend_from_slice(text);
        clean.text.push(b'\n');
        true
    }

    /// The name for users.
    pub fn name(&self) -> String {
        "CRLF line ends".to_owned()
    }
}

/// The offset, from `from` on, of the next text that looks like a header: `goroutine 7 [`,
/// `goroutine 7 gp=`, `goroutine profile: total 5`.
pub fn find_header(bytes: &[u8], from: usize) -> Option<usize> {
    let finder = memchr::memmem::Finder::new(b"goroutine");
    let mut at = from;
    loop {
        let found = at + finder.find(bytes.get(at..)?)?;
        let rest = bytes.get(found + 9..)?;
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let after = rest.get(digits..)?;
        if (digits > 0 && (after.starts_with(b" [") || after.starts_with(b" gp=")))
            || rest.starts_with(b"profile: total ")
            || rest.starts_with(b"leak profile: total ")
        {
            return Some(found);
        }
        at = found + 9;
    }
}
