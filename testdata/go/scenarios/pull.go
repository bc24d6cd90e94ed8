//go:build go1.23

package main

import (
	"fmt"
	"iter"
	"net/http"
)

func init() { add(map[string]func(*site){"pull-open": pullOpen}) }

// Voices are heard one by one, and the chorale is never told to stop.
type chorale struct{ size int }

func (c *chorale) voices() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := 0; i < c.size; i++ {
			if !yield(fmt.Sprint("la ", i)) {
				return
			}
		}
	}
}

func pullOpen(s *site) {
	c := &chorale{size: 10}
	s.mux.HandleFunc("/chorale", func(w http.ResponseWriter, _ *http.Request) {
		next, stop := iter.Pull(c.voices())
		_ = stop
		voice, _ := next()
		fmt.Fprintln(w, voice)
	})
	s.visit(24, "/chorale")
}
