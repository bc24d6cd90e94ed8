// States holds a goroutine in every state that a program can bring about, and in calls of every
// shape, and writes the profile in each format.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"syscall"
	"time"
)

var (
	never    = make(chan int)
	nilChan  chan int
	kept     []any
	age      = flag.Duration("age", 0, "how long the goroutines wait before the dump")
	dir      = flag.String("dir", ".", "where the files go")
	suffix   = flag.String("suffix", "", "behind the names of the files")
	name     = flag.String("name", "states", "before the names of the files")
	optional []func()
)

// A goroutine from a package-level closure: glob..func1 up to Go 1.21, init.func1 since.
var fromPackageLevel = func() { <-never }

func init() {
	go func() { <-never }()
}

func chanReceive()    { <-never }
func chanReceiveNil() { <-nilChan }
func chanSendNil()    { nilChan <- 1 }
func selectNoCases()  { select {} }
func sleep()          { time.Sleep(time.Hour) }

func chanSend() {
	c := make(chan int)
	kept = append(kept, c)
	c <- 1
}

func selectTwo() {
	full := make(chan int)
	kept = append(kept, full)
	select {
	case <-never:
	case full <- 1:
	}
}

func ioWait() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			panic(err)
		}
		bufio.NewReader(conn).ReadString('\n')
	}()
	for {
		conn, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		kept = append(kept, conn)
	}
}

func locks() {
	var mutex sync.Mutex
	var readWrite sync.RWMutex
	mutex.Lock()
	go func() { mutex.Lock() }()
	readWrite.Lock()
	go func() { readWrite.RLock() }()
	var readLocked sync.RWMutex
	readLocked.RLock()
	go func() { readLocked.Lock() }()
	cond := sync.NewCond(&sync.Mutex{})
	go func() { cond.L.Lock(); cond.Wait() }()
	var group sync.WaitGroup
	group.Add(1)
	go func() { group.Wait() }()
	var once sync.Once
	go once.Do(func() { <-never })
	<-never
}

func blockingRead() {
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		panic(err)
	}
	syscall.Read(pipe[0], make([]byte, 1))
}

func lockedToThread() {
	runtime.LockOSThread()
	<-never
}

func lockedInSyscall() {
	runtime.LockOSThread()
	blockingRead()
}

func spin() {
	for n := 0; ; n++ {
		if n&0xfffff == 0 {
			runtime.Gosched()
		}
	}
}

type big struct{ data [1 << 12]byte }

func finalizer() {
	value := &big{}
	runtime.SetFinalizer(value, func(*big) { <-never })
	runtime.KeepAlive(value)
}

func main() {
	flag.Parse()
	for _, start := range []func(){
		chanReceive, chanSend, chanReceiveNil, chanSendNil, selectTwo, selectNoCases, sleep, ioWait, locks,
		blockingRead, lockedToThread, lockedInSyscall, fromPackageLevel,
	} {
		go start()
	}
	for range [4]int{} {
		go chanReceive()
	}
	shapes()
	for _, start := range optional {
		start()
	}
	time.AfterFunc(time.Millisecond, func() { <-never })
	finalizer()
	if *age == 0 {
		go spin()
	}
	for range [3]int{} {
		time.Sleep(50 * time.Millisecond)
		runtime.GC()
	}
	time.Sleep(*age)
	time.Sleep(100 * time.Millisecond)
	for debug, kind := range []string{"debug0.pb.gz", "debug1.txt", "debug2.txt"} {
		create(kind, func(file *os.File) error { return pprof.Lookup("goroutine").WriteTo(file, debug) })
	}
	create("records.json", func(file *os.File) error {
		records := make([]runtime.StackRecord, 1000)
		n, _ := runtime.GoroutineProfile(records)
		return json.NewEncoder(file).Encode(records[:n])
	})
	create("buffer-4096.txt", func(file *os.File) error {
		buffer := make([]byte, 4096)
		_, err := file.Write(buffer[:runtime.Stack(buffer, true)])
		return err
	})
	create("one-goroutine.txt", func(file *os.File) error {
		buffer := make([]byte, 1<<16)
		_, err := file.Write(buffer[:runtime.Stack(buffer, false)])
		return err
	})
}

func create(kind string, write func(*os.File) error) {
	base, extension, _ := strings.Cut(kind, ".")
	file, err := os.Create(filepath.Join(*dir, *name+"."+base+*suffix+"."+extension))
	if err != nil {
		panic(err)
	}
	defer file.Close()
	if err := write(file); err != nil {
		panic(err)
	}
}
