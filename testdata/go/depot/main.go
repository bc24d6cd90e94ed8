// A program for a debugger: goroutines that wait in different ways. With an argument one runs.
package main

import (
	"context"
	"net"
	"os"
	"runtime"
	"runtime/pprof"
	"syscall"
	"time"

	"example.com/dumps/depot/stock"
)

func accept() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	l.Accept()
}

func read() {
	var fds [2]int
	syscall.Pipe(fds[:])
	syscall.Read(fds[0], make([]byte, 1))
}

func spin() {
	n := 0
	for {
		n++
	}
}

func deep(n int) {
	if n == 0 {
		select {}
	}
	deep(n - 1)
}

func main() {
	shelf := &stock.Shelf{}
	done := make(chan bool)
	orders := make(chan int)
	go accept()
	go read()
	if len(os.Args) > 1 {
		go spin()
	}
	go deep(12)
	go shelf.Count(orders)
	time.Sleep(50 * time.Millisecond)
	for i := 0; i < 3; i++ {
		pprof.Do(context.Background(), pprof.Labels("tenant", "acme", "order", "a \"b\""), func(context.Context) {
			go shelf.Take(done)
		})
	}
	go func() {
		time.Sleep(time.Hour)
	}()
	time.Sleep(100 * time.Millisecond)
	runtime.GC()
	time.Sleep(100 * time.Millisecond)
	runtime.GC()
	println("pid", os.Getpid())
	<-done
}
