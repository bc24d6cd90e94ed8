//! `gdump watch` in a real terminal, on programs that run, are restarted, hang, lie and die.
//!
//! `GDUMP_SCREENSHOTS=DIR` keeps what was on the screen.

use std::io::Write;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use super::go;
use super::server::{Server, answer};
use super::tmux::Terminal;

const GDUMP: &str = env!("CARGO_BIN_EXE_gdump");
const DUMP: &str = include_str!("../../testdata/debug2/leaky-service.go1.27.txt");

fn keep(name: &str, screen: &str) {
    if let Some(folder) = std::env::var_os("GDUMP_SCREENSHOTS") {
        std::fs::write(PathBuf::from(folder).join(format!("{name}.txt")), screen).unwrap();
    }
}

/// The number before `word` in `screen`.
fn number(screen: &str, word: &str) -> i64 {
    let before = screen.split(word).next().unwrap();
    let digits = before.trim_end().rsplit(char::is_whitespace).next().unwrap().replace(',', "");
    digits.parse().unwrap_or_else(|_| panic!("no number before {word}:\n{screen}"))
}

/// How many moments were seen: the last number of `7/12`.
fn moments(screen: &str) -> u64 {
    let line = screen.lines().next().unwrap_or("");
    line.rsplit_once('/').and_then(|(_, n)| n.trim().split(' ').next()?.parse().ok()).unwrap_or(0)
}

#[test]
fn a_process_is_followed_on_every_go() {
    for (version, binary) in go::built() {
        let program = go::start(&binary, &["-growth", "3"]);
        let line = format!("{GDUMP} watch http://{} --every 500ms --max-cost 100%", program.place);
        let Some(terminal) = Terminal::start(&line, 80, 24) else { return };
        let screen = terminal.shows(&["main.leak", "chan send", "debug=2 in", "Findings", "3/3"]);
        keep(&format!("watch-{version}-80"), &screen);
        assert!(screen.contains("every 500ms") && screen.contains('█'), "{screen}");
        assert!(screen.lines().all(|line| line.chars().count() <= 80), "{screen}");
        // It grows while one looks.
        let before = number(&screen, " goroutines,");
        terminal.until(|screen| number(screen, " goroutines,") > before + 10);
        // Group, goroutine, stack, and back.
        terminal.press(&["Home", "Enter"]);
        let screen =
            terminal.shows(&["Stack of goroutine", "created by main.main.func", "main.leak"]);
        keep(&format!("watch-{version}-group"), &screen);
        terminal.press(&["Down", "Tab", "Tab", "Escape"]);
        terminal.shows(&["Groups", "change"]);
        terminal.press(&["Tab", "Enter"]);
        terminal.shows(&["Evidence"]);
        terminal.press(&["Escape", "Escape"]);
        // The search line has the filter language.
        terminal.press(&["/"]);
        terminal.write("func =~ 'guard'");
        terminal.press(&["Enter"]);
        let screen = terminal
            .until(|screen| screen.contains("main.guard") && screen.contains("filtered out"));
        assert!(!screen.contains("main.leak "), "{screen}");
        terminal.press(&["Escape"]);
        terminal.until(|screen| screen.contains("main.leak ") && !screen.contains("filtered out"));
        // A pause asks no more.
        terminal.press(&["p"]);
        terminal.shows(&["PAUSED"]);
        sleep(Duration::from_millis(700));
        let seen = moments(&terminal.screen());
        sleep(Duration::from_millis(1500));
        assert_eq!(moments(&terminal.screen()), seen, "{version}");
        terminal.press(&["r"]);
        terminal.until(|screen| moments(screen) == seen + 1);
        // Two moments are compared.
        terminal.press(&["Home", "m", "p"]);
        terminal.until(|screen| screen.contains("against moment") && moments(screen) > seen + 2);
        terminal.press(&["m", "?"]);
        terminal.shows(&["gdump watch", "Ctrl-C", "export"]);
        terminal.press(&["Escape"]);
        // Another size.
        terminal.resize(150, 40);
        let screen = terminal
            .until(|screen| screen.lines().next().is_some_and(|line| line.chars().count() == 150));
        keep(&format!("watch-{version}-150"), &screen);
        terminal.resize(30, 8);
        terminal
            .until(|screen| screen.lines().next().is_some_and(|line| line.chars().count() == 30));
        terminal.resize(80, 24);
        // What is exported is an input again.
        for (key, ending) in
            [("t", ".txt"), ("m", ".md"), ("h", ".html"), ("j", ".json"), ("r", ".tar.gz")]
        {
            terminal.press(&["e"]);
            terminal.shows(&["export:"]);
            terminal.press(&[key]);
            terminal.shows(&["written:", ending]);
        }
        let files = crate::support::files(terminal.folder());
        let raw = files.iter().find(|path| path.to_string_lossy().ends_with(".tar.gz")).unwrap();
        super::gdump(&["leaks", raw.to_str().unwrap()]).says(0, &[]).shows(&["main.leak"]);
        terminal.press(&["q"]);
        terminal.ends(0);
    }
}

