package client_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
)

// t stands in the examples for the *testing.T of a test.
var t = new(exampleT)

func TestMain(m *testing.M) {
	status := m.Run()
	t.end()
	os.Exit(status)
}

// exampleT is as much of a test as rookerytest.Start needs.
type exampleT struct {
	testing.TB
	cleanups []func()
}

func (*exampleT) Helper()                      {}
func (*exampleT) Failed() bool                 { return false }
func (t *exampleT) Cleanup(f func())           { t.cleanups = append(t.cleanups, f) }
func (*exampleT) Errorf(f string, args ...any) { panic(fmt.Sprintf(f, args...)) }
func (*exampleT) Fatalf(f string, args ...any) { panic(fmt.Sprintf(f, args...)) }
func (*exampleT) Fatal(args ...any)            { panic(fmt.Sprint(args...)) }

func (t *exampleT) TempDir() string {
	folder, err := os.MkdirTemp("", "rookery-example-")
	if err != nil {
		panic(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return folder
}

func (t *exampleT) end() {
	for _, f := range slices.Backward(t.cleanups) {
		f()
	}
}
