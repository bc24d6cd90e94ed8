//! Which names a dump's Go version has for waits: older versions print `semacquire` for most of them.

use crate::model::{Dump, Frame, FrameId, Symbol};

/// What a Go version calls things. The default is a current version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Era {
    /// Mutexes have a name of their own: Go 1.20 and later.
    pub(crate) names_mutexes: bool,
    /// `sync.Cond` has a name of its own: Go 1.11 and later.
    pub(crate) names_conds: bool,
}

impl Default for Era {
    fn default() -> Self {
        Self::of_minor(u32::MAX)
    }
}

impl Era {
    /// The names of Go 1.`minor`.
    fn of_minor(minor: u32) -> Self {
        Self { names_mutexes: minor >= 20, names_conds: minor >= 11 }
    }

    /// The names in `dump`, by what its frames give away of the Go version; a current version if
    /// they give nothing away. `start_lines`: whether the functions of a protobuf have lines where
    /// they start (Go 1.20 and later).
    pub(crate) fn of(dump: &Dump, start_lines: Option<bool>) -> Self {
        let by_path = minors(dump, by_path);
        let by_function = minors(dump, by_function);
        let minor = by_path.or(by_function);
        let mut era = minor.map_or_else(Self::default, Self::of_minor);
        if let Some(start_lines) = start_lines {
            era.names_mutexes = start_lines;
            era.names_conds |= start_lines;
        }
        era
    }
}

/// The lowest minor version that `clue` finds in any frame.
fn minors(dump: &Dump, clue: fn(&str, &str, u32) -> Option<u32>) -> Option<u32> {
    let ids = (0..u32::try_from(dump.frame_count()).unwrap_or(u32::MAX)).map(FrameId::from);
    ids.filter_map(|id| match dump.frame(id) {
        Frame::Call { function, file, line, .. } => clue(dump.str(function), dump.str(file), line),
        Frame::Address(_) | Frame::Elided(_) => None,
    })
    .min()
}

/// A version that is as good as the real one for [`Era`], by functions that came or moved.
fn by_function(name: &str, _: &str, line: u32) -> Option<u32> {
    match name {
        // Semaphores moved within runtime/sema.go in 1.20 (line 71 up to 1.19, then 77 and more),
        // when each kind of lock got its own.
        "sync.runtime_SemacquireMutex" if (1..=73).contains(&line) => Some(19),
        // In Go 1.9 package internal/poll took the poller over from net.
        "net.runtime_pollWait" => Some(8),
        _ => None,
    }
}

/// What stands before the version in the path of a Go installation.
const GO: &[&str] = &["go", "go-", "go/", "go@", "golang-", "golang/", "golang@"];

/// The version in the path of the Go installation that a file of the standard library has:
/// `/usr/lib/go-1.19/src/…`, `/sdk/go1.9.7/src/…`, `/go/1.21.3/libexec/src/…`.
fn by_path(name: &str, file: &str, _: u32) -> Option<u32> {
    let root = file.get(..file.rfind("/src/")?)?;
    if !matches!(Symbol::new(name).package(), "runtime" | "sync" | "time" | "internal/poll") {
        return None;
    }
    root.match_indices("1.").find_map(|(at, mark)| {
        let before = root.get(..at)?;
        let after = root.get(at + mark.len()..)?;
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        GO.iter().any(|go| before.ends_with(go)).then(|| after.get(..digits)?.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_paths() {
        for (file, minor) in [
            ("/usr/lib/go-1.19/src/runtime/proc.go", Some(19)),
            ("/home/a/sdk/go1.9/src/runtime/proc.go", Some(9)),
            ("/usr/local/Cellar/go/1.21/libexec/src/runtime/proc.go", Some(21)),
            ("/usr/local/go/src/runtime/proc.go", None),
            ("runtime/proc.go", None),
            ("/v1.2/src/runtime/proc.go", None),
        ] {
            assert_eq!(by_path("runtime.gopark", file, 1), minor, "{file}");
        }
        // `1.` is also in `21.`.
        let patch = by_path("runtime.gopark", "/sdk/go1.21.13/src/runtime/proc.go", 1);
        assert_eq!(patch, Some(21));
    }
}
