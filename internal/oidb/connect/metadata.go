package connect

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"

	"github.com/rookeryhq/rookery/internal/oidb/frame"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// metadata carry what a head says, except the command, which is the method, and the time, which is the protocol's timeout.
// oidb.proto describes them for callers.
var metadata = []struct {
	name  string
	write func(*wire.Head) string // "" for nothing
	read  func(h *wire.Head, value string) error
}{
	{"Oidb-Uin",
		func(h *wire.Head) string { return number(uint64(h.UIN)) },
		func(h *wire.Head, value string) error { return parseNumber(&h.UIN, value, 64) }},
	{"Oidb-Appid",
		func(h *wire.Head) string { return number(uint64(h.Caller)) },
		func(h *wire.Head, value string) error { return parseNumber(&h.Caller, value, 64) }},
	{"Oidb-Login-Appid",
		func(h *wire.Head) string { return number(uint64(h.Login.AppID)) },
		func(h *wire.Head, value string) error { return parseNumber(&h.Login.AppID, value, 32) }},
	{"Oidb-Login-Sig",
		func(h *wire.Head) string { return string(h.Login.Sig) },
		func(h *wire.Head, value string) error { h.Login.Sig = []byte(value); return nil }},
	{"Oidb-Client-Addr",
		func(h *wire.Head) string {
			if !h.ClientAddr.IsValid() {
				return ""
			}
			return h.ClientAddr.String()
		},
		func(h *wire.Head, value string) (err error) {
			if h.ClientAddr, err = netip.ParseAddr(value); err != nil || h.ClientAddr.Zone() != "" {
				return fmt.Errorf("%.60q is not an IP address", value)
			}
			h.ClientAddr = h.ClientAddr.Unmap()
			return nil
		}},
	{"Oidb-Service",
		func(h *wire.Head) string { return string(h.Service) },
		func(h *wire.Head, value string) error { h.Service = []byte(value); return nil }},
	{"Oidb-Request-Id",
		func(h *wire.Head) string { return string(h.RequestID) },
		func(h *wire.Head, value string) error {
			h.RequestID = []byte(value[:min(len(value), frame.MaxRequestID)])
			return nil
		}},
	{"Oidb-Forwarded",
		func(h *wire.Head) string {
			if h.Forwarded {
				return "1"
			}
			return ""
		},
		func(h *wire.Head, value string) error {
			if h.Forwarded = value == "1"; !h.Forwarded {
				return fmt.Errorf("%.60q is not 1", value)
			}
			return nil
		}},
}

// traceParent is W3C Trace Context's own name. By its rules a value that cannot be read counts as missing.
const traceParent = "Traceparent"

// writeHead sets the metadata of a head.
func writeHead(header http.Header, head *wire.Head) {
	for _, m := range metadata {
		if value := m.write(head); value != "" {
			header.Set(m.name, value)
		}
	}
	if len(head.TraceParent) > 0 {
		header.Set(traceParent, string(head.TraceParent))
	}
}

// readHead reads the metadata of a call. Its error says to the caller which of them is at fault.
func readHead(header http.Header) (head wire.Head, err error) {
	for _, m := range metadata {
		values := header.Values(m.name)
		switch {
		case len(values) == 0:
			continue
		case len(values) > 1:
			err = fmt.Errorf("there are %d of them", len(values))
		default:
			err = m.read(&head, values[0])
		}
		if err != nil {
			return head, retcode.OIDBUnpackFailed.Errorf("the metadata %s cannot be read: %v", m.name, err)
		}
	}
	if values := header.Values(traceParent); len(values) == 1 {
		head.TraceParent = []byte(values[0])
	}
	return head, nil
}

func number(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

func parseNumber[N platform.UIN | platform.AppID | uint32](to *N, text string, bits int) error {
	n, err := strconv.ParseUint(text, 10, bits)
	if err != nil {
		return fmt.Errorf("%.60q is not a decimal number of %d bits", text, bits)
	}
	*to = N(n)
	return nil
}
