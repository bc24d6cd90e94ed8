package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

func init() {
	add(map[string]func(*site){
		"three-around":     threeAround,
		"readers-behind":   readersBehind,
		"call-home":        callHome,
		"hook-back":        hookBack,
		"once-and-once":    onceAndOnce,
		"fifo-open":        fifoOpen,
		"busy-holder":      busyHolder,
		"lock-each-key":    lockEachKey,
		"recovered-locked": recoveredLocked,
		"crosswise-types":  crosswiseTypes,
	})
}

// Ship, quay and train are each locked before the next one, in a circle.
type ship struct {
	mu    sync.Mutex
	crate int
}

type quay struct {
	name  string
	mu    sync.Mutex
	crate int
}

type train struct {
	cars  [4]int
	mu    sync.Mutex
	crate int
}

func (s *ship) unload(q *quay) {
	s.mu.Lock()
	defer s.mu.Unlock()
	time.Sleep(60 * time.Millisecond)
	q.mu.Lock()
	q.crate++
	q.mu.Unlock()
}

func (q *quay) send(t *train) {
	q.mu.Lock()
	defer q.mu.Unlock()
	time.Sleep(60 * time.Millisecond)
	t.mu.Lock()
	t.crate++
	t.mu.Unlock()
}

func (t *train) bring(s *ship) {
	t.mu.Lock()
	defer t.mu.Unlock()
	time.Sleep(60 * time.Millisecond)
	s.mu.Lock()
	s.crate++
	s.mu.Unlock()
}

func (q *quay) count() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.crate
}

func threeAround(s *site) {
	a, b, c := &ship{}, &quay{}, &train{}
	go a.unload(b)
	go b.send(c)
	go c.bring(a)
	time.Sleep(100 * time.Millisecond)
	s.mux.HandleFunc("/quay", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, b.count()) })
	s.visit(14, "/quay")
}

// Customer and branch lock each other from methods of different types and different handlers.
type customer struct {
	mu     sync.Mutex
	orders int
	branch *branch
}

type branch struct {
	mu    sync.Mutex
	stock int
	last  *customer
}

func (c *customer) buy() {
	c.mu.Lock()
	defer c.mu.Unlock()
	time.Sleep(40 * time.Millisecond)
	c.orders += c.branch.take()
}

func (b *branch) take() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stock--
	return 1
}

func (b *branch) remind() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	time.Sleep(40 * time.Millisecond)
	return b.last.due()
}

func (c *customer) due() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.orders
}

func crosswiseTypes(s *site) {
	c := &customer{branch: &branch{stock: 9}}
	c.branch.last = c
	s.mux.HandleFunc("/buy", func(http.ResponseWriter, *http.Request) { c.buy() })
	s.mux.HandleFunc("/remind", func(http.ResponseWriter, *http.Request) { c.branch.remind() })
	s.visit(1, "/buy")
	s.visit(1, "/remind")
	s.visit(9, "/buy")
	s.visit(9, "/remind")
}

// A reader exports to a client that does not read; a writer waits, and with it all other readers.
type catalog struct {
	title string
	mu    sync.RWMutex
	cards map[int]string
}

func (c *catalog) export(to io.Writer) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for {
		if _, err := to.Write(make([]byte, 4096)); err != nil {
			return err
		}
	}
}

func (c *catalog) enter(id int, card string) {
	c.mu.Lock()
	c.cards[id] = card
	c.mu.Unlock()
}

func (c *catalog) find(id int) string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.cards[id]
}

func readersBehind(s *site) {
	c := &catalog{cards: map[int]string{}}
	here, there := socket()
	go c.export(here)
	time.Sleep(50 * time.Millisecond)
	keepOpen = append(keepOpen, there)
	s.mux.HandleFunc("/enter", func(http.ResponseWriter, *http.Request) { c.enter(1, "one") })
	s.mux.HandleFunc("/find", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, c.find(1)) })
	s.visit(1, "/enter")
	s.visit(28, "/find")
}

var keepOpen []io.Closer

// socket makes two ends of one connection.
func socket() (net.Conn, net.Conn) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer listener.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, _ := listener.Accept()
		accepted <- conn
	}()
	here, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		panic(err)
	}
	return here, <-accepted
}

// With the lock held the program asks itself over HTTP, and the answer needs the lock.
type census struct {
	mu     sync.Mutex
	people int
	client *http.Client
	self   string
}

func (c *census) refresh() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	answer, err := c.client.Get("http://" + c.self + "/people")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = fmt.Fscan(answer.Body, &c.people)
	return err
}

func (c *census) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintln(w, c.people)
}

func callHome(s *site) {
	c := &census{client: &http.Client{Transport: &http.Transport{}}, self: s.address}
	s.mux.Handle("/people", c)
	go c.refresh()
	time.Sleep(50 * time.Millisecond)
	s.visit(24, "/people")
}

// A hook that is called with the lock held comes back for it, by way of an interface.
type hook interface{ saved(name string) }

type editor struct {
	file  string
	mu    sync.Mutex
	words map[string]int
	hooks []hook
}

type speller struct{ of *editor }

