package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

func init() {
	sql.Register("paper", paper{})
	add(map[string]func(*site){
		"nested-transaction": nestedTransaction,
		"ok-pool-at-limit":   okPoolAtLimit,
		"ok-hot-lock":        okHotLock,
		"ok-many-readers":    okManyReaders,
		"ok-locked-pool":     okLockedPool,
		"ok-crew-under-lock": okCrewUnderLock,
		"ok-locks-in-order":  okLocksInOrder,
		"ok-cond-queue":      okCondQueue,
		"ok-join":            okJoin,
	})
}

// A database of paper: every query takes a moment and has no rows.
type paper struct{}

type paperConn struct{}

type paperRows struct{}

func (paper) Open(string) (driver.Conn, error) { return paperConn{}, nil }

func (paperConn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not on paper") }
func (paperConn) Close() error                        { return nil }
func (c paperConn) Begin() (driver.Tx, error)         { return c, nil }
func (paperConn) Commit() error                       { return nil }
func (paperConn) Rollback() error                     { return nil }

func (paperConn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	time.Sleep(15 * time.Millisecond)
	return paperRows{}, nil
}

func (paperRows) Columns() []string         { return nil }
func (paperRows) Close() error              { return nil }
func (paperRows) Next([]driver.Value) error { return io.EOF }

// In a transaction another connection is asked for, and the pool has but one.
type clerk struct{ db *sql.DB }

func (c *clerk) file() error {
	tx, err := c.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return c.check()
}

func (c *clerk) check() error {
	rows, err := c.db.Query("select 1")
	if err != nil {
		return err
	}
	return rows.Close()
}

func nestedTransaction(s *site) {
	db, _ := sql.Open("paper", "")
	db.SetMaxOpenConns(1)
	c := &clerk{db: db}
	s.mux.HandleFunc("/file", func(http.ResponseWriter, *http.Request) { c.file() })
	s.visit(22, "/file")
}

// The pool is used up all the time, and moves.
func okPoolAtLimit(s *site) {
	db, _ := sql.Open("paper", "")
	db.SetMaxOpenConns(4)
	c := &clerk{db: db}
	for i := 0; i < 12; i++ {
		go func() {
			for {
				c.check()
				time.Sleep(time.Millisecond)
			}
		}()
	}
}

// A lock that everybody wants, for moments.
type wicket struct {
	mu     sync.Mutex
	passed int
}

func (t *wicket) pass() {
	t.mu.Lock()
	for end := time.Now().Add(20 * time.Microsecond); time.Now().Before(end); {
		t.passed++
	}
	t.mu.Unlock()
}

func okHotLock(*site) {
	t := &wicket{}
	for i := 0; i < 40; i++ {
		go func() {
			for {
				t.pass()
				time.Sleep(200 * time.Microsecond)
			}
		}()
	}
}

// Many readers, and a writer now and then.
type timetable struct {
	mu     sync.RWMutex
	trains map[int]int
}

func (t *timetable) next(line int) int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	time.Sleep(2 * time.Millisecond)
	return t.trains[line]
}

func (t *timetable) delay(line, minutes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.trains[line] += minutes
}

func okManyReaders(*site) {
	t := &timetable{trains: map[int]int{}}
	for i := 0; i < 60; i++ {
		line := i
		go func() {
			for {
				t.next(line)
			}
		}()
	}
	go func() {
		for {
			t.delay(1, 1)
			time.Sleep(7 * time.Millisecond)
		}
	}()
}

// Workers that take turns at one machine, for milliseconds each.
type lathe struct {
	mu   sync.Mutex
	rods chan int
}

func (m *lathe) turn(rod int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	time.Sleep(time.Duration(rod) * time.Millisecond)
}

func (m *lathe) work() {
	for rod := range m.rods {
		m.turn(rod)
	}
}

func okLockedPool(*site) {
	m := &lathe{rods: make(chan int, 12)}
	for i := 0; i < 12; i++ {
		go m.work()
	}
	go func() {
		for {
			m.rods <- 3
		}
	}()
}

// The lock is held while helpers are waited for who do not need it and come back.
type garden struct {
	mu    sync.Mutex
	beds  int
	tools chan int
}

func (g *garden) dig(wg *sync.WaitGroup) {
	defer wg.Done()
	time.Sleep(40 * time.Millisecond)
}

func (g *garden) plant() {
	g.mu.Lock()
	defer g.mu.Unlock()
	var wg sync.WaitGroup
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go g.dig(&wg)
	}
	wg.Wait()
	g.beds++
}

func okCrewUnderLock(*site) {
	g := &garden{}
	for i := 0; i < 5; i++ {
		go func() {
			for {
				g.plant()
			}
		}()
	}
}

// Two locks, always taken in one order, over a call to an upstream that takes its time.
type depot struct {
	mu       sync.Mutex
	shelves  sync.Mutex
	stock    int
	upstream string
	client   *http.Client
}

func (d *depot) fetch() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shelves.Lock()
	defer d.shelves.Unlock()
	answer, err := d.client.Get("http://" + d.upstream + "/late?by=300ms")
	if err != nil {
		return err
	}
	d.stock++
	return answer.Body.Close()
}

func (d *depot) count() int {
	d.shelves.Lock()
	defer d.shelves.Unlock()
	return d.stock
}

func okLocksInOrder(s *site) {
	d := &depot{upstream: s.upstream, client: &http.Client{}}
	for i := 0; i < 3; i++ {
		go func() {
			for {
				d.fetch()
			}
		}()
		go func() {
			for {
				d.count()
				time.Sleep(10 * time.Millisecond)
			}
		}()
	}
}

// A queue with a Cond: workers wait for work, which comes.
type counter struct {
	mu    sync.Mutex
	some  *sync.Cond
	queue []int
}

func (c *counter) take() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.queue) == 0 {
		c.some.Wait()
	}
	item := c.queue[0]
	c.queue = c.queue[1:]
	return item
}

func (c *counter) put(item int) {
	c.mu.Lock()
	c.queue = append(c.queue, item)
	c.mu.Unlock()
	c.some.Signal()
}

func okCondQueue(*site) {
	c := &counter{}
	c.some = sync.NewCond(&c.mu)
	for i := 0; i < 30; i++ {
		go func() {
			for {
				time.Sleep(time.Duration(c.take()) * time.Millisecond)
			}
		}()
	}
	go func() {
		for {
			c.put(5)
			time.Sleep(2 * time.Millisecond)
		}
	}()
}

// Requests that wait for helpers, who ask upstream.
func okJoin(s *site) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 20}}
	s.mux.HandleFunc("/join", func(w http.ResponseWriter, _ *http.Request) {
		var wg sync.WaitGroup
		for i := 0; i < 3; i++ {
			wg.Add(1)
			go func() {
				defer wg.Done()
				answer, err := client.Get("http://" + s.upstream + "/late?by=1900ms")
				if err == nil {
					io.Copy(io.Discard, answer.Body)
					answer.Body.Close()
				}
			}()
		}
		wg.Wait()
		fmt.Fprintln(w, "joined")
	})
	s.visit(5, "/join")
}
