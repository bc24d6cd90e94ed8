// Scenarios is a small service with one fault, or with none: a web server with connections that idle, a
// pool of workers, a ticker and a signal handler, beside what is asked for by name. After a while it
// writes its goroutines in two formats and ends.
//
//	scenarios -list
//	scenarios -dir DIR -suffix .go1.27 NAME
//
// Its clients and its upstream are in a second process, which it starts itself.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"sort"
	"strings"
	"syscall"
	"time"
)

// scenarios are the faults and the healthy services by name; each file adds its own.
var scenarios = map[string]func(*site){}

func add(more map[string]func(*site)) {
	for name, begin := range more {
		scenarios[name] = begin
	}
}

// site is what a scenario may use of the service.
type site struct {
	mux      *http.ServeMux
	address  string
	upstream string
	peer     io.Writer
}

// visit has the clients send count requests for path, each on a connection of its own if need be.
func (s *site) visit(count int, path string) {
	fmt.Fprintf(s.peer, "%d http://%s%s\n", count, s.address, path)
}

// connect has the clients open count connections of a kind of their own and ask for path on each: "deaf"
// ones never read, "brief" ones leave after a moment, "loyal" ones read as long as there is something.
func (s *site) connect(kind string, count int, path string) {
	fmt.Fprintf(s.peer, "%d %s+http://%s%s\n", count, kind, s.address, path)
}

type press struct{ sheets chan func() }

func newPress(rollers int) *press {
	p := &press{sheets: make(chan func())}
	for i := 0; i < rollers; i++ {
		go p.roll()
	}
	return p
}

func (p *press) roll() {
	for sheet := range p.sheets {
		sheet()
	}
}

func rotate(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for range ticker.C {
		_ = time.Now()
	}
}

func listen(signals <-chan os.Signal) {
	for range signals {
		os.Exit(3)
	}
}

func capture(dir, name, suffix string, after time.Duration) {
	time.Sleep(after)
	for _, debug := range []int{2, 1} {
		file, err := os.Create(filepath.Join(dir, fmt.Sprintf("%s.debug%d%s.txt", name, debug, suffix)))
		if err != nil {
			panic(err)
		}
		if err := pprof.Lookup("goroutine").WriteTo(file, debug); err != nil {
			panic(err)
		}
		if err := file.Close(); err != nil {
			panic(err)
		}
	}
	os.Exit(0)
}

// startPeer starts the second process; it ends when its input does.
func startPeer() (upstream string, orders io.Writer) {
	command := exec.Command(os.Args[0], "-peer")
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		panic(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		panic(err)
	}
	if err := command.Start(); err != nil {
		panic(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		panic(err)
	}
	return strings.TrimSpace(line), keep(in)
}

// runPeer is the second process: an upstream, and clients that do what they are told on the input.
func runPeer() {
	mux := http.NewServeMux()
	mux.HandleFunc("/late", func(w http.ResponseWriter, r *http.Request) {
		wait, _ := time.ParseDuration(r.URL.Query().Get("by"))
		time.Sleep(wait)
		fmt.Fprintln(w, "here it is")
	})
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) {
		buffer := make([]byte, 1<<15)
		for {
			if _, err := r.Body.Read(buffer); err != nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	})
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) {
		w.Write(make([]byte, 20000))
	})
	mux.HandleFunc("/never", func(http.ResponseWriter, *http.Request) { select {} })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go http.Serve(listener, mux)
	fmt.Println(listener.Addr())
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 3}}
	orders := bufio.NewScanner(os.Stdin)
	for orders.Scan() {
		var count int
		var url string
		if _, err := fmt.Sscan(orders.Text(), &count, &url); err != nil {
			panic(err)
		}
		kind, rest, special := strings.Cut(url, "+http://")
		for i := 0; i < count && special; i++ {
			go connectAs(kind, rest)
			time.Sleep(2 * time.Millisecond)
		}
		for i := 0; i < count && !special; i++ {
			go func() {
				answer, err := client.Get(url)
				if err == nil {
					io.Copy(io.Discard, answer.Body)
					answer.Body.Close()
				}
			}()
			time.Sleep(2 * time.Millisecond)
		}
	}
}

// connectAs asks for a page on a connection of its own and is a client of a kind.
func connectAs(kind, url string) {
	host, path, _ := strings.Cut(url, "/")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		return
	}
	fmt.Fprintf(conn, "GET /%s HTTP/1.1\r\nHost: there\r\n\r\n", path)
	switch kind {
	case "deaf":
		conn.(*net.TCPConn).SetReadBuffer(4096)
		select {}
	case "brief":
		time.Sleep(100 * time.Millisecond)
		conn.Close()
	default:
		io.Copy(io.Discard, conn)
	}
}

func main() {
	dir := flag.String("dir", ".", "folder of the dumps")
	suffix := flag.String("suffix", "", "end of the names of the dumps, before .txt")
	after := flag.Duration("after", 1500*time.Millisecond, "when to write the dumps")
	list := flag.Bool("list", false, "print the names of the scenarios")
	peer := flag.Bool("peer", false, "be the second process")
	flag.Parse()
	if *peer {
		runPeer()
		return
	}
	if *list {
		names := []string{}
		for name := range scenarios {
			names = append(names, name)
		}
		sort.Strings(names)
		fmt.Println(strings.Join(names, "\n"))
		return
	}
	begin, ok := scenarios[flag.Arg(0)]
	if !ok {
		fmt.Fprintln(os.Stderr, "no such scenario:", flag.Arg(0))
		os.Exit(2)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	s := &site{mux: http.NewServeMux(), address: listener.Addr().String()}
	s.upstream, s.peer = startPeer()
	s.mux.HandleFunc("/up", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(30 * time.Millisecond)
		fmt.Fprintln(w, "yes")
	})
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	go listen(signals)
	go rotate(time.Second)
	sheets := newPress(16).sheets
	begin(s)
	go func() {
		s.visit(3, "/up")
		for i := 0; i < 32; i++ {
			sheets <- func() { time.Sleep(time.Millisecond) }
		}
	}()
	go capture(*dir, flag.Arg(0), *suffix, *after)
	server := &http.Server{Handler: s.mux}
	panic(server.Serve(listener))
}

var kept io.Writer

// keep keeps the peer's input open: a file that nothing refers to any more is closed, and the peer ends.
func keep(in io.Writer) io.Writer {
	kept = in
	return in
}
