package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Faults of calls: each leaves something behind.
func init() {
	add(map[string]func(*site){
		"fan-early":     fanEarly,
		"merge-stops":   mergeStops,
		"rounds-stay":   roundsStay,
		"pools-dropped": poolsDropped,
		"own-context":   ownContext,
		"lobby":         lobbyFull,
		"janitor-each":  janitorEach,
		"timer-drained": timerDrained,
		"spawn-loop":    spawnLoop,
		"done-unclosed": doneUnclosed,
	})
}

// Six are asked at once; the first refusal ends the call, the others answer nobody.
type plebiscite struct{ citizens int }

func (s *plebiscite) ask(citizen int, answers chan<- error) {
	time.Sleep(time.Duration(citizen) * time.Millisecond)
	answers <- errors.New("no")
}

func (s *plebiscite) hold() error {
	answers := make(chan error)
	for citizen := 0; citizen < s.citizens; citizen++ {
		go s.ask(citizen, answers)
	}
	for i := 0; i < s.citizens; i++ {
		if err := <-answers; err != nil {
			return err
		}
	}
	return nil
}

func fanEarly(s *site) {
	held := &plebiscite{citizens: 6}
	s.mux.HandleFunc("/plebiscite", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, held.hold()) })
	s.visit(12, "/plebiscite")
}

// Three springs flow into one river, of which only a cup is taken.
type spring struct{ water chan int }

func (s *spring) flow() {
	for drop := 0; drop < 100; drop++ {
		s.water <- drop
	}
	close(s.water)
}

func merge(springs []*spring) <-chan int {
	river := make(chan int)
	var wg sync.WaitGroup
	for _, each := range springs {
		wg.Add(1)
		go func(each *spring) {
			defer wg.Done()
			for drop := range each.water {
				river <- drop
			}
		}(each)
	}
	go func() {
		wg.Wait()
		close(river)
	}()
	return river
}

func mergeStops(s *site) {
	s.mux.HandleFunc("/cup", func(w http.ResponseWriter, _ *http.Request) {
		springs := make([]*spring, 3)
		for i := range springs {
			springs[i] = &spring{water: make(chan int)}
			go springs[i].flow()
		}
		cup := 0
		for drop := range merge(springs) {
			if cup += drop; cup > 10 {
				break
			}
		}
		fmt.Fprintln(w, cup)
	})
	s.visit(9, "/cup")
}

// A watchman for each house, whom nobody dismisses.
type watchman struct{ dismissed chan struct{} }

func (w *watchman) round(seen func()) {
	for {
		select {
		case <-w.dismissed:
			return
		case <-time.After(time.Minute):
			seen()
		}
	}
}

func roundsStay(s *site) {
	s.mux.HandleFunc("/house", func(http.ResponseWriter, *http.Request) {
		go (&watchman{dismissed: make(chan struct{})}).round(func() {})
	})
	s.visit(45, "/house")
}

// A crew for each ship, which is not sent home.
type crew struct{ chores chan func() }

func hire(sailors int) *crew {
	c := &crew{chores: make(chan func())}
	for i := 0; i < sailors; i++ {
		go c.toil()
	}
	return c
}

func (c *crew) toil() {
	for chore := range c.chores {
		chore()
	}
}

func poolsDropped(s *site) {
	s.mux.HandleFunc("/sail", func(w http.ResponseWriter, _ *http.Request) {
		c := hire(4)
		done := make(chan bool)
		c.chores <- func() { done <- true }
		fmt.Fprintln(w, <-done)
	})
	s.visit(15, "/sail")
}

// A context of a kind of its own, whose children are never cancelled.
type season struct{ ends chan struct{} }

func (season) Deadline() (time.Time, bool) { return time.Time{}, false }
func (s season) Done() <-chan struct{}     { return s.ends }
func (season) Err() error                  { return nil }
func (season) Value(any) any               { return nil }

func ownContext(s *site) {
	year := season{ends: make(chan struct{})}
	s.mux.HandleFunc("/harvest", func(w http.ResponseWriter, _ *http.Request) {
		day, end := context.WithCancel(year)
		_ = end
		fmt.Fprintln(w, day.Err())
	})
	s.visit(25, "/harvest")
}

// Guests sit down until they are called, and nobody calls.
type lobby struct {
	mu     sync.Mutex
	called *sync.Cond
	next   int
}

func (l *lobby) sit(number int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.next < number {
		l.called.Wait()
	}
}

func lobbyFull(s *site) {
	l := &lobby{}
	l.called = sync.NewCond(&l.mu)
	number := 0
	s.mux.HandleFunc("/sit", func(http.ResponseWriter, *http.Request) {
		number++
		go l.sit(number)
	})
	s.visit(30, "/sit")
}

// A larder for each visit, and somebody who sweeps it.
type larder struct {
	mu    sync.Mutex
	foods map[string]time.Time
	stop  chan bool
}

func newLarder() *larder {
	l := &larder{foods: map[string]time.Time{}, stop: make(chan bool)}
	go l.sweep(10 * time.Second)
	return l
}

func (l *larder) sweep(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			l.mu.Lock()
			for food, until := range l.foods {
				if now.After(until) {
					delete(l.foods, food)
				}
			}
			l.mu.Unlock()
		case <-l.stop:
			return
		}
	}
}

func janitorEach(s *site) {
	s.mux.HandleFunc("/eat", func(w http.ResponseWriter, _ *http.Request) {
		l := newLarder()
		l.foods["bread"] = time.Now()
		fmt.Fprintln(w, len(l.foods))
	})
	s.visit(120, "/eat")
}

// A timer whose channel was read already is drained once more.
type snooze struct{ timer *time.Timer }

func (s *snooze) again(wait time.Duration) {
	if !s.timer.Stop() {
		<-s.timer.C
	}
	s.timer.Reset(wait)
}

func timerDrained(s *site) {
	s.mux.HandleFunc("/snooze", func(_ http.ResponseWriter, r *http.Request) {
		z := &snooze{timer: time.NewTimer(time.Millisecond)}
		select {
		case <-z.timer.C:
		case <-r.Context().Done():
		}
		z.again(time.Second)
	})
	s.visit(26, "/snooze")
}

// One who writes letters has somebody wait for each answer, and none comes.
type pen struct{ answers map[int]chan string }

func (p *pen) expect(letter int) { fmt.Println(letter, <-p.answers[letter]) }

func (p *pen) correspond() {
	ticker := time.NewTicker(8 * time.Millisecond)
	for letter := 0; ; letter++ {
		<-ticker.C
		p.answers = map[int]chan string{letter: make(chan string)}
		go p.expect(letter)
	}
}

func spawnLoop(*site) { go (&pen{}).correspond() }

// What hands on stones from one to the next ends when it is told, which nobody does.
type quarry struct{ done chan struct{} }

func (q *quarry) haul(from <-chan int, to chan<- int) {
	for {
		select {
		case stone := <-from:
			to <- stone
		case <-q.done:
			return
		}
	}
}

func doneUnclosed(s *site) {
	s.mux.HandleFunc("/stone", func(w http.ResponseWriter, _ *http.Request) {
		q := &quarry{done: make(chan struct{})}
		top, middle, bottom := make(chan int), make(chan int), make(chan int)
		go q.haul(top, middle)
		go q.haul(middle, bottom)
		top <- 7
		fmt.Fprintln(w, <-bottom)
	})
	s.visit(16, "/stone")
}
