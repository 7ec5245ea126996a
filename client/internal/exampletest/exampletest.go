// Package exampletest lets runnable examples start a platform as a test does.
package exampletest

import (
	"fmt"
	"os"
	"slices"
	"testing"
)

// T stands in the examples for the *testing.T of a test: it has the methods that rookerytest.Start needs.
type T struct {
	testing.TB
	cleanups []func()
}

// Main runs a package's tests, then the cleanups of its examples' T, and ends the process.
func Main(m *testing.M, t *T) {
	status := m.Run()
	for _, f := range slices.Backward(t.cleanups) {
		f()
	}
	os.Exit(status)
}

// The methods of testing.TB. An example can fail only by its output, so a failure is a panic.

func (*T) Helper()                      {}
func (*T) Failed() bool                 { return false }
func (t *T) Cleanup(f func())           { t.cleanups = append(t.cleanups, f) }
func (*T) Errorf(f string, args ...any) { panic(fmt.Sprintf(f, args...)) }
func (*T) Fatalf(f string, args ...any) { panic(fmt.Sprintf(f, args...)) }
func (*T) Fatal(args ...any)            { panic(fmt.Sprint(args...)) }

func (t *T) TempDir() string {
	folder, err := os.MkdirTemp("", "rookery-example-")
	if err != nil {
		panic(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return folder
}
