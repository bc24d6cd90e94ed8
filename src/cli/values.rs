//! Values of options: from text to types, with errors that say what is wanted.

use std::time::Duration;

use regex::Regex;

use crate::diagnose::find::ANALYSES;
use crate::diagnose::{Category, Finding, Severity};
use crate::render::Limit;
use crate::view::By;
use crate::view::filter::{CreatorTest, LabelTest, StateTest, TagTest, WaitLimit};

pub(super) fn by(text: &str) -> Result<By, String> {
    By::parse(text).ok_or_else(|| format!("expected one of {}", By::NAMES))
}

pub(super) fn limit(text: &str) -> Result<Limit, String> {
    if text == "all" {
        return Ok(Limit::All);
    }
    text.parse().map(Limit::Most).map_err(|_| "expected a number or all".to_owned())
}

#[allow(clippy::unnecessary_wraps, reason = "clap wants a parser to be fallible")]
pub(super) fn state(text: &str) -> Result<StateTest, String> {
    Ok(StateTest::new(text))
}

pub(super) fn wait(text: &str) -> Result<WaitLimit, String> {
    WaitLimit::new(text)
        .ok_or_else(|| "expected a duration such as 90s, 10m, 1h30m or 2d".to_owned())
}

/// A duration that is not zero.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let time = crate::view::duration::parse(text).filter(|time| !time.is_zero());
    time.ok_or_else(|| "expected a duration such as 500ms, 30s, 10m or 1h30m".to_owned())
}

#[allow(clippy::unnecessary_wraps, reason = "clap wants a parser to be fallible")]
pub(super) fn creator(text: &str) -> Result<CreatorTest, String> {
    Ok(CreatorTest::new(text))
}

pub(super) fn label(text: &str) -> Result<LabelTest, String> {
    LabelTest::new(text).map_err(|error| format!("expected KEY, KEY=VALUE or KEY=~REGEX: {error}"))
}

/// A regular expression; the empty one, as in pprof, filters nothing.
#[derive(Clone, Debug)]
pub(super) struct Pattern(pub(super) Option<Regex>);

pub(super) fn regex(text: &str) -> Result<Pattern, String> {
    if text.is_empty() {
        return Ok(Pattern(None));
    }
    let regex = Regex::new(text).map(|regex| Pattern(Some(regex)));
    regex.map_err(|error| format!("expected a regular expression: {error}"))
}

pub(super) fn tags(text: &str) -> Result<TagTest, String> {
    TagTest::new(text).map_err(|error| {
        format!("expected KEY=REGEX,REGEX or REGEX,REGEX or a range such as KEY=5:10: {error}")
    })
}

pub(super) fn width(text: &str) -> Result<usize, String> {
    let width = text.parse().ok().filter(|width| (20..=10_000).contains(width));
    width.ok_or_else(|| "expected a number of columns from 20 to 10000".to_owned())
}

/// Bytes: `4096`, `512M`, `4G`, `64MiB`; units are powers of 1024.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits).unwrap_or((text, ""));
    let shift = match unit.to_ascii_lowercase().trim_end_matches('b').trim_end_matches('i') {
        "" => Some(0),
        "k" => Some(10),
        "m" => Some(20),
        "g" => Some(30),
        "t" => Some(40),
        _ => None,
    };
    let number: Option<u64> = number.parse().ok();
    let bytes = number.zip(shift).and_then(|(number, shift)| number.checked_mul(1 << shift));
    bytes.ok_or_else(|| "expected a size such as 512M or 4G".to_owned())
}

/// `1%` as 0.01.
#[cfg(any(feature = "live", feature = "tui", feature = "serve"))]
pub(super) fn percent(text: &str) -> Result<f64, String> {
    let share = text.trim_end_matches('%').parse().ok().filter(|n| *n > 0.0 && *n <= 100.0);
    share.map(|n: f64| n / 100.0).ok_or_else(|| "expected a percentage such as 1%".to_owned())
}

impl std::fmt::Display for FailOn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.what, self.severity.name())
    }
}

/// Findings that end the program with status 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FailOn {
    /// A category, a kind, or `any`.
    what: String,
    severity: Severity,
}

impl FailOn {
    /// Whether `finding` is such a one.
    pub(super) fn is(&self, finding: &Finding) -> bool {
        let named =
            self.what == "any" || self.what == finding.category.name() || self.what == finding.kind;
        named && finding.severity >= self.severity
    }
}

const SEVERITIES: [Severity; 4] = [Severity::Info, Severity::Low, Severity::Medium, Severity::High];
const CATEGORIES: [Category; 7] = [
    Category::Leak,
    Category::Deadlock,
    Category::Contention,
    Category::Backpressure,
    Category::Syscall,
    Category::Slow,
    Category::Crash,
];

/// `leak`, `deadlock:low`, `any:high`, `proven-leak`.
pub(super) fn fail_on(text: &str) -> Result<FailOn, String> {
    let (what, severity) = text.split_once(':').unwrap_or((text, Severity::Medium.name()));
    let severity = SEVERITIES
        .into_iter()
        .find(|known| known.name() == severity)
        .ok_or_else(|| format!("{severity} is no severity: info, low, medium or high"))?;
    let names = CATEGORIES.iter().map(|category| category.name()).chain(["any"]);
    let mut names = names.chain(ANALYSES.iter().map(|analysis| analysis.kind));
    if !names.any(|name| name == what) {
        let categories: Vec<_> = CATEGORIES.iter().map(|category| category.name()).collect();
        let kinds: Vec<_> = ANALYSES.iter().map(|analysis| analysis.kind).collect();
        return Err(format!(
            "expected any, a category ({}) or a kind ({})",
            categories.join(", "),
            kinds.join(", ")
        ));
    }
    Ok(FailOn { what: what.to_owned(), severity })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(size("512M"), Ok(512 << 20));
        assert_eq!(size("4g"), Ok(4 << 30));
        assert_eq!(size("64KiB"), Ok(64 << 10));
        assert_eq!(size("17"), Ok(17));
        assert!(size("").is_err() && size("4X").is_err() && size("99999999999G").is_err());
    }
}
