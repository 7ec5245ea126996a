// Command report runs the scenarios, which write docs/coverage.md, and prints which return codes of the contract they provoked:
// first, by domain, those that are left, and in the last lines the counts. A scenario passes only if a platform's own books say that it answered a request
// with the code. The codes of the player's device, where no platform answers, are shown by rookery share and counted apart. It
// fails when a scenario does.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/rookeryhq/rookery/retcode"
)

const (
	scenarios = "github.com/rookeryhq/rookery/test/scenarios"
	prefix    = "TestScenarios/"
)

func main() {
	if err := run(os.Stdout, os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "report: %v\n", err)
		os.Exit(1)
	}
}

func run(out, progress io.Writer) error {
	cmd := exec.Command("go", "test", "-count=1", "-json", "-timeout", "1h", "-run", "^"+strings.TrimSuffix(prefix, "/")+"$", scenarios, "-update")
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	passed, failed, err := outcomes(stdout, progress)
	if waitErr := cmd.Wait(); err == nil && len(failed) == 0 && waitErr != nil {
		err = fmt.Errorf("%w\n%s", waitErr, complaints.Bytes())
	}
	if err != nil {
		return err
	}
	if unknown := list(out, passed); len(unknown) > 0 {
		failed = append(failed, unknown...)
		fmt.Fprintf(progress, "not in the catalogue: %s\n", strings.Join(unknown, " "))
	}
	if len(failed) > 0 {
		return fmt.Errorf("%d scenarios failed: %s", len(failed), strings.Join(failed, " "))
	}
	return nil
}

// outcomes reads the events of go test -json: the codes, as domain/number, whose scenarios passed and failed.
func outcomes(events io.Reader, progress io.Writer) (passed map[string]bool, failed []string, err error) {
	passed = make(map[string]bool)
	output := make(map[string]string) // by test, printed when it fails
	for lines := bufio.NewScanner(events); ; {
		if !lines.Scan() {
			return passed, failed, lines.Err()
		}
		var event struct{ Action, Test, Output string }
		if json.Unmarshal(lines.Bytes(), &event) != nil {
			fmt.Fprintln(progress, lines.Text()) // a line of the go command itself
			continue
		}
		code, isScenario := strings.CutPrefix(event.Test, prefix)
		switch {
		case event.Action == "output":
			output[event.Test] += event.Output
		case event.Action == "pass" && isScenario:
			passed[code] = true
			fmt.Fprintf(progress, "%-22s provoked\n", code)
		case event.Action == "fail":
			fmt.Fprintf(progress, "%s", output[event.Test])
			if isScenario {
				failed = append(failed, code)
			} else if len(failed) == 0 {
				failed = append(failed, "the run as a whole")
			}
		case event.Action == "build-output":
			fmt.Fprint(progress, event.Output)
		}
	}
}

// list prints the codes of the contract that did not pass, and the count of those that did. It returns the passed ones that
// are in no list of codes.
func list(out io.Writer, passed map[string]bool) (unknown []string) {
	var (
		domains  []retcode.Domain
		missing  = make(map[retcode.Domain][]string)
		of       = make(map[retcode.Domain]int)
		provoked int
		onDevice int
	)
	for row := range retcode.Entries() {
		if of[row.Domain] == 0 {
			domains = append(domains, row.Domain)
		}
		for number := row.Low; number <= row.High; number++ {
			of[row.Domain]++
			if passed[fmt.Sprintf("%s/%d", row.Domain, number)] {
				provoked++
				if row.AnsweredBy == "device" {
					onDevice++
				}
			} else {
				missing[row.Domain] = append(missing[row.Domain], fmt.Sprint(number))
			}
		}
	}
	all := 0
	for _, domain := range domains {
		all += of[domain]
		if len(missing[domain]) > 0 {
			fmt.Fprintf(out, "%s: %d of %d not provoked yet\n", domain, len(missing[domain]), of[domain])
			wrapped(out, missing[domain])
		}
	}
	fmt.Fprintf(out, "%d answered by a running platform, %d by the SDK's check on the player's device\n", provoked-onDevice, onDevice)
	fmt.Fprintf(out, "%d of %d codes provoked\n", provoked, all)
	for code := range passed {
		domain, number, _ := strings.Cut(code, "/")
		d, _ := retcode.ParseDomain(domain)
		n, err := strconv.Atoi(number)
		if _, known := retcode.Lookup(d, n); err != nil || !known {
			unknown = append(unknown, code)
		}
	}
	return unknown
}

// wrapped prints words in indented lines.
func wrapped(out io.Writer, words []string) {
	const width = 100
	line := " "
	for _, word := range words {
		if len(line)+1+len(word) > width {
			fmt.Fprintln(out, line)
			line = " "
		}
		line += " " + word
	}
	fmt.Fprintln(out, line)
}
