package integration

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/test/rookery"
)

const bodyLimit = 64 << 10

// TestBadInput sends requests that no correct caller would. Each gets the right code, and the next caller notices nothing.
func TestBadInput(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	valid := verifyLogin(p, p.Accounts[0])
	body := func(change func(string) string) rookery.Call { return valid.WithBody(change(valid.Body)) }
	with := func(member string) rookery.Call {
		return body(func(b string) string { return strings.Replace(b, "{", "{"+member+",", 1) })
	}
	instead := func(body string) rookery.Call { return valid.WithBody(body) }
	// A parameter that the signature covers ambiguously: it signs the rest of the URL as if that were everything.
	url := func(more string) rookery.Call {
		target := valid.Target()
		call := valid
		call.Sig = target[strings.Index(target, "&sig=")+len("&sig="):] + more
		return call
	}
	for _, test := range []struct {
		name string
		call rookery.Call
		want int
	}{
		{"valid", valid, 0},
		{"empty body", instead(""), 1004},
		{"blank body", instead(" \r\n\t"), 1004},
		{"array", body(func(b string) string { return "[" + b + "]" }), 1005},
		{"bare string", instead(`"openid"`), 1005},
		{"bare number", instead("1"), 1005},
		{"null", instead("null"), 1005},
		{"form", instead("openid=1&token=2"), 1005},
		{"XML", instead("<openid>1</openid>"), 1005},
		{"cut off JSON", body(func(b string) string { return b[:len(b)-1] }), 1005},
		{"trailing garbage", body(func(b string) string { return b + "x" }), 1005},
		{"two objects", body(func(b string) string { return b + b }), 1005},
		{"trailing blanks", body(func(b string) string { return b + " \n" }), 0},
		{"byte order mark", body(func(b string) string { return "\ufeff" + b }), 1005},
		{"single quotes", body(func(b string) string { return strings.ReplaceAll(b, `"`, "'") }), 1005},
		{"duplicate member", with(`"openid":"1"`), 1005},
		{"duplicate member by escape", with(`"open\u0069d":"1"`), 1005},
		{"duplicate unknown member", with(`"x":1,"x":2`), 1005},
		{"unknown members", with(`"x":{"y":[1,2,{"z":null}]},"openID":"1"`), 0},
		{"member of another case", body(func(b string) string { return strings.Replace(b, "openid", "OpenID", 1) }), 1006},
		{"openid missing", instead(`{"token":"T0KEN"}`), 1006},
		{"openid empty", instead(`{"openid":"","token":"T0KEN"}`), 1006},
		{"openid null", instead(`{"openid":null,"token":"T0KEN"}`), 1006},
		{"token missing", instead(`{"openid":"1"}`), 1006},
		{"openid is an object", instead(`{"openid":{},"token":"T0KEN"}`), 1009},
		{"openid is an array", instead(`{"openid":["1"],"token":"T0KEN"}`), 1009},
		{"openid is true", instead(`{"openid":true,"token":"T0KEN"}`), 1009},
		{"openid is no number", instead(`{"openid":"abc","token":"T0KEN"}`), 1009},
		{"openid is negative", instead(`{"openid":-1,"token":"T0KEN"}`), 1009},
		{"openid is 0", instead(`{"openid":0,"token":"T0KEN"}`), 1009},
		{"openid has a fraction", instead(`{"openid":1.5,"token":"T0KEN"}`), 1009},
		{"openid has an exponent", instead(`{"openid":1e3,"token":"T0KEN"}`), 1009},
		{"openid is above 64 bits", instead(`{"openid":18446744073709551616,"token":"T0KEN"}`), 1009},
		{"openid of 10,000 digits", instead(`{"openid":` + strings.Repeat("9", 10_000) + `,"token":"T0KEN"}`), 1009},
		{"openid is a number", instead(`{"openid":1,"token":"T0KEN"}`), 1009},
		{"token is a number", instead(`{"openid":"1","token":5}`), 1009},
		{"token is true", instead(`{"openid":"1","token":true}`), 1009},
		{"token is null", instead(`{"openid":"1","token":null}`), 1006},
		{"client_os is a string", with(`"client_os":"5"`), 1009},
		{"client_os is empty text", with(`"client_os":""`), 1009},
		{"client_os has a fraction", with(`"client_os":5.5`), 1009},
		{"client_os is true", with(`"client_os":true`), 1009},
		{"client_os is another number", with(`"client_os":12`), 0},
		{"client_os is null", with(`"client_os":null`), 0},
		{"client_os over all numbers", with(`"client_os":1e999999999`), 1009},
		{"number over all floats", with(`"x":1e999999999`), 0},
		{"openid in other digits", instead(`{"openid":"１２３","token":"T0KEN"}`), 1009},
		{"token is an object", instead(`{"openid":"1","token":{"a":1}}`), 1009},
		{"client_os is an array", with(`"client_os":[5]`), 1009},
		{"token with a NUL", instead(`{"openid":"1","token":"a\u0000b"}`), 100013},
		{"token of 60,000 letters", instead(`{"openid":"1","token":"` + strings.Repeat("A", 60_000) + `"}`), 100013},
		{"NUL in the JSON", with("\"x\":\"\x00\""), 1005},
		{"NUL after the JSON", body(func(b string) string { return b + "\x00" }), 1005},
		{"body of NUL bytes", instead(strings.Repeat("\x00", 1000)), 1005},
		{"body that is not UTF-8", with("\"x\":\"\xff\xfe\""), 1005},
		{"body with half a surrogate pair", with(`"x":"\ud800"`), 1005},
		{"body in UTF-16", instead("\xff\xfe{\x00}\x00"), 1005},
		{"JSON nested 20,000 deep", instead(`{"x":` + strings.Repeat("[", 20_000)), 1005},
		{"JSON nested 20,000 deep and closed", instead(`{"x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`), 1005},
		{"objects nested 10,000 deep", instead(strings.Repeat(`{"x":`, 10_001)), 1005},
		{"10,000 members", with(members(10_000, 60_000)), 0},
		{"body of exactly 64 KiB", body(func(b string) string { return b + strings.Repeat(" ", bodyLimit-len(b)) }), 0},
		{"body a byte over 64 KiB", body(func(b string) string { return b + strings.Repeat(" ", bodyLimit-len(b)+1) }), 1010},
		{"body of 10 MiB", body(func(b string) string { return b + strings.Repeat(" ", 10<<20) }), 1010},

		{"duplicate URL parameter", url("&os=4"), 1007},
		{"duplicate URL parameter by escape", url("&o%73=4"), 1007},
		{"duplicate sig", url("&sig=" + strings.Repeat("0", 32)), 1007},
		{"URL parameter without a name", url("&=4"), 1007},
		{"URL that is not UTF-8", url("&x=%ff%fe"), 1007},
		{"URL name that is not UTF-8", url("&%ff=1"), 1007},
		{"broken escape", url("&x=%zz"), 1007},
		{"escape cut off", url("&x=%e"), 1007},
		{"70 URL parameters", url(numbered(70)), 1007},
		{"no URL parameters", rookery.Call{Path: valid.Path, Body: valid.Body, Sig: "x"}, 1003},
		{"NUL in the URL", url("&x=%00"), 1008},
		{"channelid of another channel", valid.With("channelid", "1"), 1007},
		{"channelid with a sign", valid.With("channelid", "%2b2"), 1007},
		{"channelid above 64 bits", valid.With("channelid", "36893488147419103234"), 1007},
		{"gameid is a word", valid.With("gameid", "abc"), 1007},
		{"gameid empty", valid.With("gameid", ""), 1003},
		{"gameid with a zero before it", valid.With("gameid", "0"+p.Apps[0].GameID), 1007},
		{"os is 0", valid.With("os", "0"), 1007},
		{"os is 6", valid.With("os", "6"), 1007},
		{"ts is negative", valid.With("ts", "-1"), 1007},
		{"ts in milliseconds", valid.With("ts", fmt.Sprint(time.Now().UnixMilli())), 1007},
		{"ts with a fraction", valid.With("ts", "1700000000.5"), 1007},
		{"source unknown", valid.With("source", "99"), 1007},
		{"source is a word", valid.With("source", "'%20OR%201=1"), 1007},
		{"sig too short", withSig(valid, strings.Repeat("0", 31)), 1008},
		{"sig empty", withSig(valid, "%20"), 1008},
		{"seq of 10,000 letters", valid.With("seq", strings.Repeat("s", 10_000)), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if answer := p.Call(t, test.call); answer.Status != http.StatusOK || !answer.JSON() || answer.Ret != test.want {
				t.Errorf("got status %d, %s, want ret %d", answer.Status, answer.Body, test.want)
			}
		})
	}
}

