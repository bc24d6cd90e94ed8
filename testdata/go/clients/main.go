// Clients uses the service for a while as its users would, and then takes its goroutine dump.
package main

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

var tenants = []string{"acme", "globex", "initech", "umbrella corp"}

func get(client *http.Client, url string) {
	response, err := client.Get(url)
	if err != nil {
		return
	}
	io.Copy(io.Discard, response.Body)
	response.Body.Close()
}

func fetch(url, path string) {
	response, err := http.Get(url)
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	file, err := os.Create(path)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	if _, err := io.Copy(file, response.Body); err != nil {
		panic(err)
	}
}

func main() {
	address := flag.String("address", "", "where the service is")
	duration := flag.Duration("for", 200*time.Second, "how long to use it")
	dir := flag.String("dir", ".", "the testdata folder")
	suffix := flag.String("suffix", "", "behind the names of the files")
	flag.Parse()
	base := "http://" + *address
	reports, prices, idle := &http.Client{}, &http.Client{}, &http.Client{}
	for range [25]int{} {
		go get(idle, base+"/report?tenant=hooli")
	}
	const steps = 300
	for step := 0; step < steps; step++ {
		tenant := tenants[step*step%len(tenants)]
		go get(reports, base+"/report?tenant="+tenant[:4])
		if step%8 == 0 {
			go get(prices, fmt.Sprintf("%s/price?item=%d&tenant=%s", base, step, "acme"))
		}
		time.Sleep(*duration / steps)
	}
	time.Sleep(time.Second)
	fetch(base+"/debug/pprof/goroutine?debug=2", filepath.Join(*dir, "debug2", "leaky-service"+*suffix+".txt"))
	fetch(base+"/debug/pprof/goroutine?debug=1", filepath.Join(*dir, "debug1", "leaky-service"+*suffix+".txt"))
	fetch(base+"/debug/pprof/goroutine", filepath.Join(*dir, "proto", "leaky-service"+*suffix+".pb.gz"))
}
