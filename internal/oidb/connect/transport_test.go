package connect

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/bustest"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
)

func serve(t *testing.T, bus *oidb.Bus) (address string) {
	t.Helper()
	server := httptest.NewUnstartedServer(NewHandler(bus, Options{}))
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func TestTransports(t *testing.T) {
	for name, grpc := range map[string]bool{"Connect": false, "gRPC": true} {
		t.Run(name, func(t *testing.T) {
			bustest.Run(t, func(t *testing.T, bus *oidb.Bus) bustest.Client {
				address := serve(t, bus)
				var dialer net.Dialer
				c := Dialer{GRPC: grpc, Dial: func(ctx context.Context) (net.Conn, error) { return dialer.DialContext(ctx, "tcp", address) }}.NewClient(address)
				t.Cleanup(func() { c.Close() })
				return c
			})
		})
	}
	t.Run("Connect in JSON", func(t *testing.T) {
		bustest.Run(t, func(t *testing.T, bus *oidb.Bus) bustest.Client { return inPlainJSON{serve(t, bus)} })
	})
}

// inPlainJSON calls as a program does that has no library but HTTP and JSON.
type inPlainJSON struct{ address string }

func (c inPlainJSON) Call(ctx context.Context, head wire.Head, body []byte) (answer wire.Head, rsp []byte, err error) {
	messages := map[oidb.ID][2]proto.Message{
		oidb.CheckAccess.ID:        {new(wire.CheckAccessRequest), new(wire.CheckAccessResponse)},
		identity.ConvertOpenIDs.ID: {new(wire.ConvertOpenIDsRequest), new(wire.ConvertOpenIDsResponse)},
		identity.CheckText.ID:      {new(wire.CheckTextRequest), new(wire.CheckTextResponse)},
	}[head.Command]
	content := []byte("{}")
	if messages[0] != nil {
		if err := proto.Unmarshal(body, messages[0]); err != nil {
			content = body // as it is
		} else if content, err = protojson.Marshal(messages[0]); err != nil {
			return answer, nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, "POST", "http://"+c.address+commands+head.Command.String(), bytes.NewReader(content))
	if err != nil {
		return answer, nil, err
	}
	req.Header.Set("Content-Type", inJSON)
	writeHead(req.Header, &head)
	if deadline, ok := ctx.Deadline(); ok {
		req.Header.Set("Connect-Timeout-Ms", strconv.FormatInt(max(time.Until(deadline).Milliseconds(), 1), 10))
	}
	got, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer, nil, err
	}
	defer got.Body.Close()
	content, err = io.ReadAll(got.Body)
	if err != nil {
		return answer, nil, err
	}
	answer.Command = head.Command
	if got.StatusCode == http.StatusOK {
		if err := protojson.Unmarshal(content, messages[1]); err != nil {
			return answer, nil, err
		}
		rsp, err = proto.Marshal(messages[1])
		return answer, rsp, err
	}
	var failed struct {
		Message string
		Details []struct{ Debug json.RawMessage }
	}
	var result wire.Result
	if err := json.Unmarshal(content, &failed); err != nil {
		return answer, nil, err
	}
	if len(failed.Details) == 0 { // the protocol's own, such as a time that is over
		return answer, nil, context.DeadlineExceeded
	}
	if err := protojson.Unmarshal(failed.Details[0].Debug, &result); err != nil {
		return answer, nil, err
	}
	answer.Result, answer.Message, answer.Detail, answer.RetryAfter = result.Result, failed.Message, result.Detail, time.Duration(result.RetryAfterMs)*time.Millisecond
	return answer, result.Answer, nil
}
