// Programs and inputs from lines of standard input, each a JSON array of two texts; what gojq makes of each, a line:
// {"outputs": […], "ended": "well" | "failed" | "refused" | "never"}.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/itchyny/gojq"
)

const outputsMax = 2000

type answer struct {
	Outputs []any
	Ended   string
	Message string
}

func evaluate(program, given string) answer {
	made := answer{Outputs: []any{}}
	query, err := gojq.Parse(program)
	if err != nil {
		made.Ended, made.Message = "refused", err.Error()
		return made
	}
	code, err := gojq.Compile(query)
	if err != nil {
		made.Ended, made.Message = "refused", err.Error()
		return made
	}
	numbers := json.NewDecoder(strings.NewReader(given))
	numbers.UseNumber()
	var input any
	if err := numbers.Decode(&input); err != nil {
		made.Ended, made.Message = "failed", err.Error()
		return made
	}
	within, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	outputs := code.RunWithContext(within, input)
	for {
		output, more := outputs.Next()
		if !more {
			made.Ended = "well"
			return made
		}
		if err, failed := output.(error); failed {
			made.Ended, made.Message = "failed", err.Error()
			if errors.Is(err, context.DeadlineExceeded) {
				made.Ended = "never"
			}
			return made
		}
		made.Outputs = append(made.Outputs, output)
		if len(made.Outputs) > outputsMax {
			made.Ended = "never"
			return made
		}
	}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var row [2]string
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		made := evaluate(row[0], row[1])
		text, err := gojq.Marshal(map[string]any{"outputs": made.Outputs, "ended": made.Ended, "message": made.Message})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(string(text))
	}
}
