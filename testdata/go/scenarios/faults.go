package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

func init() {
	add(map[string]func(*site){
		"late-send":        lateSend,
		"lost-receiver":    lostReceiver,
		"open-range":       openRange,
		"nil-select":       nilSelect,
		"nil-receive":      nilReceive,
		"done-missing":     doneMissing,
		"lock-over-chan":   lockOverChan,
		"unlock-missing":   unlockMissing,
		"relock":           relock,
		"crosswise":        crosswise,
		"read-twice":       readTwice,
		"no-signal":        noSignal,
		"ticker-each":      tickerEach,
		"body-open":        bodyOpen,
		"slots-taken":      slotsTaken,
		"pipe-unread":      pipeUnread,
		"context-open":     contextOpen,
		"slow-consumer":    slowConsumer,
		"subscribers-stay": subscribersStay,
		"retry-sleeps":     retrySleeps,
	})
}

// A quote that takes too long is handed over to nobody.
type quoter struct{ effort time.Duration }

func (q *quoter) compute(item string, to chan<- string) {
	time.Sleep(q.effort)
	to <- "quote for " + item
}

func (q *quoter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	quotes := make(chan string)
	go q.compute(r.URL.Path, quotes)
	select {
	case quote := <-quotes:
		fmt.Fprintln(w, quote)
	case <-time.After(q.effort / 4):
		http.Error(w, "later", http.StatusGatewayTimeout)
	}
}

func lateSend(s *site) {
	s.mux.Handle("/quote", &quoter{effort: 200 * time.Millisecond})
	s.visit(30, "/quote")
}

// The one who books returns early and tells nobody; who enters the result in the books waits on.
type bookings struct {
	mu      sync.Mutex
	entered []string
}

func (b *bookings) enter(results <-chan string) {
	result := <-results
	b.mu.Lock()
	b.entered = append(b.entered, result)
	b.mu.Unlock()
}

func (b *bookings) book(seats int) error {
	results := make(chan string)
	go b.enter(results)
	if seats == 0 {
		return errors.New("no seats")
	}
	results <- "booked"
	return nil
}

func lostReceiver(s *site) {
	b := &bookings{}
	s.mux.HandleFunc("/book", func(w http.ResponseWriter, _ *http.Request) {
		if err := b.book(0); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	s.visit(30, "/book")
}

// Letters are handed out over a channel that is never closed.
type postman struct{ sent chan int }

func (p *postman) carry(letters <-chan string) {
	total := 0
	for letter := range letters {
		total += len(letter)
	}
	p.sent <- total
}

func (p *postman) round(letters []string) {
	bag := make(chan string, 2)
	go p.carry(bag)
	for _, letter := range letters {
		bag <- letter
	}
}

func openRange(s *site) {
	p := &postman{sent: make(chan int, 100)}
	s.mux.HandleFunc("/post", func(http.ResponseWriter, *http.Request) { p.round([]string{"a", "b", "c"}) })
	s.visit(25, "/post")
}

// The channel of changes is never made, and the context is one that never ends.
type mirror struct{ changes chan string }

func (m *mirror) track(ctx context.Context, path string) {
	for {
		select {
		case change := <-m.changes:
			fmt.Println(path, change)
		case <-ctx.Done():
			return
		}
	}
}

func nilSelect(s *site) {
	s.mux.HandleFunc("/mirror", func(_ http.ResponseWriter, r *http.Request) {
		go (&mirror{}).track(context.Background(), r.URL.Path)
	})
	s.visit(24, "/mirror")
}

func (m *mirror) await() { fmt.Println(<-m.changes) }

func nilReceive(*site) { go (&mirror{}).await() }

// A part that cannot be resized returns without Done.
type album struct{ pictures []string }

func (a *album) resize(picture string, wg *sync.WaitGroup) {
	if picture == "" {
		return
	}
	time.Sleep(time.Millisecond)
	wg.Done()
}

func (a *album) thumbnails() {
	var wg sync.WaitGroup
	for _, picture := range a.pictures {
		wg.Add(1)
		go a.resize(picture, &wg)
	}
	wg.Wait()
}

func doneMissing(s *site) {
	a := &album{pictures: []string{"one", "", "three"}}
	s.mux.HandleFunc("/album", func(http.ResponseWriter, *http.Request) { a.thumbnails() })
	s.visit(20, "/album")
}

// The till is locked while a confirmation is waited for that never comes.
type till struct {
	mu       sync.Mutex
	sum      int
	approved chan int
}

func (t *till) charge() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum += <-t.approved
}

func (t *till) total() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sum
}