func withSig(call rookery.Call, sig string) rookery.Call {
	call.Sig = sig
	return call
}

// TestCallersThatLeave: a call whose caller does not wait for it is not a failure of the platform.
func TestCallersThatLeave(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	left := func(path string) int {
		return strings.Count(p.Log(), fmt.Sprintf(`"interface":%q,"status":499`, path))
	}
	send := func(text string) net.Conn {
		conn := dial(t, p)
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	for _, path := range []string{ // one of each door
		"/v2/auth/verify_login", "/auth/verify_login", "/v3/user/get_info", "/oauth2.0/token", "/account/{$}", "/admin/v1/tokens",
	} {
		conn := send("POST " + strings.TrimSuffix(path, "{$}") + " HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nbroken off")
		_ = conn.Close()
		rookery.Until(t, "a call of "+path+" is logged as left", func() bool { return left(path) == 1 })
	}
	call := verifyLogin(p, p.Accounts[0])
	p.AddFault(t, rookery.Fault{Point: "bus.delay:0x711=1m"})
	conn := send("POST " + call.Target() + fmt.Sprintf(" HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(call.Body), call.Body))
	rookery.Until(t, "the command is called", func() bool {
		var faults []rookery.Fault
		p.Admin(t, http.MethodGet, "/dev/v1/faults", nil, &faults)
		return len(faults) == 1 && faults[0].Hits == 1
	})
	_ = conn.Close()
	rookery.Until(t, "a call that waits is logged as left", func() bool { return left(call.Path) == 2 })
	if n := p.Metric(t, fmt.Sprintf(`rookery_requests_total{code="499",path=%q}`, call.Path)); n != 2 {
		t.Errorf("%v calls were counted as left, want 2", n)
	}
	if log := p.Log(); strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("the log has an error: %s", log)
	}
}

// members returns as many distinct members as fit.
func members(count, size int) string {
	var b strings.Builder
	for i := range count {
		if b.Len() > size-20 {
			break
		}
		fmt.Fprintf(&b, `"m%d":%d,`, i, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

func numbered(count int) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, "&p%d=", i)
	}
	return b.String()
}

// hangUp at the end of a request stands for a caller that sends no more but still listens.
const hangUp = "(hang up)"

// TestBadHTTP sends requests that net/http's client would not, byte by byte.
func TestBadHTTP(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	call := verifyLogin(p, p.Accounts[0])
	target, body := call.Target(), call.Body
	head := func(method, rest string) string { return method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + rest }
	chunk := func(text string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(text), text) }
	large := strings.Repeat(" ", bodyLimit)

	for _, test := range []struct {
		name, send string
		want       []string // of each answer: its status and, if any, its ret
		closed     bool     // by the platform; otherwise the connection stays open
	}{
		{"valid", raw(call), []string{"200 ret 0"}, false},
		{"HTTP/1.0", strings.Replace(raw(call), "HTTP/1.1", "HTTP/1.0", 1), []string{"200 ret 0"}, true},
		{"bare line feeds", strings.ReplaceAll(raw(call), "\r\n", "\n"), []string{"200 ret 0"}, false},
		{"pipelined", raw(call) + raw(call.With("source", "1")) + raw(call), []string{"200 ret 0", "200 ret 1008", "200 ret 0"}, false},
		{"chunked", head("POST", "Transfer-Encoding: chunked\r\n\r\n") + chunk(body[:7]) + chunk(body[7:]) + chunk(""), []string{"200 ret 0"}, false},
		{"chunked and over 64 KiB", head("POST", "Transfer-Encoding: chunked\r\n\r\n") + chunk(body) + chunk(large) + chunk(""), []string{"200 ret 1010"}, true},
		{"announced over 64 KiB", head("POST", fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body+large), body+large)), []string{"200 ret 1010"}, true},
		{"announced over 10 MiB and not sent", head("POST", "Content-Length: 10000000\r\n\r\n"), []string{"200 ret 1010"}, true},
		{"cut off", head("POST", fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body[:20])) + hangUp, []string{"200 ret 1010"}, true},
		{"cut off in a chunk", head("POST", "Transfer-Encoding: chunked\r\n\r\n") + "ff\r\n" + body[:20] + hangUp, []string{"200 ret 1010"}, true},
		{"cut off between chunks", head("POST", "Transfer-Encoding: chunked\r\n\r\n") + chunk(body) + hangUp, []string{"200 ret 1010"}, true},
		{"announced over 64 bits", head("POST", "Content-Length: 99999999999999999999\r\n\r\n"), []string{"400"}, true},
		{"two lengths", head("POST", fmt.Sprintf("Content-Length: %d\r\nContent-Length: 1\r\n\r\n%s", len(body), body)), []string{"400"}, true},
		{"length and chunks", head("POST", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n") + chunk(body) + chunk(""), []string{"200 ret 0"}, false},
		{"chunk of no size", head("POST", "Transfer-Encoding: chunked\r\n\r\n") + "zz\r\n", []string{"200 ret 1010"}, true},
		{"no body at all", "POST " + call.WithBody("").Target() + " HTTP/1.1\r\nHost: x\r\n\r\n", []string{"200 ret 1004"}, false},
		{"GET", head("GET", "\r\n"), []string{"200 ret 1000"}, false},
		{"OPTIONS", head("OPTIONS", "\r\n"), []string{"200 ret 1000"}, false},
		{"method of its own", head("BREW", "\r\n"), []string{"200 ret 1000"}, false},
		{"header over the limit", head("POST", "X-Long: "+strings.Repeat("a", 32<<10)+"\r\n\r\n"), []string{"431"}, true},
		{"10,000 headers", head("POST", strings.Repeat("A: b\r\n", 10_000)+"\r\n"), []string{"431"}, true},
		{"URL over the limit", "GET /v2/" + strings.Repeat("a", 32<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n", []string{"431"}, true},
		{"no host", "POST " + target + " HTTP/1.1\r\n\r\n", []string{"400"}, true},
		{"control byte in the URL", "POST /v2/auth/verify_login?a=\x01 HTTP/1.1\r\nHost: x\r\n\r\n", []string{"400"}, true},
		{"raw byte over 127 in the URL", "POST /v2/auth/verify_login?a=\xff HTTP/1.1\r\nHost: x\r\n\r\n", []string{"200 ret 1007"}, false},
		{"no HTTP", "hello\r\n\r\n", []string{"400"}, true},
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("\x00", 100) + "\r\n\r\n", []string{"400"}, true},
		{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []string{"400"}, true},
		{"path of a door that is not there", "POST /v9/user/get_info HTTP/1.1\r\nHost: x\r\n\r\n", []string{"404"}, false},
		{"path below the door", "POST /v2/auth/verify_login/x HTTP/1.1\r\nHost: x\r\n\r\n", []string{"200 ret 1001"}, false},
		{"path of an encoded slash", "POST /v2/auth%2fverify_login HTTP/1.1\r\nHost: x\r\n\r\n", []string{"200 ret 1001"}, false},
		{"path that leaves the door", "GET /v2/../admin/v1/apps HTTP/1.1\r\nHost: x\r\n\r\n", []string{"200 ret 1001"}, false},
		{"slash too many", "POST /" + target + " HTTP/1.1\r\nHost: x\r\n\r\n", []string{"404"}, false},
		{"admin without a token", "GET /admin/v1/apps HTTP/1.1\r\nHost: x\r\n\r\n", []string{"401"}, false},
		{"admin with an empty token", "GET /admin/v1/apps HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \r\n\r\n", []string{"401"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			conn := dial(t, p)
			if err := conn.SetDeadline(time.Now().Add(rookery.Patience)); err != nil {
				t.Fatal(err)
			}
			send, cutOff := strings.CutSuffix(test.send, hangUp)
			// The platform may refuse a large request before reading it to its end.
			if _, err := io.WriteString(conn, send); err != nil && !gone(err) {
				t.Fatal(err)
			}
			if cutOff {
				if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
					t.Fatal(err)
				}
			}
			r := bufio.NewReader(conn)
			got := answers(t, r, len(test.want))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if test.closed {
				if _, err := r.ReadByte(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("the connection is not closed: %v", err)
				}
				return
			}
			if answer := exchange(t, conn, call); answer.Ret != 0 {
				t.Errorf("the next request on the connection got %s", answer.Body)
			}
		})
	}
}

