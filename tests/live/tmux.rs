//! A real terminal: tmux, driven by its commands.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A terminal in which one command runs; what it wrote stays when it has ended.
pub(super) struct Terminal {
    socket: String,
    folder: tempfile::TempDir,
}

impl Terminal {
    /// Runs the shell command `line` in a terminal of this size; `None` with a message without tmux.
    /// Its status is shown as `status=N` when it has ended.
    pub(super) fn start(line: &str, width: u16, height: u16) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        if Command::new("tmux").arg("-V").output().is_err() {
            println!("skipped: watch is not tested in a terminal: there is no tmux");
            return None;
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let socket = format!("gdump-test-{}-{number}", std::process::id());
        let folder = tempfile::tempdir().unwrap();
        let terminal = Self { socket, folder };
        let line = format!(
            "cd {}; stty -a | grep -o -- '-*echo ' > before; echo started; {line}; echo status=$?; \
             stty -a | grep -o -- '-*echo ' | cmp - before && echo as before; exec sleep 600",
            terminal.folder().display()
        );
        let (width, height) = (width.to_string(), height.to_string());
        terminal.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            &width,
            "-y",
            &height,
            "sh",
            "-c",
            &line,
        ]);
        Some(terminal)
    }

    /// The folder in which the command runs.
    pub(super) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    fn tmux(&self, args: &[&str]) -> String {
        let output = Command::new("tmux")
            .args(["-u", "-L", &self.socket])
            .args(args)
            .env("LANG", "C.UTF-8")
            .env("TERM", "xterm-256color")
            .env_remove("TMUX")
            .output()
            .unwrap();
        assert!(output.status.success(), "{args:?} {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What is on the screen.
    pub(super) fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Types keys by their names: `Enter`, `Escape`, `Tab`, `q`.
    pub(super) fn press(&self, keys: &[&str]) {
        for key in keys {
            self.tmux(&["send-keys", key]);
            // An escape that is followed at once is another key.
            sleep(Duration::from_millis(if *key == "Escape" { 150 } else { 20 }));
        }
    }

    /// Types text.
    pub(super) fn write(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
    }

    pub(super) fn resize(&self, width: u16, height: u16) {
        let (width, height) = (width.to_string(), height.to_string());
        self.tmux(&["resize-window", "-x", &width, "-y", &height]);
    }

    /// Waits until `test` holds of the screen, which is returned.
    #[track_caller]
    pub(super) fn until(&self, test: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            if test(&screen) {
                return screen;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "it never came:\n{screen}");
            sleep(Duration::from_millis(50));
        }
    }

    /// Waits until all of `parts` are on the screen, which is returned.
    #[track_caller]
    pub(super) fn shows(&self, parts: &[&str]) -> String {
        self.until(|screen| parts.iter().all(|part| screen.contains(part)))
    }

    /// Fails unless the command ends soon with `status`, and the terminal is as it was: the screen from
    /// before, the cursor seen, and what is typed shown.
    #[track_caller]
    pub(super) fn ends(&self, status: i32) {
        let begun = Instant::now();
        self.shows(&["started", &format!("status={status}"), "as before"]);
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        let state = self.tmux(&["display-message", "-p", "#{alternate_on} #{cursor_flag}"]);
        assert_eq!(state.trim(), "0 1", "{}", self.screen());
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself; a second panic would end the tests.
        let _ = Command::new("tmux").args(["-L", &self.socket, "kill-server"]).output();
    }
}
