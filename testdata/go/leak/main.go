// Leak leaves goroutines behind that nothing can ever wake, and writes the goroutineleak profile.
package main

import (
	"flag"
	"os"
	"path/filepath"
	"runtime/pprof"
	"sync"
	"time"
)

var reachable = make(chan int)

func forgottenSend() { c := make(chan int); go func() { c <- 1 }() }
func forgottenLock() { var m sync.Mutex; m.Lock(); go func() { m.Lock() }() }
func forgottenNil()  { var c chan int; go func() { <-c }() }
func forgottenWait() { g := new(sync.WaitGroup); g.Add(1); go g.Wait() }
func forgottenNone() { go func() { select {} }() }
func alive()         { go func() { <-reachable }() }

func main() {
	dir := flag.String("dir", ".", "where the files go")
	suffix := flag.String("suffix", "", "behind the names of the files")
	flag.Parse()
	for range [5]int{} {
		forgottenSend()
	}
	for _, start := range []func(){forgottenLock, forgottenNil, forgottenWait, forgottenNone, alive} {
		start()
	}
	time.Sleep(100 * time.Millisecond)
	write := func(profile, name string, debug int) {
		file, err := os.Create(filepath.Join(*dir, name))
		if err != nil {
			panic(err)
		}
		defer file.Close()
		if err := pprof.Lookup(profile).WriteTo(file, debug); err != nil {
			panic(err)
		}
	}
	write("goroutineleak", "goroutineleak.debug0"+*suffix+".pb.gz", 0)
	write("goroutineleak", "goroutineleak.debug1"+*suffix+".txt", 1)
	write("goroutineleak", "goroutineleak.debug2"+*suffix+".txt", 2)
	write("goroutine", "goroutine-after-leak.debug2"+*suffix+".txt", 2)
	reachable <- 1
}