// answers reads a number of answers and returns the status and ret of each.
func answers(t *testing.T, r *bufio.Reader, count int) (got []string) {
	t.Helper()
	for range count {
		rsp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Errorf("no answer: %v", err)
			break
		}
		answer, err := rookery.ReadAnswer(rsp)
		if err != nil {
			t.Errorf("half an answer: %q, %v", answer.Body, err)
		}
		text := fmt.Sprint(answer.Status)
		if answer.JSON() {
			text += fmt.Sprint(" ret ", answer.Ret)
		}
		got = append(got, text)
	}
	return got
}

// gone reports whether an error only says that the other side has closed the connection.
func gone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// TestBadAdminInput is about operators' mistakes: each gets a status below 500 and a sentence.
func TestBadAdminInput(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	uin, app := p.Accounts[0].UIN, p.Apps[0].AppID
	const highest = "18446744073709551615"
	for _, test := range []struct {
		name, method, path, body string
		want                     int
	}{
		{"no such path", "GET", "/admin/v1/nothing", "", 404},
		{"wrong method", "DELETE", "/admin/v1/apps", "", 405},
		{"empty body", "POST", "/admin/v1/apps", "", 400},
		{"no JSON", "POST", "/admin/v1/apps", "name=x", 400},
		{"array", "POST", "/admin/v1/apps", "[]", 400},
		{"null", "POST", "/admin/v1/apps", "null", 400},
		{"trailing garbage", "POST", "/admin/v1/apps", `{"name":"x"}x`, 400},
		{"unknown member", "POST", "/admin/v1/apps", `{"name":"x","nome":"y"}`, 400},
		{"duplicate member", "POST", "/admin/v1/apps", `{"name":"x","name":"y"}`, 400},
		{"wrong type", "POST", "/admin/v1/apps", `{"name":{}}`, 400},
		{"body over 64 KiB", "POST", "/admin/v1/apps", strings.Repeat(" ", bodyLimit+1), 413},
		{"not UTF-8", "POST", "/admin/v1/apps", "{\"name\":\"\xff\"}", 400},
		{"app without a name", "POST", "/admin/v1/apps", `{}`, 400},
		{"appid taken", "POST", "/admin/v1/apps", `{"name":"x","appid":"` + app + `"}`, 409},
		{"gameid taken", "POST", "/admin/v1/apps", `{"name":"x","gameid":"` + p.Apps[0].GameID + `"}`, 409},
		{"appid of 64 bits", "POST", "/admin/v1/apps", `{"name":"x","appid":"` + highest + `"}`, 400},
		{"appid in the path is no number", "GET", "/admin/v1/apps/abc", "", 400},
		{"appid in the path is unknown", "GET", "/admin/v1/apps/42", "", 404},
		{"appid of 64 bits in the path", "GET", "/admin/v1/apps/" + highest, "", 400},
		{"app of 64 bits updated", "PATCH", "/admin/v1/apps/" + highest, `{"online":true}`, 400},
		{"appid changed", "PATCH", "/admin/v1/apps/" + app, `{"appid":"42"}`, 400},
		{"invalid rate", "PATCH", "/admin/v1/apps/" + app, `{"rates":{"login":{"app":"many"}}}`, 400},
		{"rate of no time", "PATCH", "/admin/v1/apps/" + app, `{"rates":{"login":{"app":"1/0s"}}}`, 400},
		{"invalid network", "PATCH", "/admin/v1/apps/" + app, `{"allow_ordinary":["10.0.0.0/99"]}`, 400},
		{"network that is empty", "PATCH", "/admin/v1/apps/" + app, `{"allow_ordinary":[""]}`, 400},
		{"unknown environment", "PATCH", "/admin/v1/apps/" + app, `{"environment":"prod"}`, 400},
		{"unknown key", "POST", "/admin/v1/apps/" + app + "/keys", `{"name":"other"}`, 400},
		{"key with a quote", "POST", "/admin/v1/apps/" + app + "/keys", `{"name":"appkey","key":"12345678'"}`, 400},
		{"password too short", "POST", "/admin/v1/accounts", `{"password":"short"}`, 400},
		{"password of 100,000 bytes", "POST", "/admin/v1/accounts", `{"password":"` + strings.Repeat("x", 60_000) + `"}`, 400},
		{"uin reserved", "POST", "/admin/v1/accounts", `{"uin":"10000","password":"long enough"}`, 400},
		{"uin taken", "POST", "/admin/v1/accounts", `{"uin":"` + uin + `","password":"long enough"}`, 409},
		{"uin of 64 bits", "POST", "/admin/v1/accounts", `{"uin":"` + highest + `","password":"long enough"}`, 400},
		{"uin of 64 bits in the path", "GET", "/admin/v1/accounts/" + highest, "", 400},
		{"uin unknown", "GET", "/admin/v1/accounts/4242424242", "", 404},
		{"unknown state", "POST", "/admin/v1/accounts/" + uin + "/state", `{"state":"happy"}`, 400},
		{"reclaim at an unknown app", "POST", "/admin/v1/accounts/" + uin + "/reclaim", `{"appid":"42"}`, 404},
		{"invalid page", "GET", "/admin/v1/accounts?limit=-1", "", 400},
		{"page too large", "GET", "/admin/v1/accounts?limit=1000000", "", 400},
		{"page after 64 bits", "GET", "/admin/v1/accounts?after=" + highest, "", 400},
		{"token of no kind", "POST", "/admin/v1/tokens", `{"appid":"` + app + `","uin":"` + uin + `","kind":"gold"}`, 400},
		{"token that lives too long", "POST", "/admin/v1/tokens", `{"appid":"` + app + `","uin":"` + uin + `","kind":"pay","lifetime":"9000h"}`, 400},
		{"token that lives backwards", "POST", "/admin/v1/tokens", `{"appid":"` + app + `","uin":"` + uin + `","kind":"pay","lifetime":"-1s"}`, 400},
		{"token of no account", "POST", "/admin/v1/tokens", `{"appid":"` + app + `","uin":"4242424242","kind":"pay"}`, 404},
		{"token of no app", "POST", "/admin/v1/tokens", `{"appid":"42","uin":"` + uin + `","kind":"pay"}`, 404},
		{"token without anything", "POST", "/admin/v1/tokens", `{}`, 400},
		{"inspection of no token", "POST", "/admin/v1/tokens/inspect", `{"token":"T0KEN"}`, 400},
		{"revocation of nothing", "POST", "/admin/v1/tokens/revoke", `{"appid":"42","uin":"` + uin + `"}`, 404},
		{"revocation by nobody", "POST", "/admin/v1/tokens/revoke", `{"appid":"` + app + `","uin":"` + uin + `","by":"me"}`, 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			status, answer, err := p.AdminRaw(test.method, test.path, []byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if status != test.want || !bytes.Contains(answer, []byte(`"error":"`)) {
				t.Errorf("got status %d, %s, want %d", status, answer, test.want)
			}
		})
	}
	// An unauthenticated caller is told how to authenticate (RFC 9110, 11.6.1), and not whether a resource exists.
	for _, path := range []string{"/admin/v1/apps", "/admin/v1/apps/42", "/dev/v1/faults"} {
		for _, authorization := range []string{"", "Bearer", "Bearer ", "Basic cm9vdDpyb290", "Bearer " + strings.Repeat("0", 64)} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", authorization)
			rsp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			rsp.Body.Close()
			if rsp.StatusCode != http.StatusUnauthorized || rsp.Header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s with %q: status %d, WWW-Authenticate %q", path, authorization, rsp.StatusCode, rsp.Header.Get("WWW-Authenticate"))
			}
		}
	}
	// The refused requests left the platform as it was.
	if made := p.NewAccount(t); made != "10009" {
		t.Errorf("the next account is %s, want 10009", made)
	}
}

