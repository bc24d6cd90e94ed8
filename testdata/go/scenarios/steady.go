package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// Healthy services that look like faulty ones.
func init() {
	add(map[string]func(*site){
		"ok-pumps":      okPumps,
		"ok-lazy-pool":  okLazyPool,
		"ok-pipes":      okPipes,
		"ok-janitors":   okJanitors,
		"ok-limiter":    okLimiter,
		"ok-long-polls": okLongPolls,
		"ok-streams":    okStreams,
		"ok-delayed":    okDelayed,
		"ok-actors":     okActors,
		"ok-afterwards": okAfterwards,
		"ok-cond-pool":  okCondPool,
		"ok-fan-out":    okFanOut,
		"ok-rows":       okRows,
		"ok-leader":     okLeader,
		"ok-tenants":    okTenants,
	})
}

// Guests that stay, each with one who hears and one who speaks.
func okPumps(s *site) {
	s.mux.Handle("/parlor", &parlor{guests: map[*guest]bool{}})
	s.connect("loyal", 32, "/parlor")
}

// A pool that the first request starts.
type foundry struct {
	once sync.Once
	ores chan func()
}

func (f *foundry) light() {
	f.ores = make(chan func())
	for i := 0; i < 48; i++ {
		go f.melt()
	}
}

func (f *foundry) melt() {
	for ore := range f.ores {
		ore()
	}
}

func okLazyPool(s *site) {
	f := &foundry{}
	s.mux.HandleFunc("/melt", func(w http.ResponseWriter, _ *http.Request) {
		f.once.Do(f.light)
		done := make(chan bool)
		f.ores <- func() { done <- true }
		fmt.Fprintln(w, <-done)
	})
	s.visit(20, "/melt")
}

// Lists are sent on while they are written, to one who reads slowly.
type scribe struct {
	client   *http.Client
	upstream string
}

func (c *scribe) write(to *io.PipeWriter) {
	encoder := json.NewEncoder(to)
	for line := 0; line < 4000; line++ {
		if err := encoder.Encode(map[string]string{"line": fmt.Sprintf("%0900d", line)}); err != nil {
			return
		}
	}
	to.Close()
}

func (c *scribe) send() error {
	from, to := io.Pipe()
	go c.write(to)
	answer, err := c.client.Post("http://"+c.upstream+"/slow", "text/plain", from)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

func okPipes(s *site) {
	c := &scribe{client: &http.Client{}, upstream: s.upstream}
	s.mux.HandleFunc("/scribe", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, c.send()) })
	s.visit(24, "/scribe")
}

// Forty larders that are there from the start.
func okJanitors(*site) {
	for i := 0; i < 40; i++ {
		newLarder()
	}
}

// Who wants to go on needs a coin, of which there is one now and then.
type tollbar struct{ coins chan struct{} }

func (t *tollbar) enter() { <-t.coins }

func (t *tollbar) mint(every time.Duration) {
	ticker := time.NewTicker(every)
	for range ticker.C {
		t.coins <- struct{}{}
	}
}

func okLimiter(s *site) {
	t := &tollbar{coins: make(chan struct{}, 2)}
	go t.mint(20 * time.Millisecond)
	s.mux.HandleFunc("/enter", func(http.ResponseWriter, *http.Request) { t.enter() })
	s.visit(110, "/enter")
}

// Who asks for news waits until there are some, or for half a minute.
type herald struct{ news chan string }

func (h *herald) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	timer := time.NewTimer(30 * time.Second)
	defer timer.Stop()
	select {
	case news := <-h.news:
		fmt.Fprintln(w, news)
	case <-timer.C:
		w.WriteHeader(http.StatusNoContent)
	case <-r.Context().Done():
	}
}

func okLongPolls(s *site) {
	s.mux.Handle("/herald", &herald{news: make(chan string)})
	s.visit(60, "/herald")
}

// Connections of an own protocol, each with one who reads, one who works and one who pings.
type exchange struct{ orders int }

type trade struct {
	conn net.Conn
	bids chan byte
	over chan struct{}
}

func (t *trade) read() {
	defer close(t.over)
	buffer := make([]byte, 1)
	for {
		if _, err := t.conn.Read(buffer); err != nil {
			return
		}
		t.bids <- buffer[0]
	}
}

func (t *trade) match(e *exchange) {
	for {
		select {
		case <-t.bids:
			e.orders++
		case <-t.over:
			return
		}
	}
}

func (t *trade) ping() {
	ticker := time.NewTicker(15 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			t.conn.Write([]byte("ping"))
		case <-t.over:
			return
		}
	}
}

func (e *exchange) serve(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		t := &trade{conn: conn, bids: make(chan byte), over: make(chan struct{})}
		go t.read()
		go t.match(e)
		go t.ping()
	}
}

func okStreams(s *site) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go (&exchange{}).serve(listener)
	fmt.Fprintf(s.peer, "40 loyal+http://%s/\n", listener.Addr())
}

// What was bought is taken off the list a little later.
type grocer struct {
	mu   sync.Mutex
	list map[int]bool
}

func (g *grocer) forget(number int) {
	time.Sleep(2 * time.Second)
	g.mu.Lock()
	delete(g.list, number)
	g.mu.Unlock()
}

