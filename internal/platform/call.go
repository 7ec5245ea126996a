package platform

import "context"

type interfaceKey struct{}

// WithInterface returns a context for calls of an interface: a route's path, or a command of the bus.
func WithInterface(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, interfaceKey{}, name)
}

// InterfaceOf returns the interface of a context's calls, or "".
func InterfaceOf(ctx context.Context) string {
	name, _ := ctx.Value(interfaceKey{}).(string)
	return name
}
