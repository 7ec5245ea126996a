//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/tcp"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	rookery "github.com/rookeryhq/rookery/internal/platform"
)

const (
	echoArg  = "frame-echo" // turns the program into the frame echo
	pipeline = 64           // number of calls that a connection has under way
	paced    = 8            // the same at half load
	idleMany = 10_000       // number of connections
)

// measureBus measures 0x711 over frames next to an echo of 100-byte frames and next to verify_login over HTTP, turn by
// turn, and then the memory of idle connections.
func measureBus(ctx context.Context, s settings, folder string, report *report) (err error) {
	games, err := makeGames(ctx, s.binary, folder)
	if err != nil {
		return err
	}
	platform, err := startServe(ctx, s.binary, folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, platform.stop()) }()
	progress("%d accounts for the bus and as many for HTTP", s.accounts)
	callers, err := makePlayers(ctx, platform, games, s.accounts, "access")
	if err != nil {
		return err
	}
	checks, err := checkFrames(callers)
	if err != nil {
		return err
	}
	logins, err := makePlayers(ctx, platform, games, s.accounts, v5Door.kind)
	if err != nil {
		return err
	}
	echo, err := startSelf(ctx, echoArg)
	if err != nil {
		return err
	}
	defer echo.cmd.Wait() // it ends only by a kill
	defer echo.cmd.Process.Kill()

	bus := &process{cmd: platform.cmd, addr: platform.bus}
	empty := [][]byte{emptyFrame()}
	var echoes, calls []*framesTurn
	web := &side{name: v5Door.name, process: platform.process, door: &v5Door, logins: v5Door.requests(logins)}
	for round := range s.rounds {
		e, err := measureFrames(s, echo, empty)
		if err != nil {
			return fmt.Errorf("frame echo: %w", err)
		}
		c, err := measureFrames(s, bus, checks)
		if err != nil {
			return fmt.Errorf("0x711: %w", err)
		}
		if err := web.turn(ctx, s); err != nil {
			return err
		}
		progress("round %d of %d: frame echo %.0f/s, 0x711 %.0f/s, verify_login %.0f/s", round+1, s.rounds, e.full.perSecond(), c.full.perSecond(), web.results[round].perSecond())
		echoes, calls = append(echoes, e), append(calls, c)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	each := func(turns []*framesTurn, of func(*framesTurn) float64) (values []float64) {
		for _, t := range turns {
			values = append(values, of(t))
		}
		return values
	}
	rate := func(t *framesTurn) float64 { return t.full.perSecond() }
	cpu := func(t *framesTurn) float64 { return t.cpu }
	fullTail := func(t *framesTurn) float64 { return t.full.quantile(0.99) }
	halfTail := func(t *framesTurn) float64 { return t.half.quantile(0.99) }
	beside := func(name, unit string, of func(*framesTurn) float64) *row {
		report.add("frame echo"+name, median(each(echoes, of)), unit)
		return report.add("0x711 over frames"+name, median(each(calls, of)), unit).beside(each(calls, of), each(echoes, of))
	}
	beside(", 64 connections by 64", "/s", rate)
	beside(": CPU per call", "us", cpu).under(2)
	beside(": p99 at full load", "ms", fullTail).atMost(3)
	beside(": p99 at half load", "ms", halfTail).atMost(3)
	http := web.each(result.perSecond)
	report.add("verify_login over HTTP in the same rounds", median(http), "/s")
	report.add("0x711 over frames beside verify_login", median(each(calls, rate)), "/s").beside(each(calls, rate), http).atLeast(12)
	return measureIdle(platform, checks[0], report)
}

// checkFrames returns the calls that check the players' access tokens.
func checkFrames(players []player) (frames [][]byte, err error) {
	for i, p := range players {
		openid, err := rookery.ParseOpenID(p.OpenID)
		if err != nil {
			return nil, err
		}
		frames = append(frames, tcp.Frame(oidb.CheckAccess, uint32(i+1), wire.CheckRequest{AppID: p.game.AppID, OpenID: openid[:], Token: p.Token}))
	}
	return frames, nil
}

func emptyFrame() []byte {
	frame := make([]byte, 100)
	frame[0], frame[99] = 0x28, 0x29
	binary.BigEndian.PutUint32(frame[5:], 90)
	return frame
}

// framesTurn is a turn of a server of frames: as fast as it can, and then at half that rate.
type framesTurn struct {
	full, half *outcome
	cpu        float64 // of the server at full load, in microseconds per call
}