#[test]
fn a_restart_is_seen_and_said() {
    let Some((_, binary)) = go::built().pop() else { return };
    let first = go::start(&binary, &["-growth", "3"]);
    let place = first.place.clone();
    let line = format!("{GDUMP} watch http://{place} --every 300ms --max-cost 100%");
    let Some(terminal) = Terminal::start(&line, 80, 24) else { return };
    terminal.shows(&["main.leak", "3/3"]);
    drop(first);
    let screen = terminal.shows(&["no answer since", "next try in", "connection refused"]);
    keep("watch-gone", &screen);
    assert!(screen.contains("main.leak"), "what was seen stays:\n{screen}");
    let _second = go::start(&binary, &["-address", &place, "-growth", "3"]);
    let screen = terminal.shows(&["RESTARTED", "ids start again"]);
    keep("watch-restarted", &screen);
    assert!(!screen.contains("no answer"), "{screen}");
    // The interrupt key, too, leaves all as it was.
    terminal.press(&["C-c"]);
    terminal.ends(0);
}

#[test]
fn several_processes_and_a_file() {
    let Some((_, binary)) = go::built().pop() else { return };
    let program = go::start(&binary, &[]);
    let dump = crate::support::root().join("testdata/debug2/leaky-service.go1.27.txt");
    let line = format!(
        "{GDUMP} watch {} http://{} 'http://me:pa55word@127.0.0.1:1/x?token=t0ken' --every 500ms",
        dump.display(),
        program.place
    );
    let Some(terminal) = Terminal::start(&line, 100, 30) else { return };
    let screen = terminal.shows(&["1 ", "leaky-service", &format!("2 {}", program.place), "✗"]);
    keep("watch-several", &screen);
    terminal.press(&["3"]);
    let screen = terminal.shows(&["connection refused"]);
    assert!(!screen.contains("pa55word") && !screen.contains("t0ken"), "{screen}");
    terminal.press(&["["]);
    terminal.shows(&["main.guard", "every 500ms"]);
    terminal.press(&["q"]);
    terminal.ends(0);
    // One process: the file is its past.
    let line = format!("{GDUMP} watch {} http://{} --every 500ms", dump.display(), program.place);
    let Some(terminal) = Terminal::start(&line, 80, 24) else { return };
    terminal.shows(&["main.guard", "3/3"]);
    terminal.press(&["Left", "Left", "Left", "m", "f"]);
    terminal.shows(&["against moment 1", "main.guard"]);
    terminal.press(&["q"]);
    terminal.ends(0);
}