func lockOverChan(s *site) {
	t := &till{approved: make(chan int)}
	go t.charge()
	time.Sleep(20 * time.Millisecond)
	s.mux.HandleFunc("/total", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, t.total()) })
	s.visit(20, "/total")
}

// What cannot be shelved leaves the shelf locked.
type shelf struct {
	mu    sync.Mutex
	books map[string]int
}

func (b *shelf) put(title string) error {
	b.mu.Lock()
	if title == "" {
		return errors.New("no title")
	}
	b.books[title]++
	b.mu.Unlock()
	return nil
}

func unlockMissing(s *site) {
	b := &shelf{books: map[string]int{}}
	s.mux.HandleFunc("/shelf", func(_ http.ResponseWriter, r *http.Request) {
		_ = b.put(r.URL.Query().Get("title"))
	})
	s.visit(1, "/shelf")
	s.visit(25, "/shelf?title=go")
}

// A helper that locks is called with the lock held.
type basket struct {
	mu    sync.Mutex
	items []string
}

func (b *basket) weigh() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.items)
}

func (b *basket) drop(item string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.items = append(b.items, item)
	return b.weigh()
}

func relock(s *site) {
	b := &basket{}
	s.mux.HandleFunc("/basket", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, b.drop("pear")) })
	s.visit(12, "/basket")
}

// Two purses, each locked by the one who pays.
type purse struct {
	mu    sync.Mutex
	coins int
}

func (p *purse) take(coins int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.coins += coins
}

func (p *purse) pay(to *purse, coins int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	time.Sleep(50 * time.Millisecond)
	p.coins -= coins
	to.take(coins)
}

func crosswise(s *site) {
	one, two := &purse{}, &purse{}
	s.mux.HandleFunc("/there", func(http.ResponseWriter, *http.Request) { one.pay(two, 1) })
	s.mux.HandleFunc("/back", func(http.ResponseWriter, *http.Request) { two.pay(one, 1) })
	s.visit(1, "/there")
	s.visit(1, "/back")
	s.visit(8, "/there")
}

// A reader reads again while a writer waits.
type atlas struct {
	mu    sync.RWMutex
	pages map[string]string
}

func (a *atlas) page(name string) string {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.pages[name]
}

func (a *atlas) compare(one, two string) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	time.Sleep(100 * time.Millisecond)
	return a.page(one) == a.page(two)
}

func (a *atlas) draw(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pages[name] = name
}

func readTwice(s *site) {
	a := &atlas{pages: map[string]string{}}
	s.mux.HandleFunc("/compare", func(http.ResponseWriter, *http.Request) { a.compare("a", "b") })
	s.mux.HandleFunc("/draw", func(http.ResponseWriter, *http.Request) { a.draw("a") })
	s.visit(3, "/compare")
	go func() {
		time.Sleep(50 * time.Millisecond)
		s.visit(1, "/draw")
		time.Sleep(100 * time.Millisecond)
		s.visit(6, "/compare")
	}()
}

// The gate opens without telling those who wait.
type gate struct {
	mu     sync.Mutex
	turned *sync.Cond
	open   bool
}

func (g *gate) pass() {
	g.mu.Lock()
	for !g.open {
		g.turned.Wait()
	}
	g.mu.Unlock()
}

func noSignal(s *site) {
	g := &gate{}
	g.turned = sync.NewCond(&g.mu)
	s.mux.HandleFunc("/gate", func(http.ResponseWriter, *http.Request) { g.pass() })
	s.visit(20, "/gate")
	go func() {
		time.Sleep(300 * time.Millisecond)
		g.mu.Lock()
		g.open = true
		g.mu.Unlock()
	}()
}

// Each request starts a pulse that nothing ends.
type visitor struct{ beats int }

func (v *visitor) pulse(every time.Duration) {
	ticker := time.NewTicker(every)
	for range ticker.C {
		v.beats++
	}
}

func tickerEach(s *site) {
	s.mux.HandleFunc("/visit", func(http.ResponseWriter, *http.Request) { go (&visitor{}).pulse(time.Minute) })
	s.visit(30, "/visit")
}

// Pages are asked for, and only their status is looked at.
type checker struct{ client *http.Client }

func (c *checker) check(url string) (int, error) {
	answer, err := c.client.Get(url)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, nil
}

