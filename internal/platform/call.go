package platform

import "context"

type interfaceKey struct{}

// WithInterface returns a context whose calls belong to that interface: a route's path, or a command of the bus.
func WithInterface(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, interfaceKey{}, name)
}

// InterfaceOf is the interface that a context's calls belong to, or "" where nobody named it.
func InterfaceOf(ctx context.Context) string {
	name, _ := ctx.Value(interfaceKey{}).(string)
	return name
}
