package main

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

func init() {
	add(map[string]func(*site){
		"crew-under-lock":    crewUnderLock,
		"send-under-lock":    sendUnderLock,
		"answers-under-lock": answersUnderLock,
		"full-member":        fullMember,
		"read-and-wait":      readAndWait,
		"wait-elsewhere":     waitElsewhere,
		"two-berths":         twoBerths,
		"nested-limit":       nestedLimit,
		"close-and-join":     closeAndJoin,
		"two-mailboxes":      twoMailboxes,
		"crew-of-crew":       crewOfCrew,
		"silent-crew":        silentCrew,
	})
}

// The books are locked while entries are posted by helpers, who lock them, too.
type daybook struct {
	year int
	mu   sync.Mutex
	sum  int
}

func (l *daybook) post(amount int, wg *sync.WaitGroup) {
	defer wg.Done()
	l.mu.Lock()
	l.sum += amount
	l.mu.Unlock()
}

func (l *daybook) closeYear(amounts []int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var wg sync.WaitGroup
	for _, amount := range amounts {
		wg.Add(1)
		go l.post(amount, &wg)
	}
	wg.Wait()
	l.year++
}

func (l *daybook) total() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sum
}

func crewUnderLock(s *site) {
	l := &daybook{}
	s.mux.HandleFunc("/close", func(http.ResponseWriter, *http.Request) { l.closeYear([]int{1, 2, 3}) })
	s.mux.HandleFunc("/total", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, l.total()) })
	s.visit(1, "/close")
	s.visit(12, "/total")
}

// A ticket is handed to the cook with the canteen locked, and the cook locks the canteen.
type canteen struct {
	mu      sync.Mutex
	pending int
	tickets chan int
}

func (k *canteen) order(dish int) {
	k.mu.Lock()
	k.pending++
	k.tickets <- dish
	time.Sleep(5 * time.Millisecond)
	k.mu.Unlock()
}

func (k *canteen) cook() {
	for range k.tickets {
		k.mu.Lock()
		k.pending--
		k.mu.Unlock()
	}
}

func sendUnderLock(s *site) {
	k := &canteen{tickets: make(chan int)}
	go k.cook()
	s.mux.HandleFunc("/order", func(http.ResponseWriter, *http.Request) { k.order(1) })
	s.visit(25, "/order")
}

// Answers are collected from a channel with the lock held that each who answers needs first.
type jury struct {
	mu    sync.Mutex
	votes map[string]int
}

func (j *jury) vote(name string, votes chan<- int) {
	j.mu.Lock()
	points := j.votes[name]
	j.mu.Unlock()
	votes <- points
}

func (j *jury) decide(names []string) (sum int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	votes := make(chan int)
	for _, name := range names {
		go j.vote(name, votes)
	}
	for range names {
		sum += <-votes
	}
	return sum
}

func answersUnderLock(s *site) {
	j := &jury{votes: map[string]int{}}
	s.mux.HandleFunc("/decide", func(http.ResponseWriter, *http.Request) { j.decide([]string{"ann", "bob"}) })
	s.visit(7, "/decide")
}

// The band sings to its members under its lock; a member that wants to leave reads no more.
type band struct {
	mu      sync.Mutex
	members map[*singer]bool
}

type singer struct {
	of    *band
	notes chan int
}

func (c *band) sing(note int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for member := range c.members {
		member.notes <- note
	}
}

func (c *band) leave(member *singer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.members, member)
}

func (m *singer) follow() {
	for note := range m.notes {
		if note > 3 {
			m.of.leave(m)
			return
		}
	}
}

func fullMember(s *site) {
	c := &band{members: map[*singer]bool{}}
	for i := 0; i < 6; i++ {
		m := &singer{of: c, notes: make(chan int, 1)}
		c.members[m] = true
		go m.follow()
	}
	s.mux.HandleFunc("/sing", func(_ http.ResponseWriter, r *http.Request) {
		for note := 0; note < 9; note++ {
			c.sing(note)
		}
	})
	s.visit(10, "/sing")
}

// A reader waits with the read lock for what another reader would send, who stands behind a writer.
type annals struct {
	mu    sync.RWMutex
	rolls map[int]string
	found chan string
}

func (a *annals) await() string {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return <-a.found
}

func (a *annals) store(id int, roll string) {
	a.mu.Lock()
	a.rolls[id] = roll
	a.mu.Unlock()
}

func (a *annals) search(id int) {
	a.mu.RLock()
	roll := a.rolls[id]
	a.mu.RUnlock()
	a.found <- roll
}

func readAndWait(s *site) {
	a := &annals{rolls: map[int]string{}, found: make(chan string)}
	s.mux.HandleFunc("/await", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, a.await()) })
	s.mux.HandleFunc("/store", func(http.ResponseWriter, *http.Request) { a.store(1, "one") })
	s.mux.HandleFunc("/search", func(http.ResponseWriter, *http.Request) { a.search(1) })
	go func() {
		for _, path := range []string{"/await", "/store", "/search"} {
			time.Sleep(100 * time.Millisecond)
			s.visit(map[string]int{"/await": 2, "/store": 1, "/search": 9}[path], path)
		}
	}()
}

// The actor waits for a cue with the stage locked; the cue's lock is another one, and who gives the cue
// has to get on the stage first.
type stage struct {
	mu   sync.Mutex
	act  int
	cue  *sync.Cond
	said bool
}

func (g *stage) perform() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cue.L.Lock()
	for !g.said {
		g.cue.Wait()
	}
	g.cue.L.Unlock()
	g.act++
}

func (g *stage) prompt() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cue.L.Lock()
	g.said = true
	g.cue.L.Unlock()
	g.cue.Broadcast()
}