func bodyOpen(s *site) {
	c := &checker{client: &http.Client{}}
	s.mux.HandleFunc("/check", func(w http.ResponseWriter, _ *http.Request) {
		status, _ := c.check("http://" + s.upstream + "/page")
		w.WriteHeader(status)
	})
	s.visit(12, "/check")
}

// Six may be under way at a time; none of them comes back.
type courier struct {
	slots    chan struct{}
	upstream string
}

func (c *courier) deliver() error {
	c.slots <- struct{}{}
	defer func() { <-c.slots }()
	return c.ride()
}

func (c *courier) ride() error {
	conn, err := net.Dial("tcp", c.upstream)
	if err != nil {
		return err
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /never HTTP/1.1\r\nHost: there\r\n\r\n")
	_, err = io.ReadAll(conn)
	return err
}

func slotsTaken(s *site) {
	c := &courier{slots: make(chan struct{}, 6), upstream: s.upstream}
	for i := 0; i < 36; i++ {
		go c.deliver()
	}
}

// Who should read the table has given up.
type table struct{ rows int }

func (t *table) print(to *io.PipeWriter) {
	for i := 0; i < t.rows; i++ {
		fmt.Fprintln(to, "row", i)
	}
	to.Close()
}

func pipeUnread(s *site) {
	s.mux.HandleFunc("/table", func(w http.ResponseWriter, _ *http.Request) {
		from, to := io.Pipe()
		go (&table{rows: 100}).print(to)
		line := make([]byte, 8)
		n, _ := from.Read(line)
		w.Write(line[:n])
	})
	s.visit(15, "/table")
}

// Each call is followed until its context ends, which it never does.
type traces struct {
	mu   sync.Mutex
	open map[int]string
}

func (t *traces) follow(ctx context.Context, id int) {
	<-ctx.Done()
	t.mu.Lock()
	delete(t.open, id)
	t.mu.Unlock()
}

func contextOpen(s *site) {
	t := &traces{open: map[int]string{}}
	s.mux.HandleFunc("/trace", func(_ http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(context.Background())
		_ = cancel
		t.mu.Lock()
		id := len(t.open)
		t.open[id] = r.URL.Path
		t.mu.Unlock()
		go t.follow(ctx, id)
	})
	s.visit(30, "/trace")
}

// One writes lines down, slower than they come.
type diary struct{ lines chan string }

func (d *diary) write() {
	for range d.lines {
		time.Sleep(20 * time.Millisecond)
	}
}

func (d *diary) note(line string) { d.lines <- line }

func slowConsumer(s *site) {
	d := &diary{lines: make(chan string, 8)}
	go d.write()
	s.mux.HandleFunc("/note", func(http.ResponseWriter, *http.Request) { d.note("noted") })
	s.visit(110, "/note")
}

// Readers of a board are never struck off, also when they have left.
type board struct {
	mu      sync.Mutex
	readers map[int]chan string
}

func (b *board) relay(news <-chan string, closing <-chan struct{}) {
	for {
		select {
		case <-news:
		case <-closing:
			return
		}
	}
}

func subscribersStay(s *site) {
	b := &board{readers: map[int]chan string{}}
	closing := make(chan struct{})
	s.mux.HandleFunc("/board", func(http.ResponseWriter, *http.Request) {
		news := make(chan string, 4)
		b.mu.Lock()
		b.readers[len(b.readers)] = news
		b.mu.Unlock()
		go b.relay(news, closing)
	})
	s.visit(40, "/board")
	go func() {
		ticker := time.NewTicker(100 * time.Millisecond)
		for range ticker.C {
			b.mu.Lock()
			for _, reader := range b.readers {
				select {
				case reader <- "news":
				default:
				}
			}
			b.mu.Unlock()
		}
	}()
}

// What cannot be told is told again, each time by one more.
type bell struct{ upstream string }

func (b *bell) ring(attempt int) {
	time.Sleep(time.Duration(attempt) * 10 * time.Minute)
	conn, err := net.Dial("tcp", b.upstream)
	if err != nil {
		go b.ring(attempt + 1)
		return
	}
	conn.Close()
}

func retrySleeps(s *site) {
	b := &bell{upstream: "127.0.0.1:1"}
	s.mux.HandleFunc("/ring", func(http.ResponseWriter, *http.Request) { go b.ring(1) })
	s.visit(40, "/ring")
}
