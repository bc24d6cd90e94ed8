// Package suite fails in the ways that a go test run can.
package suite

import (
	"testing"
	"time"
)

func TestPasses(t *testing.T) { t.Log("before the panic") }

func TestPanics(t *testing.T) {
	go func() { select {} }()
	time.Sleep(10 * time.Millisecond)
	var list []int
	t.Log(list[3])
}

func TestHangs(t *testing.T) {
	t.Run("inner", func(t *testing.T) {
		go func() { time.Sleep(time.Hour) }()
		<-make(chan int)
	})
}

func TestParallel(t *testing.T) {
	for range [2]int{} {
		t.Run("p", func(t *testing.T) { t.Parallel(); time.Sleep(time.Hour) })
	}
}