func okDelayed(s *site) {
	g := &grocer{list: map[int]bool{}}
	s.mux.HandleFunc("/buy", func(http.ResponseWriter, *http.Request) {
		g.mu.Lock()
		number := len(g.list)
		g.list[number] = true
		g.mu.Unlock()
		go g.forget(number)
	})
	s.visit(60, "/buy")
}

// Each who logs in gets a valet, who leaves when he had nothing to do for half an hour.
type valet struct{ bell chan string }

func (v *valet) serve() {
	for {
		idle := time.NewTimer(30 * time.Minute)
		select {
		case <-v.bell:
			idle.Stop()
		case <-idle.C:
			return
		}
	}
}

func okActors(s *site) {
	s.mux.HandleFunc("/login", func(http.ResponseWriter, *http.Request) {
		go (&valet{bell: make(chan string, 1)}).serve()
	})
	s.visit(30, "/login")
}

// What a request asks for is done when it has its answer.
type errand struct {
	client *http.Client
	url    string
}

func (e *errand) run() {
	answer, err := e.client.Get(e.url)
	if err != nil {
		return
	}
	io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
}

func okAfterwards(s *site) {
	e := &errand{client: &http.Client{Timeout: 5 * time.Second}, url: "http://" + s.upstream + "/late?by=2s"}
	s.mux.HandleFunc("/errand", func(w http.ResponseWriter, _ *http.Request) {
		go e.run()
		w.WriteHeader(http.StatusAccepted)
	})
	s.visit(40, "/errand")
}

// Five boats for all; who has none waits until one comes back.
type harbour struct {
	mu    sync.Mutex
	back  *sync.Cond
	boats int
}

func (h *harbour) take() {
	h.mu.Lock()
	for h.boats == 0 {
		h.back.Wait()
	}
	h.boats--
	h.mu.Unlock()
}

func (h *harbour) give() {
	h.mu.Lock()
	h.boats++
	h.mu.Unlock()
	h.back.Signal()
}

func okCondPool(s *site) {
	h := &harbour{boats: 5}
	h.back = sync.NewCond(&h.mu)
	s.mux.HandleFunc("/row", func(http.ResponseWriter, *http.Request) {
		h.take()
		defer h.give()
		time.Sleep(150 * time.Millisecond)
	})
	s.visit(80, "/row")
}

// Each request asks three at once and waits for all.
type panel struct {
	client *http.Client
	url    string
}

func (p *panel) judge(marks []int, seat int, wg *sync.WaitGroup) {
	defer wg.Done()
	answer, err := p.client.Get(p.url)
	if err != nil {
		return
	}
	defer answer.Body.Close()
	marks[seat] = answer.StatusCode
}

func (p *panel) vote() int {
	var wg sync.WaitGroup
	marks := make([]int, 3)
	for seat := range marks {
		wg.Add(1)
		go p.judge(marks, seat, &wg)
	}
	wg.Wait()
	return marks[0] + marks[1] + marks[2]
}

func okFanOut(s *site) {
	p := &panel{client: &http.Client{Timeout: 5 * time.Second}, url: "http://" + s.upstream + "/late?by=2s"}
	s.mux.HandleFunc("/vote", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, p.vote()) })
	s.visit(25, "/vote")
}

// Results are read to their end; there are fewer connections than who want one.
func (l *folio) all() (int, error) {
	rows, err := l.db.Query("sheets")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	count := 0
	for rows.Next() {
		count++
		time.Sleep(30 * time.Millisecond)
	}
	return count, rows.Err()
}

func okRows(s *site) {
	db := sql.OpenDB(files{})
	db.SetMaxOpenConns(4)
	l := &folio{db: db}
	s.mux.HandleFunc("/all", func(w http.ResponseWriter, _ *http.Request) {
		count, err := l.all()
		fmt.Fprintln(w, count, err)
	})
	s.visit(90, "/all")
}

// One finds out for all what takes a while.
type sage struct {
	mu    sync.Mutex
	known map[string]*thought
}

type thought struct {
	ready chan struct{}
	text  string
}

func (a *sage) think(about string) string {
	a.mu.Lock()
	found, ok := a.known[about]
	if ok {
		a.mu.Unlock()
		<-found.ready
		return found.text
	}
	found = &thought{ready: make(chan struct{})}
	a.known[about] = found
	a.mu.Unlock()
	time.Sleep(2 * time.Second)
	found.text = "yes"
	close(found.ready)
	return found.text
}

func okLeader(s *site) {
	a := &sage{known: map[string]*thought{}}
	s.mux.HandleFunc("/sage", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, a.think("life")) })
	s.visit(40, "/sage")
}

// Each shop has a clerk of its own from the first time somebody asks for it.
type mall struct {
	mu    sync.Mutex
	shops map[string]*shop
}

type shop struct{ wishes chan chan string }

func (s *shop) clerk() {
	for wish := range s.wishes {
		wish <- "here you are"
	}
}

func (m *mall) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	s, ok := m.shops[r.URL.RawQuery]
	if !ok {
		s = &shop{wishes: make(chan chan string)}
		m.shops[r.URL.RawQuery] = s
		go s.clerk()
	}
	m.mu.Unlock()
	wish := make(chan string)
	s.wishes <- wish
	fmt.Fprintln(w, <-wish)
}

func okTenants(s *site) {
	s.mux.Handle("/mall", &mall{shops: map[string]*shop{}})
	for i := 0; i < 30; i++ {
		s.visit(2, fmt.Sprint("/mall?", i))
	}
}
