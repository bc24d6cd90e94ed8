// Nine holds nine goroutines at one moment, none of which moves, and writes the three formats of it.
package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"
)

func sleepForever() {
	for {
		time.Sleep(time.Hour)
	}
}

func startSleepers() {
	for range [3]int{} {
		go sleepForever()
	}
}

func receiveForever(c chan int) {
	<-c
}

func write(dir, name string, debug int) {
	file, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		panic(err)
	}
	defer file.Close()
	if err := pprof.Lookup("goroutine").WriteTo(file, debug); err != nil {
		panic(err)
	}
}

func main() {
	pprof.Do(context.Background(), pprof.Labels("job", "sleep"), func(context.Context) { startSleepers() })
	go receiveForever(make(chan int))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "ok\n")
	}))
	response, err := http.Get(server.URL)
	if err != nil {
		panic(err)
	}
	io.Copy(io.Discard, response.Body)
	response.Body.Close()
	time.Sleep(300 * time.Millisecond)
	write(os.Args[1], "nine.debug2.txt", 2)
	write(os.Args[1], "nine.debug1.txt", 1)
	write(os.Args[1], "nine.debug0.pb.gz", 0)
}
