//! What went wrong when a process was asked, in words for the user: what the server did, and what to
//! try. Texts of libraries are used only where they can hold no URL and no header.

use std::io::ErrorKind;
use std::time::Duration;

use super::address::Address;
use super::settings::Settings;
use crate::error::Error;

/// Bytes of an answer that are read to say what it is.
pub(super) const HEAD: usize = 4096;

/// What a failed request is to the user.
pub(super) fn request(
    address: &Address,
    settings: &Settings,
    limit: Duration,
    error: ureq::Error,
) -> Error {
    let (what, remedy) = match error {
        ureq::Error::HostNotFound => unknown_host(address),
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => (
            "no connection in time".to_owned(),
            "check host and port, and whether a firewall is in between; inside a cluster: kubectl port-forward POD 6060".to_owned(),
        ),
        ureq::Error::Timeout(_) => no_answer(address, limit),
        ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => (
            "the proxy of the environment (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY) does not connect".to_owned(),
            "name the host in NO_PROXY to go without it".to_owned(),
        ),
        ureq::Error::Io(error) => return io(address, limit, &error),
        ureq::Error::Protocol(_) | ureq::Error::Http(_) | ureq::Error::LargeResponseHeader(..) => (
            "what answers there does not speak HTTP".to_owned(),
            if address.tls() { OTHER_PORT } else { OTHER_PORT_OR_TLS }.to_owned(),
        ),
        ureq::Error::BadUri(_) => ("this URL cannot be asked for".to_owned(), "check its spelling".to_owned()),
        other => return tls(address, settings, &other.to_string()),
    };
    fetch(address, what, remedy)
}

/// The same error, where a proxy may be what answered.
pub(super) fn proxied(address: &Address, error: Error) -> Error {
    match error {
        Error::Fetch { url, what, remedy } if !remedy.contains("NO_PROXY") => {
            let host = address.host_name();
            let remedy = format!(
                "it was asked through the proxy of the environment (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY), which \
                 may have said that itself: NO_PROXY={host} goes without it\n  else: {remedy}"
            );
            Error::Fetch { url, what, remedy }
        }
        other => other,
    }
}

const OTHER_PORT: &str =
    "check the port: net/http/pprof often listens on another one than the service";
const OTHER_PORT_OR_TLS: &str =
    "check the port: net/http/pprof often listens on another one than the service; or try https://";

fn fetch(address: &Address, what: String, remedy: String) -> Error {
    Error::Fetch { url: address.to_string(), what, remedy }
}

fn unknown_host(address: &Address) -> (String, String) {
    (
        format!("no host of the name {} is known", address.host_name()),
        "check the name; inside a cluster: kubectl port-forward POD 6060, then http://localhost:6060".to_owned(),
    )
}

fn no_answer(address: &Address, limit: Duration) -> (String, String) {
    let stuck =
        "the process may be stuck as a whole (kill -QUIT makes it write its goroutines to stderr)";
    let remedy = if address.debug() == Some("2") {
        format!(
            "raise --timeout: debug=2 takes minutes with a million goroutines, debug=1 seconds; or {stuck}"
        )
    } else {
        format!("raise --timeout; or {stuck}")
    };
    (format!("no answer within {limit:?}"), remedy)
}

fn io(address: &Address, limit: Duration, error: &std::io::Error) -> Error {
    let lookup = error.to_string().contains("lookup address");
    let (what, remedy) = match error.kind() {
        _ if lookup => unknown_host(address),
        ErrorKind::ConnectionRefused => (
            "nothing listens there (connection refused)".to_owned(),
            "is the program running, and does it serve net/http/pprof on this port? From another machine: ssh -L 6060:localhost:6060 HOST, or kubectl port-forward POD 6060".to_owned(),
        ),
        ErrorKind::NotFound if address.socket().is_some() => (
            "there is no such socket".to_owned(),
            "check its path; it is there only while the program runs".to_owned(),
        ),
        ErrorKind::PermissionDenied if address.socket().is_some() => (
            "this user may not use the socket".to_owned(),
            "run gdump as the user of the program".to_owned(),
        ),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => (
            "the server closed the connection without an answer".to_owned(),
            if address.tls() { "it may have died just now, or not speak TLS: try http://" } else { "it may have died just now, or want https://" }.to_owned(),
        ),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => no_answer(address, limit),
        ErrorKind::InvalidData | ErrorKind::Other | ErrorKind::InvalidInput => {
            return tls(address, &Settings::default(), &error.to_string());
        }
        _ => (error.to_string(), OTHER_PORT.to_owned()),
    };
    fetch(address, what, remedy)
}

/// What `text`, by the TLS library, is to the user.
fn tls(address: &Address, settings: &Settings, text: &str) -> Error {
    if text.contains("InvalidContentType") || text.contains("corrupt message") {
        return fetch(
            address,
            "the server does not speak TLS on this port".to_owned(),
            "try http://".to_owned(),
        );
    }
    if text.contains("CaUsedAsEndEntity") {
        return fetch(
            address,
            "no connection: the server's certificate is that of an authority (CA:TRUE)".to_owned(),
            "make one with basicConstraints=CA:FALSE (openssl req -x509 makes CA:TRUE), or --insecure, which trusts anyone".to_owned(),
        );
    }
    if let Some((what, remedy)) = certificate(settings, text) {
        return fetch(address, format!("the server's certificate {what}"), remedy.to_owned());
    }
    let text = text.trim_start_matches("io: ").trim_start_matches("rustls: ");
    let remedy = if settings.cacert.is_some() {
        "is the certificate of its authority in the --cacert file?"
    } else if address.tls() {
        "--cacert FILE trusts another authority; --insecure trusts anyone"
    } else {
        OTHER_PORT
    };
    fetch(address, format!("no connection: {text}"), remedy.to_owned())
}

