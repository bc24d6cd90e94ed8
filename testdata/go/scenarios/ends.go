package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
	"time"
)

// Things that do not end: queues whose both sides sleep, a stop that comes too late, listeners and
// finalizers that stay, and a lock that is a variable of the package.
func init() {
	add(map[string]func(*site){
		"both-asleep":      bothAsleep,
		"stop-too-late":    stopTooLate,
		"listeners-open":   listenersOpen,
		"finalizer-stuck":  finalizerStuck,
		"lock-of-package":  lockOfPackage,
		"handshake-hangs":  handshakeHangs,
		"parent-has-lock":  parentHasLock,
		"ok-many-guards":   okManyGuards,
		"ok-slow-finalize": okSlowFinalize,
	})
}

// A rack with one Cond for those who put and those who take: a Signal wakes one of the wrong side.
type rack struct {
	mu    sync.Mutex
	cond  *sync.Cond
	jars  int
	limit int
}

func (s *rack) put() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.jars == s.limit {
		s.cond.Wait()
	}
	s.jars++
	// Forgotten: s.cond.Signal()
}

func (s *rack) take() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.jars == 0 {
		s.cond.Wait()
	}
	s.jars--
	s.cond.Signal()
}

func bothAsleep(s *site) {
	sh := &rack{limit: 6}
	sh.cond = sync.NewCond(&sh.mu)
	for i := 0; i < 4; i++ {
		go func() {
			for {
				sh.take()
			}
		}()
	}
	time.Sleep(100 * time.Millisecond)
	s.mux.HandleFunc("/jar", func(w http.ResponseWriter, _ *http.Request) {
		sh.put()
		fmt.Fprintln(w, "it stands")
	})
	s.visit(24, "/jar")
}

// Porters hand on to a clerk, who is sent home before they are done.
type railhead struct {
	crates chan int
	ledger chan int
	gone   chan struct{}
	wg     sync.WaitGroup
}

func (d *railhead) carry() {
	defer d.wg.Done()
	for crate := range d.crates {
		d.ledger <- crate
	}
}

func (d *railhead) write() {
	for {
		select {
		case <-d.ledger:
			time.Sleep(5 * time.Millisecond)
		case <-d.gone:
			return
		}
	}
}

func (d *railhead) open() {
	for i := 0; i < 6; i++ {
		d.wg.Add(1)
		go d.carry()
	}
	go d.write()
	for i := 0; i < 60; i++ {
		d.crates <- i
	}
	d.Close()
}

func (d *railhead) Close() {
	close(d.gone)
	close(d.crates)
	d.wg.Wait()
}

func stopTooLate(*site) {
	d := &railhead{crates: make(chan int, 64), ledger: make(chan int), gone: make(chan struct{})}
	go d.open()
}

// Each visitor is given a listener, which nobody closes.
type postern struct{}

func (postern) admit(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		conn.Close()
	}
}

func listenersOpen(s *site) {
	s.mux.HandleFunc("/gate", func(w http.ResponseWriter, _ *http.Request) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic(err)
		}
		go postern{}.admit(l)
		fmt.Fprintln(w, l.Addr())
	})
	s.visit(26, "/gate")
}

// The finalizer of a barrel hands over what is left, and nobody takes it.
type barrel struct{ litres *int }

func (b *barrel) drain(into chan int) { into <- *b.litres }

func finalizerStuck(s *site) {
	into := make(chan int)
	s.mux.HandleFunc("/barrel", func(w http.ResponseWriter, _ *http.Request) {
		litres := 80
		runtime.SetFinalizer(&barrel{&litres}, func(b *barrel) { b.drain(into) })
		fmt.Fprintln(w, "rolled in")
	})
	s.visit(10, "/barrel")
	go func() {
		for {
			time.Sleep(200 * time.Millisecond)
			runtime.GC()
		}
	}()
}

func okSlowFinalize(s *site) {
	s.mux.HandleFunc("/barrel", func(w http.ResponseWriter, _ *http.Request) {
		litres := 80
		runtime.SetFinalizer(&barrel{&litres}, func(b *barrel) { *b.litres = 0 })
		fmt.Fprintln(w, "rolled in")
	})
	s.visit(30, "/barrel")
}

// The almanac is a variable, with a lock beside it; who looks for eclipses reads from a pipe with it.
var (
	almanacLock sync.Mutex
	almanac     = map[int]string{}
)

func eclipses(from *os.File) {
	almanacLock.Lock()
	defer almanacLock.Unlock()
	buffer := make([]byte, 64)
	n, _ := from.Read(buffer)
	almanac[0] = string(buffer[:n])
}

func phase(day int) string {
	almanacLock.Lock()
	defer almanacLock.Unlock()
	return almanac[day]
}

func observe(from *os.File) { eclipses(from) }

func lockOfPackage(s *site) {
	read, write, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	go observe(read)
	time.Sleep(50 * time.Millisecond)
	s.mux.HandleFunc("/phase", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, phase(len(r.URL.Path)), write.Name())
	})
	s.visit(30, "/phase")
}

// Its own server dials another one for each visitor, which takes the call and says nothing.
type envoy struct{ to string }

func (e *envoy) greet() error {
	conn, err := dialTLS(e.to)
	if err != nil {
		return err
	}
	return conn.Close()
}

func handshakeHangs(s *site) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	e := &envoy{silent.Addr().String()}
	s.mux.HandleFunc("/greet", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, e.greet())
	})
	s.visit(28, "/greet")
}

// Each visitor has a tally of his own, which is locked while its counters are waited for.
func parentHasLock(s *site) {
	s.mux.HandleFunc("/tally", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, tally())
	})
	s.visit(22, "/tally")
}

func tally() int {
	var (
		mu  sync.Mutex
		wg  sync.WaitGroup
		sum int
	)
	mu.Lock()
	defer mu.Unlock()
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			mu.Lock()
			sum++
			mu.Unlock()
		}()
	}
	wg.Wait()
	return sum
}

// Guards that sleep until somebody comes by, in one Cond, as there is nothing to guard.
type post struct {
	mu    sync.Mutex
	cond  *sync.Cond
	alarm bool
}

func (p *post) guard() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.alarm {
		p.cond.Wait()
	}
}

func (p *post) relieve() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.alarm {
		p.cond.Wait()
	}
}

func okManyGuards(*site) {
	p := &post{}
	p.cond = sync.NewCond(&p.mu)
	for i := 0; i < 12; i++ {
		go p.guard()
	}
	go p.relieve()
}
