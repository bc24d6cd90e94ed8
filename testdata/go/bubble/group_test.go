//go:build go1.24 && !go1.25 && goexperiment.synctest

package bubble

import (
	"os"
	"runtime/pprof"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestDump(t *testing.T) {
	synctest.Run(func() {
		c := make(chan int)
		go func() { <-c }()
		go func() { time.Sleep(time.Hour) }()
		go func() { select {} }()
		go func() { select { case <-c: case <-time.After(time.Hour): } }()
		go func() { cond := sync.NewCond(&sync.Mutex{}); cond.L.Lock(); cond.Wait() }()
		go func() { var group sync.WaitGroup; group.Add(1); group.Wait() }()
		time.Sleep(time.Second)
		file, err := os.Create(os.Getenv("DUMP2"))
		if err != nil {
			t.Fatal(err)
		}
		pprof.Lookup("goroutine").WriteTo(file, 2)
		os.Exit(0)
	})
}
