package main

import (
	"sync"
	"time"
)

func init() {
	modes["deadlock-crosswise"] = crosswise
	modes["deadlock-crew"] = crew
	modes["deadlock-pipeline"] = pipeline
}

// Two bottles, each locked before the other one; main waits for both who pour.
type bottle struct {
	mu    sync.Mutex
	level int
}

func (b *bottle) fill(amount int) {
	b.mu.Lock()
	b.level += amount
	b.mu.Unlock()
}

func (b *bottle) pour(into *bottle, wg *sync.WaitGroup) {
	defer wg.Done()
	b.mu.Lock()
	defer b.mu.Unlock()
	time.Sleep(30 * time.Millisecond)
	into.fill(1)
	b.level--
}

func crosswise() {
	one, two := &bottle{}, &bottle{}
	var wg sync.WaitGroup
	wg.Add(2)
	go one.pour(two, &wg)
	go two.pour(one, &wg)
	wg.Wait()
}

// Main waits for its crew with the lock held that the crew needs.
type barn struct {
	mu  sync.Mutex
	hay int
}

func (b *barn) stack(wg *sync.WaitGroup) {
	defer wg.Done()
	b.mu.Lock()
	b.hay++
	b.mu.Unlock()
}

func crew() {
	b := &barn{}
	b.mu.Lock()
	defer b.mu.Unlock()
	var wg sync.WaitGroup
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go b.stack(&wg)
	}
	wg.Wait()
}

// The last stage has given up, so that the first ones wait to hand on.
func pipeline() {
	numbers, squares := make(chan int), make(chan int)
	done := make(chan bool)
	go func() {
		for i := 0; i < 9; i++ {
			numbers <- i
		}
		close(numbers)
		done <- true
	}()
	go func() {
		for number := range numbers {
			squares <- number * number
		}
		close(squares)
	}()
	<-squares
	<-done
}
