package access

import (
	"net/http"
	"slices"
)

// Unchecked is the note of a call whose signature could not be checked, since its key is not known here.
const Unchecked = "unchecked"

// Knows reports whether the path of a request is one of an interface, also of one that the original has and this platform does not serve.
func (g *Gateway) Knows(request *http.Request) bool {
	r, _ := g.find(request)
	return r != nil && (len(r.byMethod) > 0 || slices.Contains(r.door.NotServed, request.URL.Path))
}

// find returns what serves a request, and the request as it is served.
func (g *Gateway) find(request *http.Request) (*resource, *http.Request) {
	request = withoutEmptySegments(request, g.doors)
	if !CanonicalPath(request) {
		_, prefix := doorOf(request.URL.Path, g.doors)
		return g.rest[prefix], request
	}
	handler, _ := g.mux.Handler(request)
	r, _ := handler.(*resource)
	return r, request
}

// Rehearse takes a request, whose body was read before, through the first checks of its interface: those up to its signature, which
// ask no service. It records what they found as an inspector would, and serves nothing. A request without such checks passes.
func (g *Gateway) Rehearse(request *http.Request, body []byte) Record {
	r, request := g.find(request)
	if r == nil {
		r = &resource{gateway: g, door: &Door{}}
	}
	c := &Call{Request: request, Body: body, Start: g.clock.Now(), gateway: g}
	err := r.rehearse(c)
	if err != nil {
		r.door.Encode(c, nil, err)
	}
	return r.record(c, err, 0)
}

func (r *resource) rehearse(c *Call) (err error) {
	defer recovered(&err)
	c.Endpoint = r.byMethod[c.Request.Method]
	if c.Endpoint == nil {
		return nil
	}
	stages := c.Endpoint.stages
	last := slices.IndexFunc(stages, func(s Stage) bool { return s.signs })
	for _, stage := range stages[:last+1] {
		c.stage = stage.Name
		if err := stage.Run(c); err != nil {
			return err
		}
	}
	return nil
}
