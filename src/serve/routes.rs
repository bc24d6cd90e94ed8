//! What can be asked for.

use std::io::Cursor;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use super::cache::Report;
use super::goroutines::{Asked, Listing};
use super::guard::{Guard, check};
use super::{Options, Store};
use crate::parse;
use crate::render::escape::visible;
use crate::render::{OutputFormat, View, html};
use crate::source::{Limits, open_reader};

/// The application.
pub(super) fn app(store: Store, guard: Guard, options: &Options) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/api/report", get(report))
        .route("/api/state", get(state))
        .route("/api/goroutines", get(goroutines))
        .route("/api/upload", post(upload))
        .layer(DefaultBodyLimit::max(options.max_upload))
        .layer(from_fn_with_state(guard, check))
        .with_state(store)
}

/// How a report is written.
const VIEW: View = View::plain(OutputFormat::Html, 100);

/// What is looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Filtered {
    /// Number of the source; without it the one that is shown.
    source: Option<usize>,
    /// An expression of the filter language.
    #[serde(rename = "where")]
    expression: String,
}

/// Bytes that the cache has too: they are not copied for each answer.
struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A refusal in words.
fn refuse(status: StatusCode, why: &str) -> Response {
    let lines: Vec<_> = why.lines().map(visible).collect();
    (status, format!("{}\n", lines.join("\n"))).into_response()
}

/// Work that takes a while, off the thread that answers.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, Response> {
    match spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(why)) => Err(refuse(StatusCode::BAD_REQUEST, &why)),
        Err(_) => Err(refuse(StatusCode::INTERNAL_SERVER_ERROR, "the work was broken off")),
    }
}

fn typed(kind: &'static str, body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body.into()).into_response()
}

/// The page; its script asks for the data.
async fn page() -> Response {
    let mut body = Vec::new();
    if html::served(&mut body).is_err() {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "the page cannot be written");
    }
    let mut response = typed("text/html; charset=utf-8", body);
    if let Ok(policy) = HeaderValue::from_str(&html::served_policy()) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The data of the page.
async fn report(State(store): State<Store>, Query(asked): Query<Filtered>) -> Response {
    apart(move || made(&store, asked)).await.map_or_else(
        |refused| refused,
        |body| typed("application/json", Bytes::from_owner(Shared(body))),
    )
}

/// The data of the page, as they are sent.
fn made(store: &Store, asked: Filtered) -> Report {
    let look = store.look(&asked.expression)?;
    let series = store.series(asked.source)?;
    let key = (series.version, 0, asked.expression);
    store.cache().report(key, || {
        series.ask(store.settings(), move |base| {
            let mut body = Vec::new();
            html::data("serve", &base.sights(&look), &VIEW, &mut body)
                .map_err(|error| error.to_string())?;
            Ok(Arc::new(body))
        })?
    })
}

/// Makes what the page asks for first, before it does.
pub(super) fn warm(store: &Store) {
    // What is wrong with it is said when the page asks.
    let _ = made(store, Filtered::default());
}

/// Whether there is something new. By default: of a server that has no source yet.
#[derive(Default, Serialize)]
struct News {
    version: u64,
    dumps: usize,
    /// Seconds between two dumps of a process that is followed.
    every: Option<f64>,
    trouble: Option<String>,
    /// What the last dump cost the process.
    cost: String,
    /// Number of the source that this is about.
    source: usize,
    sources: Vec<Named>,
}

/// A source in a list.
#[derive(Serialize)]
struct Named {
    name: String,
    trouble: bool,
}

async fn state(State(store): State<Store>, Query(asked): Query<Filtered>) -> Response {
    let (sources, shown) = store.sources();
    let number = asked.source.unwrap_or(shown);
    let Some(source) = sources.get(number) else {
        return match asked.source {
            Some(_) => refuse(StatusCode::BAD_REQUEST, &format!("there is no source {number}")),
            None => Json(News::default()).into_response(),
        };
    };
    let text = |text: &str| visible(text).into_owned();
    Json(News {
        version: source.series.version,
        dumps: source.series.len(),
        every: source.every.map(|every| every.as_secs_f64()),
        trouble: source
            .trouble
            .as_deref()
            .map(|trouble| trouble.lines().map(text).collect::<Vec<_>>().join("\n")),
        cost: text(&source.cost),
        source: number,
        sources: sources
            .iter()
            .map(|source| Named { name: text(&source.name), trouble: source.trouble.is_some() })
            .collect(),
    })
    .into_response()
}

/// A page of goroutines.
async fn goroutines(State(store): State<Store>, Query(asked): Query<Asked>) -> Response {
    let work = move || {
        let look = store.look(&asked.expression)?;
        let series = store.series(asked.source)?;
        let dump =
            series.dump(asked.dump).ok_or_else(|| format!("there is no dump {}", asked.dump))?;
        let key = (series.version, asked.dump, asked.expression.clone());
        let list = store.cache().list(key, || Ok(Arc::new(Listing::new(&dump, &look))))?;
        Ok(list.page(&dump, &look, &asked))
    };
    apart(work).await.map_or_else(|refused| refused, |page| Json(page).into_response())
}

/// The name of an uploaded file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Uploaded {
    name: String,
}

/// Reads an uploaded file and serves its dumps in place of the others. It stays in this process.
async fn upload(
    State(store): State<Store>,
    Query(uploaded): Query<Uploaded>,
    body: Bytes,
) -> Response {
    let work = move || {
        let limits = Limits::default();
        let mut dumps = Vec::new();
        let mut why = None;
        let name = if uploaded.name.is_empty() { "upload" } else { &uploaded.name };
        open_reader(name, Cursor::new(body), &limits, &mut |member, stream| {
            let found = match parse::parse(stream, member.name, &parse::Options::from(&limits)) {
                Ok(found) => found,
                Err(error) if member.explicit => return Err(error),
                Err(_) => return Ok(()),
            };
            match parse::require_read(found, member.name) {
                Ok(found) => dumps.extend(found),
                Err(unread) => {
                    why.get_or_insert(unread.error);
                }
            }
            Ok(())
        })
        .map_err(|error| error.to_string())?;
        if dumps.is_empty() {
            let nothing = || format!("{name}: no goroutine dump in it");
            return Err(why.map_or_else(nothing, |error| error.to_string()));
        }
        let name = visible(name).into_owned();
        store.upload(name, dumps);
        Ok(())
    };
    apart(work).await.map_or_else(|refused| refused, |()| StatusCode::NO_CONTENT.into_response())
}
