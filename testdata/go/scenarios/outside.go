package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
)

// Faults with clients, databases, processes and files, and what piles up behind them.
func init() {
	add(map[string]func(*site){
		"deaf-client":   deafClient,
		"half-pump":     halfPump,
		"rows-open":     rowsOpen,
		"held-pipe":     heldPipe,
		"leader-hangs":  leaderHangs,
		"jam-log":       jamLog,
		"token-lost":    tokenLost,
		"gone-listener": goneListener,
	})
}

// Clients ask for much and read nothing.
type cellar struct{ box []byte }

func (a *cellar) send(w io.Writer) error {
	for i := 0; i < 400; i++ {
		if _, err := w.Write(a.box); err != nil {
			return err
		}
	}
	return nil
}

func deafClient(s *site) {
	a := &cellar{box: make([]byte, 1<<16)}
	s.mux.HandleFunc("/cellar", func(w http.ResponseWriter, _ *http.Request) { _ = a.send(w) })
	s.connect("deaf", 24, "/cellar")
}

// Each guest has one who hears and one who speaks; when a guest leaves, only the one who hears does.
type parlor struct {
	mu     sync.Mutex
	guests map[*guest]bool
}

type guest struct {
	conn  net.Conn
	words chan string
}

func (p *parlor) hear(g *guest) {
	buffer := make([]byte, 512)
	for {
		n, err := g.conn.Read(buffer)
		if err != nil {
			g.conn.Close()
			return
		}
		p.mu.Lock()
		for other := range p.guests {
			select {
			case other.words <- string(buffer[:n]):
			default:
			}
		}
		p.mu.Unlock()
	}
}

func (p *parlor) speak(g *guest) {
	for word := range g.words {
		if _, err := io.WriteString(g.conn, word); err != nil {
			return
		}
	}
}

func (p *parlor) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	g := &guest{conn: conn, words: make(chan string, 4)}
	p.mu.Lock()
	p.guests[g] = true
	p.mu.Unlock()
	go p.hear(g)
	go p.speak(g)
}

func halfPump(s *site) {
	s.mux.Handle("/parlor", &parlor{guests: map[*guest]bool{}})
	s.connect("brief", 32, "/parlor")
}

// A database of this program's own, with as little as there may be to it.
type files struct{}

func (files) Open(string) (driver.Conn, error)             { return drawer{}, nil }
func (files) Connect(context.Context) (driver.Conn, error) { return drawer{}, nil }
func (f files) Driver() driver.Driver                      { return f }

type drawer struct{}

func (drawer) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not here") }
func (drawer) Begin() (driver.Tx, error)           { return nil, errors.New("not here") }
func (drawer) Close() error                        { return nil }
func (drawer) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return &sheets{left: 3}, nil
}

type sheets struct{ left int }

func (*sheets) Columns() []string { return []string{"sheet"} }
func (*sheets) Close() error      { return nil }
func (s *sheets) Next(row []driver.Value) error {
	if s.left--; s.left < 0 {
		return io.EOF
	}
	row[0] = int64(s.left)
	return nil
}

// Results are looked at and left lying, until no connection is left.
type folio struct{ db *sql.DB }

func (l *folio) first() (int, error) {
	rows, err := l.db.QueryContext(context.Background(), "sheets")
	if err != nil {
		return 0, err
	}
	sheet := 0
	if rows.Next() {
		err = rows.Scan(&sheet)
	}
	return sheet, err
}

func rowsOpen(s *site) {
	db := sql.OpenDB(files{})
	db.SetMaxOpenConns(5)
	l := &folio{db: db}
	s.mux.HandleFunc("/first", func(w http.ResponseWriter, _ *http.Request) {
		sheet, err := l.first()
		fmt.Fprintln(w, sheet, err)
	})
	s.visit(35, "/first")
}

// What a command leaves in the background keeps its output open.
type tailor struct{ stitch string }

func (t *tailor) sew() (string, error) {
	var seam bytes.Buffer
	command := exec.Command("sh", "-c", t.stitch)
	command.Stdout = &seam
	err := command.Run()
	return seam.String(), err
}

func heldPipe(s *site) {
	t := &tailor{stitch: "sleep 6 & echo sewn"}
	s.mux.HandleFunc("/sew", func(w http.ResponseWriter, _ *http.Request) {
		seam, err := t.sew()
		fmt.Fprintln(w, seam, err)
	})
	s.visit(5, "/sew")
}

// The first who wants an answer gets it for all, and the others wait; the first hangs.
type oracle struct {
	mu       sync.Mutex
	asked    map[string]*question
	upstream string
}

type question struct {
	done   chan struct{}
	answer string
}

func (o *oracle) consult(about string) string {
	o.mu.Lock()
	if q, ok := o.asked[about]; ok {
		o.mu.Unlock()
		<-q.done
		return q.answer
	}
	q := &question{done: make(chan struct{})}
	o.asked[about] = q
	o.mu.Unlock()
	q.answer = o.meditate(about)
	close(q.done)
	return q.answer
}

func (o *oracle) meditate(about string) string {
	conn, err := net.Dial("tcp", o.upstream)
	if err != nil {
		return err.Error()
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /never?%s HTTP/1.1\r\nHost: there\r\n\r\n", about)
	text, _ := io.ReadAll(conn)
	return string(text)
}

func leaderHangs(s *site) {
	o := &oracle{asked: map[string]*question{}, upstream: s.upstream}
	s.mux.HandleFunc("/oracle", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, o.consult("fate")) })
	s.visit(40, "/oracle")
}

// What is logged goes into a pipe that nobody empties.
type scullery struct{ notes *log.Logger }

func (k *scullery) cook(dish string) { k.notes.Print("cooked ", strings.Repeat(dish, 4000)) }

var drain *os.File

func jamLog(s *site) {
	reader, writer, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	drain = reader
	k := &scullery{notes: log.New(writer, "", 0)}
	s.mux.HandleFunc("/cook", func(http.ResponseWriter, *http.Request) { k.cook("soup") })
	s.visit(36, "/cook")
}

// Who is turned away keeps his place.
type bouncer struct{ places chan struct{} }

func (b *bouncer) admit(name string) error {
	b.places <- struct{}{}
	if name == "" {
		return errors.New("nobody")
	}
	defer func() { <-b.places }()
	return nil
}

func tokenLost(s *site) {
	b := &bouncer{places: make(chan struct{}, 5)}
	s.mux.HandleFunc("/club", func(_ http.ResponseWriter, r *http.Request) { _ = b.admit(r.URL.Query().Get("name")) })
	s.visit(5, "/club")
	s.visit(28, "/club?name=ann")
}

// News go to all who listen, one after the other; one does not listen any more.
type tower struct {
	mu        sync.Mutex
	listeners []chan string
}

func (t *tower) call(news string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, listener := range t.listeners {
		listener <- news
	}
}

func (t *tower) listen() chan string {
	t.mu.Lock()
	defer t.mu.Unlock()
	listener := make(chan string)
	t.listeners = append(t.listeners, listener)
	return listener
}

func goneListener(s *site) {
	t := &tower{}
	t.listen()
	go t.call("fire")
	s.mux.HandleFunc("/listen", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, <-t.listen()) })
	s.visit(22, "/listen")
}

// dialTLS opens a connection of which the other side has to prove nothing.
func dialTLS(address string) (net.Conn, error) {
	return tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
}