// TestNumbersEnd: once the highest number is taken, the next account and the next app must name theirs.
func TestNumbersEnd(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	for _, step := range []struct {
		path, body string
		want       int
	}{
		{"/admin/v1/accounts", `{"password":"long enough","uin":"4611686018427387903"}`, 201},
		{"/admin/v1/accounts", `{"password":"long enough"}`, 400},
		{"/admin/v1/accounts", `{"password":"long enough","uin":"20001"}`, 201},
		{"/admin/v1/apps", `{"name":"x","appid":"9223372036854775807"}`, 201},
		{"/admin/v1/apps", `{"name":"x"}`, 400},
		{"/admin/v1/apps", `{"name":"x","appid":"20001"}`, 201},
	} {
		if status, answer, err := p.AdminRaw("POST", step.path, []byte(step.body)); err != nil || status != step.want {
			t.Errorf("%s: got status %d, %s, %v, want %d", step.body, status, answer, err, step.want)
		}
	}
}

// TestSlowCallers holds connections open without sending what they announce. The server's own bounds end them: 5 seconds
// for a header, 10 for a whole request.
func TestSlowCallers(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	call := verifyLogin(p, p.Accounts[0])
	before := usage(t, p)
	var callers sync.WaitGroup
	for _, test := range []struct {
		name, send, drip string
	}{
		{"nothing", "", ""},
		{"half a header", "POST / HTTP/1.1\r\nHost:", ""},
		{"a header letter by letter", "POST / HTTP/1.1\r\nX-Slow: ", "a"},
		{"half a body", raw(call)[:len(raw(call))-10], ""},
		{"a body letter by letter", raw(call.WithBody(call.Body + strings.Repeat(" ", 1000)))[:400], " "},
		{"a chunk letter by letter", "POST " + call.Target() + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n", "a"},
	} {
		for range 5 { // not parallel subtests: only as many of those run at once as there are processors
			callers.Go(func() {
				if err := slowCaller(p.Host(), test.send, test.drip); err != nil {
					t.Errorf("%s: %v", test.name, err)
				}
			})
		}
	}
	if answer := p.Call(t, call); answer.Ret != 0 {
		t.Errorf("another caller meanwhile got %s", answer.Body)
	}
	callers.Wait()
	wantUsage(t, p, before)
}

// slowCaller sends something, continues letter by letter, and expects the platform to end the connection.
func slowCaller(host, send, letter string) error {
	conn, err := net.Dial("tcp", host)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(rookery.Patience))
	_, _ = io.WriteString(conn, send)
	ended := make(chan struct{})
	defer close(ended)
	if letter != "" {
		go drip(conn, letter, ended)
	}
	answer, err := io.ReadAll(conn)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("the connection is still open after %s", rookery.Patience)
	case err != nil && !gone(err):
		return err
	case len(answer) > 0 && !bytes.Contains(answer, []byte(`"ret":1010`)):
		return fmt.Errorf("got %q", answer)
	}
	return nil
}

