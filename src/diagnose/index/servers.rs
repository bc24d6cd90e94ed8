//! Goroutines that serve requests one after the other, and whether they are in one just now.
//!
//! Why that matters: what a handler starts is to end with the request. A connection that is kept
//! alive, or a worker of a server, lives on, so that the creator of a leaked goroutine is still there
//! (`created by main.handle in goroutine 7`); only its stack tells that the request is over.

use super::Index;
use crate::model::{Dump, GoidSet, Goroutine, StackId, Symbol};
use crate::view::canon::Shown;

/// Functions of servers that are below every handler, on the goroutine that handles the request.
///
/// Go's own server runs a handler on its connection's goroutine, HTTP/2 and gRPC on a goroutine for each
/// stream, `net/rpc` for each call. From the sources of Go 1.27, x/net, grpc-go 1.60 and fasthttp 1.50.
pub(in crate::diagnose) const SERVERS: &[&str] = &[
    "net/http.(*conn).serve",
    "net/http.(*http2serverConn).runHandler",
    "golang.org/x/net/http2.(*serverConn).runHandler",
    "google.golang.org/grpc.(*Server).handleStream",
    "github.com/valyala/fasthttp.(*Server).serveConn",
    "net/rpc.(*service).call",
];

/// Functions in which a goroutine serves one request, connection or stream after the other.
const LOOPS: &[&str] = &[
    "net/http.(*conn).serve",
    "github.com/valyala/fasthttp.(*workerPool).workerFunc",
    "google.golang.org/grpc.(*Server).serverWorker",
];

/// The goroutines that serve one request after the other.
pub(in crate::diagnose) struct Servers {
    idle: GoidSet,
    busy: GoidSet,
}

impl Servers {
    /// Finds them among the goroutines of the index.
    pub(in crate::diagnose) fn new(index: &Index<'_>) -> Self {
        let dump: &Dump = index.dump();
        let empty = || GoidSet::new(dump.max_goid(), dump.len());
        let (mut idle, mut busy) = (empty(), empty());
        for (at, group) in index.groups.iter().enumerate() {
            let Some(is_idle) = idles(index, group.stack) else { continue };
            let set = if is_idle { &mut idle } else { &mut busy };
            for goid in index.members(at).filter_map(Goroutine::goid) {
                set.insert(goid);
            }
        }
        Self { idle, busy }
    }

    /// Whether the goroutine `goid` serves requests and is between two of them.
    pub(in crate::diagnose) fn is_idle(&self, goid: u64) -> bool {
        self.idle.contains(goid)
    }

    /// Whether the goroutine `goid` serves requests and is in one.
    pub(in crate::diagnose) fn is_busy(&self, goid: u64) -> bool {
        self.busy.contains(goid)
    }
}

/// Whether a goroutine with `stack` is between two requests: nothing but the server's own code and the
/// standard library is above the loop. `None` if it is in no such loop.
pub(in crate::diagnose) fn idles(index: &Index<'_>, stack: StackId) -> Option<bool> {
    let outermost = index.functions(stack).rev().find(|name| LOOPS.contains(name))?;
    let package = Symbol::new(outermost).package();
    let handles = |frame: Shown<'_>| match frame {
        Shown::Call { function, std, .. } => !std && Symbol::new(function).package() != package,
        Shown::Address(_) | Shown::Elided(_) => false,
    };
    let answers = index.functions(stack).any(|name| name.starts_with("net/http.serverHandler"));
    Some(!answers && !index.frames(stack).any(handles))
}
