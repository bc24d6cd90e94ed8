//! Who may ask: requests that name this server, and for changes only its own page.

use std::net::SocketAddr;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The names under which the server may be asked, with the port.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    hosts: Vec<String>,
}

impl Guard {
    /// For a server at `address` that is also called `names`.
    pub(super) fn new(address: SocketAddr, names: &[String]) -> Self {
        let port = address.port();
        let own = match address {
            SocketAddr::V4(v4) => v4.ip().to_string(),
            SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
        };
        let fixed = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned);
        let names = fixed.into_iter().chain([own]).chain(names.iter().cloned());
        let mut hosts = Vec::new();
        for name in names.map(|name| name.to_ascii_lowercase()) {
            hosts.push(format!("{name}:{port}"));
            // Browsers leave out the port that a scheme has by itself.
            if port == 80 {
                hosts.push(name);
            }
        }
        Self { hosts }
    }

    fn knows(&self, host: &str) -> bool {
        self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
    }

    /// Why a request is refused, if it is.
    fn objection(&self, method: &Method, headers: &HeaderMap) -> Option<&'static str> {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        if !text(header::HOST).is_some_and(|host| self.knows(host)) {
            return Some("this server is not called so; --host NAME allows another name");
        }
        if matches!(*method, Method::GET | Method::HEAD) {
            return None;
        }
        // A page of another site may send a form, but neither this header nor our own origin.
        let own = text(header::ORIGIN).is_none_or(|origin| {
            origin.split_once("://").is_some_and(|(_, host)| self.knows(host))
        });
        let marked = headers.contains_key("x-gdump");
        (!own || !marked).then_some("only the server's own page may change something")
    }
}

/// Refuses what is not for this server, and tells browsers what its answers may be used for.
pub(super) async fn check(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let mut response = match guard.objection(request.method(), request.headers()) {
        Some(why) => (StatusCode::FORBIDDEN, format!("{why}\n")).into_response(),
        None => next.run(request).await,
    };
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in [
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (header::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn only_its_own_name_and_page() {
        let guard = Guard::new("127.0.0.1:7070".parse().unwrap(), &["build.example".to_owned()]);
        let get = |host| guard.objection(&Method::GET, &headers(&[("host", host)])).is_none();
        assert!(get("localhost:7070") && get("LOCALHOST:7070") && get("127.0.0.1:7070"));
        assert!(get("build.example:7070"));
        assert!(!get("localhost") && !get("localhost:80") && !get("evil.example:7070") && !get(""));
        assert!(guard.objection(&Method::GET, &headers(&[])).is_some());
        let post = |more: &[(&str, &str)]| {
            let all: Vec<_> = [("host", "localhost:7070")].iter().chain(more).copied().collect();
            guard.objection(&Method::POST, &headers(&all)).is_none()
        };
        assert!(post(&[("x-gdump", "1")]));
        assert!(post(&[("x-gdump", "1"), ("origin", "http://localhost:7070")]));
        assert!(!post(&[]));
        assert!(!post(&[("x-gdump", "1"), ("origin", "http://evil.example")]));
        assert!(!post(&[("x-gdump", "1"), ("origin", "null")]));
    }

    #[test]
    fn the_usual_port_may_be_left_out() {
        let guard = Guard::new("[::1]:80".parse().unwrap(), &[]);
        assert!(guard.knows("[::1]") && guard.knows("localhost:80"));
    }
}