// drip sends a letter now and then, to keep a connection open for ever.
func drip(conn net.Conn, letter string, ended <-chan struct{}) {
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if _, err := io.WriteString(conn, letter); err != nil {
				return
			}
		case <-ended:
			return
		}
	}
}

// TestMutations changes valid requests at random. The platform must answer each in a known way or close the connection, and
// be unchanged afterwards.
func TestMutations(t *testing.T) {
	t.Parallel()
	const mutations = 2_000
	p := rookery.Start(t)
	app, ann := p.Apps[0], p.Accounts[0]
	seeds := []string{
		raw(verifyLogin(p, ann)),
		raw(rookery.NewCall(app, "/v2/auth/get_pfval", fmt.Sprintf(`{"openid":"%s","pay_token":"%s","channel_dis":"1"}`, ann.MSDKOpenIDs[app.GameID], ann.PayTokens[app.AppID]))),
		"POST " + verifyLogin(p, ann).Target() + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n2\r\n1}\r\n0\r\n\r\n",
		"POST /admin/v1/tokens HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nContent-Length: 2\r\n\r\n{}",
	}
	send := func(request string) error {
		conn, err := net.Dial("tcp", p.Host())
		if err != nil {
			return err
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(rookery.Patience))
		if _, err := io.WriteString(conn, request); err != nil && !gone(err) {
			return err
		}
		_ = conn.(*net.TCPConn).CloseWrite()
		for r := bufio.NewReader(conn); ; {
			if _, err := r.Peek(1); err != nil {
				if gone(err) {
					return nil
				}
				return err
			}
			rsp, err := http.ReadResponse(r, nil)
			if err != nil {
				if gone(err) {
					return nil
				}
				return err
			}
			answer, err := rookery.ReadAnswer(rsp)
			switch {
			case err != nil && !gone(err):
				return err
			case answer.Status == http.StatusInternalServerError || answer.JSON() && answer.Ret == 1199:
				return fmt.Errorf("status %d: %s", answer.Status, answer.Body)
			}
		}
	}
	for _, seed := range seeds { // what the platform allocates at the first call stays
		if err := send(seed); err != nil {
			t.Fatal(err)
		}
	}
	before := usage(t, p)
	const callers = 8
	var group sync.WaitGroup
	var failures atomic.Int64
	for caller := range callers {
		group.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(caller))) // the same every time
			for range mutations / callers {
				request := mutate(random, seeds[random.IntN(len(seeds))])
				if err := send(request); err != nil && failures.Add(1) <= 5 {
					t.Errorf("%q: %v", request, err)
				}
			}
		})
	}
	group.Wait()
	if n := failures.Load(); n > 0 {
		t.Errorf("%d of %d requests went wrong", n, mutations)
	}
	if answer := p.Call(t, verifyLogin(p, ann)); answer.Ret != 0 {
		t.Errorf("a valid call afterwards got %s", answer.Body)
	}
	wantUsage(t, p, before)
}

