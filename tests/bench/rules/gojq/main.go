// One program on one event, by gojq: see ../run. Prints what headgate.cpp prints.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/itchyny/gojq"
)

var kept int

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func measure(once func()) float64 {
	times := 1
	for took := time.Duration(0); took < 2*time.Millisecond; times *= 2 {
		begin := time.Now()
		for range times {
			once()
		}
		took = time.Since(begin)
	}
	var batches []float64
	for range 31 {
		begin := time.Now()
		for range times {
			once()
		}
		batches = append(batches, float64(time.Since(begin).Nanoseconds())/1e3/float64(times))
	}
	slices.Sort(batches)
	return batches[len(batches)/2]
}

func parse(text []byte) any {
	var event any
	must(event, json.Unmarshal(text, &event))
	return event
}

func drain(code *gojq.Code, event any, each func(any)) {
	outputs := code.Run(event)
	for {
		output, more := outputs.Next()
		if !more {
			return
		}
		kept++
		each(output)
	}
}

func main() {
	text := must(os.ReadFile(os.Args[1]))
	source := os.Args[2]
	compile := func() *gojq.Code { return must(gojq.Compile(must(gojq.Parse(source)))) }
	code := compile()
	event := parse(text)
	ignore := func(any) {}
	fmt.Println(
		measure(func() { compile() }),
		measure(func() { parse(text) }),
		measure(func() { drain(code, event, ignore) }),
		measure(func() { drain(code, parse(text), ignore) }))
	drain(code, event, func(output any) { fmt.Println(string(must(gojq.Marshal(output)))) })
}
