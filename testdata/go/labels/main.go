// Labels holds goroutines with every awkward label, in groups and alone.
package main

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"
)

var never = make(chan int)

func labelled(labels ...string) {
	pprof.Do(context.Background(), pprof.Labels(labels...), func(context.Context) { go wait() })
}

func wait() { <-never }

func main() {
	dir := flag.String("dir", ".", "where the files go")
	suffix := flag.String("suffix", "", "behind the names of the files")
	name := flag.String("name", "labels", "before the names of the files")
	flag.Parse()
	for range [3]int{} {
		labelled("handler", "checkout", "tenant", "acme")
	}
	for _, value := range []string{
		"plain", "two words", "a/b.c_d", "dash-ed", "]", "}:", "{a: b}", `"quoted"`, `back\slash`, "line\nfeed\r\ttab",
		"straße", "日本語", "😀", "\x7f", "\x01\a\v", "\xff\xfe", "\u2028", "goroutine 7 [running]:", "goroutine 7 [running]:\nmain.fake(0x1)\n\t/fake.go:1 +0x1\n",
		", 5 minutes, locked to thread", "", "a, b: c", "a=b", "\ufffd",
	} {
		labelled("value", value)
	}
	labelled("", "")
	labelled("", "empty key")
	labelled("key]: {", "value")
	labelled("a", "1", "b", "2", "c", "3", "z", "", "ключ", "значение")
	time.Sleep(100 * time.Millisecond)
	for debug, kind := range []string{".pb.gz", ".txt", ".txt"} {
		names := []string{"debug0", "debug1", "debug2"}
		file, err := os.Create(filepath.Join(*dir, *name+"."+names[debug]+*suffix+kind))
		if err != nil {
			panic(err)
		}
		if err := pprof.Lookup("goroutine").WriteTo(file, debug); err != nil {
			panic(err)
		}
		file.Close()
	}
}
