// Package connect carries calls of the bus over HTTP, by the protocols Connect, gRPC and gRPC-Web: each command is a method of the
// service Commands in oidb.proto, with its own messages in protobuf or JSON.
package connect

import (
	"errors"
	"strings"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/retcode"
)

// Service is the name of the service in oidb.proto, as health checks and reflection know it.
const Service = "rookery.oidb.Commands"

// prefix begins the path of every method.
const prefix = "/" + Service + "/"

// methods returns the method of each declared command.
func methods() map[oidb.ID]protoreflect.MethodDescriptor {
	all := make(map[oidb.ID]protoreflect.MethodDescriptor)
	for _, d := range oidb.Declarations() {
		all[d.ID] = d.Method()
	}
	return all
}

// statuses are what each class of codes means to programs that know nothing of OIDB.
var statuses = map[retcode.Class]connect.Code{
	retcode.ClassRetry:            connect.CodeUnavailable,
	retcode.ClassSlowDown:         connect.CodeResourceExhausted,
	retcode.ClassReauthorize:      connect.CodeUnauthenticated,
	retcode.ClassFixRequest:       connect.CodeInvalidArgument,
	retcode.ClassFixConfiguration: connect.CodeFailedPrecondition,
	retcode.ClassAskUser:          connect.CodePermissionDenied,
	retcode.ClassContactPlatform:  connect.CodePermissionDenied,
	retcode.ClassInternal:         connect.CodeInternal,
}

// status returns the status of a result. d is nil for a command that the platform does not declare.
func status(d *oidb.Declaration, result uint32) connect.Code {
	var code retcode.Code
	if d != nil {
		code, _ = d.Code(result)
	} else if result <= 255 {
		code, _ = retcode.Lookup(retcode.OIDB, int(result))
	}
	switch code {
	case 0:
		return connect.CodeUnknown
	case retcode.OIDBCommandNotConfigured:
		return connect.CodeUnimplemented
	case retcode.OIDBDeadlineExceeded:
		return connect.CodeDeadlineExceeded
	}
	return statuses[code.Class()]
}

// failure returns the error that stands for an answer with a result other than 0.
func failure(d *oidb.Declaration, a *oidb.Answer) error {
	said := func(text string) string { return strings.ToValidUTF8(text, "\uFFFD") } // else JSON and gRPC drop it
	err := connect.NewError(status(d, a.Result), errors.New(said(a.Message)))
	detail, wrong := connect.NewErrorDetail(&wire.Result{
		Result: a.Result, Detail: said(a.Detail), RetryAfterMs: uint32(a.RetryAfter / time.Millisecond), Answer: a.Body,
	})
	if wrong != nil { // cannot fail: texts are not validated and no field is required
		panic(wrong)
	}
	err.AddDetail(detail)
	return err
}
