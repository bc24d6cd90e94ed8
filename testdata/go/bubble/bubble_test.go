//go:build go1.25

// Package bubble dumps goroutines inside a testing/synctest bubble.
package bubble

import (
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func hold() {
	c := make(chan int)
	go func() { <-c }()
	go func() { c <- 1; c <- 2 }()
	go func() {
		select {
		case <-c:
		case <-time.After(time.Hour):
		}
	}()
	go func() { time.Sleep(time.Hour) }()
	go func() { var none chan int; <-none }()
	go func() { select {} }()
	go func() { var group sync.WaitGroup; group.Add(1); group.Wait() }()
	go func() { cond := sync.NewCond(&sync.Mutex{}); cond.L.Lock(); cond.Wait() }()
	go func() { var mutex sync.Mutex; mutex.Lock(); mutex.Lock() }()
}

// The bubble's clock stands still while a goroutine waits for a mutex, so that there is no sleeping.
func settle() {
	for range [100_000]int{} {
		runtime.Gosched()
	}
}

func dump(t *testing.T) {
	for debug, name := range []string{"DUMP0", "DUMP1", "DUMP2"} {
		file, err := os.Create(os.Getenv(name))
		if err != nil {
			t.Fatal(err)
		}
		pprof.Lookup("goroutine").WriteTo(file, debug)
		file.Close()
	}
}

func TestDump(t *testing.T) {
	go func() { <-make(chan int) }()
	synctest.Test(t, func(t *testing.T) {
		hold()
		go func() { synctest.Wait() }()
		settle()
		dump(t)
		os.Exit(0)
	})
}

func TestDeadlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { go func() { <-make(chan int) }(); <-make(chan int) })
}
