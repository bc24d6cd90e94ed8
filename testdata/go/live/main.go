// Command live is a process to be asked while it runs: it serves net/http/pprof on a loopback port and
// on a socket, with goroutines of known kinds.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime/pprof"
	"time"
)

var (
	announce = flag.String("announce", "", "write the address to this `file`")
	address  = flag.String("address", "127.0.0.1:0", "listen there")
	socket   = flag.String("socket", "", "serve on this socket too")
	waiters  = flag.Int("waiters", 20, "goroutines that wait to receive for ever")
	sleepers = flag.Int("sleepers", 0, "goroutines that sleep most of the time")
	workers  = flag.Int("workers", 0, "goroutines that compute half of the time and sleep the other half")
	growth   = flag.Int("growth", 0, "goroutines that leak in each tenth of a second")
)

var sink uint64

//go:noinline
func compute(until time.Time) {
	for time.Now().Before(until) {
		for i := 0; i < 1000; i++ {
			sink += uint64(i)
		}
	}
}

//go:noinline
func rest(d time.Duration) { time.Sleep(d) }

func work() {
	for {
		compute(time.Now().Add(20 * time.Millisecond))
		rest(20 * time.Millisecond)
	}
}

func slumber() {
	for {
		rest(time.Hour)
	}
}

func wait(c chan int) { <-c }

func leak(c chan int) { c <- 1 }

func main() {
	flag.Parse()
	c := make(chan int)
	for i := 0; i < *waiters; i++ {
		labels := pprof.Labels("tenant", fmt.Sprintf("t%d", i%2))
		go pprof.Do(context.Background(), labels, func(context.Context) { wait(c) })
	}
	for i := 0; i < *sleepers; i++ {
		go slumber()
	}
	for i := 0; i < *workers; i++ {
		go work()
	}
	if *growth > 0 {
		go func() {
			for range time.Tick(100 * time.Millisecond) {
				for i := 0; i < *growth; i++ {
					go leak(make(chan int))
				}
			}
		}()
	}
	http.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/debug/pprof/goroutine?debug=2", http.StatusFound)
	})
	if *socket != "" {
		listener, err := net.Listen("unix", *socket)
		if err != nil {
			panic(err)
		}
		go http.Serve(listener, nil)
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		panic(err)
	}
	if *announce != "" {
		// Renamed, so that nobody reads half of it.
		text := []byte(listener.Addr().String())
		if err := os.WriteFile(*announce+".new", text, 0o644); err != nil {
			panic(err)
		}
		if err := os.Rename(*announce+".new", *announce); err != nil {
			panic(err)
		}
	}
	panic(http.Serve(listener, nil))
}
