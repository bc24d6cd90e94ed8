//! What a run of library frames means, in a few words.

/// Functions and what a goroutine does that is in them; the first that is found counts, so the more
/// special ones come first.
const MEANINGS: &[(&str, &str)] = &[
    ("net/http.(*connReader).backgroundRead", "HTTP server watches for a client that goes away"),
    ("net/http.(*conn).readRequest", "HTTP server reads a request"),
    ("net/http.(*persistConn).readLoop", "HTTP client connection, reading side"),
    ("net/http.(*persistConn).writeLoop", "HTTP client connection, writing side"),
    ("net/http.(*persistConn).roundTrip", "HTTP client waits for the response"),
    ("net/http.(*Transport).getConn", "HTTP client waits for a connection"),
    ("net/http.(*http2ClientConn).readLoop", "HTTP/2 client connection, reading side"),
    ("net/http.(*http2clientConnReadLoop).run", "HTTP/2 client connection, reading side"),
    ("net/http.(*http2serverConn).serve", "HTTP/2 server connection"),
    ("net/http.(*http2serverConn).readFrames", "HTTP/2 server connection, reading side"),
    ("net/http.(*Server).Serve", "HTTP server waits for connections"),
    ("crypto/tls.(*Conn).HandshakeContext", "TLS handshake"),
    ("crypto/tls.(*Conn).clientHandshake", "TLS handshake"),
    ("crypto/tls.(*Conn).serverHandshake", "TLS handshake"),
    ("database/sql.(*DB).connectionOpener", "database/sql opens connections on demand"),
    ("database/sql.(*DB).connectionResetter", "database/sql resets connections"),
    ("database/sql.(*DB).connectionCleaner", "database/sql closes idle connections"),
    ("database/sql.(*DB).conn", "waits for a database connection"),
    ("os/signal.loop", "waits for signals"),
    ("os/signal.signal_recv", "waits for signals"),
    ("os/exec.(*Cmd).Wait", "waits for a child process"),
    ("os.(*Process).Wait", "waits for a child process"),
    ("net.(*Resolver).lookupIPAddr", "resolves a host name"),
    ("net.(*Resolver).lookupHost", "resolves a host name"),
    ("net.(*Dialer).DialContext", "opens a connection"),
    ("net.(*TCPListener).Accept", "waits for connections"),
    ("net.(*UnixListener).Accept", "waits for connections"),
    ("net.(*netFD).accept", "waits for connections"),
    ("net.(*conn).Read", "reads from the network"),
    ("net.(*netFD).Read", "reads from the network"),
    ("net.(*conn).Write", "writes to the network"),
    ("net.(*netFD).Write", "writes to the network"),
    ("os.(*File).Read", "reads from a file or pipe"),
    ("os.(*File).Write", "writes to a file or pipe"),
    ("io.(*pipe).read", "reads from an io.Pipe"),
    ("io.(*pipe).write", "writes to an io.Pipe"),
    ("testing.(*T).Parallel", "a parallel test waits for its turn"),
    ("testing.(*T).Run", "a test waits for a subtest"),
    ("testing.tRunner.func1", "a test waits for its parallel subtests"),
    ("time.Sleep", "sleeps"),
    ("sync.(*WaitGroup).Wait", "waits for a WaitGroup"),
    ("sync.(*Cond).Wait", "waits for a Cond"),
    ("sync.(*Once).doSlow", "runs or waits for a Once"),
    ("sync.(*RWMutex).RLock", "waits for a read lock"),
    ("sync.(*RWMutex).Lock", "waits for a write lock"),
    ("sync.(*Mutex).Lock", "waits for a mutex"),
];

/// What a goroutine does whose library frames are `functions`, if it is known.
pub fn meaning(functions: &[&str]) -> Option<&'static str> {
    let has = |name: &str| functions.contains(&name);
    // A server's connection reads a request in readRequest, waits for the next one in Peek.
    if has("net/http.(*conn).serve") && has("bufio.(*Reader).Peek") {
        return Some("waits for the next request (idle keep-alive)");
    }
    MEANINGS.iter().find(|(function, _)| has(function)).map(|(_, meaning)| *meaning)
}
