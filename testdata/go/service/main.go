// Service is a small HTTP service with a planted leak: when a report takes too long, its handler
// gives up, and the goroutine that made the report waits for ever to hand it over. Beside that a slow
// upstream holds a cache's lock, so that requests pile up behind it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

type report struct{ lines []string }

type reporter struct{ render time.Duration }

func (r *reporter) build(tenant string) *report {
	time.Sleep(r.render)
	return &report{lines: []string{tenant}}
}

func (r *reporter) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	ready := make(chan *report)
	go func() {
		ready <- r.build(request.URL.Query().Get("tenant"))
	}()
	select {
	case made := <-ready:
		fmt.Fprintln(w, made.lines)
	case <-time.After(r.render / 2):
		http.Error(w, "the report takes too long", http.StatusGatewayTimeout)
	}
}

type cache struct {
	mu       sync.Mutex
	prices   map[string]string
	upstream string
}

func (c *cache) get(key string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if price, ok := c.prices[key]; ok {
		return price, nil
	}
	price, err := c.fetch(key)
	if err != nil {
		return "", err
	}
	c.prices[key] = price
	return price, nil
}

func (c *cache) fetch(key string) (string, error) {
	conn, err := net.Dial("tcp", c.upstream)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	fmt.Fprintf(conn, "%s\n", key)
	answer, err := io.ReadAll(conn)
	return string(answer), err
}

func (c *cache) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	price, err := c.get(request.URL.Query().Get("item"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	fmt.Fprintln(w, price)
}

type pool struct {
	jobs chan func()
}

func newPool(workers int) *pool {
	p := &pool{jobs: make(chan func())}
	for range make([]struct{}, workers) {
		go p.work()
	}
	return p
}

func (p *pool) work() {
	for job := range p.jobs {
		job()
	}
}

func flushMetrics(every time.Duration) {
	for range time.Tick(every) {
		runtime.GC()
	}
}

func watchConfig(ctx context.Context) {
	reload := make(chan os.Signal)
	for {
		select {
		case <-reload:
		case <-ctx.Done():
			return
		}
	}
}

// slowUpstream accepts and never answers.
func slowUpstream() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		var open []net.Conn
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open = append(open, conn)
		}
	}()
	return listener.Addr().String()
}

func labelled(endpoint string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		tenant := request.URL.Query().Get("tenant")
		pprof.Do(request.Context(), pprof.Labels("endpoint", endpoint, "tenant", tenant), func(ctx context.Context) {
			next.ServeHTTP(w, request.WithContext(ctx))
		})
	})
}

func main() {
	address := flag.String("address", "127.0.0.1:0", "where to serve")
	announce := flag.String("announce", "", "file that gets the address")
	flag.Parse()
	mux := http.NewServeMux()
	mux.Handle("/report", labelled("/report", &reporter{render: 400 * time.Millisecond}))
	mux.Handle("/price", labelled("/price", &cache{prices: map[string]string{}, upstream: slowUpstream()}))
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.Handle("/debug/pprof/", http.DefaultServeMux)
	newPool(8)
	go flushMetrics(5 * time.Second)
	go watchConfig(context.Background())
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		panic(err)
	}
	if err := os.WriteFile(*announce, []byte(listener.Addr().String()), 0o644); err != nil {
		panic(err)
	}
	panic(http.Serve(listener, mux))
}
