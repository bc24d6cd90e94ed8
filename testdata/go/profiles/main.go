// Profiles serves net/http/pprof and fetches what is no goroutine dump, and what is a rare one.
package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	_ "net/http/pprof"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

var never = make(chan int)

func contend() {
	var mutex sync.Mutex
	for range [4]int{} {
		go func() {
			for {
				mutex.Lock()
				time.Sleep(time.Millisecond)
				mutex.Unlock()
			}
		}()
	}
}

func churn() {
	for {
		done := make(chan int)
		for range [20]int{} {
			go func() { <-done }()
		}
		time.Sleep(1300 * time.Millisecond)
		close(done)
		go func() { <-never }()
	}
}

func fetch(url, path string) {
	response, err := http.Get(url)
	if err != nil {
		panic(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		panic(err)
	}
	response.Body.Close()
	if err := os.WriteFile(path, body, 0o644); err != nil {
		panic(err)
	}
}

func main() {
	dir, suffix := os.Args[1], os.Args[2]
	runtime.SetBlockProfileRate(1)
	runtime.SetMutexProfileFraction(1)
	server := httptest.NewServer(nil)
	contend()
	go churn()
	custom := pprof.NewProfile("example.com/open files")
	for range [3]int{} {
		custom.Add(new(int), 0)
	}
	time.Sleep(300 * time.Millisecond)
	base := server.URL + "/debug/pprof/"
	foreign := func(name string) string { return filepath.Join(dir, "foreign", name) }
	for _, profile := range []string{"heap", "block", "mutex"} {
		fetch(base+profile, foreign(profile+".debug0"+suffix+".pb.gz"))
		fetch(base+profile+"?debug=1", foreign(profile+".debug1"+suffix+".txt"))
	}
	fetch(base, foreign("index"+suffix+".html"))
	fetch(base+"nosuch", foreign("unknown-profile"+suffix+".txt"))
	fetch(base+"goroutine?debug=2&seconds=1", foreign("seconds-and-debug"+suffix+".txt"))
	fetch(base+"profile?seconds=1", foreign("cpu.debug0"+suffix+".pb.gz"))
	fetch(base+"trace?seconds=0.1", foreign("execution-trace"+suffix+".bin"))
	fetch(base+"threadcreate?debug=1", foreign("threadcreate.debug1"+suffix+".txt"))
	fetch(base+"example.com/open%20files?debug=1", foreign("custom.debug1"+suffix+".txt"))
	fetch(base+"goroutine?debug=2", filepath.Join(dir, "debug2", "over-http"+suffix+".txt"))
	fetch(base+"goroutine?debug=1", filepath.Join(dir, "debug1", "over-http"+suffix+".txt"))
	fetch(base+"goroutine?seconds=1", filepath.Join(dir, "proto", "delta"+suffix+".pb.gz"))
	fetch(base+"goroutine?seconds=3", filepath.Join(dir, "proto", "delta-3s"+suffix+".pb.gz"))
}