func waitElsewhere(s *site) {
	g := &stage{cue: sync.NewCond(&sync.Mutex{})}
	s.mux.HandleFunc("/perform", func(http.ResponseWriter, *http.Request) { g.perform() })
	s.mux.HandleFunc("/prompt", func(http.ResponseWriter, *http.Request) { g.prompt() })
	s.visit(1, "/perform")
	go func() {
		time.Sleep(200 * time.Millisecond)
		s.visit(14, "/prompt")
	}()
}

// A marina with a few berths; who has one and needs a second waits for itself and others like it.
type marina struct {
	mu    sync.Mutex
	free  int
	queue []chan struct{}
}

func (h *marina) berth(cancel <-chan struct{}) error {
	h.mu.Lock()
	if h.free > 0 {
		h.free--
		h.mu.Unlock()
		return nil
	}
	ready := make(chan struct{})
	h.queue = append(h.queue, ready)
	h.mu.Unlock()
	select {
	case <-ready:
		return nil
	case <-cancel:
		return errors.New("turned away")
	}
}

func (h *marina) depart() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.queue) > 0 {
		close(h.queue[0])
		h.queue = h.queue[1:]
		return
	}
	h.free++
}

func (h *marina) moor() {
	h.berth(nil)
	defer h.depart()
	time.Sleep(20 * time.Millisecond)
	h.transfer()
}

func (h *marina) transfer() {
	h.berth(nil)
	defer h.depart()
	time.Sleep(time.Millisecond)
}

func twoBerths(s *site) {
	h := &marina{free: 4}
	s.mux.HandleFunc("/moor", func(http.ResponseWriter, *http.Request) { h.moor() })
	s.visit(30, "/moor")
}

// A group that runs a few at a time; what it runs adds to the group and waits for a place.
type shift struct {
	wg     sync.WaitGroup
	places chan struct{}
}

func (g *shift) run(task func()) {
	g.places <- struct{}{}
	g.wg.Add(1)
	go func() {
		defer func() {
			<-g.places
			g.wg.Done()
		}()
		task()
	}()
}

func (g *shift) walk(depth int) {
	if depth == 0 {
		return
	}
	for i := 0; i < 3; i++ {
		g.run(func() { g.walk(depth - 1) })
	}
}

func nestedLimit(s *site) {
	g := &shift{places: make(chan struct{}, 8)}
	go func() {
		g.walk(6)
		g.wg.Wait()
	}()
}

// Close waits with the lock held for the loop to end, which needs the lock for its last round.
type feed struct {
	mu    sync.Mutex
	items int
	stop  chan struct{}
	done  chan struct{}
}

func (f *feed) loop() {
	defer close(f.done)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-f.stop:
			f.flush()
			return
		}
	}
}

func (f *feed) flush() {
	f.mu.Lock()
	f.items = 0
	f.mu.Unlock()
}

func (f *feed) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.stop)
	<-f.done
	return nil
}

func (f *feed) size() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.items
}

func closeAndJoin(s *site) {
	f := &feed{stop: make(chan struct{}), done: make(chan struct{})}
	go f.loop()
	s.mux.HandleFunc("/bye", func(http.ResponseWriter, *http.Request) { f.Close() })
	s.mux.HandleFunc("/size", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, f.size()) })
	s.visit(1, "/bye")
	s.visit(10, "/size")
}

// Two that write to each other, and read only when their own letter has been taken.
type writer struct {
	name  string
	inbox chan string
}

func (w *writer) correspond(with *writer) {
	for letter := range w.inbox {
		with.inbox <- w.name + " on " + letter
		with.inbox <- "again " + letter
	}
}

func twoMailboxes(s *site) {
	a, b := &writer{"a", make(chan string, 3)}, &writer{"b", make(chan string, 3)}
	go a.correspond(b)
	go b.correspond(a)
	a.inbox <- "the weather"
	s.mux.HandleFunc("/letter", func(http.ResponseWriter, *http.Request) { a.inbox <- "a stranger" })
	s.visit(6, "/letter")
}

// The foreman waits for the crew, which waits for helpers, one of whom waits for the foreman's lock.
type building struct {
	mu     sync.Mutex
	bricks int
}

func (b *building) carry(wg *sync.WaitGroup) {
	defer wg.Done()
	b.mu.Lock()
	b.bricks--
	b.mu.Unlock()
}

func (b *building) wall(wg *sync.WaitGroup) {
	defer wg.Done()
	var helpers sync.WaitGroup
	helpers.Add(2)
	go b.carry(&helpers)
	go b.carry(&helpers)
	helpers.Wait()
}

func (b *building) raise() {
	b.mu.Lock()
	defer b.mu.Unlock()
	var crew sync.WaitGroup
	for i := 0; i < 3; i++ {
		crew.Add(1)
		go b.wall(&crew)
	}
	crew.Wait()
}

func crewOfCrew(s *site) {
	b := &building{bricks: 100}
	s.mux.HandleFunc("/raise", func(http.ResponseWriter, *http.Request) { b.raise() })
	s.visit(9, "/raise")
}

// Each call waits for helpers, and one of the helpers for an answer that nobody gives.
type inquiry struct{ answers chan string }

func (v *inquiry) ask(wg *sync.WaitGroup) {
	defer wg.Done()
	<-v.answers
}

func (v *inquiry) all() {
	var wg sync.WaitGroup
	wg.Add(2)
	go v.ask(&wg)
	go v.ask(&wg)
	wg.Wait()
}

func silentCrew(s *site) {
	v := &inquiry{answers: make(chan string)}
	s.mux.HandleFunc("/inquiry", func(http.ResponseWriter, *http.Request) { v.all() })
	s.visit(15, "/inquiry")
}
