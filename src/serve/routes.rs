//! What can be asked for.

use std::io::Cursor;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use super::goroutines::{self, Asked};
use super::guard::{Guard, check};
use super::{Options, Store};
use crate::parse;
use crate::render::escape::visible;
use crate::render::{Limit, OutputFormat, Style, View, html};
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

/// An expression of the filter language.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Filtered {
    #[serde(rename = "where")]
    expression: String,
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

fn typed(kind: &'static str, body: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response()
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
    let work = move || {
        let look = store.look(&asked.expression)?;
        let dumps = store.dumps();
        let sights = store.sights(&dumps, &look);
        let mut body = Vec::new();
        html::data("serve", &sights, &view(), &mut body).map_err(|error| error.to_string())?;
        Ok(body)
    };
    apart(work).await.map_or_else(|refused| refused, |body| typed("application/json", body))
}

fn view() -> View {
    View {
        format: OutputFormat::Html,
        top: None,
        ids: Limit::Most(5),
        width: 100,
        style: Style::plain(),
        verbose: false,
        quiet: false,
    }
}

/// Whether there is something new.
#[derive(Serialize)]
struct News {
    version: u64,
    dumps: usize,
    /// Seconds between two dumps of a process that is watched.
    every: Option<u64>,
    trouble: Option<String>,
}

async fn state(State(store): State<Store>) -> Json<News> {
    let (version, trouble) = store.version();
    Json(News {
        version,
        dumps: store.dumps().len(),
        every: store.settings().every,
        trouble: trouble.map(|text| visible(&text).into_owned()),
    })
}

/// A page of goroutines.
async fn goroutines(State(store): State<Store>, Query(asked): Query<Asked>) -> Response {
    let work = move || {
        let look = store.look(&asked.expression)?;
        let dumps = store.dumps();
        let dump =
            dumps.get(asked.dump).ok_or_else(|| format!("there is no dump {}", asked.dump))?;
        Ok(goroutines::page(dump, &look, &asked))
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
        let name = if uploaded.name.is_empty() { "upload" } else { &uploaded.name };
        open_reader(name, Cursor::new(body), &limits, &mut |member, stream| {
            match parse::parse(stream, member.name, &parse::Options::from(&limits)) {
                Ok(found) => dumps.extend(found),
                Err(error) if member.explicit => return Err(error),
                Err(_) => {}
            }
            Ok(())
        })
        .map_err(|error| error.to_string())?;
        if dumps.is_empty() {
            return Err(format!("{name}: no goroutine dump in it"));
        }
        store.replace(dumps);
        Ok(())
    };
    apart(work).await.map_or_else(|refused| refused, |()| StatusCode::NO_CONTENT.into_response())
}
