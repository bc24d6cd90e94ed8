// Crash ends in the way that its argument names; what the runtime then prints is the dump.
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
)

type custom struct {
	code int
	text string
}

type stringer struct{}

func (stringer) Error() string {
	return "several lines:\ngoroutine 98 [running]:\n\ngoroutine 99 [select]:\nlast line"
}

type text string

var (
	never = make(chan int)
	sink  *custom
)

func background() {
	var group sync.WaitGroup
	var pipe [2]int
	syscall.Pipe(pipe[:])
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	group.Add(1)
	go group.Wait()
	go func() { <-never }()
	go func() { time.Sleep(time.Hour) }()
	go func() { select {} }()
	go listener.Accept()
	go func() { syscall.Read(pipe[0], make([]byte, 1)) }()
	go func() { runtime.LockOSThread(); <-never }()
	time.Sleep(50 * time.Millisecond)
}

//go:noinline
func dereference(c *custom) int { return c.code }

//go:noinline
func overflow(n int) int { return overflow(n+1) + n }

//go:noinline
func deep(n int, then func()) {
	if n == 0 {
		then()
		return
	}
	deep(n-1, then)
}

func spawn(n int) {
	if n == 0 {
		panic("made by a chain of goroutines")
	}
	go spawn(n - 1)
	<-never
}

func nested() {
	defer func() {
		defer func() { panic(fmt.Sprint("third after ", recover())) }()
		panic("second\nin two lines")
	}()
	panic(errors.New("first"))
}

func mapWrites() {
	m := map[int]int{}
	for range [8]int{} {
		go func() {
			for n := 0; ; n++ {
				m[n&7]++
			}
		}()
	}
	<-never
}

func httpPanic() {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		dereference(sink)
	}))
	log.Print("serving")
	server.Start()
	http.Get(server.URL)
	log.Print("one request was served")
}

var modes = map[string]func(){
	"panic-string":         func() { background(); panic("something is wrong") },
	"panic-error":          func() { panic(fmt.Errorf("open: %w", io.ErrUnexpectedEOF)) },
	"panic-struct":         func() { panic(custom{7, "seven"}) },
	"panic-pointer":        func() { panic(&custom{7, "seven"}) },
	"panic-named-string":   func() { panic(text("named\n\"quoted\"")) },
	"panic-fake-header":    func() { background(); panic(stringer{}) },
	"panic-fake-blocks":    func() { panic("x\n\ngoroutine 5 [select]:\nmain.fake()\n\t/fake.go:1 +0x1\n") },
	"panic-nil":            func() { panic(nil) },
	"panic-nested":         nested,
	"panic-repanicked":     func() { defer func() { panic(recover()) }(); panic("again") },
	"panic-in-goroutine":   func() { go func() { panic("not in main") }(); <-never },
	"panic-ancestors":      func() { go spawn(4); <-never },
	"panic-deep":           func() { deep(150, func() { panic("far down") }) },
	"panic-goexit":         func() { go func() { defer func() { panic("while leaving") }(); runtime.Goexit() }(); <-never },
	"nil-dereference":      func() { background(); dereference(sink) },
	"index":                func() { list := os.Args[:1]; fmt.Println(list[len(os.Args)+5]) },
	"deadlock":             func() { go func() { <-never }(); <-never },
	"deadlock-waitgroup":   func() { var group sync.WaitGroup; group.Add(1); go func() { <-never }(); group.Wait() },
	"deadlock-mutex":       func() { var mutex sync.Mutex; mutex.Lock(); mutex.Lock() },
	"deadlock-goexit-main": func() { runtime.Goexit() },
	"map-writes":           mapWrites,
	"unlock":               func() { background(); var mutex sync.Mutex; mutex.Unlock() },
	"stack-overflow":       func() { debug.SetMaxStack(1 << 18); overflow(0) },
	"sigquit":              func() { background(); syscall.Kill(os.Getpid(), syscall.SIGQUIT); <-never },
	"sigabrt":              func() { background(); syscall.Kill(os.Getpid(), syscall.SIGABRT); <-never },
	"http-panic":           httpPanic,
	"print-stack":          func() { defer func() { recover(); debug.PrintStack() }(); panic("caught") },
}

func main() {
	modes[os.Args[1]]()
}
