//! Asks a process for one of its profiles. Blocking: one connection, one answer.

use std::io::{Cursor, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, LOCATION};
use ureq::http::{HeaderValue, Response};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Proxy};

use super::address::Address;
use super::answer::Answer;
use super::failure;
use super::settings::Settings;
use crate::error::{Error, Result};

/// Redirects that are followed.
const REDIRECTS: u8 = 5;

/// Longest time for a connection; an answer may take far longer.
const CONNECT: Duration = Duration::from_secs(10);

/// Asks processes. Made once, used for any number of requests, which share connections.
#[derive(Debug)]
pub struct Client {
    settings: Settings,
    /// Certificates to trust in place of the system's.
    roots: Option<RootCerts>,
    /// For hosts; that for a socket is made when it is needed.
    agent: Agent,
    /// The proxy that the environment names.
    proxy: Option<Proxy>,
}

impl Client {
    /// A client; fails if the file of certificates cannot be read.
    pub fn new(settings: Settings) -> Result<Self> {
        let roots = settings.cacert.as_deref().map(certificates).transpose()?;
        let proxy = Proxy::try_from_env();
        let agent = Agent::new_with_config(config(&settings, roots.as_ref(), proxy.clone()));
        Ok(Self { settings, roots, agent, proxy })
    }

    /// How it asks.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Asks for `address` and waits for the head of a good answer. The whole answer may take the time
    /// that the settings say.
    pub fn get(&self, address: &Address) -> Result<Answer> {
        self.get_within(address, self.settings.timeout)
    }

    /// Asks for `address`; the whole answer may take `limit`.
    pub fn get_within(&self, address: &Address, limit: Duration) -> Result<Answer> {
        let asked = Instant::now();
        let mut at = address.clone();
        for _ in 0..=REDIRECTS {
            let left = limit.saturating_sub(asked.elapsed()).max(Duration::from_millis(1));
            let told = address.trusts(&at);
            let response = self
                .request(address, &at, told, left)
                .map_err(|error| failure::request(&at, &self.settings, limit, error))
                .map_err(|error| self.proxied(&at, error))?;
            let status = response.status();
            if !status.is_redirection() {
                return self
                    .accept(address, at.clone(), response, asked, limit, told)
                    .map_err(|error| self.proxied(&at, error));
            }
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let Some(location) = location else {
                return Err(failure::redirect(&at, "without saying where to"));
            };
            let next =
                at.join(location).map_err(|_| failure::redirect(&at, "to what is no URL"))?;
            if next.socket() != at.socket() {
                return Err(failure::redirect(&at, "to or from a socket"));
            }
            if at.tls() && !next.tls() {
                return Err(failure::redirect(
                    &at,
                    "from https to http, where anyone can read along",
                ));
            }
            at = next;
        }
        Err(failure::redirect(&at, "again and again"))
    }

    /// Sends one request: to `at`, with the credentials for `address` if the server there is `told`.
    fn request(
        &self,
        address: &Address,
        at: &Address,
        told: bool,
        left: Duration,
    ) -> std::result::Result<Response<Body>, ureq::Error> {
        let agent = self.agent_for(at)?;
        let mut request = agent.get(at.request()).header(ACCEPT_ENCODING, "gzip");
        if told {
            let credentials =
                self.settings.credentials(address).filter(|_| !self.has_authorization());
            if let Some(credentials) = credentials {
                let mut value = HeaderValue::try_from(format!("Basic {}", credentials.basic()))
                    .map_err(ureq::http::Error::from)?;
                value.set_sensitive(true);
                request = request.header(AUTHORIZATION, value);
            }
            for (name, value) in self.settings.headers() {
                let mut value = HeaderValue::try_from(value).map_err(ureq::http::Error::from)?;
                value.set_sensitive(true);
                request = request.header(name, value);
            }
        }
        let mut config =
            request.config().timeout_global(Some(left)).timeout_connect(Some(CONNECT.min(left)));
        if at.is_local() {
            config = config.proxy(None);
        }
        config.build().call()
    }

