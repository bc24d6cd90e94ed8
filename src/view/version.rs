//! Which versions of Go can have written a dump, as far as the dump tells.
//!
//! The evidence is what some version began or ceased to print. File paths of the standard library
//! often name the version itself (`/usr/local/go1.22.3/src/…`, `toolchain@v0.0.1-go1.22.3.linux-amd64`).

use std::sync::LazyLock;

use regex::Regex;

use crate::model::{CallKind, Dump, Format, Frame, FrameId, Head, HeadId, Symbol, wait};

/// A range of Go versions: minor versions of Go 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoVersion {
    /// The version that a path names, such as `1.22.3`.
    pub exact: Option<String>,
    /// The first minor version that it can be.
    pub min: Option<u32>,
    /// The last one.
    pub max: Option<u32>,
}

impl GoVersion {
    /// In words: `Go 1.21 or later`; `None` if nothing is known.
    pub fn words(&self) -> Option<String> {
        match (&self.exact, self.min, self.max) {
            (Some(exact), ..) => Some(format!("Go {exact}")),
            (None, Some(min), Some(max)) if min == max => Some(format!("Go 1.{min}")),
            (None, Some(min), Some(max)) if min < max => Some(format!("Go 1.{min}–1.{max}")),
            // The evidence disagrees: several dumps in one, or a patched Go.
            (None, Some(_), Some(_)) | (None, None, None) => None,
            (None, Some(min), None) => Some(format!("Go 1.{min} or later")),
            (None, None, Some(max)) => Some(format!("Go 1.{max} or earlier")),
        }
    }

    fn at_least(&mut self, minor: u32) {
        self.min = Some(self.min.map_or(minor, |min| min.max(minor)));
    }

    fn at_most(&mut self, minor: u32) {
        self.max = Some(self.max.map_or(minor, |max| max.min(minor)));
    }
}

/// The format in words.
pub fn format_words(format: Format) -> &'static str {
    match format {
        Format::Debug2 => "debug=2",
        Format::Debug1 => "debug=1",
        Format::Proto => "debug=0",
        Format::Records => "GoroutineProfile JSON",
        Format::Gccgo => "gccgo traceback",
        Format::Delve => "Delve",
        Format::Race => "race detector",
        Format::PprofTraces => "pprof -traces",
        Format::PprofRaw => "pprof -raw",
    }
}

/// The versions of Go that can have written `dump`.
pub fn go_version(dump: &Dump) -> GoVersion {
    let mut version = GoVersion::default();
    let heads = u32::try_from(dump.head_count()).unwrap_or(u32::MAX);
    // Delve names waits by a table of its own, and a report of the race detector has states of its own.
    let named = !matches!(dump.format, Format::Delve | Format::Race);
    for head in (0..heads).map(|id| dump.head(HeadId::from(id))).filter(|_| named) {
        from_head(&mut version, dump.str(head.state), head);
    }
    let frames = u32::try_from(dump.frame_count()).unwrap_or(u32::MAX);
    for frame in (0..frames).map(|id| dump.frame(FrameId::from(id))) {
        from_frame(&mut version, dump, frame);
    }
    from_rows(&mut version, dump);
    if dump.profile == "goroutineleak" {
        version.at_least(26);
    }
    let fits = |exact: &String| {
        let minor = exact.split('.').nth(1).and_then(|minor| minor.parse().ok());
        minor.is_some_and(|n: u32| {
            version.min.is_none_or(|min| min <= n) && version.max.is_none_or(|max| n <= max)
        })
    };
    version.exact = version.exact.take().filter(fits);
    version
}

fn from_head(version: &mut GoVersion, state: &str, head: Head) {
    if head.inferred {
        return;
    }
    let known = wait::state(state);
    if let Some(minor) = known.and_then(|known| known.since) {
        version.at_least(minor);
    }
    if let Some(minor) = known.and_then(|known| known.until) {
        version.at_most(minor);
    }
    for (told, minor) in [
        (head.locked, 4),
        (head.scan, 6),
        (head.bubble.is_some(), 24),
        (head.durable, 25),
        (head.leaked, 26),
    ] {
        if told {
            version.at_least(minor);
        }
    }
}

fn from_frame(version: &mut GoVersion, dump: &Dump, frame: Frame) {
    let (function, file, kind) = match frame {
        Frame::Call { function, file, kind, .. } => (dump.str(function), dump.str(file), kind),
        Frame::Elided(Some(_)) => return version.at_least(21),
        Frame::Elided(None) | Frame::Address(_) => return,
    };
    if kind == CallKind::Inlined {
        version.at_least(9);
    }
    if function.contains("[...]") {
        version.at_least(18);
    }
    if function.starts_with("internal/sync.") {
        version.at_least(24);
    } else if function == "sync.(*Mutex).lockSlow" {
        // From 1.24 on it is in internal/sync.
        version.at_least(13);
        version.at_most(23);
    }
    if version.exact.is_none() && file.contains("/src/") && Symbol::new(function).is_std() {
        version.exact = version_in_path(file);
    }
}

fn from_rows(version: &mut GoVersion, dump: &Dump) {
    if dump.labels(1.into()).len() > 0 {
        // debug=2 that was joined with debug=0 may have its labels from there.
        let own = dump.format == Format::Debug2 && dump.provenance.is_none();
        version.at_least(if own { 26 } else { 15 });
    }
    if dump.format != Format::Debug2 {
        return;
    }
    // Goroutines of timers have no creator id in any version.
    let created = dump.goroutines().filter(|goroutine| {
        goroutine.creator().is_some_and(|creator| dump.str(creator.function) != "time.goFunc")
    });
    let mut any = false;
    for goroutine in created {
        if goroutine.creator_goid().is_some() {
            return version.at_least(21);
        }
        any = true;
    }
    if any {
        version.at_most(20);
    }
}

fn version_in_path(file: &str) -> Option<String> {
    static VERSION: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?:^|[/\\-])go(1\.\d{1,2}(?:\.\d{1,2}|(?:rc|beta)\d+)?)(?:\.[a-z0-9]+-[a-z0-9]+)?/(?:go/)?src/")
            .ok()
    });
    // To make the expression takes longer than all the rest of a small dump.
    if !file.contains("go1.") {
        return None;
    }
    let found = VERSION.as_ref()?.captures(file)?;
    found.get(1).map(|version| version.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_name_the_version() {
        for (path, version) in [
            ("/usr/local/go/src/runtime/proc.go", None),
            ("/opt/go1.21.13/go/src/net/net.go", Some("1.21.13")),
            ("/root/sdk/go1.22rc1/src/net/net.go", Some("1.22rc1")),
            (
                "/go/pkg/mod/golang.org/toolchain@v0.0.1-go1.22.1.linux-amd64/src/net/net.go",
                Some("1.22.1"),
            ),
            ("/home/a/mygo1.9/src/x.go", None),
        ] {
            assert_eq!(version_in_path(path).as_deref(), version, "{path}");
        }
    }

    #[test]
    fn ranges_in_words() {
        let words = |min, max| GoVersion { exact: None, min, max }.words();
        assert_eq!(words(Some(21), None).as_deref(), Some("Go 1.21 or later"));
        assert_eq!(words(Some(18), Some(20)).as_deref(), Some("Go 1.18–1.20"));
        assert_eq!(words(Some(24), Some(20)), None);
        assert_eq!(words(None, Some(20)).as_deref(), Some("Go 1.20 or earlier"));
    }
}
