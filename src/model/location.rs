//! Places in the source of a program.

/// A place in the source of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceLocation {
    /// The function.
    pub function: String,
    /// Its file as Go printed it; empty if there is none.
    pub file: String,
    /// The line; 0 if not known.
    pub line: u32,
}

impl SourceLocation {
    /// The place in `function` at `file` and `line`.
    pub fn new(function: &str, file: &str, line: u32) -> Self {
        Self { function: function.to_owned(), file: file.to_owned(), line }
    }

    /// A function whose place is not known.
    pub fn function(name: &str) -> Self {
        Self::new(name, "", 0)
    }

    /// The last element of the file's path.
    pub fn file_name(&self) -> &str {
        self.file.rsplit(['/', '\\']).next().unwrap_or(&self.file)
    }
}
