package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/retcode"
)

//go:embed bus.md
var busOpening string

// bus returns docs/oidb.md.
func bus() []byte {
	b := bytes.NewBufferString(busOpening)
	for _, code := range oidb.PolicyOrder() {
		signed := strconv.Itoa(code.Number() - 256)
		if code == retcode.OIDBCommandNotConfigured { // which has no signed form
			signed = ""
		}
		fmt.Fprintf(b, "| %d | %s | %s |\n", code.Number(), signed, code.Entry().Summary)
	}
	b.WriteString("\nThen a command may answer, besides its own results, ")
	var also []string
	for _, code := range oidb.InProcessCodes {
		if !slices.Contains(oidb.PolicyOrder(), code) {
			also = append(also, fmt.Sprintf("%d (%s)", code.Number(), code.Entry().Summary))
		}
	}
	fmt.Fprintf(b, "%s.\n", strings.Join(also, ", "))
	for _, d := range oidb.Declarations() {
		writeCommand(b, d)
	}
	return b.Bytes()
}

func writeCommand(b *bytes.Buffer, d *oidb.Declaration) {
	fmt.Fprintf(b, "\n## %s %s\n\n%s", d.ID, d.Name, d.Summary)
	if d.Repeatable {
		b.WriteString(" A call may be repeated.")
	}
	if d.Inline {
		b.WriteString(" It runs at once, without a goroutine of its own.")
	}
	if d.Needs == "" {
		b.WriteString(" A back end can carry it out.")
	} else {
		fmt.Fprintf(b, " It needs %s.", d.Needs)
	}
	fmt.Fprintf(b, "\n\n- method: `%s`\n- request: %s\n- answer: %s\n", d.Method().Name(), fields(d.Request), fields(d.Response))
	writeCodes(b, slices.Sorted(slices.Values(d.Codes)), d.Result)
}

// fields lists the fields of a message by their numbers, with their types.
func fields(m protoreflect.MessageDescriptor) string {
	var list []string
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		kind := f.Kind().String()
		if f.Message() != nil {
			kind = string(f.Message().Name())
		}
		if f.IsList() {
			kind = "list of " + kind
		}
		list = append(list, fmt.Sprintf("%d `%s` (%s)", f.Number(), f.Name(), kind))
	}
	if list == nil {
		return fmt.Sprintf("`%s`, which is empty", m.Name())
	}
	return fmt.Sprintf("`%s`: %s", m.Name(), strings.Join(list, ", "))
}
