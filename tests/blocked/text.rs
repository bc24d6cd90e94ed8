//! Writes made-up dumps at debug=2.

use std::fmt::Write;

/// A dump.
#[derive(Default)]
pub(super) struct Text(pub(super) String);

impl Text {
    /// Adds a goroutine. A frame is `function(arguments)@line`; `created` is `function` or
    /// `function in goroutine N`.
    pub(super) fn add(mut self, id: u64, state: &str, frames: &[String], created: &str) -> Self {
        let _ = writeln!(self.0, "goroutine {id} [{state}]:");
        for frame in frames {
            let (call, line) = frame.rsplit_once('@').unwrap_or((frame, "10"));
            let _ = writeln!(self.0, "{call}\n\t/app/main.go:{line} +0x1d");
        }
        if !created.is_empty() {
            let _ = writeln!(self.0, "created by {created}\n\t/app/main.go:7 +0x1d");
        }
        self.0.push('\n');
        self
    }

    /// Adds `n` equal goroutines.
    pub(super) fn many(
        mut self,
        from: u64,
        n: u64,
        state: &str,
        frames: &[String],
        by: &str,
    ) -> Self {
        for id in from..from + n {
            self = self.add(id, state, frames, by);
        }
        self
    }
}

/// Frames of one's own.
pub(super) fn frames(list: &[&str]) -> Vec<String> {
    list.iter().map(|frame| (*frame).to_owned()).collect()
}

/// Frames that wait for the mutex at `address` (Go 1.24 and later), below them one's own.
pub(super) fn mutex(address: &str, own: &[&str]) -> Vec<String> {
    let mut list = vec![
        "internal/sync.runtime_SemacquireMutex(0x0?, 0x0?, 0x0?)".to_owned(),
        format!("internal/sync.(*Mutex).lockSlow({address})"),
        "internal/sync.(*Mutex).Lock(...)".to_owned(),
        "sync.(*Mutex).Lock(...)".to_owned(),
    ];
    list.extend(frames(own));
    list
}

/// Frames of a reader (Go 1.20 and later: no address).
pub(super) fn reader(own: &[&str]) -> Vec<String> {
    let mut list = frames(&[
        "sync.runtime_SemacquireRWMutexR(0x0?, 0x0?, 0x0?)",
        "sync.(*RWMutex).RLock(...)",
    ]);
    list.extend(frames(own));
    list
}

/// Frames of a writer that waits for readers.
pub(super) fn writer(own: &[&str]) -> Vec<String> {
    let mut list =
        frames(&["sync.runtime_SemacquireRWMutex(0x0?, 0x0?, 0x0?)", "sync.(*RWMutex).Lock(0x0?)"]);
    list.extend(frames(own));
    list
}

/// Frames that read from the network, below them one's own.
pub(super) fn network(own: &[&str]) -> Vec<String> {
    let mut list = frames(&[
        "internal/poll.runtime_pollWait(0x7f1a326c3e00, 0x72)",
        "internal/poll.(*FD).Read(0xc00001a300, {0xc00001a1d8, 0x8, 0x8})",
        "net.(*conn).Read(0xc0000100a8, {0xc00001a1d8?, 0x0?, 0x0?})",
    ]);
    list.extend(frames(own));
    list
}

/// Frames in `Wait` of the `WaitGroup` at `address`.
pub(super) fn wait_group(address: &str, own: &[&str]) -> Vec<String> {
    let mut list = frames(&["sync.runtime_SemacquireWaitGroup(0x0?, 0x0?)"]);
    list.push(format!("sync.(*WaitGroup).Wait({address})"));
    list.extend(frames(own));
    list
}
