// Command live is a process to be asked while it runs: it serves net/http/pprof on a loopback port and
// on a socket, with goroutines of known kinds.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"flag"
	"fmt"
	"math/big"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime/pprof"
	"time"
)

var (
	announce = flag.String("announce", "", "write the address to this `file`")
	address  = flag.String("address", "127.0.0.1:0", "listen there")
	socket   = flag.String("socket", "", "serve on this socket too")
	waiters  = flag.Int("waiters", 20, "goroutines that wait to receive for ever")
	sleepers = flag.Int("sleepers", 0, "goroutines that sleep most of the time")
	workers  = flag.Int("workers", 0, "goroutines that compute half of the time and sleep the other half")
	tlsFile  = flag.String("tls", "", "serve TLS on the port after it, and write the certificate to this `file`")
	growth   = flag.Int("growth", 0, "goroutines that leak in each tenth of a second")
)

var sink uint64

//go:noinline
func compute(until time.Time) {
	for time.Now().Before(until) {
		for i := 0; i < 1000; i++ {
			sink += uint64(i)
		}
	}
}

//go:noinline
func rest(d time.Duration) { time.Sleep(d) }

func work() {
	for {
		compute(time.Now().Add(20 * time.Millisecond))
		rest(20 * time.Millisecond)
	}
}

func slumber() {
	for {
		rest(time.Hour)
	}
}

func wait(c chan int) { <-c }

func guard(c chan int) { <-c }

func leak(c chan int) { c <- 1 }

// serveTLS serves on a port of its own with a certificate made for it, and writes to the file a
// line with the address, and the certificate of the authority in PEM.
func serveTLS(file string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	authority := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "test authority"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	root, err := x509.CreateCertificate(rand.Reader, authority, authority, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: "test server"},
		NotBefore:    authority.NotBefore,
		NotAfter:     authority.NotAfter,
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, server, authority, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		panic(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root})
	text = append([]byte(listener.Addr().String()+"\n"), text...)
	if err := os.WriteFile(file, text, 0o644); err != nil {
		panic(err)
	}
	go http.Serve(listener, nil)
}

func main() {
	flag.Parse()
	c := make(chan int)
	for i := 0; i < *waiters; i++ {
		labels := pprof.Labels("tenant", fmt.Sprintf("t%d", i%2))
		go pprof.Do(context.Background(), labels, func(context.Context) { wait(c) })
	}
	// The only ones at their stack, so that it tells their label.
	for i := 0; i < 3; i++ {
		go pprof.Do(context.Background(), pprof.Labels("job", "guard"), func(context.Context) { guard(c) })
	}
	for i := 0; i < *sleepers; i++ {
		go slumber()
	}
	for i := 0; i < *workers; i++ {
		go work()
	}
	if *growth > 0 {
		go func() {
			for range time.Tick(100 * time.Millisecond) {
				for i := 0; i < *growth; i++ {
					go leak(make(chan int))
				}
			}
		}()
	}
	http.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/debug/pprof/goroutine?debug=2", http.StatusFound)
	})
	if *socket != "" {
		listener, err := net.Listen("unix", *socket)
		if err != nil {
			panic(err)
		}
		go http.Serve(listener, nil)
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		panic(err)
	}
	if *tlsFile != "" {
		serveTLS(*tlsFile)
	}
	if *announce != "" {
		// Renamed, so that nobody reads half of it.
		text := []byte(listener.Addr().String())
		if err := os.WriteFile(*announce+".new", text, 0o644); err != nil {
			panic(err)
		}
		if err := os.Rename(*announce+".new", *announce); err != nil {
			panic(err)
		}
	}
	panic(http.Serve(listener, nil))
}
