//! How a process is asked: credentials, certificates, time.

use std::cmp::Reverse;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::address::Address;
use super::netrc;
use crate::error::{Error, Result};

/// How a process is asked.
#[derive(Clone, Debug)]
pub struct Settings {
    headers: Vec<Header>,
    user: Option<Credentials>,
    netrc: Option<String>,
    /// A file with certificates of authorities to trust, in PEM, in place of the system's.
    pub cacert: Option<PathBuf>,
    /// Do not check the server's certificate.
    pub insecure: bool,
    /// Longest time for one answer, from the connection to its last byte.
    pub timeout: Duration,
}

/// A name and a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    user: String,
    password: String,
}

#[derive(Clone)]
struct Header {
    name: String,
    value: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            headers: Vec::new(),
            user: None,
            netrc: None,
            cacert: None,
            insecure: false,
            timeout: Self::TIMEOUT,
        }
    }
}

impl Settings {
    /// Time for one answer if the user does not say: as long as `go tool pprof` takes.
    pub const TIMEOUT: Duration = Duration::from_secs(60);

    /// Adds a header: `Name: value`, or `@FILE` with one such line each. Errors do not show `text`.
    pub fn header(&mut self, text: &str) -> Result<()> {
        let Some(path) = text.strip_prefix('@') else { return self.line(text, "--header") };
        let lines = std::fs::read_to_string(path)
            .map_err(|source| Error::Io { path: PathBuf::from(path), source })?;
        let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.into_iter().try_for_each(|line| self.line(line, path))
    }

    fn line(&mut self, text: &str, at: &str) -> Result<()> {
        let pair = text.split_once(':').map(|(name, value)| (name.trim(), value.trim()));
        let (name, value) = pair
            .filter(|(name, value)| {
                let token = |c: char| c.is_ascii_alphanumeric() || "-_.!#$%&'*+^`|~".contains(c);
                !name.is_empty() && name.chars().all(token) && !value.chars().any(char::is_control)
            })
            .ok_or_else(|| Error::Usage(format!("{at}: expected 'Name: value'")))?;
        self.headers.push(Header { name: name.to_owned(), value: value.to_owned() });
        Ok(())
    }

    /// Sets name and password: `NAME:PASSWORD`.
    pub fn user(&mut self, text: &str) -> Result<()> {
        let (user, password) = text
            .split_once(':')
            .ok_or_else(|| Error::Usage("--user: expected NAME:PASSWORD".to_owned()))?;
        self.user = Some(Credentials::new(user.to_owned(), password.to_owned()));
        Ok(())
    }

    /// Takes names and passwords from the file `path`, in the format of `.netrc`.
    pub fn netrc(&mut self, path: &Path) -> Result<()> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| Error::Io { path: path.to_owned(), source })?;
        self.netrc = Some(text);
        Ok(())
    }

    /// Name and password for `address`: those in it, else `--user`, else those of `.netrc`.
    pub fn credentials(&self, address: &Address) -> Option<Credentials> {
        let in_file = || netrc::find(self.netrc.as_deref()?, address.host_name());
        address.credentials.clone().or_else(|| self.user.clone()).or_else(in_file)
    }

    /// The headers that the user added.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|header| (header.name.as_str(), header.value.as_str()))
    }

    /// `text`, which a server wrote, without what it was told in confidence.
    pub fn without_secrets(&self, address: &Address, text: &str) -> String {
        let credentials = self.credentials(address);
        let password = credentials.iter().flat_map(|one| [one.password.clone(), one.basic()]);
        // `Bearer abc`: the word after the scheme is the secret.
        let values = self.headers.iter().map(|header| header.value.as_str());
        let parts = values.clone().filter_map(|value| value.rsplit(' ').next());
        let others = values.chain(parts).chain(address.secrets()).map(str::to_owned);
        let mut secrets: Vec<String> = password.chain(others).collect();
        // A short one may be a part of a long one.
        secrets.sort_by_key(|secret| Reverse(secret.len()));
        secrets
            .iter()
            .filter(|secret| secret.len() > 2)
            .fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
    }
}

impl Credentials {
    /// A name and a password.
    pub fn new(user: String, password: String) -> Self {
        Self { user, password }
    }

    /// As the header `Authorization: Basic` has it.
    pub(super) fn basic(&self) -> String {
        STANDARD.encode(format!("{}:{}", self.user, self.password))
    }

    /// The name.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The password.
    pub fn password(&self) -> &str {
        &self.password
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(***)")
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ***", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_checked_and_not_shown() {
        let mut settings = Settings::default();
        settings.header("Authorization: Bearer s3cret").unwrap();
        for wrong in ["s3cret", ": s3cret", "a b: s3cret", "a: s3\ncret"] {
            let error = settings.header(wrong).unwrap_err().to_string();
            assert_eq!(error, "--header: expected 'Name: value'");
        }
        assert!(!settings.user("s3cret").unwrap_err().to_string().contains("s3cret"));
        settings.user("me:s3cret").unwrap();
        assert!(!format!("{settings:?}").contains("s3cret"));
        let address = Address::parse("http://h?t=t0ken").unwrap();
        let told = settings.without_secrets(&address, "bad t0ken, bad Bearer s3cret, s3cret");
        assert_eq!(told, "bad ***, bad ***, ***");
    }

    #[test]
    fn headers_may_come_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("headers");
        std::fs::write(&path, "A: 1\n\n B: 2\n").unwrap();
        let mut settings = Settings::default();
        settings.header(&format!("@{}", path.display())).unwrap();
        assert_eq!(settings.headers().collect::<Vec<_>>(), [("A", "1"), ("B", "2")]);
    }

    #[test]
    fn the_nearest_credentials_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("netrc");
        std::fs::write(&path, "machine h login file password f\n").unwrap();
        let mut settings = Settings::default();
        settings.netrc(&path).unwrap();
        let user = |settings: &Settings, url: &str| {
            let credentials = settings.credentials(&Address::parse(url).unwrap());
            credentials.map(|credentials| credentials.user().to_owned())
        };
        assert_eq!(user(&settings, "http://h").as_deref(), Some("file"));
        assert_eq!(user(&settings, "http://other"), None);
        settings.user("flag:x").unwrap();
        assert_eq!(user(&settings, "http://h").as_deref(), Some("flag"));
        assert_eq!(user(&settings, "http://url:x@h").as_deref(), Some("url"));
    }
}