// mutate changes a request in one to four places. Half of the time it then signs the result, where it can, so that the
// change reaches the code after the signature check.
func mutate(random *rand.Rand, request string) string {
	b := []byte(request)
	for range 1 + random.IntN(4) {
		at, odd := random.IntN(len(b)+1), byte(random.UintN(256))
		switch random.IntN(6) {
		case 0:
			if at < len(b) {
				b[at] = odd
			}
		case 1:
			if at < len(b) {
				b[at] ^= 1 << random.UintN(8)
			}
		case 2:
			b = append(b[:at:at], append([]byte{odd}, b[at:]...)...)
		case 3: // remove some bytes
			end := min(len(b), at+1+random.IntN(20))
			b = append(b[:at:at], b[end:]...)
		case 4: // repeat some bytes
			end := min(len(b), at+1+random.IntN(200))
			b = append(b[:end:end], b[at:]...)
		default: // cut the request off
			if random.IntN(4) == 0 {
				b = b[:at]
			}
		}
	}
	if random.IntN(2) == 0 {
		return string(b)
	}
	return signed(string(b))
}

// signed puts the right length and signature on a mutated request if it still has all its parts.
func signed(request string) string {
	line, rest, ok := strings.Cut(request, "\r\n")
	_, body, hasBody := strings.Cut(rest, "\r\n\r\n")
	path, query, hasQuery := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(line, "POST "), " HTTP/1.1"), "?")
	params, _, hasSig := strings.Cut(query, "&sig=")
	if !ok || !hasBody || !hasQuery || !hasSig {
		return request
	}
	sum := md5.Sum([]byte(path + "?" + params + body + "0123456789abcdef0123456789abcdef")) // the demo world's first game
	return fmt.Sprintf("POST %s?%s&sig=%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", path, params, hex.EncodeToString(sum[:]), len(body), body)
}

