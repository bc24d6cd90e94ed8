// A program with data races, for the race detector. With an argument it panics in the end.
package main

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

type shelf struct{ left int }

func (s *shelf) take() { s.left-- }

func (s *shelf) count() int { return s.left }

type pair[T any] struct{ a, b T }

func (p *pair[T]) set(v T) { p.a, p.b = v, v }

var total int64

func worker(s *shelf, wg *sync.WaitGroup) {
	defer wg.Done()
	s.take()
}

func start(s *shelf, wg *sync.WaitGroup) {
	wg.Add(1)
	go worker(s, wg)
}

func pause() { time.Sleep(100 * time.Millisecond) }

func main() {
	s := &shelf{}
	var wg sync.WaitGroup
	start(s, &wg)
	start(s, &wg)
	wg.Wait()
	go func() {
		m := map[string]int{}
		go func() { m["a"] = 1 }()
		m["b"] = 2
		atomic.AddInt64(&total, 1)
		time.Sleep(time.Second)
	}()
	total++
	pause()
	go s.take()
	fmt.Println("a line of the program:", s.count())
	pause()
	p := &pair[struct{ n, m int }]{}
	for i := 0; i < 2; i++ {
		go p.set(struct{ n, m int }{i, i})
	}
	pause()
	if len(os.Args) > 1 {
		panic("end")
	}
}
