//! `gdump serve`: the report as a local web application.
//!
//! The page is that of the HTML report; here its data comes from this process, so that a dump of a
//! million goroutines is searched and paged here. What protects the dumps: the server listens on the
//! loopback interface unless told otherwise, answers only requests whose `Host` is its own (`guard`:
//! a page of another site cannot reach it under a name of its own), lets a page run nothing but its own
//! script, and changes nothing on a GET.

mod analyst;
mod cache;
mod goroutines;
mod guard;
mod routes;
mod store;

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::runtime::Builder;

pub use store::{About, Settings, Store};

use crate::error::{Error, Result};

/// Where the server listens, and who may ask.
#[derive(Clone, Debug)]
pub struct Options {
    /// Address and port; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// Names, beside those of the loopback interface, under which it may be asked.
    pub hosts: Vec<String>,
    /// Most bytes of an upload.
    pub max_upload: usize,
}

/// Serves what is in `store` until the process is interrupted (SIGINT) or told to end (SIGTERM);
/// `ready` is called with the address once it listens.
///
/// # Errors
///
/// [`Error::Usage`] if it cannot listen there, with what to do.
pub fn run(store: &Store, options: &Options, ready: impl FnOnce(SocketAddr)) -> Result<()> {
    let runtime = Builder::new_current_thread().enable_io().enable_time().build();
    let runtime = runtime.map_err(|error| Error::Usage(format!("serve: {error}")))?;
    let done = runtime.block_on(async {
        let listener = TcpListener::bind(options.listen).await.map_err(|error| {
            Error::Usage(format!(
                "serve: cannot listen on {}: {error}\n  --listen ADDRESS:PORT takes another, port 0 any that \
                 is free",
                options.listen
            ))
        })?;
        let address = listener.local_addr().map_err(|error| Error::Usage(format!("serve: {error}")))?;
        let app = routes::app(store.clone(), guard::Guard::new(address, &options.hosts), options);
        ready(address);
        let early = store.clone();
        std::thread::spawn(move || routes::warm(&early));
        // Nobody waits for an answer that is still being made: it would hold the user up.
        tokio::select! {
            served = axum::serve(listener, app) => {
                served.map_err(|error| Error::Usage(format!("serve: {error}")))
            }
            () = stopped() => Ok(()),
        }
    });
    runtime.shutdown_background();
    done
}

/// Until the process is to end.
async fn stopped() {
    #[cfg(unix)]
    let terminated = async {
        let signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        if let Ok(mut signal) = signal {
            signal.recv().await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
