package connect

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"connectrpc.com/connect"
	"connectrpc.com/grpchealth"
	"connectrpc.com/grpcreflect"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/frame"
)

// Options are the bounds of a handler, and what it says about its health. A field that is 0 has its default.
type Options struct {
	MaxMessage int           // bytes of a request, in its encoding; default frame.MaxSize
	MaxWaiting int           // calls that wait; default 4096
	Deadline   time.Duration // of a call that waits, unless its caller's timeout is shorter; default oidb.Deadline
	Ready      func() bool   // reports whether new calls should come; default always
}

// server is the handler of the bus.
type server struct {
	bus     *oidb.Bus
	options Options
	waiting chan struct{}           // a slot for each call that waits
	methods map[string]http.Handler // of the declared commands, by their names and by their numbers
}

// NewHandler returns a handler that serves the commands of the bus, with health checks and reflection for gRPC. It takes no calls from web pages, since a
// page that somebody opens on the platform's own machine would be a caller from inside.
func NewHandler(bus *oidb.Bus, options Options) http.Handler {
	if options.MaxMessage <= 0 {
		options.MaxMessage = frame.MaxSize
	}
	if options.MaxWaiting <= 0 {
		options.MaxWaiting = 4096
	}
	if options.Deadline <= 0 {
		options.Deadline = oidb.Deadline
	}
	s := &server{bus: bus, options: options, waiting: make(chan struct{}, options.MaxWaiting), methods: make(map[string]http.Handler)}
	for _, d := range oidb.Declarations() {
		h := s.handler(d.ID, d)
		s.methods[string(d.Method().Name())], s.methods[d.ID.String()] = h, h
	}
	plain := connect.WithHandlerOptions(uncompressed, connect.WithReadMaxBytes(frame.MaxSize))
	mux := http.NewServeMux()
	mux.Handle(prefix, s)
	mux.Handle(grpchealth.NewHandler(health{options.Ready}, plain))
	reflector := grpcreflect.NewStaticReflector(Service, grpchealth.HealthV1ServiceName)
	mux.Handle(grpcreflect.NewHandlerV1(reflector, plain))
	mux.Handle(grpcreflect.NewHandlerV1Alpha(reflector, plain))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
			http.Error(w, "the bus takes no calls from web pages", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// uncompressed takes and sends no compressed messages: they are small, and a small one could stand for a large one.
var uncompressed = connect.WithCompression("gzip", nil, nil)

// ServeHTTP serves the methods of the service. One that is named by the numbers of a command need not be known.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, prefix)
	cutOff(r, s.options.MaxMessage+1)
	if known := s.methods[name]; known != nil {
		known.ServeHTTP(w, r)
		return
	}
	if id, err := oidb.ParseID(name); err == nil && id.String() == name {
		s.handler(id, nil).ServeHTTP(w, r)
		return
	}
	if errs := connect.NewErrorWriter(); errs.IsSupported(r) {
		_ = errs.Write(w, r, connect.NewError(connect.CodeUnimplemented, errors.New(Service+" has no such method"))) // the caller has left
		return
	}
	http.NotFound(w, r)
}

// handler returns the handler of a command; d is nil for one that the platform does not declare.
func (s *server) handler(id oidb.ID, d *oidb.Declaration) http.Handler {
	name := id.String()
	if d != nil {
		name = string(d.Method().Name())
	}
	return connect.NewUnaryHandler(prefix+name, func(ctx context.Context, req *connect.Request[message]) (*connect.Response[message], error) {
		answer := s.serve(ctx, id, req)
		if answer.Result != 0 {
			return nil, failure(d, &answer)
		}
		rsp := &message{body: answer.Body}
		if d != nil {
			rsp.of = d.Response
		}
		return connect.NewResponse(rsp), nil
	}, uncompressed, connect.WithCodec(binary{}), connect.WithCodec(text{"json"}), connect.WithCodec(text{"json; charset=utf-8"}),
		connect.WithRequestInitializer(func(_ connect.Spec, m any) error {
			if d != nil {
				m.(*message).of = d.Request
			}
			return nil
		}))
}

// serve passes a call to the bus.
func (s *server) serve(ctx context.Context, id oidb.ID, req *connect.Request[message]) oidb.Answer {
	head, malformed := readHead(req.Header())
	if malformed == nil {
		malformed = req.Msg.malformed
	}
	head.Command = id
	in := oidb.Inbound{Head: head, Body: req.Msg.body, Size: req.Msg.size, Limit: s.options.MaxMessage, Malformed: malformed, Deadline: s.options.Deadline}
	if peer, err := netip.ParseAddrPort(req.Peer().Addr); err == nil {
		in.Peer = peer.Addr().Unmap().WithZone("") // no range holds an address with a zone
	}
	waits := false
	in.HandOff = func() {
		select {
		case s.waiting <- struct{}{}:
			waits = true
		case <-ctx.Done():
		}
	}
	answer := s.bus.Serve(ctx, &in, nil)
	if waits {
		<-s.waiting
	}
	return answer
}

// health answers gRPC's health checks.
type health struct{ ready func() bool }

func (h health) Check(_ context.Context, r *grpchealth.CheckRequest) (*grpchealth.CheckResponse, error) {
	switch {
	case r.Service != "" && r.Service != Service:
		return nil, connect.NewError(connect.CodeNotFound, errors.New("there is no such service"))
	case h.ready != nil && !h.ready():
		return &grpchealth.CheckResponse{Status: grpchealth.StatusNotServing}, nil
	}
	return &grpchealth.CheckResponse{Status: grpchealth.StatusServing}, nil
}
