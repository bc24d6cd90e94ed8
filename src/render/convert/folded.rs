//! Folded stacks, one a line: `main.main;main.serve;net/http.Get 12`, root first, largest first. Read by
//! flamegraph.pl, inferno, speedscope and others.
//!
//! The count stands behind the last blank, so that names may hold blanks; `;` in a name becomes `:`.

use std::io::{self, Write};

use super::Conversion;
use super::fold::Folded;

pub(super) fn write(conversion: &Conversion<'_>, out: &mut dyn Write) -> io::Result<()> {
    let folded = Folded::new(&conversion.selections, &conversion.how.extra);
    for (stack, count) in folded.sorted() {
        for (index, name) in folded.names(stack).enumerate() {
            if index > 0 {
                out.write_all(b";")?;
            }
            for (index, part) in name.split(';').enumerate() {
                if index > 0 {
                    out.write_all(b":")?;
                }
                out.write_all(part.as_bytes())?;
            }
        }
        writeln!(out, " {count}")?;
    }
    Ok(())
}
