//! What a URL means: where the process is, and which of its profiles is meant.

use std::fmt;
use std::path::{Path, PathBuf};

use super::settings::Credentials;

/// A URL as the user typed it. What is shown of it holds no secrets: neither a password nor the
/// values of unknown query parameters, which may be tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    place: Place,
    /// Begins with a slash, or is empty if none was typed.
    path: String,
    query: Vec<(String, Option<String>)>,
    /// What stood before the `@`.
    pub credentials: Option<Credentials>,
}

/// Where the process listens.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Host {
        tls: bool,
        /// An IPv6 address is in brackets.
        host: String,
        port: Option<u16>,
    },
    Socket(PathBuf),
}

/// Query parameters of `net/http/pprof` whose values are no secrets.
const PLAIN: &[&str] = &["debug", "seconds", "gc"];

/// Where `net/http/pprof` serves if nobody says otherwise.
const INDEX: &str = "/debug/pprof/";

impl Address {
    /// Whether `text` is a URL and no path of a file.
    pub fn is_url(text: &str) -> bool {
        let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        text.starts_with("unix:/") || (!scheme.is_empty() && scheme.chars().all(known))
    }

    /// Reads a URL: `http://`, `https://`, `unix:///run/app.sock`, `unix:///run/app.sock:/path`,
    /// `http+unix://%2Frun%2Fapp.sock/path`. The error says what is wrong and holds no secrets.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text
            .split_once("://")
            .or_else(|| text.strip_prefix("unix:").map(|rest| ("unix", rest)))
            .ok_or("a URL begins with http://, https:// or unix://")?;
        let rest = rest.split('#').next().unwrap_or(rest);
        match scheme.to_ascii_lowercase().as_str() {
            "http" => Self::host(false, rest),
            "https" => Self::host(true, rest),
            "unix" => {
                let (socket, rest) = match rest.find(":/") {
                    Some(at) => rest.split_at_checked(at).unwrap_or((rest, "")),
                    None => (rest, ""),
                };
                Self::new(Place::Socket(socket.into()), rest.trim_start_matches(':'), None)
            }
            "http+unix" | "unix+http" => {
                let at = rest.find(['/', '?']).unwrap_or(rest.len());
                let (socket, rest) = rest.split_at_checked(at).unwrap_or((rest, ""));
                Self::new(Place::Socket(decode(socket).into()), rest, None)
            }
            _ => Err("URLs of that scheme cannot be fetched; use http, https or unix".to_owned()),
        }
    }

    fn host(tls: bool, rest: &str) -> Result<Self, String> {
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let (user, host) =
            authority.rsplit_once('@').map_or((None, authority), |(u, h)| (Some(u), h));
        let credentials = user.map(|user| {
            let (user, password) = user.split_once(':').unwrap_or((user, ""));
            Credentials::new(decode(user), decode(password))
        });
        // `[::1]:6060`: a colon in brackets is no port.
        let bracket = host.rfind(']').map_or(0, |at| at + 1);
        let tail = host.get(bracket..).unwrap_or("");
        let (host, port) = match tail.rfind(':') {
            None => (host, None),
            Some(at) => {
                let (name, port) = host.split_at_checked(bracket + at).unwrap_or((host, ""));
                let port = port.trim_start_matches(':');
                let port = port.parse().map_err(|_| "the port is no number up to 65535")?;
                (name, Some(port))
            }
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-._[]:%".contains(c);
        if host.is_empty() || !host.chars().all(is_name) {
            return Err("the host name is missing or has characters that none has".to_owned());
        }
        Self::new(Place::Host { tls, host: host.to_owned(), port }, rest, credentials)
    }

    fn new(place: Place, rest: &str, credentials: Option<Credentials>) -> Result<Self, String> {
        if matches!(&place, Place::Socket(path) if path.as_os_str().is_empty()) {
            return Err("the path of the socket is missing: unix:///run/app.sock".to_owned());
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        if rest.chars().any(|c| c.is_control() || c == ' ') {
            return Err("a URL has no spaces; write %20".to_owned());
        }
        let pair = |pair: &str| match pair.split_once('=') {
            Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
            None => (pair.to_owned(), None),
        };
        let query = query.split('&').filter(|text| !text.is_empty()).map(pair).collect();
        Ok(Self { place, path: path.to_owned(), query, credentials })
    }

    /// Whether a profile is named; false for a host alone and for the index page of pprof, where
    /// gdump chooses what to ask for.
    pub fn names_a_profile(&self) -> bool {
        !matches!(self.path.as_str(), "" | "/")
            && !self.path.trim_end_matches('/').ends_with("/debug/pprof")
    }

    /// The URL of the profile `name` of the same process at the level `debug`. Of the query what
    /// pprof does not know is kept.
    #[must_use]
    pub fn profile(&self, name: &str, debug: u8) -> Self {
        let folder = if matches!(self.path.as_str(), "" | "/") {
            INDEX.to_owned()
        } else if self.names_a_profile() {
            self.path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned() + "/"
        } else {
            self.path.trim_end_matches('/').to_owned() + "/"
        };
        let kept = self.query.iter().filter(|(key, _)| !PLAIN.contains(&key.as_str()));
        let mut query: Vec<_> = kept.cloned().collect();
        query.push(("debug".to_owned(), Some(debug.to_string())));
        Self { path: folder + name, query, ..self.clone() }
    }

    /// The level of detail that is asked for, where it is said.
    pub fn debug(&self) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == "debug");
        found.and_then(|(_, value)| value.as_deref())
    }

    /// Where a redirect or link `location`, seen at this URL, leads to. Credentials go along only to
    /// the same host, port and at least as safe a scheme.
    pub fn join(&self, location: &str) -> Result<Self, String> {
        let mut next = if location.contains("://") {
            Self::parse(location)?
        } else if let Some(rest) = location.strip_prefix("//") {
            let scheme = if self.tls() { "https" } else { "http" };
            Self::parse(&format!("{scheme}://{rest}"))?
        } else if location.starts_with('/') {
            Self::new(self.place.clone(), location, None)?
        } else if location.starts_with('?') {
            Self::new(self.place.clone(), &format!("{}{location}", self.path), None)?
        } else {
            let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            Self::new(self.place.clone(), &format!("{folder}/{location}"), None)?
        };
        // What a server writes into a redirect is not what the user wants to be.
        next.credentials = self.credentials.clone().filter(|_| self.trusts(&next));
        Ok(next)
    }

    /// Whether what this server may know, `other` may know too.
    pub fn trusts(&self, other: &Self) -> bool {
        match (&self.place, &other.place) {
            (Place::Socket(a), Place::Socket(b)) => a == b,
            (Place::Host { host: a, tls: from, .. }, Place::Host { host: b, tls: to, .. }) => {
                let upgraded = !from && *to && (self.port(), other.port()) == (80, 443);
                a.eq_ignore_ascii_case(b)
                    && (upgraded || (from == to && self.port() == other.port()))
            }
            _ => false,
        }
    }

    /// Whether the connection is encrypted.
    pub fn tls(&self) -> bool {
        matches!(self.place, Place::Host { tls: true, .. })
    }

    fn port(&self) -> u16 {
        match &self.place {
            Place::Host { port: Some(port), .. } => *port,
            Place::Host { tls: true, .. } => 443,
            _ => 80,
        }
    }

    /// The socket's path, if it is one.
    pub fn socket(&self) -> Option<&Path> {
        match &self.place {
            Place::Socket(path) => Some(path),
            Place::Host { .. } => None,
        }
    }

    /// The host's name or address without brackets; `localhost` for a socket.
    pub fn host_name(&self) -> &str {
        match &self.place {
            Place::Host { host, .. } => host.trim_start_matches('[').trim_end_matches(']'),
            Place::Socket(_) => "localhost",
        }
    }

    /// Whether the process is on this machine.
    pub fn is_local(&self) -> bool {
        let host = self.host_name();
        let address: Option<std::net::IpAddr> = host.parse().ok();
        host == "localhost" || address.is_some_and(|address| address.is_loopback())
    }

    /// Where it is, without path: for the names of files.
    pub fn place(&self) -> String {
        match &self.place {
            Place::Host { host, port, .. } => match port {
                Some(port) => format!("{host}:{port}"),
                None => host.clone(),
            },
            Place::Socket(path) => {
                let name = path.file_name().unwrap_or(path.as_os_str());
                name.to_string_lossy().into_owned()
            }
        }
    }

    /// What a client asks for, whole: with the query, without credentials. It may hold secrets.
    #[cfg(feature = "live")]
    pub(super) fn request(&self) -> String {
        let path = if self.path.is_empty() { "/" } else { &self.path };
        let (scheme, place) = match &self.place {
            Place::Host { tls, .. } => (if *tls { "https" } else { "http" }, self.place()),
            Place::Socket(_) => ("http", "localhost".to_owned()),
        };
        format!("{scheme}://{place}{path}{}", self.query(&|_, value| value.to_owned()))
    }

    /// The values of query parameters that may be secrets.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        let unknown = self.query.iter().filter(|(key, _)| !PLAIN.contains(&key.as_str()));
        unknown.filter_map(|(_, value)| value.as_deref())
    }

    fn query(&self, value_of: &dyn Fn(&str, &str) -> String) -> String {
        let mut text = String::new();
        for (key, value) in &self.query {
            text.push(if text.is_empty() { '?' } else { '&' });
            text.push_str(key);
            if let Some(value) = value {
                text.push('=');
                text.push_str(&value_of(key, value));
            }
        }
        text
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Host { tls, .. } => {
                write!(f, "{}://{}", if *tls { "https" } else { "http" }, self.place())?;
            }
            Place::Socket(path) if self.path.is_empty() => write!(f, "unix://{}", path.display())?,
            Place::Socket(path) => write!(f, "unix://{}:", path.display())?,
        }
        let hidden = |key: &str, value: &str| {
            if PLAIN.contains(&key) { value.to_owned() } else { "***".to_owned() }
        };
        write!(f, "{}{}", self.path, self.query(&hidden))
    }
}

