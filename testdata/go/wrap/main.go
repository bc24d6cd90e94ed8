// Wrap reads a dump on standard input and writes it as loggers, editors and mailers would leave it.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

var start = time.Date(2026, 11, 23, 9, 18, 35, 123456789, time.UTC)

func stamp(n int) time.Time { return start.Add(time.Duration(n) * 137 * time.Microsecond) }

// A wrapper of one line: n is its number.
var lines = map[string]func(n int, line string) string{
	"docker": func(n int, line string) string {
		record, _ := json.Marshal(struct {
			Log    string `json:"log"`
			Stream string `json:"stream"`
			Time   string `json:"time"`
		}{line + "\n", "stderr", stamp(n).Format(time.RFC3339Nano)})
		return string(record)
	},
	"cri":        func(n int, line string) string { return stamp(n).Format(time.RFC3339Nano) + " stderr F " + line },
	"syslog":     func(n int, line string) string { return stamp(n).Format("Jan _2 15:04:05") + " web-3 shopd[4711]: " + line },
	"syslog5424": func(n int, line string) string { return "<11>1 " + stamp(n).Format(time.RFC3339Nano) + " web-3 shopd 4711 - - " + line },
	"klog":       func(n int, line string) string { return stamp(n).Format("E0102 15:04:05.000000") + "    4711 panic.go:115] " + line },
	"kubectl":    func(_ int, line string) string { return "[pod/shopd-6c9d7-x2x8p/shopd] " + line },
	"compose":    func(_ int, line string) string { return "shopd-1  | " + line },
	"rfc3339":    func(n int, line string) string { return stamp(n).Format("2006-01-02T15:04:05.000Z07:00") + " " + line },
	"golog":      func(n int, line string) string { return stamp(n).Format("2006/01/02 15:04:05 ") + line },
	"quote":      func(_ int, line string) string { return "> " + line },
	"indent":     func(_ int, line string) string { return "    " + line },
	"spaces":     func(_ int, line string) string { return strings.Replace(line, "\t", "        ", 1) },
	"crlf":       func(_ int, line string) string { return line + "\r" },
	"plain":      func(_ int, line string) string { return line },
}

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	dump := strings.TrimSuffix(string(text), "\n")
	switch mode := os.Args[1]; mode {
	case "slog":
		json.NewEncoder(os.Stdout).Encode(map[string]any{"time": start, "level": "INFO", "msg": "listening", "address": ":8080"})
		json.NewEncoder(os.Stdout).Encode(map[string]any{"time": start, "level": "ERROR", "msg": "goroutine dump", "stack": dump + "\n"})
		json.NewEncoder(os.Stdout).Encode(map[string]any{"time": start, "level": "INFO", "msg": "bye"})
	case "string":
		json.NewEncoder(os.Stdout).Encode(dump + "\n")
	case "logged":
		fmt.Println("2026/11/23 09:18:30 listening on :8080\n2026/11/23 09:18:34 dump requested")
		fmt.Println(dump)
		fmt.Println("2026/11/23 09:18:35 dump written\n2026/11/23 09:18:36 GET / 200")
	default:
		for n, line := range strings.Split(dump, "\n") {
			fmt.Println(lines[mode](n, line))
		}
	}
}
