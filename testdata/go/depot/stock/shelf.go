package stock

import "sync"

type Shelf struct {
	mu   sync.Mutex
	left int
}

func (s *Shelf) Take(done chan<- bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left--
	done <- true
}

func (s *Shelf) Count(orders <-chan int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := range orders {
		s.left += n
	}
}
