//! Servers that are slow, hang, lie, die, or are no Go programs: a clear error each, in bounded time.

use std::io::Write;
use std::thread::sleep;
use std::time::Duration;

use super::gdump;
use super::server::{Server, answer, no_good};

const DUMP: &str = include_str!("../../testdata/debug2/leaky-service.go1.27.txt");

#[test]
fn a_server_that_hangs() {
    let server = Server::new(|_, _| sleep(Duration::from_secs(20)));
    let run = gdump(&[&server.url(2), "--timeout", "500ms"]);
    run.says(2, &["no answer within 500ms", "--timeout", "debug=1", "kill -QUIT"]);
    assert!(run.took < Duration::from_secs(10), "{:?}", run.took);
}

#[test]
fn a_server_that_drips() {
    let server = Server::new(|stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        for byte in DUMP.bytes() {
            if stream.write_all(&[byte]).is_err() {
                return;
            }
            sleep(Duration::from_millis(2));
        }
    });
    let run = gdump(&[&server.url(2), "--timeout", "2s"]);
    run.says(2, &["not whole after 2s (--timeout)"]);
    assert!(run.took < Duration::from_secs(10), "{:?}", run.took);
}

/// A process that answers with what cannot be read is no process without goroutines.
#[test]
fn an_answer_of_which_nothing_is_read() {
    let damaged = b"goroutine profile: total 3\n3 @ 0x1 zzz\n#\t0x1\tmain.f+0x1\t/a.go:1\n\n";
    let server = Server::sending(answer("200 OK", "", damaged));
    let folder = tempfile::tempdir().unwrap();
    let (kept, url) = (folder.path().to_str().unwrap(), server.url(1));
    for args in [
        &["summarize", &url][..],
        &["check", &url],
        &["collect", &url, "-o", kept],
        &["record", &url, "-o", kept, "--every", "100ms", "--for", "300ms"],
    ] {
        gdump(args).says(2, &["none of the 3 goroutines or records of this dump could be read"]);
    }
    let dumps = crate::support::files(folder.path());
    assert!(dumps.iter().all(|path| path.ends_with("gdump-record.ndjson")), "{dumps:?}");
}

#[test]
fn a_server_that_never_ends() {
    let server = Server::new(|stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(DUMP.as_bytes()).is_ok() {}
    });
    for url in [server.url(2), format!("http://{}", server.place)] {
        let run = gdump(&[&url, "--max-bytes", "8M"]);
        run.says(2, &["over the limit", "--max-bytes"]);
        assert!(run.took < Duration::from_secs(20), "{:?}", run.took);
    }
}

#[test]
fn a_bomb() {
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..64 {
        zip.write_all(&vec![b'x'; 1 << 20]).unwrap();
    }
    let bomb = answer("200 OK", "Content-Encoding: gzip\r\n", &zip.finish().unwrap());
    let server = Server::sending(bomb);
    gdump(&[&server.url(2), "--max-bytes", "8M"]).says(2, &["limit of 8 MiB", "--max-bytes"]);
}

