package tcp

import (
	"regexp"
	"runtime"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb/frame"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
)

// TestAnIdleConnectionHasASmallStack: the goroutine that waits has carried out no call, and the next call finds it.
func TestAnIdleConnectionHasASmallStack(t *testing.T) {
	f := newFixture(t, Options{})
	conn := f.conn()
	call := frame.AppendNative(nil, &wire.Head{Command: echo.ID, Seq: 1}, wire.AppendCheckRequest(nil, wire.CheckRequest{AppID: 7}))
	reading, idle := regexp.MustCompile(`tcp\.\(\*reader\)\.\w+\(`), regexp.MustCompile(`tcp\.\(\*conn\)\.idle\(`)
	for range 2 {
		if _, err := conn.Write(call); err != nil {
			t.Fatal(err)
		}
		if got, err := wire.ParseCheckResponse(readFrame(t, conn).Body); err != nil || got.UIN != 7 {
			t.Fatalf("got %+v, %v", got, err)
		}
		stacks := make([]byte, 1<<20)
		for begin := time.Now(); ; {
			all := stacks[:runtime.Stack(stacks, true)]
			if idle.Match(all) && !reading.Match(all) {
				break
			}
			if time.Since(begin) > time.Minute {
				t.Fatalf("it does not become idle:\n%s", all)
			}
			<-time.After(linger / 10)
		}
	}
}
