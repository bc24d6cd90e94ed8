// A program for gccgo: it brings about what its tracebacks look like. Its argument says how it ends.
package main

import (
	"fmt"
	"net"
	"os"
	"runtime/pprof"
	"strings"
	"sync"
	"time"
)

type shelf struct {
	mu   sync.Mutex
	left int
}

func (s *shelf) take(done chan<- bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left--
	done <- true
}

type box struct{ shelf *shelf }

func (b box) count() int {
	b.shelf.mu.Lock()
	return b.shelf.left
}

type 箱 struct{ shelf *shelf }

func (b *箱) взять_1(done chan<- bool) {
	defer func() { recover() }()
	b.shelf.take(done)
}

func worker(wg *sync.WaitGroup, f func()) {
	wg.Done()
	f()
}

func deep(n int) {
	if n == 0 {
		select {}
	}
	deep(n - 1)
}

var topLevel = func(s *shelf, done chan<- bool) { s.take(done) }

func init() {
	go func() { select {} }()
}

func start(s *shelf, done chan bool) {
	var wg sync.WaitGroup
	wg.Add(4)
	for i := 0; i < 3; i++ {
		go worker(&wg, func() { s.take(done) })
	}
	go worker(&wg, func() {
		func() { box{s}.count() }()
	})
	wg.Wait()
	go (&箱{s}).взять_1(done)
	go topLevel(s, done)
	go deep(3)
	go func() { time.Sleep(time.Hour) }()
	go func() {
		l, _ := net.Listen("tcp", "127.0.0.1:0")
		l.Accept()
	}()
	go func() {
		var c chan int
		<-c
	}()
	go func() {
		var once sync.Once
		once.Do(func() { s.take(done) })
	}()
	go func() {
		strings.Map(func(r rune) rune { s.take(done); return r }, "a")
	}()
	time.Sleep(200 * time.Millisecond)
}

func main() {
	if os.Args[1] == "deadlock" {
		var mu sync.Mutex
		done := make(chan bool)
		mu.Lock()
		go func() { mu.Lock() }()
		<-done
	}
	s := &shelf{}
	s.mu.Lock()
	start(s, make(chan bool))
	switch os.Args[1] {
	case "panic":
		panic("boom")
	case "nil":
		var none *shelf
		fmt.Println(none.left)
	case "debug2":
		pprof.Lookup("goroutine").WriteTo(os.Stdout, 2)
	case "wait":
		time.Sleep(time.Hour)
	}
}