#[test]
fn a_server_that_states_a_wrong_length_or_dies_halfway() {
    let half = DUMP.split_at(DUMP.len() / 2).0;
    let server = Server::sending(format!("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n{half}"));
    let run = gdump(&[&server.url(2)]);
    let came = format!("{} of 99999 bytes came", half.len());
    run.says(
        2,
        &["closed the connection in the middle of its answer", &came, "what came is shown"],
    );
    run.shows(&["CUT OFF: the connection ended too early", "Findings"]);
    let json = gdump(&[&server.url(2), "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["inputs"][0]["completeness"]["reason"], "connection");
    // More than was stated is not read.
    let mut long = answer("200 OK", "", DUMP.as_bytes());
    long.extend(b"goroutine 9999 [running]:\nmain.no()\n\t/x.go:1\n\n");
    let run = gdump(&[&Server::sending(long).url(2)]);
    assert_eq!(run.code, Some(0));
    assert!(!run.out.contains("main.no"));
}

#[test]
fn a_server_that_dies_or_speaks_otherwise() {
    for (bytes, says) in [
        ("", "closed the connection without an answer"),
        ("SSH-2.0-OpenSSH_9.9\r\n", "does not speak HTTP"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "the input is empty"),
        ("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "without saying where to"),
    ] {
        gdump(&[&Server::sending(bytes).url(2)]).says(2, &[says]);
    }
}

#[test]
fn answers_that_are_no_dump() {
    let index = b"<html>\n<head>\n<title>/debug/pprof/</title>\n<a href='goroutine?debug=1'>";
    let login = b"<!DOCTYPE html><title>Sign in to Corp</title>";
    let html = "Content-Type: text/html; charset=utf-8\r\n";
    for (status, headers, body, says) in [
        (
            "404 Not Found",
            "",
            &b"404 page not found\n"[..],
            &["404 Not Found", "import _ \"net/http/pprof\""][..],
        ),
        (
            "404 Not Found",
            "",
            b"Unknown profile\n",
            &["Unknown profile", "goroutineleak comes with Go 1.27"],
        ),
        ("401 Unauthorized", "", b"", &["401 Unauthorized", "--user", "--header", "--netrc"]),
        ("403 Forbidden", "", b"nope\x1b[31m\n", &["403 Forbidden: nope", "--user"]),
        (
            "400 Bad Request",
            "",
            b"Client sent an HTTP request to an HTTPS server.\n",
            &["try https://"],
        ),
        ("503 Service Unavailable", html, b"<html>x", &["503", "kubectl port-forward"]),
        ("200 OK", html, index, &["index page of net/http/pprof", "/x/goroutine?debug=2"]),
        ("200 OK", html, login, &["Sign in to Corp", "wants a login"]),
        ("200 OK", "", b"heap profile: 1: 2 [3: 4] @ heap/1048576\n", &["heap profile"]),
    ] {
        let server = Server::sending(answer(status, headers, body));
        let run = gdump(&[&format!("http://{}/x/page", server.place)]);
        run.says(2, says);
        assert!(!run.err.contains('\u{1b}'), "{}", run.err);
    }
    let refused = gdump(&["http://127.0.0.1:1"]);
    refused.says(2, &["nothing listens there (connection refused)", "ssh -L"]);
    gdump(&["127.0.0.1:1"]).says(2, &["a process is a URL: http://127.0.0.1:1"]);
}

#[test]
fn redirects_are_bounded_and_take_no_credentials_elsewhere() {
    let other = Server::sending(answer("401 Unauthorized", "", b""));
    let to = format!("Location: http://{}/debug/pprof/goroutine?debug=2\r\n", other.place);
    let first = Server::sending(answer("302 Found", &to, b""));
    let secrets = ["--user", "me:pa55word", "--header", "X-Token: t0ken"];
    let run = gdump(&[&[first.url(2).as_str()][..], &secrets].concat());
    run.says(2, &["401", "without credentials, because a redirect led to another host"]);
    let asked = first.requests.recv().unwrap().to_ascii_lowercase();
    assert!(
        asked.contains("authorization: basic bwu6cge1nxdvcmq=") && asked.contains("x-token: t0ken")
    );
    let asked = other.requests.recv().unwrap().to_ascii_lowercase();
    assert!(!asked.contains("authorization") && !asked.contains("t0ken"), "{asked}");

    let circle = Server::sending(answer("302 Found", "Location: /debug/pprof/goroutine\r\n", b""));
    gdump(&[&circle.url(2)]).says(2, &["redirects again and again"]);
    assert!(circle.requests.try_iter().count() <= 6);
}

#[test]
fn secrets_are_never_shown() {
    let echo = Server::new(|stream, head| {
        let _ = stream.write_all(&answer("500 Oops", "", head.replace("\r\n", " | ").as_bytes()));
    });
    let url = format!("http://me:pa55word@{}/x?api_key=k3yk3y&debug=2", echo.place);
    let folder = tempfile::tempdir().unwrap();
    let netrc = folder.path().join("netrc");
    std::fs::write(&netrc, "default login x password n3trc\n").unwrap();
    let netrc = format!("--netrc={}", netrc.display());
    let runs = [
        gdump(&[&url, "--header", "Authorization: Bearer t0ken"]),
        gdump(&[&format!("http://{}/", echo.place), "--user", "me:pa55word", "-v"]),
        gdump(&[&format!("http://{}/", echo.place), &netrc]),
        gdump(&[&url, "--header", "t0ken"]),
        gdump(&["http://me:pa55word@h:port/"]),
        gdump(&[&url, "--user", "pa55word"]),
        gdump(&[&url.replace(&echo.place, "127.0.0.1:1")]),
        gdump(&[&url.replace("http", "gopher")]),
    ];
    for run in &runs {
        assert_eq!(run.code, Some(2), "{}", run.err);
        let basic = ["bWU6cGE1NXdvcmQ=", "eDpuM3RyYw=="];
        for secret in ["pa55word", "k3yk3y", "t0ken", "n3trc"].into_iter().chain(basic) {
            assert!(
                !run.err.contains(secret) && !run.out.contains(secret),
                "{secret}: {}",
                run.err
            );
        }
    }
    // They did get there.
    let asked: Vec<String> = echo.requests.try_iter().collect();
    assert!(asked[0].contains("Bearer t0ken") && asked[0].contains("api_key=k3yk3y"), "{asked:?}");
    assert!(
        asked[1].contains("bWU6cGE1NXdvcmQ=") && asked[2].contains("eDpuM3RyYw=="),
        "{asked:?}"
    );
}

/// Every command that asks says what is wrong, and soon, and keeps no more in memory than it may.
#[test]
#[cfg(target_os = "linux")]
fn no_command_trusts_a_server() {
    // Memory of the whole process, most of it never touched: stacks of threads.
    const ROOM: &str = "ulimit -v 1500000; exec \"$0\" \"$@\"";
    let folder = tempfile::tempdir().unwrap();
    for (what, server, says) in no_good() {
        let url = format!("http://{}", server.place);
        let dumps = folder.path().join("dumps");
        let bundle = folder.path().join("b.tar.gz");
        let commands: [&[&str]; 4] = [
            &["summarize", &url],
            &["collect", &url, "-o", bundle.to_str().unwrap()],
            &["record", &url, "-o", dumps.to_str().unwrap(), "--for", "200ms"],
            &["wallclock", &url, "--for", "2s"],
        ];
        for command in commands {
            let begun = std::time::Instant::now();
            let output = std::process::Command::new("sh")
                .args(["-c", ROOM, env!("CARGO_BIN_EXE_gdump")])
                .args(command)
                .args(["--timeout", "1s", "--max-bytes", "8M"])
                .env_clear()
                .output()
                .unwrap();
            let err = String::from_utf8_lossy(&output.stderr);
            let about = format!("{} of a server that {what}: {err}", command[0]);
            assert_eq!(output.status.code(), Some(2), "{about}");
            assert!(err.contains(says) && !err.contains("panicked"), "no {says:?}: {about}");
            assert!(!err.contains('\u{1b}'), "{about}");
            assert!(begun.elapsed() < Duration::from_secs(10), "{:?}: {about}", begun.elapsed());
            assert!(!bundle.exists(), "{about}");
        }
        let left: Vec<_> = crate::support::files(&dumps)
            .into_iter()
            .filter(|path| !path.ends_with("gdump-record.ndjson"))
            .collect();
        assert!(left.is_empty(), "{what}: {left:?}");
    }
}

/// debug=0 as Go writes it, and debug=2 as `text` says.
fn half_good(text: impl Fn(&mut std::net::TcpStream) + Send + Sync + 'static) -> Server {
    let counts = std::fs::read(crate::support::root().join(COUNTS)).unwrap();
    Server::new(move |stream, head| {
        if head.contains("debug=0") && head.contains("/goroutine?") {
            let _ = stream.write_all(&answer("200 OK", "", &counts));
        } else {
            text(stream);
        }
    })
}

const COUNTS: &str = "testdata/proto/leaky-service.go1.27.pb.gz";

/// Name, server, further options, what is said of it and what is shown nevertheless.
type Case<'a> = (&'a str, Server, &'a [&'a str], &'a str, &'a [&'a str]);

#[test]
fn what_came_is_kept_when_the_rest_does_not_come() {
    let cut = |stream: &mut std::net::TcpStream| {
        let half = DUMP.split_at(DUMP.len() / 2).0;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", DUMP.len());
        let _ = stream.write_all(format!("{head}{half}").as_bytes());
    };
    let hang = |_: &mut std::net::TcpStream| sleep(Duration::from_secs(60));
    let none = |stream: &mut std::net::TcpStream| {
        let _ = stream.write_all(&answer("404 Not Found", "", b"Unknown profile\n"));
    };
    let folder = tempfile::tempdir().unwrap();
    let cases: [Case<'_>; 3] = [
        (
            "cut",
            half_good(cut),
            &[],
            "closed the connection in the middle",
            &["debug=2", "CUT OFF"],
        ),
        ("hang", half_good(hang), &[], "no answer within 1s", &["debug=0"]),
        ("none", half_good(none), &["--leaks"], "goroutineleak comes with Go 1.27", &["debug=0"]),
    ];
    for (name, server, more, says, shows) in cases {
        let url = format!("http://{}", server.place);
        let bundle = folder.path().join(format!("{name}.tar.gz"));
        let bundle = bundle.to_str().unwrap();
        let line = ["collect", &url, "-o", bundle, "--timeout", "1s"];
        gdump(&[&line[..], more].concat()).says(2, &[says, "debug=0:", "next: gdump"]);
        gdump(&[bundle]).shows(shows).shows(&["main."]);
        if more.is_empty() {
            gdump(&[&url, "--timeout", "1s"]).says(2, &[says, "what came is shown"]).shows(shows);
        }
    }
}

/// What a sample costs is not known before the first one, which may cost no more than all together.
#[test]
fn a_process_that_answers_slowly_is_not_sampled() {
    let counts = std::fs::read(crate::support::root().join(COUNTS)).unwrap();
    let server = Server::new(move |stream, _| {
        sleep(Duration::from_millis(2600));
        let _ = stream.write_all(&answer("200 OK", "", &counts));
    });
    let url = format!("http://{}", server.place);
    let run = gdump(&["wallclock", &url, "--for", "30s"]);
    run.says(2, &["one sample took longer than the 2.0 s that all may take", "--max-cost"]);
    assert!(run.took < Duration::from_secs(10), "{:?}", run.took);
    assert_eq!(server.requests.try_iter().count(), 1, "it is asked once");
    // 9 seconds in all are allowed, so that there is one sample or some, and no more than that.
    let run = gdump(&["wallclock", &url, "--for", "12s", "--max-cost", "75%"]);
    run.says(0, &[]).shows(&["main."]);
    let asked = server.requests.try_iter().count();
    assert!((1..=4).contains(&asked), "{asked}");
}

/// Neither in what is said nor in what is kept, though the server says them all again.
#[test]
fn secrets_are_never_kept() {
    use std::io::Read;

    const SECRETS: [&str; 4] = ["pa55word", "t0ken", "n3trc", "bWU6cGE1NXdvcmQ="];
    let counts = std::fs::read(crate::support::root().join(COUNTS)).unwrap();
    let server = Server::new(move |stream, head| {
        let said = head.replace("\r\n", " | ");
        let bytes = if head.contains("debug=0") {
            answer("200 OK", "", &counts)
        } else {
            answer("500 Oops", "", said.as_bytes())
        };
        let _ = stream.write_all(&bytes);
    });
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(folder.path().join("netrc"), "default login me password n3trc\n").unwrap();
    let url = format!("http://me:pa55word@{}", server.place);
    let bare = format!("http://{}", server.place);
    let (bundle, archive, dumps) = (path("bundle"), path("a.tar.gz"), path("dumps"));
    let netrc = format!("--netrc={}", path("netrc"));
    let lines: [&[&str]; 5] = [
        &["collect", &url, "-o", &bundle],
        &["collect", &bare, "-o", &archive, "--user", "me:pa55word"],
        &["record", &bare, &netrc, "-o", &dumps, "--for", "1s", "--every", "200ms", "--over", "1"],
        &["wallclock", &url, "--for", "1s"],
        &["summarize", &url, "--format", "json"],
    ];
    for line in lines {
        let run = gdump(&[line, &["--header", "X-Token: t0ken"]].concat());
        assert!(!run.out.is_empty() || !run.err.is_empty());
        for secret in SECRETS {
            assert!(!run.out.contains(secret) && !run.err.contains(secret), "{secret}: {run:?}");
        }
    }
    std::fs::remove_file(folder.path().join("netrc")).unwrap();
    let files = crate::support::files(folder.path());
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        let mut bytes = std::fs::read(&file).unwrap();
        let mut unzipped = Vec::new();
        if flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut unzipped).is_ok() {
            bytes = unzipped;
        }
        let text = String::from_utf8_lossy(&bytes);
        for secret in SECRETS {
            assert!(!text.contains(secret), "{secret} in {}", file.display());
        }
    }
    #[cfg(feature = "serve")]
    {
        let header = ["--header", "X-Token: t0ken", "--every", "200ms", "--max-cost", "100%"];
        let served = crate::serve::Server::start(&[&[url.as_str()][..], &header].concat());
        while served.json("/api/state")["dumps"].as_u64() < Some(2) {
            sleep(Duration::from_millis(50));
        }
        let text = ["/api/state", "/api/report"].map(|path| served.json(path).to_string()).concat();
        assert!(SECRETS.iter().all(|secret| !text.contains(secret)), "{text}");
        assert!(text.contains("500 Internal Server Error"), "what is missing is said: {text}");
    }
}

/// What a proxy says is not taken for what the process says.
#[test]
fn a_proxy_that_answers_itself() {
    let proxy = Server::sending(answer("403 Forbidden", "", b"not for you\n"));
    let ask = |url: &str, without: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_gdump"))
            .args([url, "--timeout", "5s"])
            .env_clear()
            .env("HTTP_PROXY", format!("http://me:pa55word@{}", proxy.place))
            .env("NO_PROXY", without)
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said = ask("http://service.invalid:6060", "");
    assert!(said.contains("the proxy of the environment") && said.contains("NO_PROXY"), "{said}");
    assert!(!said.contains("pa55word"), "{said}");
    for (url, without) in
        [("http://service.invalid:6060", "service.invalid"), ("http://127.0.0.1:1", "")]
    {
        let said = ask(url, without);
        assert!(!said.contains("proxy") && !said.contains("403"), "{said}");
    }
}