/// What is wrong with a certificate by `text` of the TLS library (rustls 0.23), and what to do; `None` if it
/// is something else.
fn certificate(settings: &Settings, text: &str) -> Option<(String, &'static str)> {
    let has = |word: &str| text.contains(word);
    if has("UnknownIssuer") {
        let remedy = if settings.cacert.is_some() {
            "is the certificate of its authority in the --cacert file?"
        } else {
            "--cacert FILE trusts that authority; --insecure trusts anyone"
        };
        return Some(("is of an authority that is not trusted here".to_owned(), remedy));
    }
    if has("not valid for name") || has("NotValidForName") {
        let names = text.split_once("certificate is ").map(|(_, names)| format!(": it is {names}"));
        let what = format!("is for another name{}", names.unwrap_or_default());
        return Some((what, "ask by a name that is in it; --insecure trusts anyone"));
    }
    let (what, remedy) = if has("expired") || has("Expired") {
        (
            "has expired",
            "renew it, or set the clock of this machine right; --insecure trusts anyone",
        )
    } else if has("not valid yet") || has("NotValidYet") {
        ("is not valid yet", "set the clock of this machine right; --insecure trusts anyone")
    } else {
        return None;
    };
    Some((what.to_owned(), remedy))
}

/// What the answer `status` means, whose body begins with `head`.
pub(super) fn status(
    address: &Address,
    settings: &Settings,
    status: ureq::http::StatusCode,
    head: &[u8],
    is_elsewhere: bool,
) -> Error {
    let reason = status.canonical_reason().unwrap_or("an unknown status");
    let mut what = format!("the server answered {} {reason}", status.as_u16());
    let said = said(address, settings, head).filter(|said| !said.eq_ignore_ascii_case(reason));
    let remedy = match status.as_u16() {
        _ if said.as_deref().is_some_and(|said| said.contains("HTTP request to an HTTPS")) => {
            "try https://"
        }
        401 | 403 if is_elsewhere => {
            "it was asked without credentials, because a redirect led to another host: give that URL itself"
        }
        401 | 403 => {
            "give credentials: --user NAME:PASSWORD, --header 'Authorization: Bearer TOKEN' or --netrc; or go around what asks for them: kubectl port-forward POD 6060"
        }
        404 if said.as_deref().is_some_and(|said| said.starts_with("Unknown profile")) => {
            "the program has no such profile (goroutineleak comes with Go 1.27); /debug/pprof/ lists those that it has"
        }
        404 => {
            "net/http/pprof is not served there: import _ \"net/http/pprof\" adds it to http.DefaultServeMux, a router of your own needs its handlers by hand; or it is on another port or below a prefix (http://HOST/PREFIX/debug/pprof/)"
        }
        405 | 400 => "check the URL: /debug/pprof/goroutine?debug=2",
        429 => "ask less often",
        502..=504 => {
            "ask the program itself, not what is in front of it: kubectl port-forward POD 6060"
        }
        _ => "look into the log of the server",
    };
    if let Some(said) = said {
        what = format!("{what}: {said}");
    }
    fetch(address, what, remedy.to_owned())
}

/// The first line of what a server said, if it is text for people.
fn said(address: &Address, settings: &Settings, head: &[u8]) -> Option<String> {
    const MOST: usize = 200;
    let text = String::from_utf8_lossy(head);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    // The secret might be cut by the limit, so it is taken out first.
    let line = settings.without_secrets(address, line);
    let is_text = !line.starts_with('<') && !line.chars().any(|c| c == '\u{fffd}' || c == '\0');
    is_text.then(|| line.chars().take(MOST).collect())
}

/// What a page of HTML is that was sent in place of a profile.
pub(super) fn page(address: &Address, head: &[u8]) -> Error {
    let text = String::from_utf8_lossy(head);
    if text.contains("goroutine?debug=") || text.contains("/debug/pprof/</title>") {
        let link = address.join("goroutine?debug=2").map(|link| link.to_string());
        return fetch(
            address,
            "this is the index page of net/http/pprof, not a profile".to_owned(),
            format!("the goroutines are at {}", link.unwrap_or_default()),
        );
    }
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title>").zip(lower.find("</title>"));
    let title = title.and_then(|(from, to)| text.get(from + 7..to)).map(str::trim);
    let what = match title.filter(|title| !title.is_empty()) {
        Some(title) => format!(
            "this is an HTML page ({}), not a profile",
            title.chars().take(80).collect::<String>()
        ),
        None => "this is an HTML page, not a profile".to_owned(),
    };
    let login = ["login", "log in", "sign in"].iter().any(|word| lower.contains(word));
    let remedy = if login {
        "it wants a login: --user, --header or --netrc; or go around it: kubectl port-forward POD 6060"
    } else {
        "find out where the program serves net/http/pprof, often another port or below a prefix"
    };
    fetch(address, what, remedy.to_owned())
}

/// A redirect that is not followed.
pub(super) fn redirect(address: &Address, why: &str) -> Error {
    fetch(
        address,
        format!("the server redirects {why}"),
        "give the URL of the profile itself".to_owned(),
    )
}