    /// The error for an answer from `at`, which a proxy may have given.
    fn proxied(&self, at: &Address, error: Error) -> Error {
        let around = |proxy: &Proxy| {
            at.is_local()
                || at.socket().is_some()
                || at.request().parse().is_ok_and(|uri| proxy.is_no_proxy(&uri))
        };
        match &self.proxy {
            Some(proxy) if !around(proxy) => failure::proxied(at, error),
            _ => error,
        }
    }

    fn has_authorization(&self) -> bool {
        self.settings.headers().any(|(name, _)| name.eq_ignore_ascii_case("authorization"))
    }

    #[cfg(unix)]
    fn agent_for(&self, at: &Address) -> std::result::Result<Agent, ureq::Error> {
        let Some(path) = at.socket() else { return Ok(self.agent.clone()) };
        let connector = super::unix::UnixConnector::new(path.to_owned());
        let config = config(&self.settings, self.roots.as_ref(), None);
        Ok(Agent::with_parts(config, connector, super::unix::NoResolver))
    }

    #[cfg(not(unix))]
    fn agent_for(&self, at: &Address) -> std::result::Result<Agent, ureq::Error> {
        if at.socket().is_some() {
            return Err(ureq::Error::Io(std::io::Error::new(
                std::io::ErrorKind::Unsupported,
                "sockets with a path are not possible on this system",
            )));
        }
        Ok(self.agent.clone())
    }

    /// The answer, if it is a good one and no page for people.
    fn accept(
        &self,
        address: &Address,
        at: Address,
        response: Response<Body>,
        asked: Instant,
        limit: Duration,
        told: bool,
    ) -> Result<Answer> {
        let status = response.status();
        let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let html = kind.is_some_and(|kind| kind.starts_with("text/html"));
        let stated = response.body().content_length();
        let reader = response.into_body().into_with_config().limit(u64::MAX).reader();
        let mut answer = Answer {
            address: at,
            waited: asked.elapsed(),
            asked,
            reader: Box::new(reader),
            stated,
            limit,
            read: 0,
            broken: Arc::default(),
        };
        if status.is_success() && !html {
            return Ok(answer);
        }
        let mut head = Vec::new();
        // Of an answer that is an error anyway, what comes is enough.
        let _ = (&mut answer).take(failure::HEAD as u64).read_to_end(&mut head);
        let mut text = Vec::new();
        let zipped = head.starts_with(&[0x1f, 0x8b]);
        if zipped {
            let unzipped = flate2::read::GzDecoder::new(head.as_slice());
            let _ = unzipped.take(failure::HEAD as u64).read_to_end(&mut text);
        }
        let readable = if zipped { &text } else { &head };
        if !status.is_success() {
            return Err(failure::status(
                &answer.address,
                &self.settings,
                status,
                readable,
                !told || !address.trusts(&answer.address),
            ));
        }
        // A program may send its profile under any content type.
        let start = readable.trim_ascii_start().get(..1);
        if start == Some(b"<") {
            return Err(failure::page(&answer.address, readable));
        }
        let rest = std::mem::replace(&mut answer.reader, Box::new(std::io::empty()));
        answer.read = 0;
        answer.reader = Box::new(Cursor::new(head).chain(rest));
        Ok(answer)
    }
}

fn config(
    settings: &Settings,
    roots: Option<&RootCerts>,
    proxy: Option<Proxy>,
) -> ureq::config::Config {
    let roots = roots.cloned().unwrap_or(RootCerts::PlatformVerifier);
    let tls =
        TlsConfig::builder().root_certs(roots).disable_verification(settings.insecure).build();
    Agent::config_builder()
        .http_status_as_error(false)
        // They are followed here, so that no header goes to another host.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .tls_config(tls)
        .proxy(proxy)
        .user_agent(concat!("gdump/", env!("CARGO_PKG_VERSION")))
        .accept("*/*")
        .build()
}

/// The certificates in the file `path`.
fn certificates(path: &std::path::Path) -> Result<RootCerts> {
    let pem = std::fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let items = parse_pem(&pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    let found: Vec<Certificate<'static>> = items.collect();
    if found.is_empty() {
        return Err(Error::Usage(format!(
            "--cacert {}: there is no certificate in it\n  it must be in PEM: -----BEGIN CERTIFICATE-----",
            path.display()
        )));
    }
    Ok(RootCerts::new_with_certs(&found))
}
