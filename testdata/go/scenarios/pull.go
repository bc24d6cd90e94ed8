//go:build go1.23

package main

import (
	"fmt"
	"iter"
	"net/http"
)

func init() { add(map[string]func(*site){"pull-open": pullOpen}) }

// Voices are heard one by one, and the choir is never told to stop.
type choir struct{ size int }

func (c *choir) voices() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := 0; i < c.size; i++ {
			if !yield(fmt.Sprint("la ", i)) {
				return
			}
		}
	}
}

func pullOpen(s *site) {
	c := &choir{size: 10}
	s.mux.HandleFunc("/choir", func(w http.ResponseWriter, _ *http.Request) {
		next, stop := iter.Pull(c.voices())
		_ = stop
		voice, _ := next()
		fmt.Fprintln(w, voice)
	})
	s.visit(24, "/choir")
}
