package main

import "fmt"

type pair[K comparable, V any] struct {
	key   K
	value V
}

//go:noinline
func (p *pair[K, V]) wait() { <-never; fmt.Println(p.key) }

//go:noinline
func generic[T any](value T) { func() { <-never; fmt.Println(value) }() }

type waiter interface{ wait() }

type embeds struct {
	waiter
	_ int
}

type number int

func (n number) wait() { <-never }

type words struct {
	a, b string
	c    [3]int
	d    any
	e    []float64
}

//go:noinline
func manyArguments(a int, b string, c words, d, e, f, g any, h ...int) {
	<-never
	fmt.Println(a, b, c, d, e, f, g, h)
}

func inlinedOuter() { inlinedInner() }
func inlinedInner() { parked() }

//go:noinline
func parked() { <-never }

//go:noinline
func recurse(depth int) int {
	if depth == 0 {
		<-never
		return 0
	}
	return recurse(depth-1) + 1
}

func deferred() {
	defer func() { <-never }()
}

func deferredWithArgument() {
	defer blockWith(7, "deferred")
}

//go:noinline
func blockWith(n int, text string) { <-never; fmt.Println(n, text) }

func recovering() {
	defer func() {
		recover()
		<-never
	}()
	panic("recovered below")
}

func panicking() {
	defer func() { <-never }()
	panic("on its way")
}

type ΔΣ struct{}

//go:noinline
func (*ΔΣ) ждать() { <-never }

func closures() {
	func() { func() { <-never }() }()
}

func shapes() {
	go (&pair[string, int]{"a", 1}).wait()
	go (&pair[int, error]{}).wait()
	go generic("text")
	go generic(error(nil))
	go generic([]map[string]struct{ a, b int }{})
	go embeds{waiter: number(3)}.wait()
	value := number(5).wait
	go value()
	var dynamic waiter = embeds{waiter: &pair[int, int]{}}
	go dynamic.wait()
	go manyArguments(-1, "b", words{}, 1, "e", nil, 2.5, 1, 2, 3)
	go inlinedOuter()
	go recurse(60)
	go recurse(300)
	go deferred()
	go deferredWithArgument()
	go recovering()
	go panicking()
	go (&ΔΣ{}).ждать()
	go closures()
	go blockWith(8, "go with arguments")
	for n := range [2]int{} {
		go func(n int) { <-never; fmt.Println(n) }(n)
	}
}