func (e *editor) save(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.words[name]++
	for _, h := range e.hooks {
		h.saved(name)
	}
}

func (e *editor) length() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.words)
}

func (p *speller) saved(name string) {
	if p.of.length() > 1000 {
		fmt.Println("too long:", name)
	}
}

func hookBack(s *site) {
	e := &editor{words: map[string]int{}}
	e.hooks = append(e.hooks, &speller{e})
	s.mux.HandleFunc("/save", func(_ http.ResponseWriter, r *http.Request) { e.save(r.URL.Path) })
	s.mux.HandleFunc("/length", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, e.length()) })
	s.visit(1, "/save")
	s.visit(11, "/length")
}

// Two that are each made once, and need each other to be made.
type realm struct {
	once  sync.Once
	users *users
}

type users struct {
	once  sync.Once
	realm *realm
}

func (r *realm) get() *realm {
	r.once.Do(func() {
		time.Sleep(40 * time.Millisecond)
		r.users.get()
	})
	return r
}

func (u *users) get() *users {
	u.once.Do(func() {
		time.Sleep(40 * time.Millisecond)
		u.realm.get()
	})
	return u
}

func onceAndOnce(s *site) {
	r := &realm{users: &users{}}
	r.users.realm = r
	s.mux.HandleFunc("/realm", func(http.ResponseWriter, *http.Request) { r.get() })
	s.mux.HandleFunc("/users", func(http.ResponseWriter, *http.Request) { r.users.get() })
	s.visit(1, "/realm")
	s.visit(1, "/users")
	s.visit(7, "/realm")
	s.visit(7, "/users")
}

// A pipe in the file system is opened with the lock held, and nobody opens its other end.
type printer struct {
	mu   sync.Mutex
	path string
	out  *os.File
}

func (p *printer) open() (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out, err = os.OpenFile(p.path, os.O_WRONLY, 0)
	return err
}

func (p *printer) ready() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out != nil
}

func fifoOpen(s *site) {
	p := &printer{path: filepath.Join(os.TempDir(), fmt.Sprint("printer", os.Getpid()))}
	if err := syscall.Mkfifo(p.path, 0o600); err != nil {
		panic(err)
	}
	go p.open()
	time.Sleep(50 * time.Millisecond)
	os.Remove(p.path)
	s.mux.HandleFunc("/ready", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, p.ready()) })
	s.visit(26, "/ready")
}

// One computes for long with the lock held: it is slow, and it ends.
type atlasIndex struct {
	mu   sync.Mutex
	size uint64
}

func (i *atlasIndex) rebuild() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		for n := uint64(0); n < 10000; n++ {
			i.size = i.size*31 + n
		}
	}
}

func (i *atlasIndex) look() uint64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.size
}

func busyHolder(s *site) {
	i := &atlasIndex{}
	go i.rebuild()
	time.Sleep(30 * time.Millisecond)
	s.mux.HandleFunc("/look", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, i.look()) })
	s.visit(24, "/look")
}

// Each key has a lock; who has it waits for news that only another caller of the same key would bring.
type bourse struct {
	mu    sync.Mutex
	keys  map[string]*rate
	quote chan int
}

type rate struct {
	key  string
	mu   sync.Mutex
	last int
	news chan int
}

func (e *bourse) rate(key string) *rate {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.keys[key] == nil {
		e.keys[key] = &rate{key: key, news: make(chan int)}
	}
	return e.keys[key]
}

func (r *rate) update() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = <-r.news
}

func (r *rate) set(value int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.news <- value
}

func lockEachKey(s *site) {
	e := &bourse{keys: map[string]*rate{}}
	s.mux.HandleFunc("/rate", func(_ http.ResponseWriter, r *http.Request) { e.rate(r.URL.RawQuery).update() })
	s.mux.HandleFunc("/set", func(_ http.ResponseWriter, r *http.Request) { e.rate(r.URL.RawQuery).set(1) })
	for _, key := range []string{"usd", "eur", "chf", "sek"} {
		s.visit(1, "/rate?"+key)
	}
	for _, key := range []string{"usd", "eur", "chf", "sek"} {
		s.visit(5, "/set?"+key)
	}
}

// A panic is recovered above, and the lock stays locked.
type oven struct {
	mu     sync.Mutex
	loaves []int
	size   []int
}

func (o *oven) bake(loaf int) {
	o.mu.Lock()
	o.loaves = append(o.loaves, o.size[loaf])
	o.mu.Unlock()
}

func (o *oven) try(loaf int) (err error) {
	defer func() {
		if why := recover(); why != nil {
			err = fmt.Errorf("burnt: %v", why)
		}
	}()
	o.bake(loaf)
	return nil
}

func recoveredLocked(s *site) {
	o := &oven{size: []int{1, 2}}
	s.mux.HandleFunc("/bake", func(_ http.ResponseWriter, r *http.Request) {
		loaf := 0
		fmt.Sscan(r.URL.RawQuery, &loaf)
		o.try(loaf)
	})
	s.visit(1, "/bake?7")
	s.visit(18, "/bake?1")
}
