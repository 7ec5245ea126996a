package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/rookeryhq/rookery/internal/secretfile"
)

var errInterrupted = errors.New("interrupted")

// maxSecret bounds a password, key or token, in bytes.
const maxSecret = 4 << 10

// terminal returns the terminal behind standard input.
func (s *streams) terminal() (fd int, ok bool) {
	file, ok := s.in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return 0, false
	}
	return int(file.Fd()), true
}

// secret reads a password, key or token: the first line of a file, without a byte order mark and the white space around it.
// Without a file, or with "-", it comes from standard input; on a terminal the person types it unseen, and a new one twice.
func (s *streams) secret(ctx context.Context, what, name string, isNew bool) (string, error) {
	if name != "" && name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return "", fmt.Errorf("%s: %w", what, err)
		}
		defer file.Close()
		return firstLine(file, what, name)
	}
	fd, isTerminal := s.terminal()
	if !isTerminal {
		return await(ctx, func() (string, error) { return firstLine(s.in, what, "standard input") })
	}
	prompts := []string{"Type " + what + ": "}
	if isNew {
		prompts = append(prompts, "Type the same "+what+" again: ")
	}
	typed, err := s.typed(ctx, fd, prompts)
	switch {
	case err != nil:
		return "", err
	case typed[0] == "":
		return "", usageErrorf("no %s was typed", what)
	case typed[0] != typed[len(typed)-1]:
		return "", errors.New("the two entries differ: nothing was changed")
	}
	return typed[0], nil
}

func firstLine(r io.Reader, what, from string) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(secretfile.Reader(r), maxSecret+1)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	if len(line) > maxSecret {
		return "", usageErrorf("the first line of %s is too long for a %s", from, what)
	}
	line = strings.TrimSpace(line)
	if line == "" {
		return "", usageErrorf("the first line of %s should be the %s, but is empty", from, what)
	}
	return line, nil
}

// typed reads a line at each prompt without showing it.
func (s *streams) typed(ctx context.Context, fd int, prompts []string) ([]string, error) {
	usual, err := term.MakeRaw(fd) // before the prompt, so that early input is not shown either
	if err != nil {
		return nil, err
	}
	defer term.Restore(fd, usual)
	keyboard := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{s.in, s.err}, "")
	lines, err := await(ctx, func() (lines []string, err error) {
		for _, prompt := range prompts {
			line, err := keyboard.ReadPassword(prompt)
			if errors.Is(err, io.EOF) {
				return nil, errInterrupted // in this mode Ctrl-C is a key like others
			}
			if err != nil || line == "" {
				return append(lines, line), err
			}
			lines = append(lines, line)
		}
		return lines, nil
	})
	if errors.Is(err, errInterrupted) {
		fmt.Fprint(s.err, "\r\n")
	}
	return lines, err
}

// confirm asks before an action that cannot be undone. Without a terminal, --yes is required.
func (s *streams) confirm(ctx context.Context, yes bool, what string) error {
	if yes {
		return nil
	}
	if _, isTerminal := s.terminal(); !isTerminal {
		return usageErrorf("this would %s, which cannot be undone: give --yes to do it", what)
	}
	fmt.Fprintf(s.err, "This will %s, which cannot be undone. Type yes to do it: ", what)
	line, err := await(ctx, func() (string, error) { return bufio.NewReader(io.LimitReader(s.in, maxSecret)).ReadString('\n') })
	if err != nil && !errors.Is(err, io.EOF) {
		fmt.Fprintln(s.err)
		return err
	}
	if answer := strings.TrimSpace(line); !strings.EqualFold(answer, "yes") && !strings.EqualFold(answer, "y") {
		return errors.New("not confirmed: nothing was changed")
	}
	return nil
}

// await waits for a read of standard input, which cannot be interrupted, but no longer than ctx lasts.
func await[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := read()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, errInterrupted
	}
}
