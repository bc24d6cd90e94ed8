//! A report as one HTML file that needs nothing else: no network, no other file, and a content policy
//! that lets nothing run but the page's own script.
//!
//! The page is the same for every report. What was found is embedded as JSON (`data.rs`), and the page's
//! script makes text nodes of it, never markup, so that names from a dump cannot become part of the page.

mod data;
mod findings;
mod frames;
mod groups;
mod series;

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::{Body, Report, View};
use crate::diagnose::Sight;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
/// The script in pieces, each a file of its own; together they are one inline script.
const SCRIPT: &str = concat!(
    "'use strict';\n",
    include_str!("script/data.js"),
    include_str!("script/page.js"),
    include_str!("script/filter.js"),
    include_str!("script/table.js"),
    include_str!("script/overview.js"),
    include_str!("script/findings.js"),
    include_str!("script/stack.js"),
    include_str!("script/groups.js"),
    include_str!("script/flame.js"),
    include_str!("script/goroutines.js"),
    include_str!("script/server.js"),
    include_str!("script/main.js"),
);

/// Writes `report`; its command must be one that looks at dumps one by one or as a series.
pub(super) fn render(report: &Report<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let Body::Sights(sights) = &report.body else {
        // The command line does not let it come to this.
        return Err(io::Error::new(io::ErrorKind::Unsupported, "this report has no HTML"));
    };
    let data = data::of(report.command, sights, view);
    page(out, &policy(), "", |out| {
        serde_json::to_writer(Escaped(out), &data).map_err(io::Error::from)
    })
}

/// Writes the page of a server, which asks the server for its data.
pub fn served(out: &mut dyn Write) -> io::Result<()> {
    page(out, &served_policy(), " data-source=\"/api/report\"", |_| Ok(()))
}

/// The content policy of that page: beside its own script and style it may talk to its server.
pub fn served_policy() -> String {
    format!("{}; connect-src 'self'", policy())
}

/// Writes what `sights` hold, as the page of a server asks for it.
pub fn data(
    command: &'static str,
    sights: &[Sight<'_>],
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    serde_json::to_writer(out, &data::of(command, sights, view)).map_err(io::Error::from)
}

fn policy() -> String {
    format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}

/// The page with what `data` writes embedded as its data, or a `source` to get it from.
fn page(
    out: &mut dyn Write,
    policy: &str,
    source: &str,
    data: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut data = Some(data);
    // The page is ours: every part between two marks is written as it is.
    for (index, part) in PAGE.split("{{").enumerate() {
        let (mark, text) =
            if index == 0 { ("", part) } else { part.split_once("}}").unwrap_or(("", part)) };
        match mark {
            "policy" => out.write_all(policy.as_bytes())?,
            "style" => out.write_all(STYLE.as_bytes())?,
            "script" => out.write_all(SCRIPT.as_bytes())?,
            "source" => out.write_all(source.as_bytes())?,
            "data" => data.take().map_or(Ok(()), |data| data(out))?,
            _ => {}
        }
        out.write_all(text.as_bytes())?;
    }
    Ok(())
}

/// The source that a content policy knows `text` by.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// JSON made fit for a script element: `<` is written as an escape, so that neither `</script>` nor
/// `<!--` can be in it. JSON has `<` in strings only.
struct Escaped<'w>(&'w mut dyn Write);

impl Write for Escaped<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut parts = bytes.split(|byte| *byte == b'<');
        if let Some(first) = parts.next() {
            self.0.write_all(first)?;
        }
        for part in parts {
            self.0.write_all(br"\u003c")?;
            self.0.write_all(part)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests;
