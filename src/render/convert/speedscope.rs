//! speedscope's own JSON: a sampled profile for each dump, with the goroutines of each stack as weight.
//! The format: <https://www.speedscope.app/file-format-schema.json>.

use std::io::{self, Write};

use serde::Serialize;

use super::Conversion;
use super::fold::Folded;
use crate::render::harmless::to_line;

#[derive(Serialize)]
struct File<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    exporter: &'static str,
    name: &'a str,
    #[serde(rename = "activeProfileIndex")]
    active: usize,
    shared: Shared<'a>,
    profiles: Vec<Sampled<'a>>,
}

#[derive(Serialize)]
struct Shared<'a> {
    frames: Vec<FrameView<'a>>,
}

#[derive(Serialize)]
struct FrameView<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    file: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sampled<'a> {
    r#type: &'static str,
    name: &'a str,
    unit: &'static str,
    start_value: i64,
    end_value: i64,
    samples: Vec<&'a [u32]>,
    weights: Vec<i64>,
}

pub(super) fn write(conversion: &Conversion<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut folded = Folded::default();
    let mut profiles = Vec::new();
    for selection in &conversion.selections {
        folded.add(selection, &conversion.how.extra);
        profiles.push((selection.dump.name.as_str(), std::mem::take(&mut folded.stacks)));
    }
    let profiles = profiles.iter().map(|(name, stacks)| {
        // A weight cannot be negative.
        let mut stacks: Vec<(&[u32], i64)> =
            stacks.iter().map(|(stack, n)| (&**stack, *n)).filter(|(_, n)| *n > 0).collect();
        stacks.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        Sampled {
            r#type: "sampled",
            name,
            unit: "none",
            start_value: 0,
            end_value: stacks.iter().fold(0, |sum, (_, n)| sum.saturating_add(*n)),
            weights: stacks.iter().map(|(_, n)| *n).collect(),
            samples: stacks.into_iter().map(|(stack, _)| stack).collect(),
        }
    });
    let profiles: Vec<_> = profiles.collect();
    let frames = folded.names.iter();
    let frames = frames.map(|(name, named)| FrameView { name, file: &named.file }).collect();
    let file = File {
        schema: "https://www.speedscope.app/file-format-schema.json",
        exporter: concat!("gdump ", env!("CARGO_PKG_VERSION")),
        name: profiles.first().map_or("", |profile| profile.name),
        active: 0,
        shared: Shared { frames },
        profiles,
    };
    to_line(&file, out)
}
