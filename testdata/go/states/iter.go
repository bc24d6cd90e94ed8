//go:build go1.23

package main

import "iter"

func count(yield func(int) bool) {
	for n := 0; yield(n); n++ {
	}
}

func init() {
	optional = append(optional, func() {
		next, stop := iter.Pull(count)
		next()
		kept = append(kept, next, stop)
		go rangeOverFunc()
		go rangeInRange()
	})
}

func rangeOverFunc() {
	for range count {
		<-never
	}
}

func rangeInRange() {
	for range count {
		for range count {
			defer func() {}()
			<-never
		}
	}
}