/// `text` with `%41` as `A`.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |byte: &u8| char::from(*byte).to_digit(16);
        let pair = match tail {
            [a, b, ..] if *first == b'%' => hex(a).zip(hex(b)),
            _ => None,
        };
        let byte = pair.and_then(|(a, b)| u8::try_from(a * 16 + b).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn what_is_a_url() {
        for url in
            ["http://h", "https://h:1/x", "unix:///s", "unix:/s", "http+unix://%2Fs", "ftp://h"]
        {
            assert!(Address::is_url(url), "{url}");
        }
        for path in ["h:6060", "dump.txt", "a/b://c", "://", "C:/x", "-"] {
            assert!(!Address::is_url(path), "{path}");
        }
    }

    #[test]
    fn a_host_alone_means_the_goroutines() {
        for (typed, asked) in [
            ("http://h:6060", "http://h:6060/debug/pprof/goroutine?debug=2"),
            ("http://h/", "http://h/debug/pprof/goroutine?debug=2"),
            ("https://[::1]:1/debug/pprof", "https://[::1]:1/debug/pprof/goroutine?debug=2"),
            ("http://h/api/debug/pprof/", "http://h/api/debug/pprof/goroutine?debug=2"),
            ("http://h?x=1", "http://h/debug/pprof/goroutine?x=***&debug=2"),
            ("unix:///run/a.sock", "unix:///run/a.sock:/debug/pprof/goroutine?debug=2"),
        ] {
            let address = parse(typed);
            assert!(!address.names_a_profile(), "{typed}");
            assert_eq!(address.profile("goroutine", 2).to_string(), asked);
        }
    }

    #[test]
    fn a_profile_that_is_named_stays() {
        for url in [
            "http://h:6060/debug/pprof/goroutine?debug=1",
            "http://h/pprof/goroutine?seconds=3",
            "unix:///run/a.sock:/debug/pprof/goroutine",
        ] {
            assert!(parse(url).names_a_profile());
            assert_eq!(parse(url).to_string(), url);
        }
        let other = parse("http://h/x/debug/pprof/goroutine?debug=1&t=5").profile("heap", 0);
        assert_eq!(other.request(), "http://h/x/debug/pprof/heap?t=5&debug=0");
        let socket = parse("http+unix://%2Frun%2Fa.sock/debug/pprof/goroutine?debug=1");
        assert_eq!(socket.socket(), Some(Path::new("/run/a.sock")));
        assert_eq!(socket.request(), "http://localhost/debug/pprof/goroutine?debug=1");
    }

    #[test]
    fn secrets_are_not_shown() {
        let address = parse("http://us%40er:p%3Aw@h:1/x?token=abc&debug=2&flag#frag");
        assert_eq!(address.to_string(), "http://h:1/x?token=***&debug=2&flag");
        assert!(!format!("{address:?}").contains("p:w"));
        let credentials = address.credentials.as_ref().unwrap();
        assert_eq!((credentials.user(), credentials.password()), ("us@er", "p:w"));
        assert_eq!(address.request(), "http://h:1/x?token=abc&debug=2&flag");
        for wrong in [
            "http://u:secret@",
            "http://u:secret@h:x/",
            "gopher://u:secret@h",
            "http://u:secret@h/a b",
        ] {
            assert!(!Address::parse(wrong).unwrap_err().contains("secret"));
        }
    }

    #[test]
    fn credentials_do_not_go_to_other_hosts() {
        let from = parse("http://u:p@h:6060/a/b?debug=2");
        for (location, leads_to, kept) in [
            ("/c", "http://h:6060/c", true),
            ("c?x=1", "http://h:6060/a/c?x=***", true),
            ("//h:6060/d", "http://h:6060/d", true),
            ("http://other:6060/c", "http://other:6060/c", false),
            ("http://h:6061/c", "http://h:6061/c", false),
            ("http://x:y@h:6061/c", "http://h:6061/c", false),
        ] {
            let next = from.join(location).unwrap();
            assert_eq!((next.to_string().as_str(), next.credentials.is_some()), (leads_to, kept));
        }
        assert!(parse("http://h").trusts(&parse("https://h")));
        assert!(!parse("https://h").trusts(&parse("http://h")));
    }
}