#[test]
fn servers_that_are_no_good() {
    let hanging = Server::new(|_, _| sleep(Duration::from_secs(60)));
    let endless = Server::new(|stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(DUMP.as_bytes()).is_ok() {}
    });
    let lying = Server::sending(format!("HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n{DUMP}"));
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    (0..64).for_each(|_| zip.write_all(&vec![b'x'; 1 << 20]).unwrap());
    let bomb =
        Server::sending(answer("200 OK", "Content-Encoding: gzip\r\n", &zip.finish().unwrap()));
    let index = Server::sending(answer("404 Not Found", "", b"404 page not found\n\x1b[31m"));
    for (server, says) in [
        (&endless, "over the limit"),
        (&lying, "closed the connection in the middle"),
        (&bomb, "limit of 8 MiB"),
        (&index, "404 Not Found"),
    ] {
        let line = format!("{GDUMP} watch http://{} --every 300ms --max-bytes 8M", server.place);
        let Some(terminal) = Terminal::start(&line, 80, 24) else { return };
        terminal.shows(&["no answer since", "next try in", says, "no dump yet"]);
        terminal.press(&["q"]);
        terminal.ends(0);
    }
    // One may leave while a request hangs.
    let line = format!("{GDUMP} watch http://{} --every 300ms", hanging.place);
    let Some(terminal) = Terminal::start(&line, 80, 24) else { return };
    terminal.shows(&["waiting for the first dump", "asking for 2s"]);
    terminal.press(&["?"]);
    terminal.shows(&["follow the newest moment"]);
    terminal.press(&["Escape", "q"]);
    terminal.ends(0);
    let line = format!("{GDUMP} watch http://{} --every 300ms --timeout 1s", hanging.place);
    let Some(terminal) = Terminal::start(&line, 80, 24) else { return };
    terminal.shows(&["no answer within 1s", "2 tries", "kill -QUIT"]);
    terminal.press(&["q"]);
    terminal.ends(0);
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_that_goes_away_ends_it() {
    let dump = crate::support::root().join("testdata/debug2/leaky-service.go1.27.txt");
    let line = format!("sh -c 'echo $$ > pid; exec {GDUMP} watch {}'", dump.display());
    let Some(terminal) = Terminal::start(&line, 80, 24) else { return };
    terminal.shows(&["main.watchConfig", "Enter open"]);
    let pid = std::fs::read_to_string(terminal.folder().join("pid")).unwrap();
    let process = PathBuf::from("/proc").join(pid.trim());
    assert!(process.exists());
    drop(terminal);
    // It has a second to end by itself.
    for _ in 0..100 {
        if !process.exists() {
            return;
        }
        sleep(Duration::from_millis(100));
    }
    panic!("{} goes on without a terminal", process.display());
}

/// Not a test: what [`a_thread_that_breaks_off_gives_the_terminal_back`] runs in its terminal.
#[test]
#[ignore = "another test runs it"]
fn breaks_off() {
    use gdump::diagnose::{Known, facts::Config};
    use gdump::tui::{Feed, Options, feed::Next};
    use gdump::view::summary::Look;

    struct Breaks;

    impl Feed for Breaks {
        fn name(&self) -> String {
            "the feed".to_owned()
        }

        fn every(&self) -> Option<Duration> {
            Some(Duration::from_secs(1))
        }

        fn next(&mut self, _: bool) -> Next {
            sleep(Duration::from_secs(2));
            panic!("the feed broke");
        }
    }

    let options = Options {
        look: Look::default(),
        config: Config::default(),
        known: Known::built_in(),
        colored: true,
        folder: PathBuf::from("."),
    };
    let done = gdump::tui::run(vec![Box::new(Breaks)], options);
    eprintln!("{}", done.unwrap_err());
    #[allow(clippy::exit, reason = "the test that starts this one looks at the status")]
    std::process::exit(7);
}

#[test]
fn a_thread_that_breaks_off_gives_the_terminal_back() {
    let this = std::env::current_exe().unwrap();
    let line = format!("{} --exact live::watch::breaks_off --ignored --nocapture", this.display());
    let Some(terminal) = Terminal::start(&line, 100, 30) else { return };
    terminal.shows(&["the feed", "waiting for the first dump"]);
    let screen = terminal.shows(&["the feed broke", "watch broke off", "please report it"]);
    assert!(!screen.contains("waiting for the first dump"), "{screen}");
    terminal.ends(7);
}

#[test]
#[cfg(target_os = "linux")]
fn signals_give_the_terminal_back() {
    let dump = crate::support::root().join("testdata/debug2/leaky-service.go1.27.txt");
    for signal in ["TERM", "INT", "HUP"] {
        let line = format!("sh -c 'echo $$ > pid; exec {GDUMP} watch {}'", dump.display());
        let Some(terminal) = Terminal::start(&line, 80, 24) else { return };
        terminal.shows(&["main.watchConfig", "Enter open"]);
        let pid = std::fs::read_to_string(terminal.folder().join("pid")).unwrap();
        let killed = std::process::Command::new("kill").args(["-s", signal, pid.trim()]).status();
        assert!(killed.unwrap().success());
        terminal.ends(0);
        assert!(!terminal.screen().contains("main.watchConfig"), "{}", terminal.screen());
    }
}
