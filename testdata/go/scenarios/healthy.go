package main

import (
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"time"
)

func init() {
	add(map[string]func(*site){
		"ok-idle-workers": okIdleWorkers,
		"ok-subscribers":  okSubscribers,
		"ok-burst":        okBurst,
		"ok-tickers":      okTickers,
		"ok-pipeline":     okPipeline,
		"ok-slots":        okSlots,
	})
}

// Workers of one pool with nothing to do.
type bakery struct{ orders chan int }

func (b *bakery) bake() {
	for order := range b.orders {
		time.Sleep(time.Duration(order) * time.Millisecond)
	}
}

func okIdleWorkers(*site) {
	b := &bakery{orders: make(chan int, 10)}
	for i := 0; i < 200; i++ {
		go b.bake()
	}
	for i := 0; i < 400; i++ {
		b.orders <- 1
	}
}

// Readers that stay as long as their connections.
type radio struct{ songs chan string }

func (b *radio) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for {
		select {
		case song := <-b.songs:
			fmt.Fprintln(w, song)
		case <-r.Context().Done():
			return
		}
	}
}

func okSubscribers(s *site) {
	b := &radio{songs: make(chan string)}
	s.mux.Handle("/radio", b)
	s.visit(100, "/radio")
	go func() {
		ticker := time.NewTicker(50 * time.Millisecond)
		for range ticker.C {
			b.songs <- "la"
		}
	}()
}

// Many ask at once for what takes a while to get.
type weather struct {
	client   *http.Client
	upstream string
}

func (f *weather) forecast() (string, error) {
	answer, err := f.client.Get("http://" + f.upstream + "/late?by=2s")
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}

func okBurst(s *site) {
	f := &weather{client: &http.Client{Timeout: 10 * time.Second}, upstream: s.upstream}
	s.mux.HandleFunc("/weather", func(w http.ResponseWriter, _ *http.Request) {
		text, err := f.forecast()
		fmt.Fprintln(w, text, err)
	})
	s.visit(150, "/weather")
}

// One metronome for each instrument.
type metronome struct{ beats int }

func (m *metronome) tick(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for range ticker.C {
		m.beats++
	}
}

func okTickers(*site) {
	for i := 0; i < 60; i++ {
		go (&metronome{}).tick(time.Duration(i+20) * time.Millisecond)
	}
}

// Three stages of eight, all of them with something to do.
type mill struct {
	grain, flour chan []byte
	sacks        chan uint32
}

func (m *mill) sow() {
	for i := 0; ; i++ {
		m.grain <- make([]byte, 1+i%1000)
	}
}

func (m *mill) grind() {
	for grain := range m.grain {
		time.Sleep(2 * time.Millisecond)
		m.flour <- grain
	}
}

func (m *mill) pack() {
	for flour := range m.flour {
		time.Sleep(time.Millisecond)
		m.sacks <- crc32.ChecksumIEEE(flour)
	}
}

func (m *mill) sell() {
	var sum uint32
	for sack := range m.sacks {
		sum += sack
	}
}

func okPipeline(*site) {
	m := &mill{grain: make(chan []byte, 16), flour: make(chan []byte, 16), sacks: make(chan uint32)}
	go m.sow()
	for i := 0; i < 8; i++ {
		go m.grind()
		go m.pack()
	}
	go m.sell()
}

// Eight may ask at a time, and each is answered soon.
type ferry struct {
	places chan struct{}
	client *http.Client
	url    string
}

func (f *ferry) cross() error {
	f.places <- struct{}{}
	defer func() { <-f.places }()
	answer, err := f.client.Get(f.url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

func okSlots(s *site) {
	transport := &http.Transport{MaxIdleConnsPerHost: 8}
	f := &ferry{
		places: make(chan struct{}, 8),
		client: &http.Client{Transport: transport, Timeout: 5 * time.Second},
		url:    "http://" + s.upstream + "/late?by=150ms",
	}
	for i := 0; i < 110; i++ {
		go f.cross()
	}
}
