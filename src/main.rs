//! The `gdump` command.

fn main() {}