// figures are the resources that a platform uses.
type figures struct {
	goroutines, files, memory int
}

func usage(t *testing.T, p *rookery.Platform) (f figures) {
	t.Helper()
	f.goroutines = int(p.Metric(t, "go_goroutines"))
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.PID()))
	if err != nil {
		t.Skipf("/proc is not available: %v", err)
	}
	f.files = len(files)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			_, err = fmt.Sscan(rest, &f.memory) // KiB
		}
	}
	if err != nil || f.memory == 0 {
		t.Fatalf("VmRSS is missing in %q: %v", status, err)
	}
	return f
}

// wantUsage expects a platform to return to about its earlier usage.
func wantUsage(t *testing.T, p *rookery.Platform, before figures) {
	t.Helper()
	const (
		moreOrLess = 8         // connections of this test's own client
		moreMemory = 384 << 10 // KiB: a heap that grew to five times what is in use stays for a while, and so does the race detector's shadow of it
	)
	var now figures
	rookery.Until(t, "goroutines and files are as before", func() bool {
		now = usage(t, p)
		return now.goroutines <= before.goroutines+moreOrLess && now.files <= before.files+moreOrLess
	})
	if now.memory > before.memory+moreMemory {
		t.Errorf("resident memory was %d KiB and is %d KiB", before.memory, now.memory)
	}
	t.Logf("before %+v, after %+v", before, now)
}
