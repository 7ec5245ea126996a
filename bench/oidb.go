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
	"os/exec"
	"strings"
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
	echo, err := startEcho(ctx)
	if err != nil {
		return err
	}
	defer echo.cmd.Wait() // it ends only by a kill
	defer echo.cmd.Process.Kill()

	bus := &process{cmd: platform.cmd, addr: platform.bus}
	var echoes, calls, http, cpu, echoCPU []float64
	web := &side{name: v5Door.name, process: platform.process, door: &v5Door, logins: v5Door.requests(logins)}
	for round := range s.rounds {
		e, err := framesTurn(s, echo, [][]byte{emptyFrame()})
		if err != nil {
			return fmt.Errorf("frame echo: %w", err)
		}
		c, err := framesTurn(s, bus, checks)
		if err != nil {
			return fmt.Errorf("0x711: %w", err)
		}
		if err := web.turn(ctx, s); err != nil {
			return err
		}
		h := web.results[round].perSecond()
		progress("round %d of %d: frame echo %.0f/s, 0x711 %.0f/s, verify_login %.0f/s", round+1, s.rounds, e.perSecond, c.perSecond, h)
		echoes, calls, http = append(echoes, e.perSecond), append(calls, c.perSecond), append(http, h)
		cpu, echoCPU = append(cpu, c.cpu), append(echoCPU, e.cpu)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	report.add("frame echo, 100 bytes, 64 connections by 64", median(echoes), "/s")
	report.add("frame echo: CPU per call", median(echoCPU), "us")
	report.add("0x711 over frames beside the echo", median(calls), "/s").beside(calls, echoes)
	report.add("verify_login over HTTP in the same rounds", median(http), "/s")
	report.add("0x711 over frames beside verify_login", median(calls), "/s").beside(calls, http).atLeast(6)
	report.add("0x711 over frames: CPU per call", median(cpu), "us").under(2)
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

type turn struct {
	perSecond float64
	cpu       float64 // of the server, in microseconds per call
}

// framesTurn warms up a server of frames and measures it.
func framesTurn(s settings, p *process, frames [][]byte) (t turn, err error) {
	if _, _, err := pipelined(p.addr, frames, s.warmUp); err != nil {
		return t, err
	}
	before, err := p.cpu()
	if err != nil {
		return t, err
	}
	answers, took, err := pipelined(p.addr, frames, s.duration)
	if err != nil {
		return t, err
	}
	after, err := p.cpu()
	return turn{float64(answers) / took.Seconds(), float64((after - before).Microseconds()) / float64(answers)}, err
}

// pipelined keeps each connection busy: it sends a batch of calls in one write and the next batch when all are answered.
func pipelined(addr string, frames [][]byte, limit time.Duration) (answers int, took time.Duration, err error) {
	var (
		group  sync.WaitGroup
		mu     sync.Mutex
		begin  = time.Now()
		report = func(n int, e error) {
			mu.Lock()
			defer mu.Unlock()
			answers, err = answers+n, errors.Join(err, e)
		}
	)
	for worker := range connections {
		group.Go(func() {
			var batch []byte
			for i := range pipeline {
				batch = append(batch, frames[(worker+i)%len(frames)]...)
			}
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				report(0, err)
				return
			}
			defer conn.Close()
			r := bufio.NewReaderSize(conn, 32<<10)
			n := 0
			for more := true; more; more = time.Since(begin) < limit {
				if _, err := conn.Write(batch); err != nil {
					report(n, err)
					return
				}
				for range pipeline {
					if err := skipFrame(r); err != nil {
						report(n, err)
						return
					}
					n++
				}
			}
			report(n, nil)
		})
	}
	group.Wait()
	return answers, time.Since(begin), err
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

func startEcho(ctx context.Context) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, echoArg)
	cmd.Stderr = os.Stderr
	p, err := startProcess(ctx, cmd)
	if err == nil {
		p.addr = strings.TrimSpace(string(p.line))
	}
	return p, err
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
