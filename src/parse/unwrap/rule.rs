//! What is known of a word of a prefix, or of a field of a record.

/// What a word of a prefix, or a field of a record, may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Anything: a time, a counter.
    Free,
    /// Always this so far.
    Equal(Vec<u8>),
    /// It tells one process from another.
    Key,
}