// measureFrames warms up a server of frames and measures it.
func measureFrames(s settings, p *process, frames [][]byte) (*framesTurn, error) {
	if _, err := pipelined(p.addr, frames, s.warmUp, pipeline, 0); err != nil {
		return nil, err
	}
	before, err := p.cpu()
	if err != nil {
		return nil, err
	}
	full, err := pipelined(p.addr, frames, s.duration, pipeline, 0)
	if err != nil {
		return nil, err
	}
	after, err := p.cpu()
	if err != nil {
		return nil, err
	}
	every := time.Duration(2 * float64(connections*paced) / full.perSecond() * float64(time.Second))
	half, err := pipelined(p.addr, frames, s.duration/2, paced, every)
	return &framesTurn{full, half, float64((after - before).Microseconds()) / float64(full.answers)}, err
}

// pipelined sends batches of calls on each connection, each in one write, at a fixed pace and in any case not before the last batch
// is answered. A call's latency counts from its batch's write.
func pipelined(addr string, frames [][]byte, limit time.Duration, size int, every time.Duration) (*outcome, error) {
	var (
		group sync.WaitGroup
		parts = make([]outcome, connections)
		errs  = make([]error, connections)
		begin = time.Now()
	)
	for i := range connections {
		part := &parts[i]
		part.latency = make([]uint32, slowest)
		group.Go(func() {
			var batch []byte
			for n := range size {
				batch = append(batch, frames[(i+n)%len(frames)]...)
			}
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				errs[i] = err
				return
			}
			defer conn.Close()
			r := bufio.NewReaderSize(conn, 32<<10)
			due := begin.Add(every * time.Duration(i) / connections) // the connections take turns
			for more := true; more; more = time.Since(begin) < limit {
				time.Sleep(time.Until(due))
				due = due.Add(every)
				sent := time.Now()
				if _, errs[i] = conn.Write(batch); errs[i] != nil {
					return
				}
				for range size {
					if errs[i] = skipFrame(r); errs[i] != nil {
						return
					}
					part.answers++
					part.latency[min(time.Since(sent).Microseconds(), slowest-1)]++
				}
			}
		})
	}
	group.Wait()
	total := &outcome{took: time.Since(begin), latency: make([]uint32, slowest)}
	for i := range parts {
		total.add(&parts[i])
	}
	return total, errors.Join(errs...)
}

// skipFrame reads one frame, which must have a body: the answer to a valid call has one, a refusal does not.
func skipFrame(r *bufio.Reader) error {
	start, err := r.Peek(9)
	if err != nil {
		return err
	}
	head, body := binary.BigEndian.Uint32(start[1:]), binary.BigEndian.Uint32(start[5:])
	if start[0] != 0x28 || body == 0 {
		return fmt.Errorf("a call was refused, or its answer is no frame")
	}
	_, err = r.Discard(int(10 + head + body))
	return err
}

// measureIdle opens many connections, makes one call on each, and measures their memory after they have been idle for a
// moment.
func measureIdle(p *platform, call []byte, report *report) error {
	before, err := p.memory()
	if err != nil {
		return err
	}
	conns := make([]net.Conn, 0, idleMany)
	defer func() {
		for _, conn := range conns {
			conn.Close()
		}
	}()
	for range idleMany {
		conn, err := net.Dial("tcp", p.bus)
		if err != nil {
			return fmt.Errorf("after %d connections: %w", len(conns), err)
		}
		conns = append(conns, conn)
		if _, err := conn.Write(call); err != nil {
			return err
		}
		if err := skipFrame(bufio.NewReaderSize(conn, 512)); err != nil {
			return err
		}
	}
	time.Sleep(3 * time.Second)
	after, err := p.memory()
	if err != nil {
		return err
	}
	report.add(fmt.Sprintf("%d idle connections, each after one call: resident memory in all", idleMany), after.resident, "MB").under(200)
	report.add("... more than before", after.resident-before.resident, "MB")
	return nil
}

// serveEcho does the least that a server of frames can do: find each frame's end, answer it with 100 bytes, and write the
// answers to frames that came together in one write.
func serveEcho() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: frame echo:", err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr())
	answer := emptyFrame()
	for {
		conn, err := listener.Accept()
		if err != nil {
			os.Exit(1)
		}
		go func() {
			defer conn.Close()
			r, w := bufio.NewReaderSize(conn, 32<<10), bufio.NewWriterSize(conn, 32<<10)
			for {
				if err := skipFrame(r); err != nil {
					if !errors.Is(err, io.EOF) {
						fmt.Fprintln(os.Stderr, "bench: frame echo:", err)
					}
					return
				}
				w.Write(answer)
				if r.Buffered() == 0 && w.Flush() != nil {
					return
				}
			}
		}()
	}
}
